"""save_entry_scoring dies before or after any call of AWS, and batches come again cut anew: every first choice is told, figures add up."""

import random
from contextlib import nullcontext

import pytest
from entry_world import CAMPAIGN, LOAD, entry_world, in_market, kinesis, record

SICK = "campaign-sick"
MOST_CALLS = 8  # as many as any of these makes


@pytest.fixture(scope="module")
def running():
    with entry_world(CAMPAIGN, SICK) as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


def crashes():
    return [(side, call) for call in range(1, MOST_CALLS + 1) for side in ("dying_before", "dying_after")]


def mixed(place):
    """Of a healthy and of a sick campaign, one that cannot be placed, and one that is no first choice; in a shard of its own."""
    fans = [f"{place}-{name}" for name in ("a", "b", "c", "d", "e")]
    lost = in_market("Atlantis", fans[3])
    records = [record(fans[0]), record(fans[1], campaignId=SICK), record(fans[2]), lost, record(fans[4], rank=1)]
    meta = {**record(0)["__meta"], "load": load(place)}
    return kinesis([{**it, "__meta": meta} for it in records], shard=f"shardId-{place:012d}")


def load(place):
    return f"load-{place}"


def settling(world, event):
    """Which call of a batch like this one, with all tokens known, is the transaction that settles it."""
    world.enter(event)
    began = len(world.aws.calls.made)
    world.enter(mixed(999))
    return world.aws.calls.made[began:].index("dynamodb.TransactWriteItems") + 1


def settled(world, place):
    """Everything told once, and counted once."""
    fans = {
        campaign: [fan for fan in world.service.entries[campaign] if fan.startswith(f"{place}-")]
        for campaign in (CAMPAIGN, SICK)
    }
    assert fans == {CAMPAIGN: [f"{place}-a", f"{place}-c"], SICK: [f"{place}-b"]}
    healthy = {"records": 4, "input": 3, "scoring": 1, "entries": 2, "inserted": 2, "parked": 1}
    assert world.figures(load(place)) == healthy
    assert world.figures(load(place), SICK) == {"records": 1, "input": 1, "scoring": 1, "entries": 1, "inserted": 1}


@pytest.mark.parametrize("healed", [False, True], ids=["still sick", "healed meanwhile"])
def test_a_batch_that_dies_at_any_call_comes_again_and_is_told_and_counted_once(world, healed):
    """`healed`: what waited for the first invocation is taken by the second one, and its message must be void."""
    for place, (side, call) in enumerate(crashes()):
        world.service.closed = {SICK}
        with getattr(world.aws.calls, side)(call):
            world.enter(mixed(place))
        world.service.closed = set() if healed else {SICK}
        assert world.enter(mixed(place))["batchItemFailures"] == []
        world.service.closed = set()
        world.retry(rounds=3)
        assert world.left() == 0
        settled(world, place)
    orphans = 2 if healed else 0  # put, and dead before its message was sent; the bucket's rules end them
    assert len(world.aws.objects("entry-retries/")) == orphans


def test_a_message_that_is_seen_before_its_batch_is_settled_waits_for_that(world):
    world.service.closed = {SICK}
    answers = []

    def early():
        world.service.closed = set()
        answers.append(world.retry())

    with world.aws.calls.before(settling(world, mixed(0)), early):
        world.enter(mixed(1))
    assert len(answers[0]["batchItemFailures"]) == 1
    world.retry()
    settled(world, 0)
    settled(world, 1)
    assert world.left() == 0


def test_an_offer_that_is_noted_while_its_message_is_looked_at_is_not_dropped(world):
    world.service.closed = {SICK}
    with world.aws.calls.dying_before(settling(world, mixed(0))):
        world.enter(mixed(1))
    world.retry()  # nothing is done yet
    unnoted = 6  # two calls for each of the two offers that are noted, one for this one's note, which is not there
    with world.aws.calls.before(unnoted, lambda: world.enter(mixed(1))):
        assert len(world.retry()["batchItemFailures"]) == 3
    world.service.closed = set()
    world.retry()
    settled(world, 1)
    assert world.left() == 0


def test_an_offer_that_dies_at_any_call_is_made_again_and_counted_once(world):
    for place, (side, call) in enumerate(crashes()):
        world.service.closed = {SICK}
        world.enter(mixed(place))
        world.service.closed = set()
        with getattr(world.aws.calls, side)(call):
            world.retry()
        world.retry(rounds=3)
        assert world.left() == 0
        settled(world, place)
    assert world.aws.objects("entry-retries/") == {}


def test_of_two_invocations_with_one_batch_one_counts(world):
    """Lambda may begin a batch again while an invocation that it has given up on still works."""
    last = settling(world, mixed(0))
    for place in range(1, last + 1):
        with world.aws.calls.before(place, lambda place=place: world.enter(mixed(place))):
            answer = world.enter(mixed(place))
        assert len(answer["batchItemFailures"]) == (place > 1)  # whoever has read the watermark before it moved
        assert world.enter(mixed(place))["count"]["records"] == 0
        settled(world, place)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_every_first_choice_is_told_and_the_figures_add_up(world, seed):
    """Faults of both services, deaths, batches cut anew, time that runs out, fans that come twice, and retries in between."""
    chance = random.Random(seed)
    stream = [chosen(chance, place) for place in range(60)]
    at = 0
    while at < len(stream):
        until = min(len(stream), at + chance.randint(1, 12))
        disturb(chance, world)
        with crash(chance, world):
            world.enter(
                kinesis(stream[at:until], at), left=[60_000] * chance.randint(1, 3) + [chance.choice([0, 60_000])]
            )
            at = until if chance.random() < 0.7 else at
        with crash(chance, world):
            world.retry()
    heal(world)
    world.enter(kinesis(stream))
    for _ in range(10):
        world.retry()
    assert world.left() == 0
    for campaign in (CAMPAIGN, SICK):
        told = [it for it in stream if it["campaignId"] == campaign and "0" in it["events"]]
        placed = {it["globalUserId"] for it in told if it["events"]["0"]["market"] != "Atlantis"}
        assert set(world.service.entries.get(campaign, ())) == placed
        figures = world.figures(LOAD, campaign)
        part = [figures.get(name, 0) for name in ("entries", "combined", "parked")]
        assert (figures.get("input", 0), figures.get("waiting", 0)) == (len(told), 0) == (sum(part), 0)
        assert figures["entries"] == sum(figures.get(name, 0) for name in ("inserted", "updated", "found"))
        assert figures["records"] == len([it for it in stream if it["campaignId"] == campaign])


def chosen(chance, place):
    fan = f"fan-{chance.choice([place, chance.randint(0, 60)]):05d}"
    made = in_market("Atlantis", fan) if chance.random() < 0.1 else record(fan, rank=chance.choice([0, 0, 0, 1]))
    return {**made, "campaignId": chance.choice([CAMPAIGN, CAMPAIGN, SICK])}


def disturb(chance, world):
    heal(world)
    world.service.closed = {SICK} if chance.random() < 0.4 else set()
    kind = chance.choice(["failing", "failing_late", "throttled", "broken_off", None, None])
    if kind:
        setattr(world.service.faults, kind, 1)
    if chance.random() < 0.2:
        world.campaigns.faults.failing = 1


def heal(world):
    world.service.closed = set()
    for server in (world.service, world.campaigns):
        for kind in ("failing", "failing_late", "throttled", "broken_off"):
            setattr(server.faults, kind, 0)


def crash(chance, world):
    if chance.random() < 0.5:
        return nullcontext()
    return getattr(world.aws.calls, chance.choice(["dying_before", "dying_after"]))(chance.randint(1, 8))
