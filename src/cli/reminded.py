"""A sandbox in, what half an hour before a ticket sale leads to out: the reminders' part of `ovation demo`."""

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
from cli.notifications_tables import of_tally
from domain.notifications.statuses import FINAL
from domain.notifications.tallies import Tally
from sandbox.announcement import write
from sandbox.clock import Schedule, ScheduleClock
from sandbox.runtime import Sandbox
from sandbox.sample.events import event_document
from sandbox.sample.reminders import Crowd
from sandbox.vendors import Vendors

SALE = datetime(2026, 12, 4, 18, tzinfo=UTC)  # 10:00 in Los Angeles
OPENS = SALE - timedelta(minutes=30)
EARLIER = OPENS - timedelta(minutes=25)  # when the event is asked about, and found by the hourly refreshing
EVENT, ARTIST = "ovr-lantern-la", "Lantern Parade"
PRESALES = {"Lantern Club Presale": SALE - timedelta(days=2), "Fan Registration": SALE - timedelta(days=9)}
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
    sale: str
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


def reminded(sandbox: Sandbox, fans: int) -> Reminded:
    """From the first question about an event to the last status of its reminders. RuntimeError: they do not come to an end."""
    deployment = Deployment.of(sandbox.client, "ovation-sandbox-notifications", "notifications")
    began, vendors = monotonic(), sandbox.vendors
    sandbox.begin(EARLIER)
    vendors.discovery.add(event_document(EVENT, artist=ARTIST, onsale=SALE, presales=PRESALES))
    found, looks = looked_at(sandbox.address.endpoints["graphql"], vendors.issuer.token("fan-who-looks"))
    [sale] = [it["id"] for it in found["sales"] if "PUBLIC" in it["saleTypes"]]
    crowd = Crowd(fans, EVENT, sale, SALE)
    vendors.sms.fates.named.update({**dict.fromkeys(crowd.dead, "invalid"), **dict.fromkeys(crowd.slow, "flaky")})
    demand = (it.row() for it in crowd.demand())
    write(sandbox.client("dynamodb"), deployment.names["demand_table"], demand)
    sandbox.settle()
    tally = lived(sandbox, deployment, sale)
    return Reminded(
        fans,
        sale,
        Counter(method for it in crowd.demand() for method in it.methods),
        tally,
        [*Counter(it.message_id for it in vendors.sms.accepted).values()],
        mails_of(sandbox),
        [str(it["suppressionReason"]) for it in found["sales"] if it["isSuppressed"]],
        len(crowd.dead),
        looks[0],
        looks[1:],
        monotonic() - began,
        sample_of(vendors),
    )


def looked_at(url: str, token: str) -> tuple[Mapping[str, Any], list[float]]:
    """The event, as an app asks about it, and how long each look took in milliseconds."""
    times, found = [], {}
    for _ in range(1 + LOOKS):
        began = monotonic()
        answer = requests.post(
            url,
            json={"query": ASKED, "variables": {"id": EVENT}},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ).json()
        times.append((monotonic() - began) * 1000)
        if answer.get("errors"):
            raise RuntimeError(f"eventDetails: {answer['errors']}")
        found = answer["data"]["eventDetails"]
    return found, times


def lived(sandbox: Sandbox, deployment: Deployment, sale: str) -> Tally:
    """The deployed schedules up to the opening; then until all reminders have come to an end; then past the sale's start."""
    ours = frozenset(deployment.functions.values())
    clock = ScheduleClock(sandbox.client, sandbox, partial(is_ours, ours))
    clock.run_until(OPENS, lambda fired: sandbox.settle())
    give_up = monotonic() + LONGEST
    while (tally := tallied(deployment, EVENT, sale)).open or not tally.total:
        if monotonic() > give_up:
            raise RuntimeError(f"reminders have not come to an end: {dict(tally.statuses)}")
        sandbox.settle()
        sleep(1)
    clock.run_until(SALE + SETTLED, lambda fired: sandbox.settle())
    return tallied(deployment, EVENT, sale)


def is_ours(ours: frozenset[str], schedule: Schedule) -> bool:
    return all(str(target["Arn"]).rsplit(":", 1)[-1] in ours for target in schedule.targets)


def mails_of(sandbox: Sandbox) -> list[int]:
    """How often each reminder was taken by SES."""
    mails = sandbox.stand_ins.ses.mails()
    return [*Counter(it.tags["reminder"] for it in mails if "reminder" in it.tags).values()]


def sample_of(vendors: Vendors) -> str:
    return vendors.sms.accepted[0].text if vendors.sms.accepted else ""


def table(found: Reminded) -> Table:
    """What to show."""
    shown = of_tally(f"{found.fans:,} fans reminded of a sale at 10:00, at 09:30 in Los Angeles", found.tally)
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
