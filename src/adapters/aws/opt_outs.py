"""Who does not want to be asked: kept in the Customers table, honoured at once by taking their candidates away."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapters.aws import batch_items
from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.customer_candidates import CustomerCandidates
from adapters.aws.customers import PROFILE
from adapters.aws.faults import aws_calls
from adapters.aws.queries import items, query
from domain.solicitation.keys import customer_key
from domain.solicitation.serving import NO_OPT_OUT, OptOut
from domain.solicitation.stored import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class OptOuts:
    """`optedOut` on a customer's `PROFILE` covers every program, on `PROGRAM#p` that one."""

    dynamodb: "DynamoDBClient"
    customers_table: str
    candidates_table: str
    backoff: Backoff = PATIENT

    def opt_out(self, customer: str, program: str | None, at: datetime) -> int:
        """Remember the opt-out (a second one keeps the first instant), then delete what may still be asked; how many that was.

        Unavailable: out of reach. Repeating the call finishes what was begun.
        """
        self._change(
            customer,
            _part(program),
            "SET optedOut = :yes, optedOutAt = :at",
            "attribute_not_exists(optedOut) OR optedOut = :no",
            {":yes": True, ":no": False, ":at": iso(at)},
        )
        return CustomerCandidates(self.dynamodb, self.candidates_table, self.backoff).withdraw(customer, program)

    def opt_in(self, customer: str, program: str | None) -> None:
        """Forget the opt-out: of one program, or every one there is. The next batch may select the customer again."""
        for part in [_part(program)] if program is not None else self._parts(customer):
            back = "SET optedOut = :no REMOVE optedOutAt"
            self._change(customer, part, back, "optedOut = :yes", {":yes": True, ":no": False})

    def standing(self, customers: Iterable[str], programs: Iterable[str]) -> dict[str, OptOut]:
        """What each customer has opted out of, as it stands now, among `programs`; a hundred keys a call."""
        names = {customer_key(customer): customer for customer in customers}
        parts = (PROFILE, *map(_part, programs))
        found = batch_items.get(
            self.dynamodb,
            self.customers_table,
            ({"PK": pk, "SK": part} for pk in names for part in parts),
            consistent=True,
            attributes=("PK", "SK", "optedOut"),
            backoff=self.backoff,
        )
        out: dict[str, set[str]] = defaultdict(set)
        for item in found:
            if item.get("optedOut"):
                out[names[item["PK"]]].add(item["SK"])
        return {customer: _opt_out(out[customer]) if customer in out else NO_OPT_OUT for customer in names.values()}

    def _parts(self, customer: str) -> list[str]:
        """The items that may hold an opt-out: PROFILE sorts before PROGRAM#."""
        values = {"customer": customer_key(customer), "first": PROFILE, "end": "PROGRAM$"}
        request = query(
            self.customers_table, "PK = :customer AND SK BETWEEN :first AND :end", values, ("SK", "optedOut")
        )
        found = map(decode_item, items(self.dynamodb, {**request, "ConsistentRead": True}))
        return [item["SK"] for item in found if item.get("optedOut")]

    def _change(self, customer: str, part: str, update: str, condition: str, values: dict[str, Any]) -> None:
        """Unless it stands so already."""
        try:
            with aws_calls(f"change {self.customers_table}"):
                self.dynamodb.update_item(
                    TableName=self.customers_table,
                    Key=encode_item({"PK": customer_key(customer), "SK": part}),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=encode_item(values),
                )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return


def _part(program: str | None) -> str:
    return PROFILE if program is None else f"PROGRAM#{program}"


def _opt_out(parts: set[str]) -> OptOut:
    return OptOut(PROFILE in parts, frozenset(part.removeprefix("PROGRAM#") for part in parts if part != PROFILE))
