"""A parsed change record in, the change it tells of out, or why it tells of none."""

from collections.abc import Mapping
from typing import Any

from domain.archive.attributes import NULL, text
from domain.archive.change import BACKFILL, REMOVE, Change
from domain.archive.kinds import OWN_ROWS, kind_of
from domain.archive.refusal import Refused, refused
from domain.archive.times import moment

IMAGES: Mapping[Any, str] = {"INSERT": "NewImage", "MODIFY": "NewImage", BACKFILL: "NewImage", REMOVE: "OldImage"}
EXPIRY = "dynamodb.amazonaws.com"  # who deletes what is over its time to live


def change_in(record: Any) -> Change:
    """Refused: it is no change record of DynamoDB's, or has no image."""
    try:
        name, event_id, dynamodb = record["eventName"], record["eventID"], record["dynamodb"]
        side = IMAGES[name]
        at = moment(dynamodb["ApproximateCreationDateTime"])
        image = dynamodb.get(side)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise _malformed(_wrong(record)) from None
    if type(event_id) is not str or not event_id:
        raise _malformed("eventID")
    if not image:
        raise refused("missing_image", f"the change record has no {side}", side)
    if type(image) is not dict:
        raise _malformed(side)
    return Change(event_id, name, at, image, name == REMOVE and _expired(record))


def kind_in(change: Change) -> str:
    """Refused: the image has no type, or one that is not archived."""
    named = text(change.image, "type")
    if named is None:
        if change.image.get("type", NULL) == NULL:
            raise refused("missing_type", "the item has no type")
        raise refused("wrong_type", "type is no string", "type")
    kind = kind_of(named)
    if kind is None:
        raise refused("unknown_type", "items of this type are not archived")
    return kind


def is_own_row(record: Any) -> bool:
    """Whether the item is bookkeeping of ours: its sort key says so, in the keys or in an image."""
    try:
        dynamodb = record["dynamodb"]
        sort_key = dynamodb["Keys"]["SK"]["S"]
    except (KeyError, TypeError):
        return _is_own_image(record)
    return type(sort_key) is str and sort_key.startswith(OWN_ROWS)


def event_id_in(record: Any) -> str | None:
    found = record.get("eventID") if type(record) is dict else None
    return found if type(found) is str else None


def _malformed(part: str) -> Refused:
    return refused("malformed_change", f"it is no change record of DynamoDB's: its {part} is none", part)


def _wrong(record: Any) -> str:
    """The part that keeps a record from being a change."""
    for part in ("eventName", "eventID", "dynamodb"):
        if type(record) is not dict or part not in record:
            return part
    name, dynamodb = record["eventName"], record["dynamodb"]
    if type(name) is not str or name not in IMAGES:
        return "eventName"
    return "ApproximateCreationDateTime" if type(dynamodb) is dict else "dynamodb"


def _is_own_image(record: Any) -> bool:
    for side in ("NewImage", "OldImage"):
        try:
            if record["dynamodb"][side]["SK"]["S"].startswith(OWN_ROWS):
                return True
        except (KeyError, TypeError, AttributeError):
            continue
    return False


def _expired(record: Mapping[str, Any]) -> bool:
    identity = record.get("userIdentity")
    return type(identity) is dict and identity.get("principalId") == EXPIRY and identity.get("type") == "Service"
