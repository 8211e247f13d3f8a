"""Changes of fans' rows, as the table's stream brings them, become the counts of their campaigns and loads."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from crashes import Death, die
from memory_table import cancelled, refusal
from saved_rows import AT, Saving, batch, clock, listening, saved
from scores_world import scores_world

from domain.scores.accounting import of_counts
from domain.scores.keys import Key, counted_row, counts_row
from handlers.scores import process_saved_scores

LOAD = "3fa2c1d0e5b7"
FIGURES = ("verified", "rejected", "selected", "unscored", "fans")
VERIFIED, REJECTED, UNSCORED = {"isVerified": True}, {"isVerified": False}, {"score": 0.5}
MARK = Key("watermark:saved_scores:shardId-1", "meta:watermark")


@pytest.fixture
def world():
    return Saving()


def counts(world, campaign="a"):
    """verified, rejected, selected, unscored, fans."""
    item = world.item(counts_row(campaign)) or {}
    found = {name: item.get(name, 0) for name in FIGURES}
    assert of_counts(found).holds
    return tuple(found.values())


def done(number):
    return {"count": number, "state": {}, "batchItemFailures": []}


def raising(error):
    def happens():
        raise error

    return happens


def test_fans_are_counted_as_they_come_flip_are_selected_and_go(world):
    steps = [
        (saved(1, VERIFIED), (1, 0, 0, 0, 1)),
        (saved(2, REJECTED, VERIFIED), (0, 1, 0, 0, 1)),
        (saved(3, VERIFIED, REJECTED), (1, 0, 0, 0, 1)),
        (saved(4, {**VERIFIED, "verdict": True}, VERIFIED), (1, 0, 1, 0, 1)),
        (saved(5, {**VERIFIED, "verdict": None}, {**VERIFIED, "verdict": True}), (1, 0, 0, 0, 1)),
        (saved(6, UNSCORED, VERIFIED), (0, 0, 0, 1, 1)),
        (saved(7, None, UNSCORED), (0, 0, 0, 0, 0)),
    ]
    for record, expected in steps:
        assert world.handle(record) == done(1)
        assert counts(world) == expected


def test_one_batch_of_several_campaigns_is_one_transaction(world):
    world.handle(saved(1, VERIFIED), saved(2, REJECTED, campaign="b"), saved(3, VERIFIED, pk="sid:9"))
    assert (counts(world), counts(world, "b")) == ((2, 0, 0, 0, 2), (0, 1, 0, 0, 1))
    assert world.table.made == ["BatchGetItem", "TransactWriteItems"]


def test_a_load_learns_what_has_reached_the_rows(world):
    row = {**VERIFIED, "loads": f"{LOAD}:created:0"}
    world.handle(saved(1, row), saved(2, {**row, "loads": f"{LOAD}:created:0,7"}, row))
    item = world.item(counted_row("a", LOAD))
    assert {name: item[name] for name in item if name not in ("PK", "SK", "at")} == {
        "records": 2,
        "unique": 1,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "superseded": 0,
    }


def test_a_batch_that_comes_again_is_counted_once(world):
    first = saved(1, VERIFIED), saved(2, VERIFIED, pk="fan:2")
    assert world.handle(*first) == world.handle(*first) == done(2)
    assert counts(world) == (2, 0, 0, 0, 2)


def test_a_batch_cut_otherwise_is_counted_from_where_it_was_not(world):
    records = [saved(number, VERIFIED, pk=f"fan:{number}") for number in range(8, 12)]
    world.handle(*records[:2])
    world.handle(*records[1:])
    assert counts(world) == (4, 0, 0, 0, 4)
    assert world.item(MARK)["seq"] == "11"


def test_shards_have_watermarks_of_their_own(world):
    world.handle(saved(9, VERIFIED))
    world.handle(saved(3, VERIFIED, pk="fan:2"), shard="shardId-2")
    assert counts(world) == (2, 0, 0, 0, 2)


def test_a_watermark_outlives_the_stream_and_no_longer(world):
    world.handle(saved(1, VERIFIED))
    at = world.item(counts_row("a"))["at"]
    assert abs(world.item(MARK)["expiresAt"] - (datetime.fromisoformat(at).timestamp() + 172800)) < 2


def test_the_last_call_of_a_window_has_no_records_and_asks_nothing(world):
    assert world.handle() == done(0)
    assert world.table.made == []


def test_rows_of_our_own_are_no_fans_and_move_no_watermark(world):
    meta = saved(5, {"verified": 3})
    meta["dynamodb"]["Keys"] = {"PK": {"S": "campaign:a"}, "SK": {"S": "meta:counts"}}
    assert world.handle(meta) == done(0)
    assert world.table.items == {}


def test_what_counts_for_nothing_is_written_nowhere(world):
    assert world.handle(saved(1, {**VERIFIED, "score": 0.4}, VERIFIED)) == done(1)
    assert world.table.items == {}


def test_a_mapping_without_a_window_is_wired_wrongly(world):
    with pytest.raises(RuntimeError, match="tumbling window"):
        process_saved_scores.process_saved_scores({"Records": [saved(1, VERIFIED)]}, clock, counts=None)


def test_more_campaigns_than_a_transaction_takes_are_several(world):
    records = [saved(100 + number, VERIFIED, campaign=f"c{number}") for number in range(101)]
    assert world.handle(*records) == done(101)
    assert world.table.made == ["BatchGetItem"] * 2 + ["TransactWriteItems"] * 2
    assert {counts(world, f"c{number}") for number in range(101)} == {(1, 0, 0, 0, 1)}


def in_pairs(world):
    """Five campaigns, two in a transaction; the answer, and what was heard."""
    records = [saved(100 + number, VERIFIED, campaign=f"c{number}") for number in range(5)]
    with listening(process_saved_scores.logger) as heard:
        return world.handle(*records, touched=2), heard


@pytest.mark.parametrize("call", [1, 2, 3, 4])
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_death_at_any_call_loses_nothing_and_counts_nothing_twice(world, call, side):
    world.at(call, side, die)
    with suppress(Death):
        in_pairs(world)
    assert in_pairs(world)[0] == done(5)
    assert {counts(world, f"c{number}") for number in range(5)} == {(1, 0, 0, 0, 1)}


@pytest.mark.parametrize(("call", "first", "count"), [(1, "100", 0), (2, "100", 0), (3, "102", 2), (4, "104", 4)])
def test_from_the_first_change_that_is_in_no_slice_on_all_comes_again(world, call, first, count):
    world.at(call, "before", raising(refusal("ThrottlingException")))
    answer, heard = in_pairs(world)
    assert answer == {"count": count, "state": {}, "batchItemFailures": [{"itemIdentifier": first}]}
    [line] = [it for it in heard.lines if it["message"] == "left"]
    assert (line["changes"], line["shard"]) == (5 - count, "shardId-1")
    assert heard.metrics == {"SavedScores": count, "SavedScoresLeft": 5 - count}


def test_another_transaction_in_the_way_is_waited_for(world):
    world.at(2, "before", raising(cancelled(["TransactionConflict", "None"])))
    assert world.handle(saved(1, VERIFIED)) == done(1)
    assert counts(world) == (1, 0, 0, 0, 1)


@pytest.mark.parametrize("records", [1, 2, 3])
def test_another_delivery_of_the_batch_meanwhile_counts_it_only_once(world, records):
    changes = [saved(number, VERIFIED, pk=f"fan:{number}") for number in (1, 2, 3)]
    world.at(2, "before", lambda: world.handle(*changes[:records]))
    assert world.handle(*changes) == done(3)
    assert counts(world) == (3, 0, 0, 0, 3)


def test_a_batch_that_others_always_come_before_is_left_for_later(world):
    def somebody_comes_first(call, at):
        if at == "before TransactWriteItems":
            world.put(MARK, seq=str(call))

    world.table.at_call = somebody_comes_first
    answer = world.handle(saved(100, VERIFIED))
    assert answer == {"count": 0, "state": {}, "batchItemFailures": [{"itemIdentifier": "100"}]}


def test_what_a_repair_found_in_the_rows_is_not_added_to_it(world):
    world.put(counts_row("a"), verified=5, fans=5, repairs=1, repairedAt="2026-11-18T11:06:40+00:00", version=9)
    assert datetime.fromisoformat("2026-11-18T11:06:40+00:00").timestamp() == AT
    row = {**VERIFIED, "loads": f"{LOAD}:created:0"}
    world.handle(saved(1, row, at=AT - 1), saved(2, VERIFIED, pk="fan:2", at=AT))
    assert counts(world) == (6, 0, 0, 0, 6)
    assert world.item(counted_row("a", LOAD))["records"] == 1
    assert world.item(counts_row("a"))["version"] == 10


def test_a_repair_that_comes_between_is_looked_at(world):
    fence = {"repairs": 1, "repairedAt": "2030-01-01T00:00:00+00:00"}
    world.at(2, "before", lambda: world.put(counts_row("a"), verified=1, fans=1, version=1, **fence))
    assert world.handle(saved(1, VERIFIED)) == done(1)
    assert counts(world) == (1, 0, 0, 0, 1)


def test_a_repair_between_changes_that_come_to_nothing_together_still_parts_them(world):
    """One that comes before the fence and is in the recount, and one that goes behind it."""
    fence = {"repairs": 1, "repairedAt": datetime.fromtimestamp(AT, UTC).isoformat()}
    world.put(counts_row("a"), verified=1, fans=1, version=1)
    world.at(2, "before", lambda: world.put(counts_row("a"), verified=2, fans=2, version=2, **fence))
    world.handle(saved(1, VERIFIED, at=AT - 9), saved(2, None, VERIFIED, pk="fan:2", at=AT + 9))
    assert counts(world) == (1, 0, 0, 0, 1)


def told(world, *records):
    with listening(process_saved_scores.logger) as heard:
        world.handle(*records)
    return [it for it in heard.lines if it["message"] == "saved score"], heard.everything


def test_each_change_is_told_in_one_line_without_an_address(world):
    email = "fan@people.example"
    row = {**VERIFIED, "email": email, "firstName": "Ada"}
    lines, everything = told(world, saved(1, row, pk=f"email:{email}"), saved(2, {**row, "verdict": True}, row))
    assert [(it["campaign"], it["event"], it["changed"]) for it in lines] == [
        ("a", "INSERT", ["isVerified"]),
        ("a", "MODIFY", ["verdict"]),
    ]
    assert [it["fan"][:6] for it in lines] == ["email:", "fan:1"]
    assert email not in everything
    assert "Ada" not in everything


def test_what_was_counted_before_is_not_told_again(world):
    assert len(told(world, saved(1, VERIFIED))[0]) == 1
    assert len(told(world, saved(1, VERIFIED), saved(2, VERIFIED, pk="fan:2"))[0]) == 1


def test_what_could_not_be_counted_is_told_when_it_comes_again(world):
    world.at(2, "before", die)
    with suppress(Death):
        told(world, saved(1, VERIFIED))
    assert len(told(world, saved(1, VERIFIED))[0]) == 1


def test_the_handler_counts_in_the_table_of_its_settings():
    with scores_world(process_saved_scores) as real:
        assert process_saved_scores.handler(batch(saved(1, {**VERIFIED, "loads": f"{LOAD}:created:0"})), None) == done(
            1
        )
        assert process_saved_scores.handler(batch(), None) == done(0)
        assert [(it["PK"], it["SK"]) for it in real.items()] == [counts_row("a"), counted_row("a", LOAD), MARK]
