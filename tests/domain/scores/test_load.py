"""A load's progress grows chunk by chunk, and a load tells whether it is over, counted or in work."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.scores.drop import Arrival, dropped
from domain.scores.load import FIGURES, LOADED, LOADING, START, Load, Place, Progress

AT = datetime(2026, 2, 13, 10, tzinfo=UTC)
DROP = dropped(Arrival("scoring", "scrubbed/registrants.c1.tay.csv", "v1", "0", AT))


def load(**told):
    return Load(**({"drop": DROP, "state": LOADED, "progress": Progress(), "started_at": AT} | told))


def test_nothing_is_done_at_first():
    assert Progress().figures == dict.fromkeys(FIGURES, 0)
    assert Progress().place == START == Place(0, 0, 0, 0)


def test_a_chunk_adds_its_figures_and_reasons_and_moves_the_place():
    one = Progress().plus({"in": 3, "valid": 2, "invalid": 1, "out": 2}, {"bad_score": 1}, Place(50, 3, 4, 1))
    both = one.plus({"in": 2, "invalid": 2}, {"bad_score": 1, "unranked": 2}, Place(90, 5, 6, 2))
    assert both.figures == {**dict.fromkeys(FIGURES, 0), "in": 5, "valid": 2, "invalid": 3, "out": 2}
    assert both.reasons == {"bad_score": 2, "unranked": 2}
    assert both.place == (90, 5, 6, 2)
    assert both.since(one) == {**dict.fromkeys(FIGURES, 0), "in": 2, "invalid": 2}
    assert one.figures["in"] == 3


def test_a_load_has_its_files_id_and_its_own_records():
    assert load().load == DROP.load
    assert load(progress=Progress().plus({"out": 2}, {}, START)).out == 2


@pytest.mark.parametrize(
    ("told", "worked_on"),
    [
        ({"state": LOADING, "until": AT + timedelta(seconds=1)}, True),
        ({"state": LOADING, "until": AT}, False),
        ({"state": LOADING}, False),
        ({"state": LOADED, "until": AT + timedelta(seconds=1)}, False),
    ],
)
def test_a_load_is_worked_on_while_its_lease_runs(told, worked_on):
    assert load(**told).is_worked_on(AT) is worked_on
