"""A load that is counted to its end is told to Slack once; what is not comes again by visibility, and is given up at the deadline."""

import json
from pathlib import Path

import pytest
from verdict_world import CAMPAIGN, FANS, verdict_world

from domain.scores.keys import slack_row
from handlers.scores import verdict_reporter

SEED = "Campaign 'Taylor Swift Presale' scoring complete: 75,000 verified (+3,000), 23,500 rejected (-3,000)"


@pytest.fixture
def world():
    with verdict_world() as made:
        yield made


def test_a_load_that_is_counted_to_its_end_is_told_in_the_seeds_words(world):
    world.counts(72_000, 26_500)
    world.report(world.message(world.load(98_500)))
    world.counts(75_000, 23_500)
    load = world.load(98_500)
    answer = world.report(world.message(load, 98_500))
    assert world.texts[1:] == [SEED]
    assert answer == {
        "counts": {"requeue": {"success": 0}, "slack": {"success": 1}, "input": 1},
        "batchItemFailures": [],
    }
    assert world.settled_as(load) == "complete"
    heard = world.heard()
    assert (heard["state"], heard["verified"], heard["rejected"], heard["selected"]) == ("POSTED", 75_000, 23_500, 0)
    assert heard["text"] == SEED


@pytest.mark.parametrize("fails", [False, True])
def test_what_was_told_before_us_is_what_the_differences_are_told_against(world, fails):
    """The mission's own row holds the figures alone; a post that Slack refuses at first leaves it as it was."""
    world.aws.put(slack_row(CAMPAIGN), verified=72_000, rejected=26_500, selected=0)
    world.counts(75_000, 23_500)
    message = world.message(world.load(98_500))
    if fails:
        world.slack.faults.throttled = 1
        world.report(message)
        assert world.texts == []
    world.report(message)
    assert world.texts == [SEED]
    again = world.load(98_500, created=0, unchanged=98_500)
    world.report(world.message(again))
    assert (world.texts, world.settled_as(again)) == ([SEED], "unchanged")


def test_what_is_not_counted_yet_comes_again_after_thirty_seconds_by_visibility(world):
    world.counts(9_500, 0)
    load = world.load(10_000, 9_500)
    message = world.message(load, 10_000)
    answer = world.report(message)
    assert world.texts == []
    assert answer["counts"] == {"requeue": {"success": 1}, "slack": {"success": 0}, "input": 1}
    assert answer["batchItemFailures"] == [{"itemIdentifier": message["messageId"]}]
    assert world.waits(message) == pytest.approx(30, abs=3)
    assert "sqs.SendMessage" not in world.aws.calls.made

    world.counts(10_000, 0)
    world.counted(load, 10_000)
    assert world.report(message)["batchItemFailures"] == []
    assert world.texts == ["Campaign 'Taylor Swift Presale' scoring complete: 10,000 verified"]


def test_a_load_that_changes_nothing_is_settled_as_unchanged_without_a_post(world):
    world.counts(75_000, 23_500)
    world.report(world.message(world.load(98_500)))
    again = world.load(98_500, created=0, unchanged=98_500)
    answer = world.report(world.message(again))
    assert (len(world.texts), answer["counts"]["slack"]["success"], answer["batchItemFailures"]) == (1, 0, [])
    assert world.settled_as(again) == "unchanged"


def test_a_message_that_comes_twice_is_told_once(world):
    world.counts(10, 2)
    load = world.load(12)
    first, second = world.message(load), world.message(load)
    assert world.report(first, second)["batchItemFailures"] == []
    assert world.report(first)["batchItemFailures"] == []
    assert len(world.texts) == 1


def test_counts_that_have_just_moved_are_not_told(world):
    world.counts(10, 2, moved=97)
    load = world.load(12)
    assert world.report(world.message(load))["counts"]["requeue"]["success"] == 1
    world.seconds = 102
    world.report(world.message(load))
    assert len(world.texts) == 1


def test_two_loads_that_overlap_are_told_together_when_both_are_over(world):
    first, second = world.load(12), world.load(20, 5, ended=40)
    world.counts(10, 2)
    assert world.report(world.message(first))["counts"]["requeue"]["success"] == 1
    world.counted(second, 20)
    world.counts(25, 7)
    world.report(world.message(first))
    assert world.texts == ["Campaign 'Taylor Swift Presale' scoring complete: 25 verified, 7 rejected"]
    assert (world.settled_as(first), world.settled_as(second)) == ("complete", "complete")
    assert world.report(world.message(second))["counts"] == {
        "requeue": {"success": 0},
        "slack": {"success": 0},
        "input": 1,
    }


def test_a_file_that_is_being_read_holds_the_others_verdict_back(world):
    world.load(5_000, ended=None)
    done = world.load(12)
    assert world.report(world.message(done))["counts"]["requeue"]["success"] == 1


def test_what_never_comes_is_told_as_missing_at_the_deadline_and_once(world):
    world.counts(72_000, 26_500)
    world.report(world.message(world.load(98_500)))
    world.counts(75_000, 23_500)
    load = world.load(98_500, 97_000)
    world.seconds = 3599
    assert world.report(world.message(load))["counts"]["requeue"]["success"] == 1
    world.seconds = 3600
    answer = world.report(world.message(load))
    assert answer["batchItemFailures"] == []
    assert world.texts[1:] == [
        "Campaign 'Taylor Swift Presale' scoring incomplete: 97,000 of 98,500 records counted after 60 minutes; "
        "75,000 verified (+3,000), 23,500 rejected (-3,000) so far"
    ]
    assert world.settled_as(load) == "incomplete"
    assert world.report(world.message(load))["batchItemFailures"] == []
    assert len(world.texts) == 2


def test_a_load_that_was_given_up_holds_nobody_back(world):
    world.counts(75_000, 23_500)
    lost = world.load(98_500, 97_000)
    world.seconds = 3700
    world.report(world.message(lost))
    world.counts(75_010, 23_500)
    world.report(world.message(world.load(10, ended=3650)))
    assert world.texts[1:] == [
        "Campaign 'Taylor Swift Presale' scoring complete: 75,010 verified (+10), 23,500 rejected"
    ]


def test_a_neighbours_message_without_a_load_waits_for_as_many_fans(world):
    world.counts(9_500, 0)
    message = world.message(None, 10_000)
    assert world.report(message)["counts"]["requeue"]["success"] == 1
    world.counts(9_500, 500, 300)
    world.report(message)
    assert world.texts == [
        "Campaign 'Taylor Swift Presale' scoring complete: 9,500 verified, 500 rejected, 300 selected"
    ]


def test_a_neighbours_message_that_comes_again_after_its_deadline_is_told_once(world):
    world.counts(9_500, 0)
    message = world.message(None, 10_000)
    world.seconds = 3_700
    assert world.report(message)["counts"]["slack"]["success"] == 1
    assert world.report(message)["batchItemFailures"] == []
    assert len(world.texts) == 1


def test_a_list_of_fans_is_told_by_its_records(world):
    world.campaigns.add({"id": CAMPAIGN, "name": "Fanlist Integration"})
    load = world.load(48_000, kind=FANS)
    world.report(world.message(load))
    assert world.texts == ["Campaign 'Fanlist Integration' scoring complete: 48,000 records processed"]
    identical = world.load(48_000, kind=FANS, created=0, unchanged=48_000)
    world.report(world.message(identical))
    assert (len(world.texts), world.settled_as(identical)) == (1, "unchanged")
    world.report(world.message(world.load(47_000, kind=FANS, created=0, updated=100)))
    assert world.texts[1:] == ["Campaign 'Fanlist Integration' scoring complete: 47,000 records processed"]


def test_campaigns_do_not_wait_for_one_another(world):
    world.counts(9, 1)
    world.counts(5, 0, campaign="other")
    messages = [world.message(world.load(10, 3)), world.message(world.load(5, campaign="other"), campaign="other")]
    answer = world.report(*messages)
    assert answer["counts"] == {"requeue": {"success": 1}, "slack": {"success": 1}, "input": 2}
    assert answer["batchItemFailures"] == [{"itemIdentifier": messages[0]["messageId"]}]


@pytest.mark.parametrize("body", ["no JSON", "[]", "{}", '{"campaignId": 7}', '{"campaignId": ""}'])
def test_a_message_that_names_no_campaign_goes(world, body):
    answer = world.report(world.message(body=body))
    assert answer == {
        "counts": {"requeue": {"success": 0}, "slack": {"success": 0}, "input": 1},
        "batchItemFailures": [],
    }


def test_a_file_that_was_refused_in_the_midst_is_told_as_such(world):
    world.counts(9, 1)
    load = world.load(10, why="the gzip is truncated")
    world.report(world.message(load))
    world.report(world.message(load))
    assert world.texts == [
        "Campaign 'Taylor Swift Presale' scoring incomplete: the file was refused (the gzip is truncated); "
        "9 verified, 1 rejected so far"
    ]


def test_the_queues_own_event_reaches_it(world):
    """Of long ago, and of a load that nobody knows: it is past its deadline, whatever the time is."""
    event = json.loads((Path(__file__).parents[3] / "events/scores/verdict_reporter.json").read_text())
    answer = verdict_reporter.handler(event, None)
    assert answer["counts"] == {"requeue": {"success": 0}, "slack": {"success": 1}, "input": 1}
    assert "scoring incomplete: 0 of 98,500 fans counted after" in world.texts[0]
