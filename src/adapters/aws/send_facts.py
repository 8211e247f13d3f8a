"""Recipients in, what the tables know of each right now out: consents, contact data, earlier asks, the candidate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.aws import batch_items
from adapters.aws.customers import PROFILE
from adapters.aws.suppressions import Suppressions
from domain.solicitation.delivery import Recipient
from domain.solicitation.filters import history_of
from domain.solicitation.keys import customer_key, escaped
from domain.solicitation.program import Program
from domain.solicitation.sending import Facts, deliverable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Key = tuple[str, str]
Item = dict[str, Any]


@dataclass(frozen=True)
class SendFacts:
    """All reads are consistent, since a mail that is out cannot be taken back."""

    dynamodb: "DynamoDBClient"
    candidates_table: str
    customers_table: str

    def of(self, recipients: Sequence[Recipient], program: Program) -> dict[str, Facts]:
        """The facts by delivery id; a hundred keys a call."""
        profile, own = PROFILE, f"PROGRAM#{program.id}"
        cap, contact = f"CAP#{program.cap_group}", f"CONTACT#{program.id}"
        parts = (profile, own, cap, contact)
        # An opt-out is noted before it takes the candidate away: read in this order, one that is gone for that has its reason.
        candidates = self._read(self.candidates_table, [candidate_key(one, program) for one in recipients])
        wanted = [(customer_key(one.customer), part) for one in recipients for part in parts]
        people = self._read(self.customers_table, wanted)
        addresses = {pk: deliverable(item.get("email")) for (pk, sk), item in people.items() if sk == contact}
        listed = Suppressions(self.dynamodb, self.customers_table).listed(filter(None, addresses.values()))
        facts = {}
        for one in recipients:
            pk = customer_key(one.customer)
            facts[one.delivery] = Facts(
                history=history_of(*(people.get((pk, part), {}) for part in (profile, own, cap))),
                address=addresses.get(pk),
                name=people.get((pk, contact), {}).get("name"),
                suppressed=addresses.get(pk) in listed,
                cap=people.get((pk, cap), {"PK": pk, "SK": cap}),
                candidate=candidates.get(candidate_key(one, program)),
            )
        return facts

    def _read(self, table: str, keys: Sequence[Key]) -> dict[Key, Item]:
        named = [{"PK": pk, "SK": sk} for pk, sk in keys]
        found = batch_items.get(self.dynamodb, table, named, consistent=True)
        return {(item["PK"], item["SK"]): item for item in found}


def candidate_key(recipient: Recipient, program: Program) -> Key:
    """Where the candidate's base item lies."""
    return customer_key(recipient.customer), f"PROGRAM#{escaped(program.id)}#SUBJECT#{escaped(recipient.subject)}"
