"""Reminders that wait to be sent, in one process: the sender on moto, the SMS service and SES over HTTP, and a clock of its own."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from notifications_world import CONTROLS, DEMAND, GENERATION, OUTBOX, STATE, NotificationsWorld, notifications_world

from adapters.aws.batch_items import Backoff
from domain.notifications.demand import Demand
from domain.notifications.events import Event, Sale, Venue
from domain.notifications.instants import iso
from domain.notifications.keys import Key, demand_row, message_id, notification_row
from domain.notifications.statuses import moved
from handlers.notifications import notification_send as sender
from handlers.notifications.sending.desk import Desk
from sandbox.ses import Account, SesFaults, SesServer
from sandbox.ses.mailroom import Refusals
from sandbox.sms_service import SmsServer

AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
STARTS = AT + timedelta(minutes=30)
EVENT = Event(
    "Z7r9", "The Night Tour", "https://tickets.example.com/e/Z7r9", AT, AT, artist_id="K1", artist="The Lines"
)
EVENT = replace(EVENT, venue=Venue("V1", "Arena", "Los Angeles", "CA", "US", "America/Los_Angeles"))
SALE = Sale("s1", "Z7r9", "Public", ("PUBLIC",), STARTS)
TEXT = "It's almost time! Tickets for The Lines will be going on sale at 10:00 AM PST: bit.ly/3xYZ"
LONG = TEXT + " " + "Doors open at seven. " * 4
VARIABLES = {
    "artistName": "The Lines",
    "saleTime": "10:00 AM",
    "saleZone": "PST",
    "url": "https://bit.ly/3xYZ",
    "brand": "Tickets",
}


def number_of(fan: str, last: str = "0199") -> str:
    return f"+1213{int.from_bytes(fan.encode()) % 1000:03d}{last}"


def notification(fan: str = "f1", method: str = "sms", **changes: Any) -> dict[str, Any]:
    """As the generator writes one."""
    key, starts = notification_row(fan, EVENT.id, SALE.id, method), changes.get("saleStartDateTime", iso(STARTS))
    row = {
        **key.attributes(),
        "type": "notification",
        "fanId": fan,
        "eventId": EVENT.id,
        "saleId": SALE.id,
        "contactMethod": method,
        "locale": "en-us",
        "saleStartDateTime": starts,
        "status": {"id": "CREATED", "date": iso(AT)},
        "date": {"created": iso(AT), "updated": iso(AT)},
        "sendAttempts": 0,
        "errors": [],
        "messageId": message_id(key, starts),
        "groupId": key.sk,
        "rev": 1,
    }
    text = {"phoneNumber": number_of(fan), "messageBody": TEXT, "parts": 1}
    mail = {"email": f"{fan}@fans.example.com", "templateVariables": VARIABLES}
    return {**row, **(text if method == "sms" else mail), **changes}


def in_status(row: Mapping[str, Any], status: Any, **attributes: Any) -> dict[str, Any]:
    return dict(moved(row, status, AT, **attributes))


def key_of(row: Mapping[str, Any]) -> Key:
    return Key(row["PK"], row["SK"])


@dataclass
class SendingWorld:
    """`passed` seconds have gone by since AT: waiting moves them on, and so may a test. `put_off` are receipts and seconds."""

    aws: NotificationsWorld
    sms: Any
    ses: SesServer
    passed: float = 0.0
    put_off: list[tuple[str, float]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def now(self) -> datetime:
        return AT + timedelta(seconds=self.passed)

    def clock(self) -> float:
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def desk(self, sms_rate: float = 100.0, service: Mapping[str, Any] | None = None, **changes: Any) -> Desk:
        """The handler's own, but for the clocks, and calls one after another, so that each run is the same. `service`: what is
        otherwise about that of texts.
        """
        desk = sender.live()
        quick = Backoff(sleep=self.sleep)
        channels = {
            name: replace(way, window=replace(way.window, clock=self.clock, sleep=self.sleep, backoff=quick))
            for name, way in desk.channels.items()
        }
        texts = channels["sms"]
        texts = replace(texts, service=replace(texts.service, **(service or {})))
        channels["sms"] = replace(texts, together=in_turn, parts_per_second=sms_rate)
        later = lambda receipt, seconds: self.put_off.append((receipt, seconds))  # noqa: E731
        mine = {"clock": self.clock, "chance": lambda: 0.5, "together": in_turn, "backoff": quick, "put_off": later}
        return replace(desk, channels=channels, **{**mine, **changes})

    def renewed(self) -> "SendingWorld":
        """As if it were made anew, which takes longer: nothing is stored, nobody was sent anything, no fault is set."""
        for table in (DEMAND, STATE, CONTROLS):
            for row in self.aws.rows(table=table):
                self.aws.forget(key_of(row), table=table)
        for queue in (GENERATION, OUTBOX):
            self.aws.messages(queue)
        self.sms.forget()
        room = self.ses.room
        room.mails.clear()
        self.ses.refusals = room.refusals = Refusals()
        self.ses.account = room.account = Account(rate=500.0)
        self.ses.faults = SesFaults()
        sender.live().channels["email"].mailer._account = None
        held = getattr(sender.live().channels["sms"].service, "tokens", None)
        if held:
            held._held.clear()
        fresh = SendingWorld(self.aws, self.sms, self.ses)
        self.sms.clock = fresh.clock
        return fresh

    # What there is

    def stage(self, *rows: Mapping[str, Any], event: Any = EVENT, sale: Any = SALE, demand: bool = True) -> None:
        """Notifications, and what each of them is about."""
        self.aws.put(event.row(), sale.row(), *rows)
        if demand:
            for row in rows:
                wish = Demand(row["fanId"], row["eventId"], row["saleId"], ("sms", "email"), AT)
                self.aws.put(wish.row())

    def record(self, row: Mapping[str, Any], *, received: int = 1, **changes: Any) -> dict[str, Any]:
        """The outbox's message about it, as Lambda brings it."""
        number = next(self._numbers)
        body = {"time": iso(self.now), "pk": row["PK"], "sk": row["SK"], "rev": row.get("rev", 1)}
        sent = str(round(self.clock() * 1000))
        return {
            "messageId": f"m{number}",
            "receiptHandle": f"r{number}",
            "body": json.dumps(body),
            "attributes": {"SentTimestamp": sent, "ApproximateReceiveCount": str(received)},
            "messageAttributes": {"queuedAt": {"dataType": "Number", "stringValue": sent}},
            "eventSource": "aws:sqs",
            **changes,
        }

    # What happens

    def send(self, *rows: Mapping[str, Any], received: int = 1, **changes: Any) -> list[str]:
        """One invocation; the ids of the messages that come again."""
        return self.invoke(*(self.record(row, received=received) for row in rows), **changes)

    def invoke(self, *records: Mapping[str, Any], **changes: Any) -> list[str]:
        answer = sender.notification_send(records, received=self.clock(), desk=self.desk(**changes))
        return [it["itemIdentifier"] for it in answer["batchItemFailures"]]

    # What came of it

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        found = self.aws.row(key_of(row))
        assert found is not None
        return found

    def status(self, row: Mapping[str, Any]) -> str:
        return self.row(row)["status"]["id"]

    def reasons(self, row: Mapping[str, Any]) -> list[str]:
        return [it["reason"] for it in self.row(row)["errors"]]

    def demand(self, row: Mapping[str, Any]) -> dict[str, Any]:
        found = self.aws.row(demand_row(row["fanId"], row["eventId"], row["saleId"]))
        assert found is not None
        return found

    def takes(self, row: Mapping[str, Any]) -> int:
        """How often the SMS service took it."""
        return sum(it.message_id == row["messageId"] for it in self.sms.accepted)


def in_turn(work: Callable[[Any], Any], some: Any) -> list[Any]:
    return [work(it) for it in some]


@contextmanager
def sending_world(**settings: str) -> Iterator[SendingWorld]:
    """`settings` by name, over those of `notifications_world`."""
    with SmsServer() as texts, SesServer(account=Account(rate=500.0)) as ses:
        urls = {"SMS_SERVICE_URL": texts.endpoint, "AWS_ENDPOINT_URL_SESV2": ses.endpoint}
        with notifications_world(sender, **{**urls, **settings}) as aws:
            world = SendingWorld(aws, texts, ses)
            texts.clock = world.clock
            yield world
