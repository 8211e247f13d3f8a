"""Whatever Slack and Campaign Service do, a verdict is neither lost nor told twice (promise D-4)."""

import pytest
from verdict_world import CAMPAIGN, verdict_world

TEXT = "Campaign 'Taylor Swift Presale' scoring complete: 10 verified, 2 rejected"
WEBHOOK = {"slackWebhook": "{webhook}", "campaignToken": "campaign-test"}


@pytest.fixture
def world():
    with verdict_world() as made:
        made.counts(10, 2)
        yield made


@pytest.fixture
def message(world):
    return world.message(world.load(12, name="taylor-swift"))


def test_a_post_that_is_throttled_waits_as_long_as_slack_asks(world, message):
    world.slack.faults.throttled, world.slack.faults.patience = 1, 77
    assert world.report(message)["counts"]["requeue"]["success"] == 1
    assert world.waits(message) == pytest.approx(77, abs=3)
    assert "claim" not in world.heard()
    assert world.until_done(message) == 1
    assert world.texts == [TEXT]


def test_a_patience_shorter_than_the_retry_does_not_shorten_it(world, message):
    world.slack.faults.throttled, world.slack.faults.patience = 1, 1
    world.report(message)
    assert world.waits(message) == pytest.approx(30, abs=3)


@pytest.mark.parametrize("fault", ["failing", "failing_late", "unanswered"])
def test_a_post_whose_answer_was_lost_is_looked_for_before_it_is_repeated(world, message, fault):
    setattr(world.slack.faults, fault, 1)
    world.patience = 0.3
    assert world.report(message)["counts"]["requeue"]["success"] == 1
    world.patience = 5.0
    assert world.until_done(message) > 1  # nobody else may touch it before the claim has run out
    assert world.texts == [TEXT]
    assert world.heard()["ts"] == world.slack.posted()[0]["ts"]


def test_while_slack_does_not_let_anybody_look_nothing_is_posted_again(world, message):
    world.slack.faults.failing_late = 1
    world.report(message)
    world.seconds += 90
    world.slack.faults.failing = 1
    assert world.report(message)["counts"]["requeue"]["success"] == 1
    world.until_done(message)
    assert world.texts == [TEXT]


def test_a_post_in_doubt_is_finished_as_it_was_before_anything_newer_is_told(world, message):
    world.slack.faults.failing = 1
    world.report(message)
    world.counts(11, 2)
    world.until_done(message, world.message(world.load(1)))
    assert world.texts == [TEXT, "Campaign 'Taylor Swift Presale' scoring complete: 11 verified (+1), 2 rejected"]


@pytest.mark.parametrize("broken", ["token", "channels"])
def test_what_an_operator_has_to_mend_is_not_posted_and_free_for_another_try(world, message, broken):
    good = getattr(world.slack, broken)
    setattr(world.slack, broken, {"token": "xoxb-another", "channels": {"C1": "elsewhere"}}[broken])
    assert world.report(message)["counts"]["requeue"]["success"] == 1
    assert "claim" not in world.heard()
    setattr(world.slack, broken, good)
    assert world.until_done(message) == 1
    assert world.texts == [TEXT]


def test_a_refusal_leaves_standing_what_was_told_before(world, message):
    world.until_done(message)
    world.counts(20, 2)
    world.slack.faults.throttled = 1
    later = world.message(world.load(10))
    world.report(later)
    assert (world.heard()["state"], world.heard()["verified"]) == ("POSTED", 10)
    world.until_done(later)
    assert world.texts[1:] == ["Campaign 'Taylor Swift Presale' scoring complete: 20 verified (+10), 2 rejected"]


def test_through_a_webhook_a_post_in_doubt_is_sent_again_with_the_same_text():
    with verdict_world(tokens=WEBHOOK) as world:
        world.counts(10, 2)
        message = world.message(world.load(12))
        world.slack.faults.failing_late = 1
        world.report(message)
        world.counts(11, 2)  # as late as can be
        world.until_done(message)
        assert world.texts[:2] == [TEXT, TEXT]


def test_through_a_webhook_a_post_is_told_once():
    with verdict_world(tokens=WEBHOOK) as world:
        world.counts(10, 2)
        message = world.message(world.load(12))
        world.slack.faults.throttled = 1
        assert world.until_done(message, message) == 2
        assert world.texts == [TEXT]


@pytest.mark.parametrize("tokens", [{}, {"campaignToken": "campaign-test"}])
def test_without_a_way_to_slack_the_message_waits(tokens):
    with verdict_world(tokens=tokens) as world:
        world.counts(10, 2)
        assert world.report(world.message(world.load(12)))["counts"]["requeue"]["success"] == 1


def test_a_campaign_that_wants_no_alert_is_settled_without_one(world, message):
    world.campaigns.add({"id": CAMPAIGN, "name": "Quiet", "slack": {"noAlert": True}})
    answer = world.report(message)
    assert (world.texts, answer["counts"]["slack"]["success"], answer["batchItemFailures"]) == ([], 0, [])
    assert (world.heard()["state"], world.heard()["verified"]) == ("POSTED", 10)


def test_a_campaign_is_told_of_in_its_own_channel():
    with verdict_world() as world:
        world.slack.channels["C00000002"] = "swift-stats"
        world.campaigns.add({"id": CAMPAIGN, "name": "Swift", "slack": {"channels": {"stats": ["#swift-stats"]}}})
        world.counts(10, 2)
        world.slack.faults.failing_late = 1  # found again there, too
        world.until_done(world.message(world.load(12)))
        assert [it["channel"] for it in world.slack.messages] == ["C00000002"]


def test_a_name_that_nobody_tells_is_waited_for_a_minute_then_the_files_will_do(world):
    message = world.message(world.load(12, name="taylor-swift", ended=90))
    world.campaigns.faults.failing = 99
    assert world.report(message)["counts"]["requeue"]["success"] == 1
    world.seconds = 149
    assert world.report(message)["counts"]["requeue"]["success"] == 1
    world.seconds = 150
    assert world.report(message)["counts"]["slack"]["success"] == 1
    assert world.texts == ["Campaign 'Taylor Swift' scoring complete: 10 verified, 2 rejected"]


def test_a_campaign_that_the_service_does_not_know_goes_by_its_files_name_or_none(world, message):
    world.campaigns.campaigns.clear()
    world.report(message)
    world.counts(11, 2)
    world.report(world.message(world.load(1)))
    assert world.texts == [
        "Campaign 'Taylor Swift' scoring complete: 10 verified, 2 rejected",
        "Campaign scoring complete: 11 verified (+1), 2 rejected",
    ]
