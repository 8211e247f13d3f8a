"""When counts have drifted, when that cannot be told, and where the fence of a repair stands."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from domain.scores.audit import shown
from domain.scores.counting import Counts, Figures, Row
from domain.scores.reconciling import Finding, Recount, SavedRow, differing, fence, found, merged, recount

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROWS = [
    SavedRow("a", Row(verified=True), b"fan 1"),
    SavedRow("a", Row(verified=False, selected=True), b"fan 2"),
    SavedRow("a", Row(), b"fan 3"),
    SavedRow("b", Row(verified=True), b"fan 1 of b"),
]


def test_rows_are_recounted_by_campaign():
    assert {campaign: it.figures for campaign, it in recount(ROWS).items()} == {
        "a": Figures(verified=1, rejected=1, selected=1, unscored=1, fans=3),
        "b": Figures(verified=1, fans=1),
    }


def test_a_campaign_that_has_counts_and_no_rows_is_recounted_to_nothing():
    assert recount([SavedRow("gone", None)]) == {"gone": Recount()}


def test_the_order_and_the_segments_in_which_rows_are_found_do_not_matter():
    shuffled = Random(1).sample(ROWS, len(ROWS))
    assert merged([recount(shuffled[:2]), recount(shuffled[2:]), {}]) == recount(ROWS)


@pytest.mark.parametrize(
    "rows",
    [
        [*ROWS[:2], SavedRow("a", Row(), b"fan 3, written again"), ROWS[3]],
        [*ROWS, ROWS[0], ROWS[0]],  # twice the same more is not the same
        [SavedRow("a", Row(), b"fan 3"), ROWS[3]],
    ],
)
def test_a_row_that_was_written_to_leaves_another_fingerprint(rows):
    assert recount(rows)["a"].fingerprint != recount(ROWS)["a"].fingerprint
    assert recount(rows)["b"] == recount(ROWS)["b"]


def test_only_campaigns_whose_counts_differ_are_looked_at_again():
    counts = {"a": Counts(verified=1), "b": Counts(verified=1, fans=1, version=12)}
    assert differing(recount(ROWS), counts) == ["a"]


def test_counts_that_differ_while_no_row_moves_have_drifted():
    look = recount(ROWS)["b"]
    finding = found("b", look, look, Counts(verified=4, fans=4))
    assert finding == Finding("b", Counts(verified=4, fans=4), Figures(verified=1, fans=1))
    assert finding.drift == 6


def test_counts_of_rows_that_moved_are_busy():
    first, second = recount(ROWS)["b"], recount([*ROWS, SavedRow("b", Row(), b"new")])["b"]
    assert found("b", first, second, Counts()).busy


def test_counts_that_were_only_late_are_neither_busy_nor_drifted():
    first, second = Recount(), recount(ROWS)["b"]
    finding = found("b", first, second, Counts(verified=1, fans=1))
    assert (finding.busy, finding.drift) == (False, 0)


@pytest.mark.parametrize(("quiet", "later"), [(21, 10), (2, 0.5), (1, 0), (0, 0)])
def test_the_fence_is_in_the_middle_of_the_quiet_time_less_what_whole_seconds_hide(quiet, later):
    assert fence(NOON, NOON + timedelta(seconds=quiet)) == NOON + timedelta(seconds=later)


def test_of_an_email_a_log_has_only_a_digest():
    assert shown("fan:1") == "fan:1"
    assert shown("sid:7") == "sid:7"
    digest = shown("email:ada@people.example")
    assert digest.startswith("email:")
    assert "ada" not in digest
    assert digest == shown("email:ada@people.example") != shown("email:bob@people.example")
