"""Twenty senders whose clocks differ share one rate of parts: never above it in any second, and hardly below it (C-8)."""

from collections import deque
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from memory_dynamodb import MemoryDynamoDB
from memory_items import Table
from notifications_world import CONTROLS, DEMAND, STATE
from sending_rules import RULES
from sending_world import AT, EVENT, SALE, TEXT, key_of, notification

from adapters.aws.attribute_values import encode_item
from adapters.aws.batch_items import Backoff
from adapters.aws.demand_dates import DemandDates
from adapters.aws.kill_switch import KillSwitch
from adapters.aws.notification_rows import NotificationRows
from adapters.aws.opt_out_list import OptOutList
from adapters.aws.rate_window import RateWindow
from adapters.aws.send_checks import SendChecks
from domain.notifications.demand import Demand
from domain.notifications.instants import iso
from domain.notifications.sms import Accepted
from handlers.notifications.notification_send import notification_send
from handlers.notifications.sending.desk import Desk
from handlers.notifications.sending.texts import Texts
from sandbox.sms_service import peak
from sandbox.virtual_workers import VirtualTime

WORKERS, TEXTS, BATCH, RATE = 20, 6_600, 100, 100
A_CALL, A_TEXT = 0.006, 0.15  # seconds: of DynamoDB, of the service


@dataclass
class Lagging:
    """A client of DynamoDB each of whose calls takes its time, half of it before anything happens."""

    client: MemoryDynamoDB
    time: VirtualTime
    at_once: bool = False  # what several threads do at a time takes the time of one
    exceptions: Any = None

    def __getattr__(self, name: str) -> Any:
        called = getattr(self.client, name)
        if not callable(called) or name == "get_paginator":
            return called

        def slowly(**asked: Any) -> Any:
            if not self.at_once:
                self.time.sleep(A_CALL / 2)
            try:
                return called(**asked)
            finally:
                if not self.at_once:
                    self.time.sleep(A_CALL / 2)

        return slowly


@dataclass
class Service:
    """`asked`: when, in true time, and parts."""

    time: VirtualTime
    asked: list[tuple[float, int]] = field(default_factory=list)
    honours_keys: bool = True
    taken: set[str] = field(default_factory=set)

    def send(self, text: Any, now: Any) -> Accepted:
        assert text.message_id not in self.taken
        self.taken.add(text.message_id)
        self.asked.append((self.time.now(), 2 if len(text.body) > 160 else 1))
        return Accepted()


@dataclass
class Simulation:
    time: VirtualTime
    service: Service
    tables: MemoryDynamoDB
    waiting: deque[tuple[float, Any]] = field(default_factory=deque)
    left: int = 0

    def worker(self, number: int) -> None:
        """Take messages and send, as Lambda's mapping does, until nothing is left."""
        skew = (number % 5 - 2) * 0.004  # from 8 ms behind to 8 ms ahead
        dynamodb = Lagging(self.tables, self.time)
        desk = self.desk(dynamodb, lambda: self.time.now() + skew)
        while self.left:
            records = [self.waiting.popleft()[1] for _ in range(min(BATCH, len(self.waiting)))]
            if not records:
                self.time.sleep(0.2)
                continue
            failed = notification_send(records, received=desk.clock(), desk=desk)["batchItemFailures"]
            again = {it["itemIdentifier"] for it in failed}
            self.left -= len(records) - len(again)
            self.waiting.extend((0.0, it) for it in records if it["messageId"] in again)

    def desk(self, dynamodb: Any, clock: Any) -> Desk:
        def together(seconds: float) -> Any:
            def work_on(work: Any, some: Any) -> list[Any]:
                dynamodb.at_once = True
                try:
                    return [work(it) for it in some]
                finally:
                    dynamodb.at_once = False
                    self.time.sleep(seconds)

            return work_on

        quick = Backoff(tries=12, base=0.01, most=0.2, chance=lambda: 0.7, sleep=self.time.sleep)
        window = RateWindow(dynamodb, STATE, origination="sms", clock=clock, sleep=self.time.sleep, backoff=quick)
        opt_outs = OptOutList(dynamodb, STATE)
        texts = Texts(self.service, window, RULES, RATE, "app", "asu", together(A_TEXT))
        return Desk(
            rows=NotificationRows(dynamodb, DEMAND),
            checks=SendChecks(dynamodb, DEMAND, opt_outs),
            kill_switch=KillSwitch(dynamodb, CONTROLS),
            dates=DemandDates(dynamodb, DEMAND),
            opt_outs=opt_outs,
            generation=SimpleNamespace(),
            rules=RULES,
            channels={"sms": texts},
            put_off=lambda receipt, seconds: None,
            clock=clock,
            together=together(2 * A_CALL),
            backoff=quick,
        )


@pytest.fixture(scope="module")
def sent():
    time = VirtualTime(AT.timestamp())
    tables = MemoryDynamoDB({DEMAND: Table(), STATE: Table(), CONTROLS: Table()})
    simulation = Simulation(time, Service(time), tables, left=TEXTS)
    numbers = count()
    for row in (EVENT.row(), SALE.row()):
        tables.put_item(TableName=DEMAND, Item=encode_item(row))
    for number in range(TEXTS):
        wide = {"messageBody": TEXT * 2, "parts": 2} if number % 2 else {}
        row = notification(f"f{number}", **wide)
        wish = Demand(row["fanId"], EVENT.id, SALE.id, ("sms",), AT)
        for it in (row, wish.row()):
            tables.put_item(TableName=DEMAND, Item=encode_item(it))
        simulation.waiting.append((0.0, record(row, next(numbers))))
    for number in range(WORKERS):
        time.spawn(lambda number=number: simulation.worker(number))
    time.run()
    return simulation


def record(row, number):
    key = key_of(row)
    sent = str(round(AT.timestamp() * 1000))
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"r{number}",
        "body": f'{{"time": "{iso(AT)}", "pk": "{key.pk}", "sk": "{key.sk}", "rev": 1}}',
        "attributes": {"SentTimestamp": sent, "ApproximateReceiveCount": "1"},
        "messageAttributes": {},
    }


def test_everybody_is_told_once(sent):
    assert len(sent.service.taken) == TEXTS
    assert sent.left == 0


def test_no_second_holds_more_parts_than_the_rate(sent):
    assert peak(sent.service.asked) <= RATE


def test_a_minute_holds_nearly_all_the_parts_it_may(sent):
    begin = sent.service.asked[0][0] + 2
    held = sum(parts for at, parts in sent.service.asked if begin <= at < begin + 60)
    assert held >= 0.95 * 60 * RATE
    assert sent.service.asked[-1][0] > begin + 60  # there was enough to send
