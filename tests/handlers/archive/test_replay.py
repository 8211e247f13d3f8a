"""What could not be archived is replayed: once, in order, whatever dies in between, and whoever else is at work (B-9)."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from botocore.client import BaseClient
from hypothesis import given, settings
from hypothesis import strategies as st
from replay_world import Context, change, demand, own, replay_world

from adapters.aws.archive_delivery import deliver
from adapters.aws.leases import Lease
from cli.archive_reading.local import LocalArchive
from cli.archive_reading.places import Bucket
from cli.backfilling import sorted_out
from cli.quarantined import bucket_of
from cli.replays import planned, unfinished, written
from domain.archive.patches import setting
from domain.archive.places import DATA, ERRORS, LOST, REPLAYS
from domain.errors import Rejected, Unavailable
from handlers.archive import erase, replay

BROKEN = "missing_field:demand:saleId"
SLOW = 100_000  # milliseconds: less than what a function keeps back


@pytest.fixture
def world():
    with replay_world() as world:
        yield world


@pytest.fixture
def patch_file(tmp_path):
    def written(body):
        file = tmp_path / "fix.py"
        file.write_text(f"def patch(event):\n{body}\n")
        return file

    return written


def broken(count, at=0):
    """Changes of demand without a sale."""
    return [change(demand(f"f{number}", None), at + number) for number in range(count)]


# Archived after all


def test_what_is_mended_is_archived_and_leaves_errors(world):
    world.arrive(change(demand("f9")), *broken(3))
    assert len(world.waiting()) == 3
    assert world.replay("saleId=s2") == {"archived": 3}
    assert world.waiting() == []
    assert [world.current()[f"f{number}"]["saleId"] for number in range(3)] == ["s2", "s2", "s2"]
    assert world.archived() == ["f0-INSERT-0", "f1-INSERT-1", "f2-INSERT-2", "f9-INSERT-0"]


def test_replaying_twice_changes_nothing(world):
    world.arrive(*broken(3), "###", change({"type": {"S": "unheard-of"}}))
    world.replay("saleId=s2", cause="missing_field")
    once, ledger = world.objects(), world.ledger()
    assert world.replay("saleId=s3") == {}
    assert (world.objects(), world.ledger()) == (once, ledger)


def test_the_function_called_twice_with_a_plan_changes_nothing(world):
    world.arrive(*broken(3))
    world.replay("saleId=s2")
    once, [plan] = world.objects(), world.keys(REPLAYS)
    assert replay.handler({"plan": plan}, Context(world)) == {"plan": plan[8:-5], "left": 0, "outcomes": {}}
    assert world.objects() == once


def test_a_record_that_was_replayed_and_came_to_errors_again_gets_no_second_row(world):
    [record] = world.kinesis(*broken(1))
    for sale in ("s2", "s3"):
        world.archiver([record])
        world.replay(f"saleId={sale}")
    assert world.waiting() == []
    assert [row["saleId"] for row in world.rows()] == ["s2"]


def test_a_plan_changes_nothing_and_says_what_would_become_of_each_cause(world):
    world.arrive(*broken(2), change({"type": {"S": "unheard-of"}}, id="x1"))
    before = world.objects()
    told = world.plan("saleId=s2")
    assert [(it.cause, it.outcome, it.why, it.events) for it in told.tallies] == [
        (BROKEN, "archived", "patched", 2),
        ("unknown_type", "still rejected", "unknown_type", 1),
    ]
    assert told.done is None
    assert (world.objects(), world.ledger(), world.keys(REPLAYS)) == (before, {}, [])


def test_equal_plans_are_one(world):
    world.arrive(*broken(2))
    assert world.plan("saleId=s2").plan == world.plan("saleId=s2").plan != world.plan("saleId=s3").plan


def test_the_ledger_names_the_plan_and_the_file_of_each_change(world):
    world.arrive(*broken(2))
    told = world.plan("saleId=s2")
    world.replay("saleId=s2")
    [file] = world.keys(DATA)
    for item in world.ledger().values():
        assert (item["plan"]["S"], item["file"]["S"]) == (told.plan, file)
        assert int(item["expiresAt"]["N"]) > 0


def test_a_setting_leaves_alone_what_is_right_without_it(world):
    world.give_up(change(demand("right", "s1")), change(demand("wrong", None)))
    assert world.replay("saleId=s2") == {"archived": 2}
    assert {fan: row["saleId"] for fan, row in world.current().items()} == {"right": "s1", "wrong": "s2"}


def test_an_event_id_that_no_key_can_hold_keeps_nobody_from_being_replayed(world):
    long = change(demand("f7", None), id="é" * 3000)
    world.arrive(long, *broken(1))
    assert world.replay("saleId=s2") == {"archived": 2}
    assert world.replay("saleId=s2") == {}
    assert (world.waiting(), len(world.archived())) == ([], 2)


def test_one_cause_alone_is_replayed(world):
    world.arrive(*broken(1), change(demand("f7", requestedDateTime={"BOOL": True})))
    world.replay("saleId=s2", cause=BROKEN)
    assert [one.code for one in world.quarantined()] == ["wrong_type"]


def test_a_cause_that_nothing_has_is_rejected(world):
    with pytest.raises(Rejected, match="no_such_cause"):
        world.replay(cause="no_such_cause")


# Patches


def test_a_patch_that_raises_half_way_leaves_its_record_and_the_others_go_on(world, patch_file):
    world.arrive(*broken(4))
    fix = patch_file(
        "    image = event['dynamodb']['NewImage']\n"
        "    if image['fanId']['S'] == 'f2':\n        raise KeyError('f2')\n"
        "    image['saleId'] = {'S': 's2'}\n    return event"
    )
    [done, left] = world.plan(patch=fix).tallies
    assert (done.outcome, done.events, left.outcome, left.why) == (
        "archived",
        3,
        "not patched",
        "KeyError in line 4 of fix.py",
    )
    assert world.replay(patch=fix) == {"archived": 3}
    [found] = world.quarantined()
    assert found.records[0].number.endswith("3")
    assert world.replay("saleId=s2") == {"archived": 1}
    assert len(world.archived()) == 4


def test_a_record_that_a_patch_drops_is_ledgered_as_dropped_and_stays_away(world, patch_file):
    world.arrive(*broken(2))
    fix = patch_file("    return None")
    assert {(it.outcome, it.events) for it in world.plan(patch=fix).tallies} == {("dropped", 2)}
    assert world.replay(patch=fix) == {"dropped": 2}
    assert (world.waiting(), world.archived()) == ([], [])
    assert [item["dropped"] for item in world.ledger().values()] == [{"BOOL": True}] * 2


@pytest.mark.parametrize("given", ["7", "{'NewImage': {1, 2}}", "{'x': float('nan')}"])
def test_a_patch_that_gives_no_record_leaves_the_record(world, patch_file, given):
    world.arrive(*broken(1))
    [told] = world.plan(patch=patch_file(f"    return {given}")).tallies
    assert told.outcome == "not patched"


def test_a_removed_record_is_mended_in_its_old_image_and_stays_redacted(world):
    world.arrive(change(demand("f1"), 0), change(demand("f1", None), 5, "REMOVE"))
    assert world.replay("saleId=s1", "email=new@example.org") == {"archived": 1}
    [row] = world.current().values()
    assert (row["isDeleted"], row["email"]) == (True, "[redacted]")


# Objects with many records


def upload_failed(world, count):
    world.refused = lambda key: DATA in key
    world.arrive(*(change(demand(f"f{number}"), number) for number in range(count)))
    world.refused = None
    [found] = world.quarantined()
    assert (found.code, len(found.records)) == ("upload_failed", count)


def test_an_object_keeps_the_records_that_do_not_go_through(world, patch_file):
    upload_failed(world, 20)
    [key] = world.waiting()
    fix = patch_file("    return event if int(event['eventID'].split('-')[2]) >= 3 else 1 / 0")
    assert world.replay(patch=fix) == {"archived": 17}
    assert world.waiting() == [key]
    [found] = world.quarantined()
    assert [json.loads(held.text)["eventID"] for held in found.records] == [f"f{n}-INSERT-{n}" for n in range(3)]
    assert world.replay() == {"archived": 3}
    assert (world.waiting(), len(world.archived())) == ([], 20)


def test_a_change_that_lies_in_two_objects_has_one_row(world):
    [record] = world.kinesis(*broken(1))
    world.archiver([record])
    world.give_up_records([record])
    assert len(world.waiting()) == 2
    assert world.replay("saleId=s2") == {"archived": 1}
    assert (world.waiting(), world.archived()) == ([], ["f0-INSERT-0"])


def test_a_batch_that_was_given_up_goes_where_the_archiver_would_have_sent_it(world):
    bookkeeping = change({**demand("f6"), "SK": {"S": "meta:count"}})
    changes = [change(demand("f1")), *broken(1), "%%%", bookkeeping, change(demand("f5"), 9, "REMOVE")]
    records = world.kinesis(*changes)
    world.give_up_records(records)
    assert [one.code for one in world.quarantined()] == ["given_up"]
    assert world.replay() == {"archived": 2, "parked": 2, "skipped": 1}
    assert world.keys(LOST) == []
    parked = {key: world.body(key) for key in world.keys(ERRORS)}
    assert sorted(one.code for one in world.quarantined()) == ["malformed_base64", "missing_field"]
    world.archiver(records)  # had it been given the batch again, it would have written the very same objects
    assert {key: world.body(key) for key in world.keys(ERRORS)} == parked


def test_a_plan_holds_no_value_of_a_removed_item(world):
    world.give_up(change(demand("secret-fan"), 9, "REMOVE"))
    plan = planned(world.quarantined(), None, [], world.replays())
    written(plan, bucket_of(world.deployment))
    assert len(world.keys(REPLAYS)) == 2
    assert not [key for key in world.keys(REPLAYS) if b"secret-fan@example.org" in world.body(key)]


def test_what_tells_no_time_and_has_no_id_is_parked_too(world):
    world.give_up({"eventName": "INSERT"}, change(demand("f1")))
    assert world.replay() == {"archived": 1, "parked": 1}
    [found] = world.quarantined()
    assert (found.code, found.records[0].text) == ("malformed_change", '{"eventName": "INSERT"}')


def test_logs_hold_names_and_ids_and_no_values(world, caplog):
    world.give_up(*broken(1), change(demand("f7", saleId={"S": "sale-of-f7"}), 9, "REMOVE"))
    with caplog.at_level("INFO"):
        world.replay("saleId=sale-of-f0")
    lines = [str(vars(record)) for record in caplog.records]
    assert {record.message for record in caplog.records if record.name == "replay"} == {
        "archived",
        "redacted",
        "replayed",
    }
    assert not [line for line in lines if "@example.org" in line or "sale-of-" in line]


def test_what_somebody_else_put_into_errors_is_left_alone(world):
    own("s3").put_object(Bucket="archive", Key=f"{ERRORS}note.txt", Body=b"by hand")
    world.arrive(*broken(1))
    assert world.replay("saleId=s2") == {"archived": 1}
    assert world.waiting() == [f"{ERRORS}note.txt"]


# Order


def test_an_old_record_replayed_after_newer_ones_does_not_win(world):
    world.arrive(change(demand("f1", None, eventName={"S": "old"}), 0))
    world.arrive(change(demand("f1", "s1", eventName={"S": "new"}), 5))
    world.replay("saleId=s1")
    assert len(world.rows()) == 2
    assert world.current()["f1"]["eventName"] == "new"


def test_a_removed_item_does_not_come_back_with_its_old_records(world):
    world.arrive(change(demand("f1", None), 0))
    world.arrive(change(demand("f1"), 5, "REMOVE"))
    world.replay("saleId=s1")
    assert world.current()["f1"]["isDeleted"]


def test_a_plan_goes_through_the_changes_in_the_order_they_were_made(world):
    world.arrive(*(change(demand("f1", None), at, id=id) for at, id in [(7, "a"), (3, "c"), (9, "b"), (1, "d")]))
    plan = planned(world.quarantined(), None, [setting("saleId=s2")], world.replays())
    assert [step.id for part in plan.parts for step in part.steps] == ["d", "c", "a", "b"]


def test_an_item_that_is_found_again_as_it_was_is_what_it_is_now(world):
    """Its change back was lost, or else nobody would look for it."""
    bucket = bucket_of(world.deployment)
    found = demand("f1", None, eventName={"S": "old"})
    for hours in (0, 2, 2):
        deliver(sorted_out([found], datetime(2025, 11, 20, 12 + hours, tzinfo=UTC), "Demand"), bucket)
        world.replay("saleId=s1")
        world.arrive(change(demand("f1", eventName={"S": "new"}), 3600))
    assert world.current()["f1"]["eventName"] == "old"
    assert len({row["change"]["at"] for row in world.rows()}) == len(world.ledger()) + 1 == 3
    assert world.waiting() == []


# Who else is at work


def test_nothing_is_done_while_another_one_rewrites_the_archive(world):
    world.arrive(*broken(2))
    before = world.objects()
    with Lease(own("dynamodb"), "Ledger", "erase 1").held(), pytest.raises(Unavailable, match="erase 1 is at work"):
        world.replay("saleId=s2")
    assert (world.objects(), world.keys(REPLAYS)) == (before, [])
    assert world.replay("saleId=s2") == {"archived": 2}


def test_a_plan_that_another_one_keeps_from_being_done_comes_to_its_end_later(world):
    world.arrive(*broken(2))
    plan = planned(world.quarantined(), None, [setting("saleId=s2")], world.replays())
    key = written(plan, bucket_of(world.deployment))
    with Lease(own("dynamodb"), "Ledger", "erase 1").held():
        assert replay.handler({"plan": key}, Context(world))["heldBy"] == "erase 1"
        with pytest.raises(Unavailable, match="erase 1 is at work"):
            world.replay()
    assert world.replay() == {"archived": 2}


@pytest.mark.parametrize("call", range(1, 16))
def test_who_is_erased_while_a_plan_is_made_or_done_does_not_come_back_with_it(world, monkeypatch, call):
    """Before any of the calls that the command and its function make."""
    world.arrive(change(demand("gone", None), id="a"), change(demand("stays", None), 3, id="b"))
    erase.live.cache_clear()
    answers = []
    with before_any_call(monkeypatch, call, lambda: answers.append(erase.handler({"fanId": "gone"}, Context(world)))):
        world.replay("saleId=s2")
    [answer] = answers
    assert answer["done"] or "replay" in answer["heldBy"]
    assert answer["done"] or erase.handler({"fanId": "gone"}, Context(world))["done"]
    assert [row["fanId"] for row in world.rows()] == ["stays"]
    assert not [key for key in world.keys("") if b"gone" in world.body(key)]


@contextmanager
def before_any_call(monkeypatch, call, happens):
    """Something else happens right before the n-th call to AWS from now on, whoever makes it."""
    made, ahead = BaseClient._make_api_call, [None] * (call - 1) + [happens]

    def counted(client, operation, params):
        if ahead and (due := ahead.pop(0)):
            due()
        return made(client, operation, params)

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", counted)
        yield
    assert not ahead, "so many calls were not made"


@pytest.mark.parametrize("call", [1, 3, 5, 7, 9])
def test_the_archiver_may_be_at_work_meanwhile(world, call):
    world.arrive(*broken(3))
    live = [change(demand("f0", "s2", eventName={"S": "new"}), 60), *broken(2, at=70)]
    with world.at_call(call, lambda: world.arrive(*live)):
        world.replay("saleId=s2")
    assert len(world.waiting()) == 2
    world.replay("saleId=s2")
    assert world.archived() == sorted(
        [*(f"f{n}-INSERT-{n}" for n in range(3)), "f0-INSERT-60", "f0-INSERT-70", "f1-INSERT-71"]
    )
    assert world.current()["f0"]["change"]["eventId"] == "f0-INSERT-70"


# Faults


def test_a_function_that_runs_out_of_time_is_called_again(world):
    mixed(world)
    world.remaining = chain([900_000, SLOW], repeat(900_000))
    assert world.replay("saleId=s2") == {"archived": 9, "parked": 1, "skipped": 1}
    assert [answer["left"] for answer in world.answers] == [1, 0]
    assert len(world.archived()) == 9


def test_a_function_that_does_not_get_on_is_not_called_for_ever(world):
    world.arrive(*broken(1))
    world.remaining = repeat(SLOW)
    with pytest.raises(Unavailable, match="does not get on"):
        world.replay("saleId=s2")


def test_a_file_that_cannot_be_put_leaves_its_records_where_they_are(world):
    world.arrive(*broken(2))
    before = world.objects()
    world.refused = lambda key: DATA in key
    with pytest.raises(Unavailable, match="put s3://archive/data/"):
        world.replay("saleId=s2")
    assert (world.objects(), world.ledger()) == (before, {})
    world.refused = None
    assert world.replay() == {"archived": 2}


def mixed(world, large=390_000):
    """A batch that was given up, of which one record is rejected and one nothing of the archive's; and three errors.

    They are two parts of a plan where the records are large.
    """
    many = [change(demand(f"g{number}", eventName={"S": "x" * large}), number) for number in range(6)]
    unknown = change({"type": {"S": "unheard-of"}}, 2000, id="x1")
    world.give_up(*many, unknown, change({"SK": {"S": "meta:x"}}, 2001, id="m1"))
    world.arrive(*broken(3))


def outcome(world):
    return world.objects(), world.archived(), set(world.ledger()), unfinished(bucket_of(world.deployment))


def undisturbed(large):
    with replay_world() as world:
        mixed(world, large)
        world.calls = 0
        world.replay("saleId=s2")
        return world.calls, outcome(world)


def disturbed(large, call):
    with replay_world() as world:
        mixed(world, large)
        with world.dying_at(call):
            world.replay("saleId=s2")
        world.replay("saleId=s2")
        return outcome(world)


def test_whatever_call_the_function_dies_at_it_ends_in_the_same_place():
    calls, expected = undisturbed(large=1)
    assert (calls > 9, len(expected[1])) == (True, 9)
    for call in range(1, calls + 1):
        assert disturbed(1, call) == expected, call


@pytest.mark.parametrize("before_the_end", [1, 7])
def test_it_does_so_between_the_parts_of_a_plan(before_the_end):
    calls, expected = undisturbed(large=390_000)
    assert disturbed(390_000, calls - before_the_end) == expected


# Against a single pass


HISTORIES = st.lists(
    st.tuples(
        st.sampled_from(["f0", "f1"]),
        st.sampled_from(["INSERT", "MODIFY", "REMOVE"]),
        st.sampled_from(["straight", "broken", "given up", "broken and given up"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


def views(world, folder):
    """The rows of both views, as Athena's SQL gives them."""
    archive = LocalArchive(Bucket(own("s3"), "archive"), folder)
    return [
        archive.ask(f"SELECT * FROM {view} ORDER BY change.eventid").drop_columns(["partition_date"]).to_pylist()
        for view in ("demand_events", "demand_current")
    ]


@given(HISTORIES, st.randoms(use_true_random=False))
@settings(max_examples=6, deadline=None)
def test_the_views_are_those_of_a_single_pass(history, chance):
    right = [change(demand(fan), at, name) for at, (fan, name, _, _) in enumerate(history)]
    with replay_world() as world, TemporaryDirectory() as folder:
        world.arrive(*right)
        expected = views(world, Path(folder))
    with replay_world() as world, TemporaryDirectory() as folder:
        order = list(enumerate(history))
        chance.shuffle(order)
        for at, (fan, name, way, again) in order:
            told = change(demand(fan, None if "broken" in way else "s1"), at, name)
            for _ in range(1 + again):
                world.give_up(told) if "given" in way else world.arrive(told)
            if chance.random() < 0.3:
                world.replay("saleId=s1")
        world.replay("saleId=s1")
        assert world.waiting() == []
        assert views(world, Path(folder)) == expected


def test_what_is_no_plan_is_rejected(world):
    for key in ("errors/x.json", "replays/../x.json", "replays/a/0000.json"):
        with pytest.raises(Rejected, match="no plan"):
            replay.handler({"plan": key}, Context(world))
