"""Compaction: fewer files, the same rows, at every moment, whatever happens between two calls."""

import hashlib
import io
import json
from copy import deepcopy
from pathlib import Path

import fastavro
import pytest
from rewrite_world import DAY, demand, records, rewrite_world, sale

from adapters.files import avro_files
from adapters.files.avro_schemas import schema
from domain.archive import compaction
from domain.archive.places import partition_prefix
from handlers.archive import compact

PREFIX = partition_prefix("demand", DAY)
LATER = "2026-11-23T01:30:00Z"


@pytest.fixture(scope="module")
def one_world():
    with rewrite_world() as world:
        yield world


@pytest.fixture
def world(one_world):
    one_world.anew()
    return one_world


def test_many_small_files_become_one_with_the_same_rows_in_order(world):
    rows = world.files(5)
    answer = world.compact()
    [key] = world.listed()
    assert key.startswith(f"{PREFIX}compacted-2026-11-22-01-30-00-")
    found = records(world.body(key))
    assert [row["change"]["eventId"] for row in found] == [row["change"]["eventId"] for row in rows]
    assert found == list(avro_files.read(avro_files.write("demand", rows), "demand"))
    told = {"partitions": 1, "before": 5, "after": 1, "rows": 15, "duplicates": 0, "left": 0, "unreadable": 0}
    assert answer == told


def test_duplicates_are_dropped_within_a_file_and_across_files(world):
    world.file([demand(1), demand(1), demand(2)], "2026-a")
    world.file([demand(2), demand(3)], "2026-b")
    assert world.compact()["duplicates"] == 2
    assert world.events() == ["ev-1", "ev-2", "ev-3"]


def test_of_two_rows_of_one_change_the_one_stays_that_the_views_would_show(world):
    change = demand(1)["change"]
    world.file([demand(1, change={**change, "at": "2026-11-21T00:00:00.000000Z"})], "2026-a")
    world.file([demand(1)], "2026-b")
    world.file([demand(2), demand(2, isDeleted=True)], "2026-c")
    world.compact()
    assert [row["change"]["at"] for row in world.rows() if row["change"]["eventId"] == "ev-1"] == [
        "2026-11-21T00:00:00.000000Z"
    ]
    assert [row["isDeleted"] for row in world.rows() if row["change"]["eventId"] == "ev-2"] == [True]


def test_a_single_file_is_compacted_once_and_never_read_again(world):
    world.file([demand(1), demand(1)])
    assert world.compact()["duplicates"] == 1
    before = world.versions()
    assert world.compact()["partitions"] == 0
    assert world.versions() == before


def test_kinds_and_dates_are_compacted_each_for_itself(world):
    world.files(2)
    world.files(2, kind="sale")
    world.files(2, day="2026-11-19")
    assert world.compact()["partitions"] == 3
    assert [key.rpartition("/")[0] + "/" for key in world.listed()] == [
        partition_prefix("demand", "2026-11-19"),
        PREFIX,
        partition_prefix("sale", DAY),
    ]


def test_an_event_may_name_the_kinds_and_dates(world):
    world.files(2)
    world.files(2, kind="sale")
    world.files(2, day="2026-11-19")
    assert world.compact(kinds=["demand"], dates=[DAY])["partitions"] == 1
    assert len(world.listed()) == 5


def test_a_large_partition_becomes_as_many_files_as_its_size_asks_for(world):
    large(world)
    rows = world.events()
    size = sum(len(world.body(key)) for key in world.listed())
    target = size // 4
    answer = world.compact(target=target)
    sizes = [len(world.body(key)) for key in world.listed()]
    assert answer["after"] == len(sizes) > 1
    assert len(sizes) <= -(-sum(sizes) // target) <= -(-size // target)
    assert world.events() == rows
    assert world.compact(target=target)["partitions"] == 0


def test_equal_rows_give_equal_bytes_however_they_were_spread(world):
    world.files(5)
    world.compact()
    once = {key: world.body(key) for key in world.listed()}
    world.anew()
    world.files(3, rows_each=5)
    world.compact()
    assert {key: world.body(key) for key in world.listed()} == once


def test_new_files_sort_behind_all_that_they_replace_even_by_a_clock_that_went_back(world):
    world.files(2)
    world.compact()
    [old] = world.listed()
    world.file([demand(100)], "2026-new")
    world.file([demand(101)], "2026-newer")
    world.compact(scheduledTime="2026-11-21T00:00:00Z")
    [new] = world.listed()
    assert new > old
    assert len(world.events()) == 8


def test_files_that_arrive_meanwhile_are_left_alone(world):
    for call in range(1, calls_of(world, small) + 1):
        small(world)
        with world.at_call(call, lambda: world.file([demand(77)], "2026-11-21-late")):
            world.compact()
        assert "ev-77" in world.events()
        world.compact()
        assert len(world.listed()) == 1
        assert len(world.events()) == 10


def small(world):
    world.anew()
    world.files(3)


def calls_of(world, furnish, **given):
    """How many calls a compaction of that takes."""
    furnish(world)
    world.calls = 0
    world.compact(**given)
    return world.calls


def test_a_crash_before_any_call_loses_no_row_and_the_next_run_mends_it(world):
    calls = calls_of(world, small)
    assert calls > 5
    for call in range(1, calls + 1):
        small(world)
        rows = world.events()
        with world.crashing_at(call):
            world.compact()
        assert set(world.events()) == set(rows)
        world.clock += 600
        world.compact(holder="compact 2")
        assert len(world.listed()) == 1
        assert world.events() == rows


def test_a_crash_between_several_new_files_is_mended_too(world):
    large(world)
    rows, target = world.events(), sum(len(world.body(key)) for key in world.listed()) // 3
    calls = calls_of(world, large, target=target)
    assert len(world.listed()) > 1
    for call in range(calls - 7, calls + 1, 2):
        large(world)
        with world.crashing_at(call):
            world.compact(target=target)
        assert set(world.events()) == set(rows)
        world.clock += 600
        world.compact(target=target)
        assert world.events() == rows


def large(world):
    """Half a megabyte of rows that do not deflate well."""
    world.anew()
    for file in range(3):
        numbers = range(file * 300, file * 300 + 300)
        world.file([demand(it, eventName=noise(it)) for it in numbers], f"2026-11-20-12-00-0{file}-u")


def noise(number):
    return hashlib.shake_256(str(number).encode()).hexdigest(450)


def test_a_lister_between_two_pages_sees_every_row(world):
    """It lists two keys a page; compaction goes one call further between its pages, whichever they are."""
    older_and_new(world)
    rows = set(world.events())
    calls = calls_of(world, older_and_new, scheduledTime=LATER)
    for pages_first in (1, 2):
        for call in range(1, calls + 1):
            older_and_new(world)
            assert list_during(world, pages_first, call) == rows, (pages_first, call)


def older_and_new(world):
    world.anew()
    world.files(3)
    world.file([demand(20)], "compacted-2026-11-21-01-30-00-00000000-0000-0000-0000-000000000000")


def list_during(world, pages_first, call):
    """The rows that a lister finds who reads some pages, and the others once compaction has come to that call."""
    seen, place = set(), [""]

    def page():
        answer = world.s3.list_objects_v2(Bucket="archive", Prefix=PREFIX, StartAfter=place[0], MaxKeys=2)
        for item in answer.get("Contents", ()):
            place[0] = item["Key"]
            seen.update(row["change"]["eventId"] for row in records(world.body(item["Key"])))
        return answer["IsTruncated"]

    def all_pages():
        while page():
            pass

    for _ in range(pages_first):
        page()
    with world.at_call(call, all_pages):
        world.compact(scheduledTime=LATER)
    return seen


def test_a_lister_that_waits_for_the_end_sees_every_row(world):
    world.files(4)
    rows = set(world.events())
    first = world.s3.list_objects_v2(Bucket="archive", Prefix=PREFIX, MaxKeys=2)["Contents"]
    seen = {row["change"]["eventId"] for item in first for row in records(world.body(item["Key"]))}
    world.compact()
    [new] = world.listed(PREFIX)
    assert new > first[-1]["Key"]
    assert seen | {row["change"]["eventId"] for row in records(world.body(new))} == rows


def test_a_file_that_cannot_be_read_leaves_its_partition_as_it_is(world):
    world.files(3)
    world.put(f"{PREFIX}2026-broken.avro", b"Obj\x01 and no more")
    world.files(2, kind="sale")
    before = world.listed(PREFIX)
    answer = world.compact()
    assert (answer["unreadable"], answer["partitions"]) == (1, 1)
    assert world.listed(PREFIX) == before


def test_a_name_that_sorts_behind_ours_leaves_its_partition_as_it_is(world):
    world.files(3)
    world.put(f"{PREFIX}zzz.avro", avro_files.write("demand", [demand(50)]))
    before = world.listed()
    assert world.compact()["unreadable"] == 1
    assert world.listed() == before


def test_what_is_no_data_file_is_nobodys(world):
    world.put(f"{PREFIX}_SUCCESS", b"")
    world.put("data/demand/readme.txt", b"")
    world.files(2)
    world.compact()
    assert len(world.listed()) > 1


def test_a_partition_of_empty_files_is_cleared(world):
    world.file([], "2026-a")
    world.file([], "2026-b")
    answer = world.compact()
    assert (answer["before"], answer["after"], world.listed()) == (2, 0, [])


def test_without_time_nothing_is_begun_and_said_to_be_left(world):
    world.files(3)
    before = world.versions()
    assert world.compact(left=10_000)["left"] == 1
    assert world.versions() == before


def test_what_is_left_and_what_cannot_be_read_is_measured(world, capsys):
    world.files(3)
    world.compact(left=10_000)
    world.put(f"{PREFIX}2026-broken.avro", b"Obj\x01 and no more")
    world.compact()
    found = {}
    for line in map(json.loads, filter(lambda it: '"_aws"' in it, capsys.readouterr().out.splitlines())):
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
            found.setdefault(metric["Name"], []).append(sum(line[metric["Name"]]))
    assert found == {"PartitionsLeft": [1, 0], "PartitionsUnreadable": [0, 1]}


def test_a_second_one_ends_saying_who_is_at_work(world):
    world.files(3)
    before = world.versions()
    with world.lease("erase 7").held():
        answer = world.compact()
    assert answer["heldBy"] == "erase 7"
    assert answer["partitions"] == 0
    assert world.versions() == before
    assert world.compact()["partitions"] == 1


def test_who_has_lost_the_lease_deletes_nothing_any_more(world):
    def taken():
        world.clock += 301
        world.item(PK="LEASE#rewrite", SK="LEASE", holder="erase 1", until=world.clock + 300)

    small(world)
    world.compact()
    written, deleted = (world.operations.index(name) + 1 for name in ("PutObject", "DeleteObjects"))
    for call in range(2, deleted):
        small(world)
        before = world.versions()
        with world.at_call(call, taken), pytest.raises(compact.Lost):
            world.compact()
        assert before.items() <= world.versions().items()
        assert set(world.listed()) >= {key for key, _ in before}
        if call < written:
            assert world.versions() == before


def test_files_of_an_older_schema_are_read_and_what_they_lack_is_empty(world):
    older = {**schema("sale"), "fields": [it for it in schema("sale")["fields"] if it["name"] != "isSuppressed"]}
    body = io.BytesIO()
    fastavro.writer(body, fastavro.parse_schema(older), [sale(1)])
    world.put(f"{partition_prefix('sale', DAY)}2026-old.avro", body.getvalue())
    world.file([sale(2)], "2026-new", "sale")
    world.compact()
    assert [row["isSuppressed"] for row in world.rows("sale")] == [None, None]


@pytest.mark.parametrize("inside", [False, True])
def test_files_of_a_later_schema_keep_what_only_it_has(world, inside):
    """Whoever goes back to an older version must not lose what the newer one has archived."""
    later, row = deepcopy(schema("demand")), demand(1)
    [dates] = [field["type"] for field in later["fields"] if field["name"] == "date"]
    (dates if inside else later)["fields"].append({"name": "wish", "type": ["null", "string"], "default": None})
    (row["date"] if inside else row)["wish"] = "front"
    body = io.BytesIO()
    fastavro.writer(body, fastavro.parse_schema(later), [row])
    world.put(f"{partition_prefix('demand', DAY)}2026-later.avro", body.getvalue())
    world.file([demand(2)], "2026-now")
    before = world.versions()
    assert world.compact()["unreadable"] == 1
    assert world.versions() == before


def test_a_file_that_is_written_anew_meanwhile_stays(ministack):
    """By an archiver that has a batch again, with other neighbours in it. (moto does not know of conditions on what is deleted.)"""
    with rewrite_world(ministack.endpoint, "written-anew") as world:
        key = world.file([demand(1)], "2026-11-20-12-00-00-a")
        world.file([demand(2)], "2026-11-20-12-00-01-b")

        def anew():
            if world.operations[-1] == "DeleteObjects" and world.body(key) == first:
                world.put(key, avro_files.write("demand", [demand(1), demand(3)]))

        first = world.body(key)
        with world.before_each_call(anew):
            assert world.compact()["left"] == 1
        assert set(world.events()) == {"ev-1", "ev-2", "ev-3"}
        assert (world.compact()["rows"], world.events()) == (3, ["ev-1", "ev-2", "ev-3"])


def test_what_a_delete_finds_gone_is_gone(ministack):
    """Its answer was lost, and it was asked again."""
    with rewrite_world(ministack.endpoint, "gone") as world:
        world.files(2)

        def gone():
            if world.operations[-1] == "DeleteObjects":
                for key in (key for key in world.listed() if "compacted" not in key):
                    world.s3.delete_object(Bucket=world.bucket, Key=key)

        with world.before_each_call(gone):
            assert world.compact()["partitions"] == 1
        assert len(world.listed()) == 1


def test_the_example_event_is_one(world):
    event = json.loads((Path(__file__).parents[3] / "events/archive/compact.json").read_text())
    world.files(2)
    assert world.compact(**event)["partitions"] == 1


@pytest.mark.parametrize(("held", "lane"), [(10**9, 20_000), (60_000, 20_000), (20_000, 10**9)])
def test_a_partition_beyond_memory_is_read_again_for_each_part_of_its_rows(world, monkeypatch, held, lane):
    large(world)
    world.file([demand(number) for number in range(0, 900, 7)], "2026-11-20-12-00-09-duplicates")
    rows = sorted(set(world.events()))
    monkeypatch.setattr(compaction, "HELD", held)
    monkeypatch.setattr(compaction, "LANE", lane)
    answer = world.compact(target=100_000)
    assert (answer["rows"], answer["duplicates"]) == (900, 129)
    assert world.events() == rows
    sizes = [len(world.body(key)) for key in world.listed()]
    assert len(sizes) <= -(-sum(sizes) // 100_000)
