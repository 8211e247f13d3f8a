"""Rows of the archive as its files hold them, for tests of whatever reads them; and the files they lie in."""

from typing import Any

from adapters.files.avro_files import write
from domain.archive.places import data_key

DAY = "2025-02-13"
OWN = {
    "demand": {
        "type": "demand",
        "fanId": "f1",
        "eventId": "e1",
        "saleId": "s1",
        "date": {"requested": f"{DAY}T10:00:00.000Z"},
    },
    "notification": {
        "type": "notification",
        "fanId": "f1",
        "eventId": "e1",
        "saleId": "s1",
        "contactMethod": "sms",
        "date": {"created": f"{DAY}T10:00:00.000Z"},
    },
    "event": {"type": "event", "id": "e1"},
    "sale": {"type": "sale", "id": "s1", "eventId": "e1", "saleStartDateTime": f"{DAY}T10:00:00Z"},
}


def row(kind: str, number: int = 0, *, name: str = "INSERT", at: str = "", **fields: Any) -> dict[str, Any]:
    """The `number`-th change of that kind; `fields` over what such rows have."""
    at = at or f"{DAY}T10:00:00.{number:06d}Z"
    change = {"eventId": f"change-{number:05d}", "eventName": name, "at": at, "expired": False}
    computed = {"reference": {"id": "x", "timestamp": at}, "isDeleted": name == "REMOVE", "change": change}
    return {**OWN[kind], **computed, **fields}


def lagging(number: int, seconds: int | None, **fields: Any) -> dict[str, Any]:
    """Demand that was notified so many seconds after it was requested; None: not at all."""
    dates = {"requested": f"{DAY}T10:00:00.250Z"}
    if seconds is not None:
        dates["notified"] = f"{DAY}T10:{seconds // 60:02d}:{seconds % 60:02d}.250Z"
    return row("demand", number, date=dates, fanId=f"f{number}", **fields)


def file(kind: str, name: str, *rows: dict[str, Any], day: str = DAY) -> tuple[str, bytes]:
    """Key and content of one file of the archive."""
    return data_key(kind, day, name), write(kind, rows)
