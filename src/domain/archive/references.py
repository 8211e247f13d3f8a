"""A change in, the fields of its row that the item itself does not have out: what it is about and since when, and what happened."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from domain.archive.attributes import inner, text
from domain.archive.change import Change, Image

ID: Mapping[str, Callable[[Image], str]] = {
    "demand": lambda it: f"{it['eventId']['S']}_{it['saleId']['S']}_{it['fanId']['S']}",
    "notification": lambda it: f"{it['eventId']['S']}_{it['saleId']['S']}_{it['fanId']['S']}",
    "event": lambda it: str(it["id"]["S"]),
    "sale": lambda it: f"{it['eventId']['S']}_{it['id']['S']}",
}
# Of the item's dates, the first that is there says since when it is what it is.
SINCE: Mapping[str, tuple[str, ...]] = {
    "demand": ("deleted", "notified", "triggered", "requested"),
    "notification": ("deleted", "updated"),
    "event": ("deleted", "updated"),
    "sale": ("deleted",),
}
SYSTEM_USER = re.compile(r"([A-Za-z0-9_]+)-([A-Za-z0-9_]+)\.(.+)", re.DOTALL)


def computed(kind: str, change: Change, image: Image) -> dict[str, Any]:
    """By name. `image` is the change's, redacted where it was removed."""
    at = change.at
    fields: dict[str, Any] = {
        "reference": reference(kind, image, at),
        "isDeleted": change.removed,
        "change": {
            "eventId": change.event_id,
            "eventName": change.name,
            "at": at,
            "expired": change.expired,
        },
    }
    if kind == "demand":
        fields["system"] = system(image)
    return fields


def reference(kind: str, image: Image, at: str) -> dict[str, str]:
    """`id` is empty where the image lacks a part of it: the encoder refuses such an image."""
    try:
        id = ID[kind](image)
    except (KeyError, TypeError, RecursionError):  # the last of what is no text, and too deep to be told as one
        id = ""
    return {"id": id, "timestamp": _since(kind, image, at)}


def system(image: Image) -> dict[str, str] | None:
    """`archtics-70.12345` -> archtics, 70, 12345. None: there is no such id, or it has another form."""
    user = text(image, "systemUserId")
    parts = SYSTEM_USER.fullmatch(user) if user else None
    if parts is None:
        return None
    return {"systemId": parts[1], "databaseId": parts[2], "memberId": parts[3]}


def _since(kind: str, image: Image, at: str) -> str:
    dates = inner(image, "date")
    for name in SINCE[kind]:
        if name in dates and (told := text(dates, name)):
            return told
    return (text(image, "saleStartDateTime") if kind == "sale" else None) or at
