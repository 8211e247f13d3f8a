"""The right to tell Slack on moto: who gets it, who loses it, and what it leaves behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError
from scores_world import TABLE, own, scores_world

from adapters.aws.attribute_values import encode_item
from adapters.aws.verdict_ledger import LEASE, Slate, VerdictLedger
from domain.errors import Unavailable
from domain.scores.keys import slack_row
from domain.scores.report import Report, Reported
from domain.scores.verdict_words import Post

NOW = datetime(2026, 2, 13, 10, tzinfo=UTC)
FIGURES = {"verified": 75_000, "rejected": 23_500, "selected": 0}
REPORT = Report("c", "complete", FIGURES, None, ("3fa2c1d0e5b7",))
POST = Post("a sentence", ({"type": "section", "n": 1.5},), ({"fields": [], "x": None},))
TOLD = Reported(REPORT.key, FIGURES, None, REPORT.loads, "complete")


@pytest.fixture
def ledger():
    with scores_world():
        yield VerdictLedger(own("dynamodb"), TABLE)


def told(ledger, report=REPORT):
    claim = ledger.claim(report, POST, "scrubbed", "w", NOW)
    ledger.posted("c", claim, "1.5", NOW)
    return ledger.read("c").last


def test_nothing_was_told_yet(ledger):
    assert ledger.read("c") == Slate()


def test_a_claim_is_read_as_it_was_made(ledger):
    claim = ledger.claim(REPORT, POST, "scrubbed", "w1", NOW)
    assert ledger.read("c") == Slate(None, claim)
    assert (claim.post, claim.channel, claim.until) == (POST, "scrubbed", NOW + LEASE)


def test_one_worker_has_the_claim(ledger):
    assert ledger.claim(REPORT, POST, "scrubbed", "w1", NOW)
    assert ledger.claim(REPORT, POST, "scrubbed", "w2", NOW) is None


def test_a_worker_whose_answer_was_lost_finds_that_the_claim_is_its_own(ledger):
    claim = ledger.claim(REPORT, POST, "scrubbed", "w1", NOW)
    assert ledger.claim(REPORT, POST, "scrubbed", "w1", NOW) == claim
    mine = ledger.take_over("c", claim, "w2", NOW + LEASE)
    assert ledger.take_over("c", claim, "w2", NOW + LEASE) == mine


def test_what_was_posted_is_what_slack_has_heard_last(ledger):
    assert told(ledger) == TOLD
    assert ledger.read("c").claim is None


def test_a_later_result_needs_to_know_the_last_one(ledger):
    last = told(ledger)
    later = replace(REPORT, figures={**FIGURES, "verified": 1}, last=last)
    stale = replace(later, last=replace(last, key="an older one"))
    assert ledger.claim(REPORT, POST, "scrubbed", "w", NOW) is None
    assert ledger.claim(stale, POST, "scrubbed", "w", NOW) is None
    assert ledger.claim(later, POST, "scrubbed", "w", NOW)


def test_a_claim_that_has_run_out_is_taken_over_by_one(ledger):
    claim = ledger.claim(REPORT, POST, "scrubbed", "w1", NOW)
    at = NOW + LEASE + timedelta(seconds=7)
    mine = ledger.take_over("c", claim, "w2", at)
    assert (mine.key, mine.worker, mine.until, mine.claimed_at) == (claim.key, "w2", at + LEASE, NOW)
    assert ledger.take_over("c", claim, "w3", at) is None
    assert ledger.read("c").claim == mine


def test_who_has_lost_a_claim_changes_nothing_any_more(ledger):
    claim = ledger.claim(REPORT, POST, "scrubbed", "w1", NOW)
    mine = ledger.take_over("c", claim, "w2", NOW + LEASE)
    ledger.give_back("c", claim)
    ledger.posted("c", claim, "1.5", NOW)
    assert ledger.read("c") == Slate(None, mine)


def test_a_claim_that_is_given_back_leaves_what_was_before(ledger):
    ledger.give_back("c", ledger.claim(REPORT, POST, "scrubbed", "w", NOW))
    assert ledger.read("c") == Slate()
    last = told(ledger)
    later = replace(REPORT, figures={**FIGURES, "verified": 1}, last=last)
    ledger.give_back("c", ledger.claim(later, POST, "scrubbed", "w", NOW))
    assert ledger.read("c") == Slate(last)
    assert ledger.claim(later, POST, "scrubbed", "w", NOW)


def test_the_records_of_the_last_list_of_fans_stay_known(ledger):
    last = told(ledger, replace(REPORT, processed=48_000))
    assert last.processed == 48_000
    assert told(ledger, replace(REPORT, figures={**FIGURES, "verified": 1}, last=last)).processed == 48_000


def test_what_nobody_is_to_hear_is_known_all_the_same(ledger):
    claim = ledger.claim(REPORT, None, "scrubbed", "w", NOW)
    assert ledger.read("c").claim.post is None
    ledger.posted("c", claim, None, NOW)
    assert ledger.read("c").last == TOLD


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ({"verified": 10, "selected": None}, {"verified": 10, "rejected": 0, "selected": 0}),
        ({"verified": 10, "rejected": "many"}, {"verified": 10, "rejected": 0, "selected": 0}),
        ({"verified": None}, None),
        ({"verified": {"now": 10}}, None),
    ],
)
def test_what_another_system_wrote_that_is_no_figure_was_not_told(ledger, written, heard):
    item = encode_item({**slack_row("c").attributes(), **written})
    own("dynamodb").put_item(TableName=TABLE, Item=item)
    last = ledger.read("c").last
    assert (last and last.figures) == heard


@pytest.mark.parametrize("call", ["read", "claim"])
def test_a_table_out_of_reach_is_unavailable(ledger, call):
    class Gone:
        def __getattr__(self, name):
            raise ReadTimeoutError(endpoint_url="table")

    gone = VerdictLedger(Gone(), TABLE)
    with pytest.raises(Unavailable):
        gone.read("c") if call == "read" else gone.claim(REPORT, POST, "scrubbed", "w", NOW)
