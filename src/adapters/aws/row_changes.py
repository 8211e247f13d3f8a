"""Records of the Scores table's stream, as Lambda gives them, in; the changes of fans' rows in the order of their shard out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain.scores.counting import Change, Row
from domain.scores.keys import CAMPAIGN, is_fan_row
from domain.scores.marks import REMEMBERED, Mark, read_marks

Image = Mapping[str, Mapping[str, Any]]
# What people look for, and the attributes that tell it; `events.0` is one of `events`.
AUDITED = {
    "isVerified": ("isVerified",),
    "verdict": ("verdict",),
    "localFanscore": ("localFanscore", "registrationScore"),
    "events": ("events",),
    "selectedEvents": ("selectedEvents",),
}
NOT_THERE: Mapping[str, Any] = {}
LONGEST_ID = 64  # of a load; ours have 12 characters, and a key takes no more than 1,024 bytes (AWS)


def row_changes(records: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Only of fans' rows. KeyError: the stream gives no keys, so it is none of a table with old and new images."""
    told = [record for record in records if is_fan_row(_keys(record))]
    return sorted(map(_change, told), key=lambda it: int(it.sequence))


def _keys(record: Mapping[str, Any]) -> dict[str, str]:
    return {name: value["S"] for name, value in record["dynamodb"]["Keys"].items() if "S" in value}


def _change(record: Mapping[str, Any]) -> Change:
    keys, told = _keys(record), record["dynamodb"]
    old, new = told.get("OldImage"), told.get("NewImage")
    return Change(
        sequence=told["SequenceNumber"],
        campaign=keys["SK"].removeprefix(CAMPAIGN),
        at=datetime.fromtimestamp(told["ApproximateCreationDateTime"], UTC),
        old=_row(old),
        new=_row(new),
        name=record["eventName"],
        fan=keys["PK"],
        changed=tuple(name for name, by in AUDITED.items() if _told(old, by) != _told(new, by)),
    )


def counted_of(image: Image) -> Row:
    """Of a fan's row, as DynamoDB types it, but for its loads. What a neighbour has written in another type counts as not told."""
    verified = image.get("isVerified", NOT_THERE).get("BOOL")
    return Row(verified if isinstance(verified, bool) else None, image.get("verdict", NOT_THERE).get("BOOL") is True)


def _row(image: Image | None) -> Row | None:
    return None if image is None else replace(counted_of(image), marks=_marks(image.get("loads", NOT_THERE)))


def _marks(typed: Mapping[str, Any]) -> tuple[Mark, ...]:
    """None where the text is not one that we write."""
    try:
        marks = read_marks(typed.get("S", ""))
    except ValueError:
        return ()
    is_ours = len(marks) <= REMEMBERED and all(0 < len(it.load) <= LONGEST_ID for it in marks)
    return marks if is_ours else ()


def _told(image: Image | None, attributes: tuple[str, ...]) -> dict[str, Any]:
    if not image:
        return {}
    return {name: value for name, value in image.items() if name.partition(".")[0] in attributes}
