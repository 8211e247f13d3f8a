"""What a function was called with in, its messages out; and when one that was not done comes again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.aws.load_ledger import Held
from domain.errors import Unavailable

AGAIN = 30.0  # seconds until what was out of reach is tried again


class Paused(Unavailable):
    """The call's time is over; the file goes on in the next one."""


@dataclass(frozen=True, slots=True)
class Message:
    """`body` tells of files. Without an `id` it is the event of a call by hand, which nobody delivers again."""

    body: Any
    id: str | None = None
    receipt: str = ""


def messages(event: Mapping[str, Any]) -> Iterator[Message]:
    """SQS's, or the event itself: EventBridge's shape or that of an S3 notification."""
    records = event.get("Records")
    if records and all("body" in record for record in records):
        for record in records:
            yield Message(record["body"], record.get("messageId"), record.get("receiptHandle", ""))
    else:
        yield Message(event)


def seconds_until_again(reason: Unavailable, now: datetime) -> float:
    match reason:
        case Paused():
            return 0.0
        case Held():
            return max(1.0, (reason.until - now).total_seconds() + 1.0)
        case _:
            return AGAIN
