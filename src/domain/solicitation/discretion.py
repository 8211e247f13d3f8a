"""An engine's message in, what of it may stand in the ledger, the logs and the execution out."""

import re

BLANK = "…"
# From the first quote to the last of its kind, since a quoted value may hold quotes itself (O'Brien); to the end where none closes.
QUOTED = re.compile(r"""(['"`]).*\1|(['"`]).*""", re.DOTALL)
ADDRESS = re.compile(r"\S*@\S*")
# Where engines put a value without quotes: Redshift's error context, Athena's failed casts.
BARE = re.compile(r"(\bcontext:|\bcast to [^:\n]+:)[^\n]*", re.IGNORECASE)


def sayable(query: str, message: str) -> str:
    """The message of a failed statement; that of the contacts query without the values it may quote from a person's row.

    The engine's code and place stay (`INVALID_CAST_ARGUMENT: Cannot cast '…' to INT`).
    """
    if query != "contacts":
        return message
    unquoted = QUOTED.sub(lambda found: f"{found[0][0]}{BLANK}{found[1] or ''}", message)
    return ADDRESS.sub(BLANK, BARE.sub(rf"\1 {BLANK}", unquoted))
