"""An item as it was found in the table in, the change record that tells of it out: what is archived without having changed."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from json import JSONEncoder
from typing import Any

from domain.archive.attributes import text
from domain.archive.change import BACKFILL, Image
from domain.archive.kinds import kind_of
from domain.archive.naming import derived_uuid
from domain.archive.partition import has_date

KEYS = ("PK", "SK")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def as_found(item: Image, table: str, since: datetime) -> dict[str, Any]:
    """The change record of a BACKFILL; `since` is when reading the table began.

    Nothing in the item is older than that, and whatever changes it later is told by a record of a later time: no latest state
    is ever overruled. Equal items have equal event ids, so a second backfill of them is one of duplicates; but for those without a
    date, which lie under the one they are found on.
    """
    under = "" if _dated(item) else since.astimezone(UTC).date().isoformat()
    return {
        "eventID": derived_uuid(BACKFILL, canonical(item), under),
        "eventName": BACKFILL,
        "tableName": table,
        "recordFormat": "application/json",
        "userIdentity": None,
        "dynamodb": {
            "ApproximateCreationDateTime": (since - EPOCH) // timedelta(microseconds=1),
            "ApproximateCreationDateTimePrecision": "MICROSECOND",
            "Keys": {name: item[name] for name in KEYS if name in item},
            "NewImage": item,
        },
        "eventSource": "aws:dynamodb",
    }


def _dated(item: Image) -> bool:
    kind = kind_of(str(text(item, "type")))
    return kind is None or has_date(kind, item)


def _bytes_as_text(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"a typed item holds no {type(value).__name__}")


_encoder = JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_bytes_as_text)


def canonical(value: Mapping[str, Any]) -> str:
    """JSON with sorted names; binary values, which boto3 gives as bytes, as the base64 texts of the wire."""
    return _encoder.encode(value)
