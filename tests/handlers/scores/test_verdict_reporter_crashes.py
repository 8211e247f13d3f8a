"""A worker may die at any call, and another one may act at any call: there is one post, and it is marked."""

import pytest
from crashes import Death
from verdict_world import NAME, verdict_world

TEXT = f"Campaign '{NAME}' scoring complete: 10 verified, 2 rejected"
CALLS = range(1, 8)  # what Slack has heard, loads, counts, secret, claim, posted, settled
MENDING = range(1, 9)  # and taking over
WEBHOOK = {"slackWebhook": "{webhook}", "campaignToken": "campaign-test"}


@pytest.fixture
def world():
    with verdict_world() as made:
        yield made


def campaigns(world, calls):
    """A campaign of its own for each call that something happens at, with a load that is counted to its end."""
    for call in calls:
        campaign = f"campaign-{call}"
        world.campaigns.add({"id": campaign, "name": NAME})
        world.counts(10, 2, campaign=campaign)
        load = world.load(12, campaign=campaign)
        world.slack.messages.clear()
        world.another_process()
        yield call, campaign, load


def test_a_verdict_takes_as_many_calls_as_are_died_at_here(world):
    for _, campaign, load in campaigns(world, [0]):
        world.report(world.message(load, campaign=campaign))
    assert len(world.aws.calls.made) == len(CALLS), world.aws.calls.made


@pytest.mark.parametrize("dying", ["dying_before", "dying_after"])
def test_whenever_a_worker_dies_there_is_one_post_and_the_load_is_settled(world, dying):
    for call, campaign, load in campaigns(world, CALLS):
        message = world.message(load, campaign=campaign)
        with getattr(world.aws.calls, dying)(call):
            world.report(message)
            raise AssertionError("it should have died")
        world.another_process()
        world.until_done(message)
        assert world.texts == [TEXT], call
        heard = world.heard(campaign)
        assert (heard["state"], world.settled_as(load, campaign)) == ("POSTED", "complete"), call
        assert "claim" not in heard


@pytest.mark.parametrize("dying", ["dying_before", "dying_after"])
def test_a_worker_may_die_while_it_mends_what_another_left(world, dying):
    for call, campaign, load in campaigns(world, MENDING):
        message = world.message(load, campaign=campaign)
        with world.aws.calls.dying_before(6):
            world.report(message)
        assert world.texts == [TEXT]  # posted, and not marked
        world.seconds += 90
        world.another_process()
        with getattr(world.aws.calls, dying)(call):
            world.report(message)
        world.another_process()
        world.until_done(message)
        assert world.texts == [TEXT], call
        assert world.settled_as(load, campaign) == "complete"


@pytest.mark.parametrize("side", ["before", "after"])
def test_two_workers_at_once_post_once(world, side):
    for call, campaign, load in campaigns(world, CALLS):
        mine, theirs = (world.message(load, campaign=campaign) for _ in range(2))
        with getattr(world.aws.calls, side)(call, lambda message=theirs: world.report(message)):
            world.report(mine)
        world.until_done(mine, theirs)
        assert world.texts == [TEXT], call
        assert world.settled_as(load, campaign) in ("complete", "unchanged")


def test_two_workers_that_find_a_dead_ones_claim_post_once(world):
    for call, campaign, load in campaigns(world, MENDING):
        mine, theirs = (world.message(load, campaign=campaign) for _ in range(2))
        with world.aws.calls.dying_after(5):
            world.report(mine)
        assert "claim" in world.heard(campaign)
        assert not world.texts
        world.seconds += 90
        world.another_process()
        with world.aws.calls.before(call, lambda message=theirs: world.report(message)):
            world.report(mine)
        world.until_done(mine, theirs)
        assert world.texts == [TEXT], call


@pytest.mark.parametrize("is_first", [True, False])
def test_figures_that_another_has_outrun_are_never_posted_after_the_newer_ones(world, is_first):
    """Neighbours ask, whose messages are of no load: nothing but the order of reading and the claim keeps them in order."""
    for call, campaign, _ in campaigns(world, range(1, 7 if is_first else 6)):
        if not is_first:
            world.counts(1, 1, campaign=campaign)
            world.report(world.message(campaign=campaign))
            world.counts(10, 2, campaign=campaign)
            world.slack.messages.clear()
        mine, theirs = (world.message(campaign=campaign) for _ in range(2))

        def somebody_else(message=theirs, campaign=campaign):
            world.counts(35, 7, campaign=campaign)
            world.report(message)

        with world.aws.calls.before(call, somebody_else):
            world.report(mine)
        world.until_done(mine, theirs)
        told = [it.split(":")[1].split(" verified")[0] for it in world.texts]
        assert told in ([" 35"], [" 10", " 35"]), (call, world.texts)


def test_a_death_is_nothing_that_the_reporter_takes_for_a_failure(world):
    def die():
        raise Death

    with pytest.raises(Death), world.aws.calls.before(2, die):
        world.report(world.message(world.load(12)))


def test_through_a_webhook_a_death_loses_no_post():
    with verdict_world(tokens=WEBHOOK) as world:
        for call, campaign, load in campaigns(world, CALLS):
            message = world.message(load, campaign=campaign)
            with world.aws.calls.dying_before(call):
                world.report(message)
            world.until_done(message)
            assert world.texts == [TEXT] * (2 if call == 6 else 1), call  # posted, and nobody can know
