"""Who asks for a reminder when its window has been opened already is told too."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from domain.notifications.events import Sale
from domain.notifications.keys import Key
from domain.notifications.latecomers import late, messages, moved_in
from domain.notifications.routing import Announced, Wish

OPENED = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
CLAIMED = OPENED + timedelta(minutes=30)


def wish(fan="f1", sale="s1", at=OPENED):
    return Wish(Key(f"fan:{fan}", f"demand#e-{sale}"), fan, "e", sale, at, placed=True)


def sales(starts=CLAIMED, **about):
    return {("e", "s1"): Sale("s1", "e", "Presale", ("VF",), starts, **about)}


@pytest.mark.parametrize(
    ("starts", "at", "is_late"),
    [
        (CLAIMED, OPENED, True),
        (CLAIMED + timedelta(milliseconds=1), OPENED, False),  # the next run's
        (OPENED + timedelta(minutes=7), OPENED + timedelta(minutes=6), True),
        (OPENED + timedelta(minutes=7), OPENED + timedelta(minutes=7), False),  # it has begun
        (OPENED, OPENED - timedelta(days=9), False),  # an old wish that somebody wrote again: it is later by now
        (CLAIMED, OPENED - timedelta(days=9), True),
    ],
)
def test_a_wish_is_late_between_the_run_and_its_sale(starts, at, is_late):
    assert bool(late([wish(at=at)], sales(starts), CLAIMED, OPENED)) is is_late


def test_nobody_is_told_late_of_a_suppressed_sale_or_one_that_is_not_known():
    assert late([wish()], sales(suppressed="registration"), CLAIMED, OPENED) == []
    assert late([wish(sale="s2")], sales(), CLAIMED, OPENED) == []


def test_a_message_has_the_fans_of_one_sale_each_once_and_the_latest_time():
    later = OPENED + timedelta(minutes=3)
    asking = [wish("f1"), wish("f2", at=later), wish("f1", at=later), wish("f1", "s2")]
    assert messages(asking, OPENED) == [
        {
            "time": "2026-12-04T17:33:00.000Z",
            "eventId": "e",
            "saleId": "s1",
            "fanIds": ["f1", "f2"],
        },
        {"time": "2026-12-04T17:30:00.000Z", "eventId": "e", "saleId": "s2", "fanIds": ["f1"]},
    ]


def test_a_message_is_never_older_than_the_run():
    [told] = messages([wish(at=OPENED - timedelta(days=3))], OPENED)
    assert told["time"] == "2026-12-04T17:30:00.000Z"


@pytest.mark.parametrize(("number", "sizes"), [(100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_a_message_has_as_many_fans_as_one_call_reads(number, sizes):
    told = messages([wish(f"f{it}") for it in range(number)], OPENED)
    assert [len(it["fanIds"]) for it in told] == sizes
    assert len({fan for it in told for fan in it["fanIds"]}) == number


def test_a_message_fits_into_its_queue_whatever_fans_are_called():
    told = messages([wish("\N{JAPANESE OGRE}" * 250 + str(it)) for it in range(100)], OPENED)
    assert sum(len(it["fanIds"]) for it in told) == 100
    assert max(len(json.dumps(it)) for it in told) < 25_000


SOON, LATER = OPENED + timedelta(minutes=20), OPENED + timedelta(minutes=7)


def test_a_sale_that_comes_into_the_open_window_is_told_of_once_a_shard():
    told = [*moved_in([Announced("e", "s1", OPENED), Announced("e", "s1", LATER)], sales(SOON), CLAIMED, OPENED)]
    assert [it["shard"] for it in told] == list(range(10))
    assert {(it["time"], it["mark"], it["until"]) for it in told} == {
        ("2026-12-04T17:37:00.000Z", "2026-12-04T17:37:00.000Z", "2026-12-04T18:00:00.000Z")
    }


@pytest.mark.parametrize(
    "found", [sales(CLAIMED + timedelta(milliseconds=1)), sales(LATER), sales(SOON, suppressed="registration"), {}]
)
def test_a_sale_of_a_later_window_or_one_that_has_begun_or_is_for_nobody_is_not(found):
    assert not [*moved_in([Announced("e", "s1", LATER)], found, CLAIMED, OPENED)]
