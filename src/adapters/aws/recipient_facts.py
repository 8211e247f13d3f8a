"""Candidates in, what the tables know of them out: whether they still stand, earlier deliveries, zones of the customers' own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.aws import batch_items
from adapters.aws.deliveries import Deliveries
from adapters.files.zones import zone
from domain.solicitation.delivery import delivery_id
from domain.solicitation.keys import customer_key, escaped
from domain.solicitation.ranked import Facts, Ranked, Zone

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class RecipientFacts:
    """Reads of 100 keys each; no address or name is read."""

    dynamodb: "DynamoDBClient"
    candidates_table: str
    customers_table: str
    deliveries: Deliveries

    def of(self, candidates: Sequence[Ranked], program: str, *, zones: bool) -> Facts:
        """What is known of up to 100 candidates; without `zones` no customer is read. Unavailable: throttled beyond patience."""
        return Facts(
            standing=self._standing(candidates, program),
            before=self._before(candidates, program),
            zones=self._zones(candidates, program) if zones else {},
        )

    def _standing(self, candidates: Sequence[Ranked], program: str) -> dict[tuple[str, str], str]:
        names = {
            (customer_key(one.customer), f"PROGRAM#{escaped(program)}#SUBJECT#{escaped(one.subject)}"): one
            for one in candidates
        }
        keys = ({"PK": pk, "SK": sk} for pk, sk in names)
        found = batch_items.get(self.dynamodb, self.candidates_table, keys, attributes=("PK", "SK", "status"))
        stood = ((names[item["PK"], item["SK"]], item["status"]) for item in found)
        return {(one.customer, one.subject): status for one, status in stood}

    def _before(self, candidates: Sequence[Ranked], program: str) -> dict[str, tuple[str, str | None]]:
        ids = (delivery_id(program, one.customer, one.subject) for one in candidates)
        found = self.deliveries.known(ids, ("id", "status", "reason"))
        return {id: (item["status"], item.get("reason")) for id, item in found.items()}

    def _zones(self, candidates: Sequence[Ranked], program: str) -> dict[str, Zone]:
        names = {customer_key(one.customer): one.customer for one in candidates}
        keys = ({"PK": pk, "SK": f"CONTACT#{program}"} for pk in names)
        found = batch_items.get(self.dynamodb, self.customers_table, keys, attributes=("PK", "timeZone"))
        known = ((names[item["PK"]], zone(item.get("timeZone", ""))) for item in found)
        return {customer: own for customer, own in known if own}
