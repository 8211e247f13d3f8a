"""The vendor's images of an event in, the one that a mail shows out."""

from collections.abc import Mapping
from typing import Any

from domain.notifications.events import Image
from domain.notifications.vendor_values import address, part, parts, said

WIDEST = 20_000  # pixels of any side
BEST_WIDTH = 1024
WIDE, LEAST_WIDE = 600, 300  # what fills a mail's column, and what is worth showing
SHAPE = 16 / 9


def poster(document: Any) -> Image | None:
    """Wide enough for a mail before the event's own picture before 16:9 before nearest to 1024 pixels; always by https."""
    found = [(_rank(it, image), image) for it in parts(document, "images") if (image := _image(it))]
    return min(found, key=lambda it: it[0])[1] if found else None


def _rank(told: Mapping[str, Any], image: Image) -> tuple[bool, bool, bool, int, str]:
    other_shape = abs(image.width / image.height / SHAPE - 1) > 0.02
    return image.width < WIDE, said(told, "fallback"), other_shape, abs(image.width - BEST_WIDTH), image.url


def _image(told: Mapping[str, Any]) -> Image | None:
    width, height, url = part(told, "width"), part(told, "height"), address(told, "url")
    if not isinstance(width, int) or not isinstance(height, int) or not url or url.port:
        return None
    if not (LEAST_WIDE <= width <= WIDEST and 0 < height <= WIDEST):
        return None
    return Image(url._replace(scheme="https").geturl(), width, height)
