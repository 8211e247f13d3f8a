"""Whether a window can be met: sales share the rate in the order of their starts, texts and mails side by side."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.notifications.events import Sale
from domain.notifications.feasibility import Audience, Rates, plan_of

NOW = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
RATES = Rates(sms=100, mail=10)
FIRST = Sale("a", "E", "Public", ("PUBLIC",), NOW + timedelta(minutes=30))
SECOND = replace(FIRST, id="b", starts=NOW + timedelta(minutes=31))


def plans(*told):
    sales = [sale for sale, _ in told]
    return plan_of(sales, {(sale.event_id, sale.id): audience for sale, audience in told}, RATES, NOW)


def test_a_sale_needs_its_parts_over_the_rate_and_has_until_a_minute_before_its_start():
    [plan] = plans((FIRST, Audience({"sms": 50_000, "email": 100}, 2.0)))
    assert (plan.needed, plan.left, plan.feasible) == (1000.0, 29 * 60.0, True)


def test_mails_may_be_what_takes_longest():
    [plan] = plans((FIRST, Audience({"sms": 100, "email": 17_401}, 1.0)))
    assert (plan.needed, plan.feasible) == (1740.1, False)


def test_exactly_all_of_the_time_is_enough():
    [plan] = plans((FIRST, Audience({"email": 17_400}, 1.0)))
    assert plan.feasible


def test_a_later_sale_waits_for_those_before_it_and_for_no_channel_it_does_not_use():
    much, mails = Audience({"sms": 150_000}, 1.0), Audience({"email": 10}, 1.0)
    first, second = plans((SECOND, much), (FIRST, much))
    assert [(it.sale, it.needed, it.feasible) for it in (first, second)] == [("a", 1500.0, True), ("b", 3000.0, False)]
    assert plans((FIRST, much), (SECOND, mails))[1].needed == 1.0


def test_a_sale_that_has_begun_takes_nothing_from_the_others_and_cannot_be_met():
    begun = replace(FIRST, starts=NOW + timedelta(seconds=60))
    gone, other = plans((begun, Audience({"sms": 1_000_000}, 1.0)), (SECOND, Audience({"sms": 100}, 1.0)))
    assert (gone.left, gone.feasible) == (0, False)
    assert other.needed == 1.0


def test_a_sale_that_nobody_waits_for_is_always_met():
    assert all(
        it.feasible for it in plans((replace(FIRST, starts=NOW), Audience({}, 1.0)), (SECOND, Audience({"sms": 0}, 1)))
    )


def test_a_plan_is_told_in_whole_words():
    [plan] = plans((FIRST, Audience({"sms": 7}, 1.234)))
    assert plan.row() == {
        "eventId": "E",
        "saleId": "a",
        "starts": "2026-12-04T18:00:00+00:00",
        "recipients": {"sms": 7},
        "parts": 1.23,
        "secondsNeeded": 0.1,
        "secondsLeft": 1740.0,
        "feasible": True,
    }


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(2, 90), st.integers(0, 10**6), st.integers(0, 10**5)), max_size=8))
def test_all_that_is_planned_adds_up_to_the_work_that_there_is(found):
    told = [
        (
            replace(FIRST, id=f"{n}", starts=NOW + timedelta(minutes=minutes)),
            Audience({"sms": sms, "email": mails}, 1.5),
        )
        for n, (minutes, sms, mails) in enumerate(found)
    ]
    made = plans(*told)
    assert [it.starts for it in made] == sorted(it.starts for it in made)
    longest = max((it.needed for it in made), default=0)
    parts, mails = (sum(a.recipients[m] for _, a in told) for m in ("sms", "email"))
    assert longest <= max(parts * 1.5 / RATES.sms, mails / RATES.mail) + 1e-6
