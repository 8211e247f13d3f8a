"""A sale that many fans want to be reminded of by SMS, as it stands in the tables before its window opens."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from reminders_in_memory import Reminders

from domain.notifications.demand import Demand
from domain.notifications.keys import SHARDS, shard_of
from domain.notifications.normalise import normalise
from handlers.notifications.rules import rules
from sandbox.sample.events import event_document
from sandbox.text_fates import SIMULATED

START = datetime(2026, 12, 4, 16, 30, tzinfo=UTC)  # 11:30 in New York
ON_SALE = START + timedelta(minutes=30)
EVENT = "ovs-beyonce-2027"


def set_up(world: Reminders, each: int) -> None:
    """Of a hundred fans' numbers, three fail their first call, and one is none."""
    document = event_document(EVENT, artist="Beyoncé", onsale=ON_SALE, city="New York")
    world.vendor.add(document)
    known = normalise(document, START - timedelta(days=1), rules())
    event, [sale] = replace(known.event, short_url="https://bit.ly/3beY"), known.sales
    world.put([event.row(known.sales), sale.row()])
    told = dict(zip(fans(each), numbers(), strict=False))
    world.put(
        Demand(fan, EVENT, sale.id, ("sms",), START - timedelta(days=1), phone=number, market="TM_US").row()
        for fan, number in told.items()
    )
    fates = ["flaky", "flaky", "flaky", "invalid", *["delivered"] * 96]
    world.texts.fates.named = {number: fates[place % 100] for place, number in enumerate(told.values())}


def fans(each: int) -> Iterator[str]:
    """As many of each shard."""
    left = dict.fromkeys(range(SHARDS), each)
    for fan in map("fan-{}".format, count()):
        if not any(left.values()):
            return
        if left[shard_of(fan)]:
            left[shard_of(fan)] -= 1
            yield fan


def numbers() -> Iterator[str]:
    """Nobody's, and none with which the stand-in plays a trick."""
    return (it for it in map("+1212{}".format, count(2_000_000)) if it[-4:] not in SIMULATED)
