"""Whatever becomes of the runs of a day, each sale's fan is reminded once before it starts, or has a record that says why not (C-6)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from notifications_world import DEMAND
from reminders_in_memory import reminders_in_memory

from adapters.aws.attribute_values import encode_item
from domain.notifications.demand import Demand
from domain.notifications.events import Sale
from domain.notifications.normalise import normalise
from handlers.notifications.rules import rules
from sandbox.sample.events import event_document

MORNING = datetime(2026, 11, 1, 14, 0, tzinfo=UTC)  # in New York clocks went back that night
HALF, MINUTE = timedelta(minutes=30), timedelta(minutes=1)
NOON = MORNING + 6 * HALF
RUNS = [MORNING + n * HALF for n in range(6)]
STARTS = [MORNING + (10 + 13 * n) * MINUTE for n in range(14)]
ENOUGH = timedelta(seconds=75)  # a minute, and what generation takes


def put_on_sale(world):
    """An event at each of the starts, and one fan who waits for it; by fan, when it starts."""
    waiting = {}
    for number, starts in enumerate(STARTS):
        document = event_document(f"e{number}", artist=f"Lantern {number}", onsale=starts, city="New York")
        world.vendor.add(document)
        known = normalise(document, MORNING, rules())
        event, [sale] = replace(known.event, short_url=f"https://bit.ly/{number}"), known.sales
        fan = Demand(f"f{number}", event.id, sale.id, ("sms",), MORNING, f"+121255501{number:02}", market="TM_US")
        world.put([event.row(known.sales), sale.row(), fan.row()])
        waiting[fan.fan] = starts
    return waiting


def skipped(runs):
    return [at for at in runs if at not in runs[2:4]]


def doubled(runs):
    return sorted([*runs, *runs[::2], *(at + timedelta(seconds=2) for at in runs[::3])])


def late(runs):
    return [at + 29 * MINUTE if place % 3 == 1 else at for place, at in enumerate(runs)]


@pytest.mark.parametrize("change", [skipped, doubled, late], ids=lambda it: it.__name__)
def test_each_fan_is_reminded_once_or_has_a_record_that_says_why_not(change):
    runs = change(RUNS)
    with reminders_in_memory(MORNING - MINUTE) as world:
        waiting = put_on_sale(world)
        world.run(NOON + HALF, windows=runs)
        rows, accepted = list(world.rows("notification")), world.texts.accepted
    covered = {fan: told_by(starts, runs) for fan, starts in waiting.items()}
    assert {row["fanId"] for row in rows} == {fan for fan, at in covered.items() if at}
    assert len(rows) == len({row["fanId"] for row in rows})
    for row in rows:
        starts = waiting[row["fanId"]]
        in_time = starts - covered[row["fanId"]] >= ENOUGH
        assert (row["status"]["id"], row.get("expiredReason")) == (
            ("DELIVERED", None) if in_time else ("EXPIRED", "sale_started")
        )
    assert len(accepted) == len({it.to for it in accepted}) == sum(row["status"]["id"] == "DELIVERED" for row in rows)


def test_a_fan_of_a_sale_that_moves_into_a_window_that_is_open_is_reminded():
    with reminders_in_memory(MORNING - MINUTE) as world:
        put_on_sale(world)
        [late] = [Sale.of(row) for row in world.rows("sale") if row["eventId"] == "e13"]
        moved = replace(late, starts=MORNING + 25 * MINUTE).row()
        write = partial(world.tables.put_item, TableName=DEMAND, Item=encode_item(moved))
        world.time.spawn(write, (MORNING + 10 * MINUTE).timestamp())
        world.run(MORNING + 29 * MINUTE, windows=RUNS[:1])
        [row] = [row for row in world.rows("notification") if row["fanId"] == "f13"]
    assert (row["status"]["id"], row["saleStartDateTime"]) == ("DELIVERED", moved["saleStartDateTime"])


def told_by(starts, runs):
    """The first run whose window reaches that far; None: it came before all of them, or after."""
    return next((at for at in runs if starts <= at + HALF), None) if starts > runs[0] else None
