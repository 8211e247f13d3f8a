"""Arrivals become files by kind and date, in their order, with the same names and bytes each time."""

import json
import re

import orjson
import pytest
from archive_world import change, demand, notification, text, texts

from adapters.files.avro_files import read
from adapters.files.kind_writers import kind_writers
from domain.archive.batch import Arrival, sort_out, unarchived
from domain.archive.parked import Parked

SHARD = "shardId-000000000000"


def arrivals(*changes, first=100):
    return [Arrival(str(first + n), json.dumps(it).encode(), 1795176000.5) for n, it in enumerate(changes)]


def sorted_out(arrived, source=SHARD):
    return sort_out(arrived, source=source, parse=json.loads, writers=kind_writers())


def test_a_file_is_named_after_its_first_record_and_holds_its_records_in_their_order():
    batch = sorted_out(
        arrivals(
            change("a", demand("0001"), at=1795176061_000001),
            change("b", notification("0001")),
            change("c", demand("0002"), at=1795176000_000000),
        )
    )
    first, second = batch.files
    assert re.fullmatch(r"data/demand/partition_date=2026-11-20/2026-11-20-12-01-01-[0-9a-f-]{36}\.avro", first.key)
    assert (first.kind, first.day, first.numbers) == ("demand", "2026-11-20", ("100", "102"))
    assert [row["change"]["eventId"] for row in read(first.body, "demand")] == ["a", "c"]
    assert second.numbers == ("101",)


def test_the_same_records_make_the_same_files():
    changes = [change(str(n), demand(f"{n:04d}")) for n in range(5)]
    assert sorted_out(arrivals(*changes)) == sorted_out(arrivals(*changes))


@pytest.mark.parametrize("other", [
    {"source": "shardId-000000000001"},
    {"first": 101},
    {"count": 4},
])  # fmt: skip
def test_other_records_make_other_files(other):
    def key(count=5, first=100, source=SHARD):
        changes = [change(str(n), demand(f"{n:04d}")) for n in range(count)]
        [file] = sorted_out(arrivals(*changes, first=first), source).files
        return file.key

    assert key(**other) != key()


def test_records_out_of_the_middle_change_the_name_too():
    first, _, last = arrived = arrivals(*(change(str(n), demand(f"{n:04d}")) for n in range(3)))
    [whole], [ends] = sorted_out(arrived).files, sorted_out([first, last]).files
    assert whole.key != ends.key


def test_what_comes_parked_stays_so():
    parked = Parked("malformed_base64", "m", "f", ("?",), "2026-11-20T12:00:00.000000Z", SHARD, ("99",))
    batch = sorted_out([parked, *arrivals(change("a", demand("0001")))])
    assert batch.parked == [parked]
    assert len(batch.files) == 1


def test_nothing_comes_of_nothing():
    batch = sorted_out([])
    assert (batch.files, batch.parked, batch.skipped, batch.removals) == ([], [], 0, [])


def test_all_that_is_wrong_with_an_image_is_told_but_where_in_a_list_it_is_makes_no_cause_of_its_own():
    image = {
        "type": text("event"),
        "id": {"N": "1"},
        "images": {"L": [{"M": {"width": text("w")}}, {"M": {}}, {"M": {"width": text("w")}}]},
        "date": texts(firstSeen="whenever"),
    }
    [parked] = sorted_out(arrivals(change("a", image))).parked
    assert parked.code == "wrong_type"
    assert parked.fingerprint == "wrong_type:event:id,wrong_type:event:images[].width"
    assert "images[2].width" in parked.message


def test_a_file_that_is_not_put_is_one_error_of_its_records():
    removed = change("b", demand("0002"), name="REMOVE")
    batch = sorted_out(arrivals(change("a", demand("0001")), removed))
    [file] = batch.files
    parked = unarchived(file, batch.source, json.loads)
    assert (parked.code, parked.fingerprint) == ("upload_failed", "upload_failed:demand")
    assert (parked.numbers, parked.source, parked.at) == (("100", "101"), SHARD, "2026-11-20T12:00:00.000000Z")
    assert json.loads(parked.events[0]) == change("a", demand("0001"))
    assert "0002@people.example" not in parked.events[1]


@pytest.mark.parametrize("levels", [100, 500, 990, 1010])
def test_what_is_nested_deeper_than_python_tells_texts_is_parked_and_stops_nobody(levels):
    deep = json.dumps(change("a", demand("0001", eventId={"S": "deep"}))).replace('"deep"', "[" * levels + "]" * levels)
    arrived = [Arrival("1", deep.encode(), 1795176000.5), *arrivals(change("b", demand("0002")))]
    batch = sort_out(arrived, source=SHARD, parse=orjson.loads, writers=kind_writers())
    assert [parked.fingerprint for parked in batch.parked] == ["wrong_type:demand:eventId"]
    assert [file.numbers for file in batch.files] == [("100",)]


def test_an_arrival_without_a_readable_time_is_parked_at_the_time_it_arrived():
    [parked] = sorted_out([Arrival("1", b"?", 1795176000.5)]).parked
    assert parked.at == "2026-11-20T12:00:00.500000Z"
