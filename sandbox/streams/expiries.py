"""Items a TTL sweep deletes -> an answer, for each deletion seen on a stream, to whether TTL was the cause."""

import json
from dataclasses import dataclass, field

from sandbox.streams.images import Image, plain_image


@dataclass(slots=True)
class Expiries:
    """The deletions that were TTL's. Emulators delete by an ordinary call and so forget who did it.

    A sweep calls `note` before it deletes; the dispatcher asks `caused`. Told by the whole old image, by the keys where
    the stream carries none.
    """

    _images: set[tuple[str, str]] = field(default_factory=set)
    _items: dict[str, list[Image]] = field(default_factory=dict)

    def note(self, table: str, item: Image) -> None:
        """Remember that `item` (whole, in DynamoDB's own form) is about to be deleted because it expired."""
        image = plain_image(item)
        self._images.add((table, _text(image)))
        self._items.setdefault(table, []).append(image)

    def caused(self, table: str, keys: Image, old_image: Image | None) -> bool:
        """Whether the deletion of this item was noted."""
        if old_image is not None:
            return (table, _text(old_image)) in self._images
        return any(keys.items() <= item.items() for item in self._items.get(table, ()))


def _text(image: Image) -> str:
    return json.dumps(image, sort_keys=True)
