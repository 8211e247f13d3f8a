"""The Customers table: what we know of a customer before asking, read a hundred keys at a time, and the contact data."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.aws import batch_items
from domain.solicitation.filters import History, history_of
from domain.solicitation.keys import customer_key
from domain.solicitation.program import Program

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROFILE = "PROFILE"
SPARE = timedelta(days=30)  # contact data outlives its need by at most this, so that it is not written anew each day


@dataclass(frozen=True)
class Customers:
    """Opt-outs (`PROFILE`, `PROGRAM#p`), answers and asks (`PROGRAM#p`), sent requests (`CAP#group`), contact data (`CONTACT#p`)."""

    dynamodb: "DynamoDBClient"
    table: str

    def histories(self, customers: Iterable[str], program: Program) -> dict[str, History]:
        """The history of each customer that has one; the others are unknown to us."""
        parts = (PROFILE, f"PROGRAM#{program.id}", f"CAP#{program.cap_group}")
        names = {customer_key(customer): customer for customer in customers}
        found: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
        for item in batch_items.get(
            self.dynamodb, self.table, ({"PK": pk, "SK": part} for pk in names for part in parts)
        ):
            found[names[item["PK"]]][item["SK"]] = item
        return {customer: history_of(*(items.get(part, {}) for part in parts)) for customer, items in found.items()}

    def keep_contacts(self, program: str, contacts: Mapping[str, Mapping[str, str]], until: datetime) -> int:
        """Write a program's contact data where it changed or would expire before `until`, which is when it is needed no more;
        how many. Opt-outs and other programs' lie in items of their own."""
        sk, expires_at = f"CONTACT#{program}", int((until + SPARE).timestamp())
        wanted = {customer_key(customer): dict(contact) for customer, contact in contacts.items()}
        held = {
            item.pop("PK"): {name: value for name, value in item.items() if name != "SK"}
            for item in batch_items.get(self.dynamodb, self.table, ({"PK": pk, "SK": sk} for pk in wanted))
        }
        lasting = {pk for pk, item in held.items() if item.pop("expiresAt", 0) >= until.timestamp()}
        changed = [
            {"PK": pk, "SK": sk, **contact, "expiresAt": expires_at}
            for pk, contact in wanted.items()
            if pk not in lasting or held[pk] != contact
        ]
        batch_items.put(self.dynamodb, self.table, changed)
        return len(changed)
