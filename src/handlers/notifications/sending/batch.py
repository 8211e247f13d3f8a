"""The messages of one invocation in, grouped by the notification they are about; and what became of each."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import orjson

from adapters.aws.outbox import waited
from domain.errors import Rejected
from domain.notifications.claiming import WORK
from domain.notifications.instants import moment
from domain.notifications.keys import Key
from domain.notifications.statuses import Row
from handlers.notifications.sending.desk import Desk

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """`ahead`: its source's time less the clock's, in seconds; a virtual day has a time of its own. `again`: it came before."""

    id: str
    receipt: str
    key: Key
    ahead: float
    again: bool

    @classmethod
    def of(cls, record: Record, received: float) -> Self:
        """Rejected: no message of the outbox."""
        try:
            told = orjson.loads(record["body"])
            key, time = Key(told["pk"], told["sk"]), moment(told["time"])
            if not all(isinstance(it, str) and it for it in key):
                raise TypeError
        except (ValueError, TypeError, KeyError) as error:
            raise Rejected(f"no message of the outbox: {type(error).__name__}") from error
        ahead = (time + waited(record, received)).timestamp() - received
        again = int(record["attributes"].get("ApproximateReceiveCount", 1)) > 1
        return cls(record["messageId"], record["receiptHandle"], key, ahead, again)


@dataclass(frozen=True, slots=True)
class Work:
    """A notification that is to be sent: its messages, its row, what its call needs, and its own time."""

    messages: tuple[Message, ...]
    row: Row
    thing: Any
    now: Callable[[], datetime]


@dataclass
class Batch:
    """`done`: the messages that need not come again. `tally` counts notifications by what became of them."""

    desk: Desk
    holder: str
    began: float
    messages: dict[Key, tuple[Message, ...]]
    done: set[str] = field(default_factory=set)
    tally: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, messages: Iterable[Message], holder: str, desk: Desk) -> Self:
        grouped: dict[Key, list[Message]] = defaultdict(list)
        for it in messages:
            grouped[it.key].append(it)
        return cls(desk, holder, desk.clock(), {key: tuple(some) for key, some in grouped.items()})

    def now(self, key: Key) -> datetime:
        """As late as the latest of its messages has it."""
        ahead = max(it.ahead for it in self.messages[key])
        return datetime.fromtimestamp(self.desk.clock() + ahead, UTC)

    def left(self) -> float:
        """Seconds of work, before the function's time is over."""
        return WORK.total_seconds() - (self.desk.clock() - self.began)

    def finish(self, key: Key, became: str) -> None:
        self.done.update(it.id for it in self.messages[key])
        self.tally[became] += 1

    def put_off(self, key: Key, seconds: float, why: str) -> None:
        """Its messages come again."""
        for it in self.messages[key]:
            self.desk.put_off(it.receipt, max(1.0, seconds))
        self.tally[why] += 1
