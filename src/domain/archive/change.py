"""One change of the Demand table, as a value."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Image = Mapping[str, Mapping[str, Any]]  # DynamoDB's typed JSON: {"fanId": {"S": "f1"}}; binary values are base64 texts

REMOVE, BACKFILL = "REMOVE", "BACKFILL"


class Change(NamedTuple):
    """`image` is what the item became; of a REMOVE what it had been. `at` is ISO 8601 in UTC with microseconds, 27 characters.

    One is made for each record: a tuple costs half of a frozen dataclass.
    """

    event_id: str
    name: str  # INSERT, MODIFY, REMOVE; BACKFILL for an item that was found in the table
    at: str
    image: Image
    expired: bool = False  # deleted by DynamoDB itself, for its time to live was over

    @property
    def removed(self) -> bool:
        return self.name == REMOVE
