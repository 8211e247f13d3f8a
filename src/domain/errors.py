"""The three failures that callers treat differently; all else is a bug and crashes.

OvationError
├── Rejected      this input can never succeed: park it with its reason and go on
├── Unavailable   nothing has happened, the same input may succeed later: let the source redeliver
└── Unknown       the effect may have happened: record it, never repeat it blindly
"""


class OvationError(Exception):
    """A failure we expect and name; its text is for the operator and holds no personal data."""


class Rejected(OvationError):
    """This input can never succeed."""


class Unavailable(OvationError):
    """Nothing has happened; the same input may succeed later."""


class Unknown(OvationError):
    """The effect may have happened: a timeout after sending, a crash after a claim."""
