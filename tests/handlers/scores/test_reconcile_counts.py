"""Counts are recounted from the rows; what has drifted is repaired, what moves is left alone."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from counting_histories import AT_ONCE
from memory_table import refusal
from saved_rows import Saving, batch, listening, saved
from scores_world import TABLE, scores_world

from adapters.aws.score_counts import ScoreCounts
from adapters.aws.score_rows import ScoreRows
from domain.errors import Unavailable
from domain.scores.keys import EMAIL, FAN, MEMBER, counts_row, fan_row, load_row
from handlers.scores import process_saved_scores, reconcile_counts

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIGURES = ("verified", "rejected", "selected", "unscored", "fans")


@dataclass
class World(Saving):
    """With a clock that moves while the verb sleeps, and what happens meanwhile."""

    now: datetime = NOON
    meanwhile: list = field(default_factory=list)
    slept: list = field(default_factory=list)

    def fan(self, number, campaign="a", prefix=FAN, **attributes):
        self.put(fan_row(prefix, str(number), campaign), **attributes)

    def counts(self, campaign="a"):
        item = self.item(counts_row(campaign)) or {}
        return tuple(item.get(name, 0) for name in FIGURES)

    def reconcile(self, event=None, at=None):
        """`meanwhile` happens in the middle of the quiet time, or at the call that `at` names."""
        counts, rows = (
            ScoreCounts(self.table, TABLE, AT_ONCE),
            ScoreRows(self.table, TABLE, segments=1, backoff=AT_ONCE),
        )
        if at:
            self.at(at, "after", self._happen)
        answer = reconcile_counts.reconcile_counts(
            event or {}, lambda: self.now, self.sleep, rows=rows, counts=counts, quiet=20
        )
        return answer["campaigns"]

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds / 2)
        self._happen()
        self.now += timedelta(seconds=seconds / 2)

    def _happen(self):
        while self.meanwhile:
            self.meanwhile.pop(0)()


@pytest.fixture
def world():
    world = World()
    world.fan(1, isVerified=True, verdict=True)
    world.fan(2, isVerified=False)
    world.fan(3, prefix=MEMBER)
    world.fan("fan@people.example", campaign="b", prefix=EMAIL, isVerified=True)
    return world


TRUE_A = {"verified": 1, "rejected": 1, "selected": 1, "unscored": 1, "fans": 3}
TRUE_B = {"verified": 1, "rejected": 0, "selected": 0, "unscored": 0, "fans": 1}
NOTHING = dict.fromkeys(FIGURES, 0)


def test_counts_that_agree_need_no_second_look(world):
    world.put(counts_row("a"), **TRUE_A)
    world.put(counts_row("b"), **TRUE_B)
    before = dict(world.table.items)
    assert [(it["campaignId"], it["drift"], it["repaired"], it["busy"]) for it in world.reconcile()] == [
        ("a", 0, False, False),
        ("b", 0, False, False),
    ]
    assert world.slept == []
    assert world.table.items == before


def test_counts_that_drifted_are_set_to_what_the_rows_say(world):
    world.put(counts_row("a"), **TRUE_A | {"verified": 4, "fans": 6}, version=12)
    world.put(counts_row("b"), **TRUE_B)
    assert world.reconcile()[0] == {
        "campaignId": "a",
        "counted": TRUE_A | {"verified": 4, "fans": 6},
        "recounted": TRUE_A,
        "drift": 6,
        "repaired": True,
        "busy": False,
    }
    item = world.item(counts_row("a"))
    assert {name: item[name] for name in (*FIGURES, "version", "repairs")} == {**TRUE_A, "version": 13, "repairs": 1}
    assert item["repairedAt"] == (NOON + 9.5 * SECOND).isoformat()
    assert world.slept == [20]


def test_counts_that_were_never_written_are(world):
    world.reconcile()
    assert (world.counts("a"), world.counts("b")) == ((1, 1, 1, 1, 3), (1, 0, 0, 0, 1))


def test_a_second_repair_has_another_number_and_a_later_fence(world):
    world.reconcile()
    world.fan(9, isVerified=True)
    world.reconcile()
    item = world.item(counts_row("a"))
    assert (item["repairs"], item["repairedAt"]) == (2, (NOON + 29.5 * SECOND).isoformat())


def test_counts_of_a_campaign_without_rows_become_nothing(world):
    world.put(counts_row("gone"), verified=3, fans=3, version=3)
    [gone] = [it for it in world.reconcile() if it["campaignId"] == "gone"]
    assert (gone["recounted"], gone["repaired"]) == (NOTHING, True)
    assert world.counts("gone") == (0, 0, 0, 0, 0)


def test_only_the_campaign_that_is_asked_for_is_repaired(world):
    assert [it["campaignId"] for it in world.reconcile({"campaignId": "b"})] == ["b"]
    assert (world.counts("a"), world.counts("b")) == ((0, 0, 0, 0, 0), (1, 0, 0, 0, 1))


def test_a_campaign_that_nobody_knows_has_nothing_and_no_drift(world):
    [nobody] = world.reconcile({"campaignId": "nobody"})
    assert nobody == {
        "campaignId": "nobody",
        "counted": NOTHING,
        "recounted": NOTHING,
        "drift": 0,
        "repaired": False,
        "busy": False,
    }


def test_other_rows_of_the_table_are_no_fans(world):
    world.put(load_row("a", "3fa2c1d0e5b7"), isVerified=True)
    world.put(fan_row("event:", "1", "a"), isVerified=True)
    world.reconcile()
    assert world.counts("a") == (1, 1, 1, 1, 3)


def a_flip(world):
    world.fan(2, isVerified=True)


def the_same_again(world):
    world.fan(2, isVerified=False, loads="3fa2c1d0e5b7:unchanged:0")


def one_comes_and_one_goes(world):
    del world.table.items[fan_row(FAN, "2", "a")]
    world.fan(4, isVerified=False)


@pytest.mark.parametrize("happens", [a_flip, the_same_again, one_comes_and_one_goes])
def test_a_campaign_whose_rows_move_is_busy_and_stays_as_it_is(world, happens):
    world.meanwhile.append(partial(happens, world))
    a, b = world.reconcile()
    assert (a["busy"], a["repaired"]) == (True, False)
    assert world.counts("a") == (0, 0, 0, 0, 0)
    assert (b["busy"], b["repaired"]) == (False, True)


def test_counts_that_were_only_late_are_no_drift(world):
    world.meanwhile.append(lambda: world.put(counts_row("a"), **TRUE_A, version=1))
    a = world.reconcile({"campaignId": "a"})[0]
    assert (a["drift"], a["busy"], a["repaired"]) == (0, False, False)
    assert "repairs" not in world.item(counts_row("a"))


@pytest.mark.parametrize("call", [3, 4])  # the counts are read; the table is read again
def test_counts_that_move_before_they_are_repaired_stay_as_they_moved(world, call):
    world.sleep = lambda seconds: None
    world.meanwhile.append(lambda: world.put(counts_row("a"), verified=1, fans=1, version=1))
    [a] = world.reconcile({"campaignId": "a"}, at=call)
    assert (a["busy"], a["repaired"]) == (True, False)
    assert world.counts("a") == (1, 0, 0, 0, 1)


def test_a_row_that_comes_after_the_second_look_is_counted_once(world):
    def comes():
        world.now += SECOND
        world.fan(4, isVerified=True)

    world.sleep = lambda seconds: setattr(world, "now", world.now + timedelta(seconds=seconds))
    world.meanwhile.append(comes)
    [a] = world.reconcile({"campaignId": "a"}, at=4)
    assert a["repaired"]
    world.handle(saved(7, {"isVerified": True}, pk="fan:4", at=int(world.now.timestamp())))
    assert world.counts("a") == (2, 1, 1, 1, 4)


def test_what_a_stuck_shard_brings_after_the_repair_is_not_counted_twice(world):
    world.reconcile()
    late = int((NOON - SECOND).timestamp())
    world.handle(saved(7, {"isVerified": True}, pk="fan:1", at=late))
    assert world.counts("a") == (1, 1, 1, 1, 3)


def test_a_table_that_throttles_is_asked_again(world):
    def throttled():
        raise refusal("ThrottlingException")

    world.at(1, "before", throttled)
    assert world.reconcile()[0]["repaired"]


def test_a_table_out_of_reach_is_unavailable(world):
    def throttled(number, at):
        raise refusal("ThrottlingException")

    world.table.at_call = throttled
    with pytest.raises(Unavailable):
        world.reconcile()


def test_drift_is_measured_and_told_but_not_of_a_busy_campaign(world):
    world.meanwhile.append(partial(a_flip, world))
    with listening(reconcile_counts.logger) as heard:
        world.reconcile()
    assert heard.metrics == {"CountDrift": 2, "CountsRepaired": 1, "CountsBusy": 1}
    assert [(it["message"], it["campaignId"], it["repaired"]) for it in heard.lines] == [
        ("drift", "a", False),
        ("drift", "b", True),
    ]
    assert "people.example" not in heard.everything


def test_the_handlers_count_and_recount_the_table_of_their_settings():
    with scores_world(process_saved_scores, reconcile_counts, QUIET_SECONDS="0") as real:
        for number in range(12):
            real.put(fan_row(FAN, str(number), "a"), isVerified=number % 3 == 0)
        process_saved_scores.handler(batch(saved(1, {"isVerified": True}, pk="fan:0")), None)
        [a] = reconcile_counts.handler({}, None)["campaigns"]
        assert (a["counted"]["fans"], a["recounted"]["verified"], a["recounted"]["fans"]) == (1, 4, 12)
        [again] = reconcile_counts.handler({"campaignId": "a"}, None)["campaigns"]
        assert (a["repaired"], again["drift"], again["counted"]) == (True, 0, a["recounted"])
