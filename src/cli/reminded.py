"""A sandbox in, what half an hour before a ticket sale leads to out: a part of `ovation demo`, and `ovation notifications rehearse`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic, sleep
from typing import Any

import requests
from rich.table import Table

from cli.deployment import Deployment
from cli.notifications import tallied
from cli.notifications_tables import of_tally, short
from domain.notifications.mail_tag import TAG, key_of
from domain.notifications.statuses import FINAL
from domain.notifications.tallies import Tally
from domain.notifications.timeline import opening
from sandbox.announcement import write
from sandbox.clock import Schedule, ScheduleClock
from sandbox.runtime import Sandbox
from sandbox.sample.events import event_document
from sandbox.sample.reminders import Crowd

SALE = datetime(2026, 12, 4, 18, tzinfo=UTC)  # 10:00 in Los Angeles
EARLIER = timedelta(minutes=25)  # before the window opens; the hourly refreshing comes in between
EVENT, ARTIST = "ovr-lantern", "Lantern Parade"
SOON = 60.0  # seconds for one answer
LONGEST = 600.0  # seconds for all reminders to come to an end
LOOKS = 20  # calls of eventDetails after the first
SETTLED = timedelta(minutes=6)  # after the sale's start the sweep has been by
ASKED = """query details($id: ID!) {
  eventDetails(eventId: $id) { id name isSuppressed sales { id name saleTypes startDateTime isSuppressed suppressionReason } }
}"""


@dataclass(frozen=True)
class Reminded:
    """`wanted`: notifications by way of contact. `texts`, `mails`: how often each was taken by the SMS service and SES."""

    fans: int
    event: str
    sale: str
    starts: datetime
    wanted: Mapping[str, int]
    tally: Tally
    texts: Sequence[int]
    mails: Sequence[int]
    suppressed: Sequence[str]
    dead: int
    first_look: float  # milliseconds: eventDetails of an event that nobody had asked about
    looks: Sequence[float]  # and afterwards
    seconds: float
    sample: str

    @property
    def as_wanted(self) -> bool:
        """Everybody's reminder has come to an end, none was taken twice, only dead numbers failed."""
        ended = self.tally.total == sum(self.wanted.values()) and not self.tally.open
        once = max(self.texts, default=0) <= 1 and max(self.mails, default=0) <= 1
        failed = self.tally.reasons["FAILED", "Invalid phone number"]
        taken = len(self.texts) == self.wanted["sms"] - self.dead and len(self.mails) == self.wanted["email"]
        return ended and once and taken and failed == self.dead


def reminded(sandbox: Sandbox, fans: int, starts: datetime = SALE) -> Reminded:
    """From the first question about an event to the last status of its reminders. RuntimeError: they do not come to an end."""
    deployment = Deployment.of(sandbox.client, "ovation-sandbox-notifications", "notifications")
    began, doors, event = monotonic(), Doors(sandbox.address.endpoints), f"{EVENT}-{starts:%y%m%d%H%M}"
    sandbox.begin(opening(starts) - EARLIER)
    doors.add(event_document(event, artist=ARTIST, onsale=starts, presales=presales(starts)))
    found, looks = looked_at(doors, event)
    [sale] = [it["id"] for it in found["sales"] if "PUBLIC" in it["saleTypes"]]
    crowd = Crowd(fans, event, sale, starts)
    doors.decide({**dict.fromkeys(crowd.dead, "invalid"), **dict.fromkeys(crowd.slow, "flaky")})
    write(sandbox.client("dynamodb"), deployment.names["demand_table"], (it.row() for it in crowd.demand()))
    sandbox.settle()
    tally = lived(sandbox, deployment, event, sale, starts)
    texts = [it for it in doors.texts() if f"{event}-{sale}" in it["metadata"]["sk"]]
    return Reminded(
        fans,
        event,
        sale,
        starts,
        Counter(method for it in crowd.demand() for method in it.methods),
        tally,
        [*Counter(it["message_id"] for it in texts).values()],
        [*Counter(tag for tag in doors.mails() if f"{event}-{sale}" in key_of(tag).sk).values()],
        [str(it["suppressionReason"]) for it in found["sales"] if it["isSuppressed"]],
        len(crowd.dead),
        looks[0],
        looks[1:],
        monotonic() - began,
        str(texts[0]["text"]) if texts else "",
    )


@dataclass(frozen=True)
class Doors:
    """The ways into the sandbox's vendors that other processes have, too; by service."""

    endpoints: Mapping[str, str]

    def add(self, document: Mapping[str, Any]) -> None:
        requests.post(f"{self.endpoints['discovery']}/_events", json=document, timeout=SOON).raise_for_status()

    def decide(self, fates: Mapping[str, str]) -> None:
        requests.post(f"{self.endpoints['sms']}/_fates", json=fates, timeout=SOON).raise_for_status()

    def token(self, fan: str) -> str:
        return str(requests.get(f"{self.endpoints['issuer']}/_token", {"fan": fan}, timeout=SOON).json()["token"])

    def texts(self) -> list[Any]:
        return list(requests.get(f"{self.endpoints['sms']}/_texts", timeout=SOON).json()["texts"])

    def mails(self) -> list[str]:
        """The tags of all reminders that SES has taken."""
        found = requests.get(f"{self.endpoints['sesv2']}/_sandbox/mails", {"since": 0}, timeout=SOON).json()
        return [it["tags"][TAG] for it in found if TAG in it["tags"]]


def presales(starts: datetime) -> dict[str, datetime]:
    return {"Lantern Club Presale": starts - timedelta(days=2), "Fan Registration": starts - timedelta(days=9)}


def looked_at(doors: Doors, event: str) -> tuple[Mapping[str, Any], list[float]]:
    """The event, as an app asks about it, and how long each look took in milliseconds."""
    times, found, token = [], {}, doors.token("fan-who-looks")
    for _ in range(1 + LOOKS):
        began = monotonic()
        answer = requests.post(
            doors.endpoints["graphql"],
            json={"query": ASKED, "variables": {"id": event}},
            headers={"Authorization": f"Bearer {token}"},
            timeout=SOON,
        ).json()
        times.append((monotonic() - began) * 1000)
        if answer.get("errors"):
            raise RuntimeError(f"eventDetails: {answer['errors']}")
        found = answer["data"]["eventDetails"]
    return found, times


def lived(sandbox: Sandbox, deployment: Deployment, event: str, sale: str, starts: datetime) -> Tally:
    """The deployed schedules up to the opening; then until all reminders have come to an end; then past the sale's start."""
    ours = frozenset(deployment.functions.values())
    clock = ScheduleClock(sandbox.client, sandbox, partial(is_ours, ours))
    clock.run_until(opening(starts), lambda fired: sandbox.settle())
    give_up = monotonic() + LONGEST
    while (tally := tallied(deployment, event, sale)).open or not tally.total:
        if monotonic() > give_up:
            raise RuntimeError(f"reminders have not come to an end: {dict(tally.statuses)}")
        sandbox.settle()
        sleep(1)
    clock.run_until(starts + SETTLED, lambda fired: sandbox.settle())
    return tallied(deployment, event, sale)


def is_ours(ours: frozenset[str], schedule: Schedule) -> bool:
    return all(str(target["Arn"]).rsplit(":", 1)[-1] in ours for target in schedule.targets)


def table(found: Reminded) -> Table:
    """What to show."""
    shown = of_tally(f"{found.fans:,} fans, reminded of a sale at {short(found.starts)} UTC", found.tally)
    looks = (
        f"eventDetails: {found.first_look:.0f} ms at first, then {p95(found.looks):.0f} ms (p95 of {len(found.looks)})"
    )
    twice = sum(it > 1 for it in (*found.texts, *found.mails))
    taken = f"taken: {len(found.texts):,} texts, {len(found.mails):,} mails, {twice} twice"
    suppressed = f"suppressed sales: {', '.join(found.suppressed) or 'none'}"
    shown.caption = "\n".join([str(shown.caption or ""), taken, looks, suppressed, found.sample])
    shown.caption_justify = "left"
    return shown


def p95(times: Sequence[float]) -> float:
    return sorted(times)[max(0, -(-95 * len(times) // 100) - 1)]


def document(found: Reminded) -> dict[str, Any]:
    """For scripts."""
    return {
        "event": found.event,
        "sale": found.sale,
        **found.tally.document(),
        "wanted": dict(found.wanted),
        "textsTaken": len(found.texts),
        "mailsTaken": len(found.mails),
        "twice": sum(it > 1 for it in (*found.texts, *found.mails)),
        "final": sorted(FINAL & set(found.tally.statuses)),
        "eventDetailsMissMs": round(found.first_look, 1),
        "eventDetailsHitP95Ms": round(p95(found.looks), 1),
        "seconds": round(found.seconds, 3),
    }
