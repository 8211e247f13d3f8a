from dataclasses import replace

import pytest
from programs_in_small import RUN

from domain.solicitation.claiming import Held, decide

LATER = replace(RUN, holder="execution-2", started_at=RUN.started_at.replace(hour=5))


def start(held, *, rerun=False, running=False, by=LATER):
    return decide(by, held, rerun, lambda holder: running)


def test_the_first_start_claims_and_fixes_when_ttls_count_from():
    claim = start(None)
    assert (claim.outcome, claim.run, claim.replaces) == ("claimed", LATER, None)


def test_the_holder_itself_finds_its_claim_again():
    assert start(Held(RUN, done=False), by=replace(LATER, holder=RUN.holder)).run == RUN


@pytest.mark.parametrize(
    ("done", "rerun", "running", "outcome"),
    [
        (False, False, True, "duplicate"),
        (False, True, True, "duplicate"),  # never two at once
        (True, False, False, "duplicate"),
        (True, True, False, "claimed"),
        (False, False, False, "claimed"),
    ],
)
def test_a_second_start_is_a_duplicate_unless_the_holder_is_gone_or_a_rerun_is_asked_for(done, rerun, running, outcome):
    assert start(Held(RUN, done), rerun=rerun, running=running).outcome == outcome


def test_a_takeover_is_an_attempt_of_its_own_with_the_first_start_and_the_same_extract():
    claim = start(Held(RUN, done=False))
    assert (claim.run.attempt, claim.run.started_at, claim.run.holder) == (2, RUN.started_at, "execution-2")
    assert (claim.replaces, claim.anew) == (Held(RUN, done=False), False)


def test_a_takeover_with_a_changed_program_starts_anew():
    assert start(Held(replace(RUN, program_hash="f" * 16), done=False)).anew


def test_a_rerun_is_a_new_attempt_that_keeps_the_first_start():
    claim = start(Held(RUN, done=True), rerun=True)
    assert (claim.run.attempt, claim.run.started_at, claim.anew) == (2, RUN.started_at, True)


def test_a_held_row_reads_back():
    assert Held.from_row({"run": RUN.to_json(), "status": "DONE"}) == Held(RUN, done=True)
