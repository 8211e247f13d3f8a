"""Whatever fails, dies or comes twice: every change is archived or parked before it is acknowledged, and nothing is counted twice."""

import json
import random
from collections import Counter

import pytest
from archive_world import (
    BUCKET,
    NOON_MICROS,
    ArchiveWorld,
    Fault,
    archive_world,
    change,
    demand,
    denied,
    internal,
    no_answer,
    notification,
    out_of_reach,
    own,
    sale,
    slow_down,
    text,
)

from cli.archive_reading.local import LocalArchive
from cli.archive_reading.places import Bucket
from domain.archive.kinds import KEYS
from sandbox.streams import Disorder


@pytest.fixture
def world():
    with archive_world() as world:
        yield world


def some(number=6):
    """Changes of two kinds on two days, and two that are bad."""
    kinds = (demand, notification)
    good = [
        change(f"ev-{n}", kinds[n % 2](f"{n:04d}"), name="REMOVE" if n % 5 == 0 else "INSERT") for n in range(number)
    ]
    bad = [
        change("bad-1", demand("0001", fanId={"N": "1"})),
        change("bad-2", demand("0002", type=text("x")), name="REMOVE"),
    ]
    return [*good, *bad]


IDS = {*(f"ev-{n}" for n in range(6)), "bad-1", "bad-2"}


def accounted(world: ArchiveWorld) -> set[str]:
    return {*world.archived(), *world.parked()}


ALL = {"500": internal, "503": slow_down, "out of reach": out_of_reach, "no answer": no_answer, "denied": denied}


@pytest.mark.parametrize("error", ALL.values(), ids=ALL)
@pytest.mark.parametrize("written", [False, True], ids=["refused", "answer lost"])
def test_a_put_that_fails_is_tried_again_and_leaves_one_object(world, error, written):
    world.faults.append(Fault("", error, written, times=2))
    world.put(change("1", demand("0001")))
    assert world.archive()["FailedFrom"] == 0
    assert world.archived() == {"1": 1}
    assert len(world.objects()) == 1
    assert len(set(world.keys)) == 1
    assert len(world.keys) == 3


def test_tries_are_few_and_wait_ever_longer_by_chance(world):
    world.faults.append(Fault("data/", internal))
    world.put(change("1", demand("0001")))
    world.archive()
    assert sum(key.startswith("data/") for key in world.keys) == 3
    first, second = world.waited
    assert 0 <= first < 0.05 * 1
    assert 0 <= second < 0.05 * 2


@pytest.mark.parametrize("error", ALL.values(), ids=ALL)
@pytest.mark.parametrize("written", [False, True], ids=["refused", "answer lost"])
def test_a_file_that_cannot_be_put_becomes_one_error_with_its_records(world, error, written):
    world.faults.append(Fault("data/notification/", error, written))
    numbers = world.put(*some())
    assert world.archive()["FailedFrom"] == 0
    [document] = [it for it in world.errors() if it["error"]["code"] == "upload_failed"]
    assert document["error"]["fingerprint"] == "upload_failed:notification"
    assert [json.loads(it)["eventID"] for it in document["events"]] == ["ev-1", "ev-3", "ev-5"]
    assert document["sequenceNumbers"] == [numbers[n] for n in (1, 3, 5)]
    assert accounted(world) == IDS
    assert world.metrics()["ArchiveErrors"] == 5


def test_the_error_of_a_file_that_cannot_be_put_keeps_no_personal_value_of_what_was_removed(world):
    world.faults.append(Fault("data/", internal))
    world.put(change("kept", notification("0001")), change("gone", notification("0002"), name="REMOVE"))
    world.archive()
    [document] = world.errors()
    kept, gone = map(json.loads, document["events"])
    assert kept == change("kept", notification("0001"))
    assert gone["dynamodb"]["OldImage"]["messageBody"] == text("[redacted]")
    assert b"Dear 0002" not in world.everything()
    assert b"+12025550002" not in world.everything()


def test_what_can_neither_be_archived_nor_parked_is_delivered_again_from_the_first_on(world):
    world.faults += [Fault("data/notification/", internal, times=3), Fault("errors/", denied, times=3)]
    records = world.batch(*[change(str(n), demand(f"{n:04d}")) for n in range(3)], change("3", notification("0003")))
    answer = world.call(records)
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[3]["kinesis"]["sequenceNumber"]}]}
    assert world.archived() == {"0": 1, "1": 1, "2": 1}
    assert [line["sequence_numbers"] for line in world.lines() if line["message"] == "not delivered"] == [
        [records[3]["kinesis"]["sequenceNumber"]]
    ]


def test_the_first_in_the_batch_is_named_whatever_the_order_of_the_numbers(world):
    """Repeats and disorder come under ascending numbers; what counts is where in the batch a record stands."""
    world.faults.append(Fault("errors/", denied))
    records = world.batch(change("1", demand("0001")), b"bad", change("2", demand("0002")), b"worse")
    records[1], records[3] = records[3], records[1]
    [failure] = world.call(records)["batchItemFailures"]
    assert failure["itemIdentifier"] == records[1]["kinesis"]["sequenceNumber"]


def test_errors_that_are_denied_fail_the_batch_until_they_are_not(world):
    denial = Fault("errors/", denied)
    world.faults.append(denial)
    world.put(b"bad", *(change(str(n), demand(f"{n:04d}")) for n in range(5)))
    counts = world.archive(BisectBatchOnFunctionError=True)
    assert counts["acknowledged"] == 0
    assert counts["FailedFrom"] + counts["Failed"] > 1
    assert world.errors() == []
    denial.times = 0
    assert world.archive()["acknowledged"] == 6
    assert len(world.errors()) == 1
    assert set(world.archived()) == {"0", "1", "2", "3", "4"}


def test_a_batch_that_comes_five_times_is_one_object_with_the_same_bytes(world):
    records = world.batch(*some())
    seen = []
    for _ in range(5):
        assert world.call(records) == {"batchItemFailures": []}
        seen.append(world.objects())
    assert all(it == seen[0] for it in seen)
    assert len(seen[0]) == 4


def puts_of_a_batch() -> int:
    with archive_world() as world:
        world.call(world.batch(*some()))
        return len(world.keys)


def test_the_puts_of_a_batch_are_those_of_the_next_test():
    assert puts_of_a_batch() == 4


@pytest.mark.parametrize("call", range(1, 5))
@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("size", [1000, 5, 3])
def test_killed_at_any_put_nothing_is_lost_though_batches_are_cut_otherwise_then(world, call, written, size):
    world.put(*some())
    world.crash_at(call, written=written)
    world.dispatcher().step()
    assert [answer.error for answer in world.answers] == ["killed"]
    world.checkpoints = type(world.checkpoints)()
    counts = world.archive(BatchSize=size)
    assert counts["acknowledged"] == 8
    assert accounted(world) == IDS
    assert set(world.parked()) == {"bad-1", "bad-2"}
    assert len([key for key in world.objects() if key.startswith("errors/")]) == 2


def test_batches_cut_otherwise_never_write_over_what_the_others_hold(world):
    """Files are named by what is in them: no file of fewer rows takes the place of another."""
    records = world.batch(*(change(f"{n}", demand(f"{n:04d}")) for n in range(4)))
    world.call(records)
    [before] = world.objects()
    world.call([records[0], records[3]])
    assert before in world.objects()
    assert world.archived() == {"0": 2, "1": 1, "2": 1, "3": 2}


def test_one_poison_record_in_a_thousand_is_parked_and_holds_nobody_up(world):
    good = [change(f"ev-{n}", demand(f"{n:04d}")) for n in range(999)]
    world.put(*good[:500], b'{"poison": true}', *good[500:])
    world.put(change("later", demand("9999")))
    counts = world.archive(BisectBatchOnFunctionError=True, MaximumRetryAttempts=3)
    assert sum(world.archived().values()) == 1000
    assert [document["error"]["code"] for document in world.errors()] == ["malformed_change"]
    assert (counts["Done"], counts["Failed"], counts["FailedFrom"], counts["discarded"]) == (2, 0, 0, 0)


def test_two_hundred_bad_records_are_two_hundred_files(world):
    world.put(
        *(
            change(f"ev-{n}", {name: it for name, it in demand(f"{n:04d}").items() if name != "saleId"})
            for n in range(200)
        )
    )
    world.archive()
    errors = world.errors()
    assert len(errors) == 200
    assert {document["error"]["fingerprint"] for document in errors} == {"missing_field:demand:saleId"}
    assert world.parked() == Counter({f"ev-{n}": 1 for n in range(200)})


# Out of order and twice


def history(seed: int, number: int = 120):
    """A table's changes in the order they were made, each at a time of its own, and the table as they leave it."""
    chance, table, changes = random.Random(seed), {}, []
    for n in range(number):
        make = chance.choice([demand, notification, sale])
        image = make(f"{chance.randrange(8):04d}", **{"name" if make is sale else "saleName": text(f"n{n}")})
        key = (image["PK"]["S"], image["SK"]["S"])
        old, told = table.pop(key, None), {"at": NOON_MICROS + n * 1000}
        if old and chance.random() < 0.3:
            changes.append(change(f"ev-{n}", old, name="REMOVE", **told))
        else:
            changes.append(change(f"ev-{n}", image, name="MODIFY" if old else "INSERT", old=old, **told))
            table[key] = image
    return changes, table


def current(folder) -> list[str]:
    """The change that each item's latest state is of, by the views that analysts ask."""
    archive = LocalArchive(Bucket(own("s3"), BUCKET), folder)
    asked = [archive.ask(f"SELECT change.eventid AS id FROM {kind}_current") for kind in KEYS]
    return sorted(row["id"] for rows in asked for row in rows.to_pylist())


@pytest.mark.parametrize("seed", [1, 2])
def test_repeats_and_disorder_leave_the_state_of_the_table(world, seed, tmp_path):
    changes, table = history(seed)
    world.put(*changes)
    world.archive(Disorder(seed, duplicates=0.1, shuffle=40), BatchSize=17, ParallelizationFactor=2)
    assert set(world.archived()) == {it["eventID"] for it in changes}
    assert sum(world.archived().values()) > len(changes)
    made = {json.dumps(it["dynamodb"].get("NewImage")): it["eventID"] for it in changes}
    assert current(tmp_path) == sorted(made[json.dumps(image)] for image in table.values())


def test_a_removal_that_comes_before_its_modification_stays_the_last_word(world, tmp_path):
    world.put(
        change("2", demand("0001"), name="REMOVE", at=NOON_MICROS + 2),
        change("1", demand("0001"), name="MODIFY", old=demand("0001"), at=NOON_MICROS + 1),
    )
    world.archive()
    assert sorted(world.archived()) == ["1", "2"]
    assert current(tmp_path) == []
