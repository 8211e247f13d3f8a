"""An answer in, stored once with all that follows from it: aggregate, consumed candidate, history, delivery, event to publish."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls
from adapters.aws.submission_writes import Ground, changes
from adapters.aws.transactions import transact
from domain.errors import Unavailable
from domain.solicitation.answer import Answer, Submitted, answer_key
from domain.solicitation.delivery import delivery_key
from domain.solicitation.keys import escaped
from domain.solicitation.program import Program
from domain.solicitation.submission import completed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Answers:
    """One answer a customer and subject of a program, for all time: whoever comes second is shown the first."""

    dynamodb: "DynamoDBClient"
    candidates_table: str
    customers_table: str
    deliveries_table: str
    responses_table: str
    subjects_table: str
    backoff: Backoff = PATIENT

    def standing(self, program: str, customer: str, subject: str) -> Answer | None:
        """The answer given to this question, if any."""
        item = self._read(self.responses_table, answer_key(program, customer, subject))
        return Answer.from_item(item) if item else None

    def submit(self, answer: Answer, program: Program) -> Submitted:
        """Store the answer with everything that follows from it, all or nothing, unless one stands already.

        Each round works on what it has just read, and the transaction holds only if that has not moved.
        Unavailable: the tables were out of reach or kept moving; nothing may have happened, and submitting again is safe.
        """
        for _ in range(self.backoff.tries):
            if standing := self.standing(program.id, answer.customer, answer.subject):
                return Submitted(False, standing)
            ground = self._ground(answer)
            whole = completed(answer, ground.candidate, ground.delivery)
            if not transact(self.dynamodb, list(enumerate(changes(whole, ground))), "store an answer", self.backoff):
                return Submitted(True, whole)
        raise Unavailable(f"what an answer to {program.id} changes kept moving, {self.backoff.tries} times")

    def _ground(self, answer: Answer) -> Ground:
        """What the answer changes, as it stands; items that are not there are empty."""
        subject = f"PROGRAM#{escaped(answer.program)}#SUBJECT#{escaped(answer.subject)}"
        aggregate = {"PK": subject, "SK": "AGGREGATE"}
        return Ground(
            tables=self,
            candidate=self._read(self.candidates_table, answer.key),
            delivery=self._read(self.deliveries_table, delivery_key(answer.delivery)) if answer.delivery else {},
            aggregate=self._read(self.subjects_table, aggregate) if answer.opinion.tags else {},
        )

    def _read(self, table: str, key: dict[str, str]) -> dict[str, Any]:
        with aws_calls(f"read {table}"):
            found = self.dynamodb.get_item(TableName=table, Key=encode_item(key), ConsistentRead=True)
        return decode_item(found.get("Item", {}))
