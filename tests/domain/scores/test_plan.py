"""What loading a file would do, before anything is written."""

import pytest

from domain.scores.keys import FAN, fan_row
from domain.scores.plan import (
    FROM_VERIFIED,
    NEW_REJECTED,
    NEW_VERIFIED,
    NOWHERE,
    OLDER,
    SAME,
    TO_VERIFIED,
    Plan,
    fate_of,
)
from domain.scores.scored import Scored


def record(verified=True, *, fan="f1", rank=0, market="Paris", version="2"):
    events = {str(rank): {"market": market} if market else {}}
    content = {"isVerified": verified, "score": 0.5}
    return Scored(fan_row(FAN, fan, "c1"), content, load="l1", version=version, part=0, rank=rank, events=events)


@pytest.mark.parametrize(
    ("verified", "row", "fate"),
    [
        (True, None, NEW_VERIFIED),
        (False, None, NEW_REJECTED),
        (True, {"loadVersion": "1"}, NEW_VERIFIED),  # an entry that was never scored
        (True, {"isVerified": False, "loadVersion": "1"}, TO_VERIFIED),
        (False, {"isVerified": True, "loadVersion": "1"}, FROM_VERIFIED),
        (True, {"isVerified": True, "loadVersion": "1"}, SAME),
        (True, {"isVerified": False, "loadVersion": "2"}, TO_VERIFIED),  # the same file again
        (True, {"isVerified": False, "loadVersion": "3"}, OLDER),  # the row is of a newer file
    ],
)
def test_a_fans_fate_follows_from_the_row_that_the_record_meets(verified, row, fate):
    assert fate_of(record(verified), row) == fate


def test_fans_are_told_by_the_market_of_the_records_rank():
    plan = Plan()
    plan.add(record(True, fan="f1", market="Paris"), None)
    plan.add(record(False, fan="f2", market="Berlin"), {"isVerified": True})
    plan.add(record(False, fan="f3", market=None), None)
    assert {market: {fate for fate, count in fates.items() if count} for market, fates in plan.markets()} == {
        "Paris": {NEW_VERIFIED},
        "Berlin": {FROM_VERIFIED},
        NOWHERE: {NEW_REJECTED},
    }
    totals = plan.totals()
    assert (totals[NEW_VERIFIED], totals[FROM_VERIFIED], totals[NEW_REJECTED], totals[SAME]) == (1, 1, 1, 0)


def test_of_a_fans_records_the_lowest_rank_decides_wherever_it_stands_in_the_file():
    plan = Plan()
    plan.add(record(False, rank=1, market="Berlin"), None)
    plan.add(record(True, rank=0, market="Paris"), None)
    plan.add(record(False, rank=2, market="Rome"), None)
    assert [(market, fates[NEW_VERIFIED]) for market, fates in plan.markets()] == [("Paris", 1)]
    assert sum(plan.totals().values()) == 1


def test_of_two_records_of_one_rank_the_later_one_decides():
    plan = Plan()
    plan.add(record(True), None)
    plan.add(record(False), None)
    assert plan.totals()[NEW_REJECTED] == 1
    assert plan.totals()[NEW_VERIFIED] == 0
