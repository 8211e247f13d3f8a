"""An item's image in, what its row is about and since when out; and the three parts of a system user's id."""

import re
from collections.abc import Mapping

from domain.archive.attributes import inner, text
from domain.archive.change import Image

PARTS: Mapping[str, tuple[str, ...]] = {
    "demand": ("eventId", "saleId", "fanId"),
    "notification": ("eventId", "saleId", "fanId"),
    "event": ("id",),
    "sale": ("eventId", "id"),
}
# Of the item's dates, the first that is there says since when it is what it is.
SINCE: Mapping[str, tuple[str, ...]] = {
    "demand": ("deleted", "notified", "triggered", "requested"),
    "notification": ("deleted", "updated"),
    "event": ("deleted", "updated"),
    "sale": ("deleted",),
}
SYSTEM_USER = re.compile(r"([A-Za-z0-9_]+)-([A-Za-z0-9_]+)\.(.+)", re.DOTALL)


def reference(kind: str, image: Image, at: str) -> dict[str, str]:
    """`id` is empty where the image lacks a part of it: the encoder refuses such an image."""
    try:
        id = "_".join([image[name]["S"] for name in PARTS[kind]])
    except (KeyError, TypeError):
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
