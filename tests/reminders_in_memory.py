"""All of reminders in one process, on a virtual clock: the handlers' own verbs and wiring over tables and queues in memory."""

import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
from in_process_http import InProcess
from in_turn import InTurn
from memory_dynamodb import MemoryDynamoDB
from memory_items import Table
from memory_queues import Died, MemoryQueue, MemorySqs, Poller
from memory_streams import DatedStatuses, Filters
from notifications_world import (
    CONTROLS,
    DEMAND,
    ENVIRONMENT,
    GENERATION,
    INDEXES,
    OUTBOX,
    QUEUE_URL,
    SHORT_URLS,
    STATE,
    TOKENS,
)

from adapters.aws import session
from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import Backoff
from domain.notifications.claiming import VISIBILITY
from domain.notifications.instants import iso
from domain.notifications.keys import SMS, Key
from handlers.notifications import (
    demand_stream_to_sqs,
    notification_generator,
    notification_scheduler,
    notification_send,
    sms_status_consumer,
    sweep,
)
from handlers.notifications.noting import desk as noting
from sandbox.discovery import DiscoveryServer
from sandbox.sms_service import SmsServer
from sandbox.virtual_workers import VirtualTime

HANDLERS = (
    demand_stream_to_sqs,
    notification_generator,
    notification_scheduler,
    notification_send,
    sms_status_consumer,
    sweep,
)
SERVICES = {"SMS_SERVICE_URL": "http://sms.test", "DISCOVERY_URL": "http://discovery.test"}
# As infra/notifications_feeds.py has them.
GENERATORS, SENDERS, SENT_AT_ONCE, ROUTED, TOLD_AT_ONCE = 10, 16, 100, 100, 500
GENERATING, CLAIMING, CALLING = 10.0, 0.01, 0.06  # seconds that it takes on AWS, about


@dataclass
class Reminders:
    """What a test sets up and looks at. `answers` of every call of a function, by its name.

    `dying`: the slices, counted from 1, right after whose calls their sender dies, so that nothing of them is written down;
    `orphans` are those of their messages that were taken.
    """

    time: VirtualTime
    tables: MemoryDynamoDB
    queues: Mapping[str, MemoryQueue]
    texts: SmsServer
    vendor: DiscoveryServer
    statuses: DatedStatuses
    printed: io.StringIO
    answers: dict[str, list[Any]] = field(default_factory=dict)
    dying: set[int] = field(default_factory=set)
    slices: int = 0
    orphans: set[str] = field(default_factory=set)

    def put(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows that were there before: nobody is told of them."""
        for row in rows:
            self.tables.put_item(TableName=DEMAND, Item=encode_item(row))
        self.tables.take_changes()

    def rows(self, type: str) -> Iterator[dict[str, Any]]:
        for item in self.tables.tables[DEMAND].items.values():
            if item["type"]["S"] == type:
                yield decode_item(item)

    def row(self, key: Key) -> dict[str, Any]:
        return decode_item(self.tables.tables[DEMAND].items[key])

    def metrics(self) -> dict[str, list[float]]:
        """Values by name, of all that was put out."""
        found: dict[str, list[float]] = {}
        for line in self.printed.getvalue().splitlines():
            told = json.loads(line) if line.startswith('{"_aws"') else {"_aws": {"CloudWatchMetrics": []}}
            for metric in (it for group in told["_aws"]["CloudWatchMetrics"] for it in group["Metrics"]):
                values = told[metric["Name"]]
                found.setdefault(metric["Name"], []).extend(values if isinstance(values, list) else [values])
        return found

    def at(self) -> datetime:
        return datetime.fromtimestamp(self.time.now(), UTC)

    def run(self, until: datetime, *, windows: Sequence[datetime] = (), sweeps: Sequence[datetime] = ()) -> None:
        """Everything that is deployed works until then; schedulers and sweeps start at these instants."""
        for at in windows:
            self.time.spawn(partial(self._window, at), at.timestamp())
        for at in sweeps:
            self.time.spawn(partial(self._sweep, at), at.timestamp())
        self.time.spawn(self.time.stop, until.timestamp())
        for work in self._workers():
            self.time.spawn(work)
        self.time.run()

    def _workers(self) -> Iterator[Callable[[], Any]]:
        generator, sender = self._generator(), self._sender()
        visible = VISIBILITY.total_seconds()
        for _ in range(GENERATORS):
            yield Poller(self.time, self.queues[GENERATION], generator, 1, 330.0)
        for _ in range(SENDERS):
            yield Poller(self.time, self.queues[OUTBOX], sender, SENT_AT_ONCE, visible, window=1.0)
        yield self._route
        yield self._consume

    def _told(self, name: str, answer: Any) -> Any:
        self.answers.setdefault(name, []).append(answer)
        return answer

    def _window(self, at: datetime) -> None:
        desk = notification_scheduler.live()
        desk.details.vendor.discovery.http.mount(SERVICES["DISCOVERY_URL"], InProcess(self.vendor))
        desk = replace(desk, queue=replace(desk.queue, clock=self.time.now))
        event = {"scheduledTime": iso(at)}
        answer = notification_scheduler.notification_scheduler(event, at, desk=desk, seconds=self.time.now)
        self._told("notification_scheduler", answer)

    def _sweep(self, at: datetime) -> None:
        live = sweep.live()
        broom = replace(live["broom"], outbox=replace(live["broom"].outbox, clock=self.time.now))
        self._told("sweep", sweep.sweep({"scheduledTime": iso(at)}, **{**live, "broom": broom}, clock=self.time.now))

    def _generator(self) -> Callable[[Sequence[Any]], Any]:
        desk = notification_generator.live()
        desk = replace(desk, queue=replace(desk.queue, clock=self.time.now), pool=InTurn())

        def generate(records: Sequence[Any]) -> Any:
            self.time.sleep(GENERATING)
            answer = notification_generator.notification_generator(
                records, received=self.time.now(), desk=desk, seconds=self.time.now
            )
            return self._told("notification_generator", answer)

        return generate

    def _sender(self) -> Callable[[Sequence[Any]], Any]:
        desk = notification_send.live()
        texts = desk.channels[SMS]
        texts.service.http.mount(SERVICES["SMS_SERVICE_URL"], InProcess(self.texts))
        texts.service.http.trust_env = False  # looking for proxies at each call takes longer than all the rest of it
        window = replace(texts.window, clock=self.time.now, sleep=self.time.sleep)
        desk = replace(
            desk,
            channels={**desk.channels, SMS: replace(texts, window=window, together=self._calling)},
            generation=replace(desk.generation, clock=self.time.now),
            clock=self.time.now,
            together=self._together(CLAIMING),
            backoff=Backoff(sleep=self.time.sleep),
        )
        return lambda records: self._told(
            "notification_send",
            notification_send.notification_send(records, received=self.time.now(), desk=desk),
        )

    def _calling(self, call: Callable[[Any], Any], some: Iterable[Any]) -> list[Any]:
        taken: list[str] = []

        def noted(it: Any) -> Any:
            before = len(self.texts.accepted)
            found = call(it)
            taken.extend(text.message_id for text in self.texts.accepted[before:])
            return found

        found = self._together(CALLING)(noted, some)
        self.slices += 1
        if self.slices in self.dying:
            self.orphans.update(taken)
            raise Died
        return found

    def _together(self, seconds: float) -> Callable[..., Any]:
        """A slice's calls begin at once, and take so long."""

        def work(call: Callable[[Any], Any], some: Iterable[Any]) -> list[Any]:
            found = [call(it) for it in some]
            self.time.sleep(seconds)
            return found

        return work

    def _route(self) -> None:
        live = demand_stream_to_sqs.live()
        desk = live["desk"]
        queues = {name: replace(getattr(desk, name), clock=self.time.now) for name in ("links", "outbox", "generator")}
        live = {**live, "desk": replace(desk, **queues)}
        wanted = Filters()
        while True:
            self.time.sleep(0.5, lambda: 0.0 if self.tables.changes else 0.5)
            records = [*filter(wanted, self.tables.take_changes())]
            for first in range(0, len(records), ROUTED):
                answer = demand_stream_to_sqs.demand_stream_to_sqs(records[first : first + ROUTED], self.at(), **live)
                self._told("demand_stream_to_sqs", answer)

    def _consume(self) -> None:
        live = sms_status_consumer.live()
        while True:
            self.time.sleep(1.0, lambda: 0.0 if self.statuses.due(self.time.now()) else 1.0)
            while records := self.statuses.take(self.time.now(), TOLD_AT_ONCE):
                self._told("sms_status_consumer", sms_status_consumer.sms_status_consumer(records, **live))


def failures(answers: Mapping[str, Sequence[Mapping[str, Any]]]) -> Counter[str]:
    """Of batches, by function: what had to come again."""
    return Counter({name: sum(len(it.get("batchItemFailures", ())) for it in told) for name, told in answers.items()})


@contextmanager
def reminders_in_memory(start: datetime, **settings: str) -> Iterator[Reminders]:
    """Nothing is in the tables but what the test puts there. `settings` as in ENVIRONMENT."""
    time = VirtualTime(start.timestamp())
    tables = {DEMAND: Table(INDEXES, streamed=True), STATE: Table(), CONTROLS: Table()}
    dynamodb = MemoryDynamoDB(tables, time.now)
    queues = {name: MemoryQueue(time.now) for name in (GENERATION, SHORT_URLS, OUTBOX)}
    sqs = MemorySqs({QUEUE_URL + name: queue for name, queue in queues.items()})
    clients = {"dynamodb": dynamodb, "sqs": sqs, "secretsmanager": Secrets(), "sesv2": object(), "s3": object()}
    statuses, printed = DatedStatuses(), io.StringIO()
    texts = SmsServer(clock=time.now, seconds=time.now)
    texts.statuses = statuses  # type: ignore[assignment]
    texts._stopping.set()  # whoever waits for an answer that never comes has waited long enough
    with ExitStack() as open_things:
        environment = {**ENVIRONMENT, **SERVICES, "POWERTOOLS_METRICS_DISABLED": "false", **settings}
        open_things.enter_context(patch.dict(os.environ, environment))
        open_things.enter_context(patch.object(boto3.Session, "client", lambda self, name, **_: clients[name]))
        open_things.enter_context(patch.object(noting, "ThreadPoolExecutor", InTurn))
        for forget in (session.session.cache_clear, *(handler.live.cache_clear for handler in HANDLERS)):
            forget()
            open_things.callback(forget)
        open_things.enter_context(redirect_stdout(printed))
        yield Reminders(time, dynamodb, queues, texts, DiscoveryServer(clock=time.now), statuses, printed)


class Secrets:
    def get_secret_value(self, SecretId: str) -> Any:
        told = {"services": TOKENS, "links": {"keys": "a-key-of-tests"}}
        return {"SecretString": json.dumps(told[SecretId]), "Versions": SimpleNamespace()}
