"""The outbox queue: pointers to the chunks of a recipient list that are due, ten a call."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapters.aws.batch_items import PATIENT, Backoff, chunks
from adapters.aws.faults import aws_calls
from domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MESSAGES_A_CALL = 10  # SQS: SendMessageBatch, of at most 256 KB together
Message = Mapping[str, Any]


@dataclass(frozen=True)
class Outbox:
    """The same message always has the same body. The attribute `queuedAt` (epoch ms) stays with it where SQS's own SentTimestamp
    does not: a message that is sent back from the dead letters counts as a new one."""

    sqs: "SQSClient"
    url: str
    backoff: Backoff = PATIENT
    clock: Callable[[], float] = time.time

    def send(self, messages: Iterable[Message], *, delay_seconds: int = 0) -> int:
        """Queue every message at least once; how many. Those the queue turned away are sent again.

        Unavailable: not all were taken, beyond patience; those before may have been. `delay_seconds` at most 900 (SQS).
        """
        sent = 0
        for batch in chunks(messages, MESSAGES_A_CALL):
            queued = {"queuedAt": {"DataType": "Number", "StringValue": str(round(self.clock() * 1000))}}
            all_have = {"DelaySeconds": delay_seconds, "MessageAttributes": queued}
            bodies = [json.dumps(message, sort_keys=True) for message in batch]
            self._send([{"Id": str(n), "MessageBody": body, **all_have} for n, body in enumerate(bodies)])
            sent += len(batch)
        return sent

    def waiting(self) -> int:
        """How many messages it holds, about, whether they are due or delayed. Unavailable: out of reach."""
        asked: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        with aws_calls("look at the outbox"):
            answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=asked)
        return sum(int(count) for count in answer["Attributes"].values())

    def _send(self, entries: list[dict[str, Any]]) -> None:
        tried = 0
        while entries:
            with aws_calls("fill the outbox"):
                answer: Any = self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)  # type: ignore[arg-type]
            failed = {failure["Id"] for failure in answer.get("Failed", ())}
            left = [entry for entry in entries if entry["Id"] in failed]
            tried = 1 if len(left) < len(entries) else tried + 1
            if left and tried >= self.backoff.tries:
                raise Unavailable(f"the outbox turned {len(left)} messages away {tried} times: {codes(answer)}")
            if left:
                self.backoff.wait(tried)
            entries = left


def waited(record: Mapping[str, Any], received: float) -> timedelta:
    """How long a message has been on its way, through the dead letters and back too; `received` is in epoch seconds."""
    told = record.get("messageAttributes", {}).get("queuedAt", {}).get("stringValue")
    queued = int(told or record["attributes"]["SentTimestamp"]) / 1000
    return timedelta(seconds=max(0.0, received - queued))


def codes(answer: Mapping[str, Any]) -> str:
    return ", ".join(sorted({failure.get("Code", "") for failure in answer["Failed"]}))
