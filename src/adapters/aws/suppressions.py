"""Addresses in, those on the suppression list out; the list knows them by their hash alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.aws import batch_items
from domain.solicitation.suppression import address_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Suppressions:
    """Bounced, complained or listed by hand: `ADDRESS#hash` / `SUPPRESSED` in the Customers table."""

    dynamodb: "DynamoDBClient"
    customers_table: str

    def listed(self, addresses: Iterable[str]) -> frozenset[str]:
        """A hundred a call, read consistently."""
        hashed = {address_key(address)["PK"]: address for address in addresses}
        keys = map(address_key, hashed.values())
        found = batch_items.get(self.dynamodb, self.customers_table, keys, consistent=True, attributes=("PK",))
        listed = {item["PK"] for item in found}
        return frozenset(address for pk, address in hashed.items() if pk in listed)
