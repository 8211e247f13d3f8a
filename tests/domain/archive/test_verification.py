"""What the archive lacks, seen beside the table."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.archive.verification import Findings, compare, key_of, latest


def row(fan, at="2026-11-20T10:00:00.000000Z", event="INSERT", id="e1", **fields):
    return {
        "fanId": fan,
        "eventId": "e",
        "saleId": "s",
        "isDeleted": event == "REMOVE",
        "change": {"eventId": id, "eventName": event, "at": at, "expired": False},
        "reference": {"id": f"e_s_{fan}", "timestamp": at},
        **fields,
    }


def keyed(*rows):
    return {key_of("demand", it): it for it in rows}


A, B = ("e", "s", "a"), ("e", "s", "b")


@pytest.mark.parametrize(
    ("table", "archived", "parked", "found"),
    [
        (keyed(row("a")), keyed(row("a", id="other", at="2026-11-21T00:00:00.000000Z")), set(), Findings(1)),
        (keyed(row("a")), {}, set(), Findings(0, missing=(A,))),
        (keyed(row("a")), {}, {A}, Findings(0, parked=(A,))),
        (keyed(row("a")), keyed(row("a", event="REMOVE")), set(), Findings(0, missing=(A,))),
        (
            keyed(row("a", email="new@example.com")),
            keyed(row("a", email="old@example.com")),
            set(),
            Findings(0, stale=(A,)),
        ),
        (keyed(row("a", email="new@example.com")), keyed(row("a", email=None)), {A}, Findings(0, parked=(A,))),
        ({}, keyed(row("b")), set(), Findings(0, left_over=(B,))),
        ({}, keyed(row("b", event="REMOVE")), set(), Findings(0)),
        (keyed(row("a")), keyed(row("a"), row("b")), {B}, Findings(1, parked=(B,))),
    ],
)
def test_every_item_has_one_finding(table, archived, parked, found):
    assert compare("demand", table, archived, parked=parked) == found
    assert found.complete == (found == Findings(found.equal))


def test_an_item_that_lies_under_another_date_by_now_is_not_left_over():
    assert compare("demand", {}, keyed(row("b")), elsewhere={B}).complete


def test_a_notification_by_sms_is_another_item_than_the_one_by_mail():
    rows = [row("a", contactMethod=way, date={}) for way in ("sms", "email")]
    assert len(latest("notification", rows)) == 2


def test_a_removal_is_the_last_of_its_instant():
    rows = [row("a", event="REMOVE", id="a"), row("a", event="MODIFY", id="z")]
    assert latest("demand", rows)[A]["isDeleted"]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.booleans()), max_size=30), st.integers())
def test_the_latest_row_is_the_same_in_any_order_and_with_duplicates(changes, seed):
    rows = [
        row(
            f"f{fan}", at=f"2026-11-20T10:00:00.00000{at}Z", event="REMOVE" if gone else "MODIFY", id=f"{fan}{at}{gone}"
        )
        for fan, at, gone in changes
    ]
    shuffled = rows + rows[::3]
    Random(seed).shuffle(shuffled)
    assert latest("demand", shuffled) == latest("demand", rows)
