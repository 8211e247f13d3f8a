"""save_entry_scoring and files that come late (D-8): what a newer load has told of a fan stays told."""

import pytest
from entry_world import CAMPAIGN, entry_world, kinesis, of_load

from adapters.aws.score_table import ScoreTable
from adapters.aws.session import dynamodb
from domain.scores.keys import FAN, fan_row
from domain.scores.scored import scored

OLD, NEW = ("old", "2026-11-20T00:00:00.000000Z#1"), ("new", "2026-11-21T00:00:00.000000Z#1")


@pytest.fixture(scope="module")
def running():
    with entry_world() as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


def load(world, records, at):
    """The stream's two readers, the table's first."""
    with world.aws.calls.own():
        ScoreTable(dynamodb(), "Scores").upsert([scored(it) for it in records], world.now)
    return world.enter(kinesis(records, at))


def name_of(world, fan="fan-00001"):
    return world.service.entries[CAMPAIGN][fan]["firstName"]


def test_an_older_file_that_comes_after_a_newer_one_tells_only_the_fans_that_are_not_in_it(world):
    load(world, [of_load(*NEW, 1, firstName="New")], 0)
    load(world, [of_load(*OLD, 1, firstName="Old"), of_load(*OLD, 2, firstName="Old")], 1)
    assert name_of(world) == "New"
    assert name_of(world, "fan-00002") == "Old"
    figures = {"records": 2, "input": 2, "scoring": 1, "entries": 1, "inserted": 1, "combined": 1}
    assert world.figures("old") == figures


def test_an_offer_that_waited_while_a_newer_file_was_told_is_overruled(world):
    world.service.closed = {CAMPAIGN}
    load(world, [of_load(*OLD, 1, firstName="Old")], 0)
    world.service.closed = set()
    load(world, [of_load(*NEW, 1, firstName="New")], 1)
    answer = world.retry()
    assert name_of(world) == "New"
    assert (answer["count"]["input"], answer["count"]["scoring"]) == (1, 0)
    assert world.figures("old") == {"records": 1, "input": 1, "combined": 1}
    assert world.left() == 0


def test_of_two_loads_that_wait_the_newer_one_has_the_last_word_whichever_is_first(world):
    world.service.closed = {CAMPAIGN}
    load(world, [of_load(*NEW, 1, firstName="New")], 0)
    load(world, [of_load(*OLD, 1, firstName="Old")], 1)
    world.service.closed = set()
    world.retry()
    assert name_of(world) == "New"


def test_a_newer_load_without_the_fans_first_choice_overrules_nothing(world):
    load(world, [of_load(*NEW, 1, rank=1)], 0)
    load(world, [of_load(*OLD, 1, firstName="Old")], 1)
    assert name_of(world) == "Old"


def test_the_same_load_again_overrules_nothing(world):
    load(world, [of_load(*NEW, 1, firstName="Old")], 0)
    load(world, [of_load(*NEW, 1, firstName="New")], 1)
    assert name_of(world) == "New"


def test_a_row_that_is_a_neighbours_overrules_nothing(world):
    world.aws.put(fan_row(FAN, "fan-00001", CAMPAIGN), verdict=True, events={"0": {"market": "Boston"}})
    world.enter(kinesis([of_load(*OLD, 1, firstName="Old")]))
    assert name_of(world) == "Old"
