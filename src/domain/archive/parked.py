"""What could not be archived, as a value; the error document and its key out, and the document back in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.archive.naming import object_name
from domain.archive.places import error_key
from domain.errors import Rejected


@dataclass(frozen=True, slots=True)
class Parked:
    """One bad record, or the records of one file that could not be put.

    `events` are the records' own JSON texts, those of a REMOVE redacted; `message` and `fingerprint` name fields and
    types and hold no values. `numbers` name the records in `source`. `at` is ISO 8601: when the (first) change was made,
    or arrived where that is not known. `event_id` is for the log, where the record had one.
    """

    code: str
    message: str
    fingerprint: str
    events: tuple[str, ...]
    at: str
    source: str
    numbers: tuple[str, ...]
    event_id: str | None = None


def document(parked: Parked) -> dict[str, Any]:
    """The content of the error object."""
    return {
        "timestamp": parked.at,
        "error": {"message": parked.message, "code": parked.code, "fingerprint": parked.fingerprint},
        "events": list(parked.events),
        "sequenceNumbers": list(parked.numbers),
        "source": parked.source,
    }


def key_of(parked: Parked) -> str:
    """The same records have the same key, so that another try writes over the first."""
    return error_key(object_name(parked.at, parked.source, *parked.numbers))


def parked_in(document: Mapping[str, Any]) -> Parked:
    """The value an error document was made of, but for `event_id`. Rejected: it is no such document."""
    try:
        error = document["error"]
        return Parked(
            code=error["code"],
            message=error["message"],
            fingerprint=error["fingerprint"],
            events=tuple(document["events"]),
            at=document["timestamp"],
            source=document["source"],
            numbers=tuple(document["sequenceNumbers"]),
        )
    except (KeyError, TypeError) as error:
        raise Rejected(f"this is no error document of the archive: {error!r}") from error
