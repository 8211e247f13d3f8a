"""What a closed run tells CloudWatch: its counts, how long it took, and how many scores no model gave."""

import pytest
from closed_runs import closed, published


def test_a_run_publishes_its_counts_and_its_duration_under_its_program(capsys):
    of_program = [it for it in published(closed("reviews"), capsys) if set(it["about"]) == {"Program"}]
    assert {it["about"]["Program"] for it in of_program} == {"reviews"}
    assert {it["name"]: (it["unit"], it["value"]) for it in of_program} == {
        "Extracted": ("Count", [24]),
        "Rejected": ("Count", [2]),
        "Duplicates": ("Count", [4]),
        "Candidates": ("Count", [18]),
        "Eligible": ("Count", [8]),
        "Stored": ("Count", [8]),
        "Fallback": ("Count", [0]),
        "FallbackShare": ("None", [0.0]),
        "BatchSeconds": ("Seconds", [61.5]),
    }


def test_each_stage_publishes_how_long_it_took_from_the_first_start_to_the_last_end(capsys):
    of_stages = [it for it in published(closed(), capsys) if it["name"] == "StageSeconds"]
    assert {it["about"]["Stage"]: (it["unit"], it["value"]) for it in of_stages} == dict.fromkeys(
        ("etl", "filter", "score", "store", "contacts"), ("Seconds", [2.5])
    )


@pytest.mark.parametrize(("eligible", "fallback", "share"), [(4, 4, 1.0), (4, 1, 0.25), (4, 0, 0.0), (0, 0, 0.0)])
def test_the_share_of_fallback_scores_is_one_of_the_eligible_and_none_of_nothing_is_zero(
    capsys, eligible, fallback, share
):
    told = {it["name"]: it["value"] for it in published(closed(eligible=eligible, fallback=fallback), capsys)}
    assert (told["Fallback"], told["FallbackShare"]) == ([2 * fallback], [share])


def test_two_runs_closed_by_one_process_publish_each_its_own(capsys):
    for program in ("reviews", "music"):
        assert {it["about"]["Program"] for it in published(closed(program), capsys)} == {program}
