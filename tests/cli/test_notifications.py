"""What `ovation notifications` and `ovation why` find in the tables, and how they show it."""

from datetime import UTC, datetime, timedelta

import pytest
from notifications_world import DEMAND, STATE, notifications_world, own
from rich.console import Console

from cli.deployment import Deployment
from cli.notifications import as_document, planned, sales, tallied
from cli.notifications import window as window_of
from cli.notifications_tables import of_plans, of_suppressed, of_tally
from cli.why import history, table
from domain.notifications.demand import Demand
from domain.notifications.events import Event, Sale, Venue
from domain.notifications.keys import notification_row

STARTS = datetime(2026, 12, 4, 18, tzinfo=UTC)
OPENS = STARTS - timedelta(minutes=30)
EVENT = Event(
    "e1",
    "Lanterns Live",
    "https://t.example.com",
    OPENS,
    OPENS,
    artist="Lanterns",
    attractions=(("a1", "Lanterns"),),
    venue=Venue(city="Los Angeles", country="US", zone="America/Los_Angeles"),
)
PUBLIC = Sale("s1", "e1", "Public Onsale", ("PUBLIC",), STARTS)
KEPT = Sale("s2", "e1", "Fan Registration", ("SUPPRESS",), STARTS, suppressed="registration")
NEXT = Sale("s3", "e1", "Later", ("GENERAL",), STARTS + timedelta(minutes=1))


def wish(number, *ways):
    return Demand(
        f"fan-{number}", "e1", "s1", ways, OPENS, phone=f"+120255501{number:02d}", email=f"{number}@example.com"
    )


def sent(number, way, status, **more):
    key = notification_row(f"fan-{number}", "e1", "s1", way)
    date = {"created": "2026-12-04T17:30:00.000Z", "delivered": "2026-12-04T17:30:09.000Z"}
    return {**key.attributes(), "contactMethod": way, "status": {"id": status, "date": "x"}, "date": date, **more}


@pytest.fixture
def deployment():
    with notifications_world() as world:
        world.put(EVENT.row((PUBLIC, KEPT)), PUBLIC.row(), KEPT.row(), NEXT.row())
        world.put(*(wish(number, "sms").row() for number in range(30)), wish(30, "sms", "email").row())
        world.put(sent(0, "sms", "DELIVERED"), sent(30, "email", "FAILED", errors=[{"reason": "opted_out"}]))
        names = {"demand_table": DEMAND, "state_table": STATE, "sms_rate": "1", "mail_rate": "14"}
        yield Deployment(own, names, {})


def shown(what):
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(what)
    return console.export_text()


def test_the_half_hours_sales_are_those_after_it_up_to_its_end_and_no_others(deployment):
    assert [it.sale.id for it in sales(deployment, OPENS)] == ["s1", "s2"]
    assert [it.sale.id for it in sales(deployment, OPENS + timedelta(minutes=29))] == ["s1", "s2"]
    assert [it.sale.id for it in sales(deployment, STARTS)] == ["s3"]


def test_a_plan_holds_recipients_and_parts_against_the_time_left(deployment):
    [plan] = planned(deployment, OPENS)
    assert (dict(plan.recipients), plan.feasible) == ({"sms": 31, "email": 1}, True)
    [late] = planned(deployment, STARTS - timedelta(seconds=80))
    assert (late.needed, late.left, late.feasible) == (31, 20, False)
    text = shown(of_plans(window_of(OPENS), [late], OPENS))
    assert "NO" in text
    assert "31 s" in text
    assert "No sale" in shown(of_plans(window_of(OPENS), [], OPENS))


def test_suppressed_sales_are_shown_with_their_reason(deployment):
    found = [it for it in sales(deployment, OPENS) if it.suppressed]
    assert [as_document(it)["reason"] for it in found] == ["registration"]
    text = shown(of_suppressed(window_of(OPENS), found))
    assert "Lanterns Live" in text
    assert "registration" in text
    assert "None" in shown(of_suppressed(window_of(OPENS), []))


def test_a_sales_reminders_are_counted_by_status_and_reason(deployment):
    tally = tallied(deployment, "e1", "s1")
    assert (dict(tally.statuses), tally.average_seconds) == ({"DELIVERED": 1, "FAILED": 1}, 9)
    text = shown(of_tally("e1, s1", tally))
    assert "1 opted_out" in text
    assert "50.0% delivered" in text


def test_one_fans_story_shows_no_address(deployment):
    known = history(deployment).of("fan-30", "s1")
    text = shown(table("fan-30", "s1", known))
    assert "email created" in text
    assert "@" not in text
    assert "202555" not in text
