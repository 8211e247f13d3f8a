"""One customer's part of the Candidates table: read whole, withdrawn after an opt-out, or deleted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.aws import batch_items
from adapters.aws.attribute_values import decode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.candidates import CandidateTable
from adapters.aws.queries import items, query
from domain.errors import Unavailable
from domain.solicitation.keys import customer_key, escaped
from domain.solicitation.stored import OPEN, Stored

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

KEYS = ("PK", "SK")
ROUNDS = 5  # how often candidates that change under our hands are looked at again


@dataclass(frozen=True)
class CustomerCandidates:
    """Base items and index items of one customer lie side by side, under one partition key."""

    dynamodb: "DynamoDBClient"
    table: str
    backoff: Backoff = PATIENT

    def read(self, customer: str, program: str | None = None, attributes: tuple[str, ...] = ()) -> Iterator[Item]:
        """Base and index items as they stand now, of all programs or of one; index items are those that have a `channel`."""
        prefix = "PROGRAM#" if program is None else f"PROGRAM#{escaped(program)}#SUBJECT#"
        values = {"customer": customer_key(customer), "prefix": prefix}
        request = query(self.table, "PK = :customer AND begins_with(SK, :prefix)", values, attributes)
        return map(decode_item, items(self.dynamodb, {**request, "ConsistentRead": True}))

    def withdraw(self, customer: str, program: str | None = None) -> int:
        """Delete the candidates that may still be asked; how many. Those asked before stay, but are served nowhere any more.

        Unavailable: a table is out of reach, or candidates kept changing; what is deleted is deleted whole.
        """
        withdrawn = 0
        for _ in range(ROUNDS):
            found = list(self.read(customer, program, (*KEYS, "channel", "channels", "status", "version")))
            standing = [item for item in found if item.get("status") == OPEN]
            gone = sum(self._withdrawn(base) for base in standing)
            self._delete(item for item in found if "channel" in item)
            withdrawn += gone
            if gone == len(standing):
                return withdrawn
        raise Unavailable(f"candidates in {self.table} kept changing")

    def delete(self, customer: str) -> int:
        """Delete all there is of the customer; how many candidates that were."""
        found = list(self.read(customer, attributes=(*KEYS, "channel")))
        self._delete(found)
        return sum("channel" not in item for item in found)

    def _withdrawn(self, base: Item) -> bool:
        return CandidateTable(self.dynamodb, self.table, self.backoff).withdraw(Stored(base, ()), base)

    def _delete(self, found: Iterable[Item]) -> None:
        keys = ({name: item[name] for name in KEYS} for item in found)
        batch_items.delete(self.dynamodb, self.table, keys, backoff=self.backoff)
