"""Which partitions are compacted, in how many passes, and under which names."""

from datetime import UTC, datetime

import pytest

from domain.archive.compaction import HELD, LANE, Partition, Stored, key_of, partitions, passes, stamp

FOLDER = "data/demand/partition_date=2026-11-20/"
ID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
OLD = f"{FOLDER}compacted-2026-11-21-01-30-00-{ID}.avro"
SMALL = f"{FOLDER}2026-11-20-12-00-00-{ID}.avro"


def partition(*files):
    return Partition("demand", "2026-11-20", tuple(Stored(*file) for file in files))


@pytest.mark.parametrize(
    ("files", "settled"),
    [
        ([(OLD, 100)], True),
        ([(SMALL, 100)], False),  # it may hold duplicates
        ([(SMALL, 1), (OLD, 100)], False),
        ([(OLD, 100), (f"{OLD}", 1)], True),  # ceil(101 / 100) are two
        ([(OLD, 50), (OLD, 50)], False),  # one would do
        ([(OLD, 100), (OLD, 100), (OLD, 1)], True),
        ([(OLD, 100), (OLD, 99), (OLD, 1)], False),
        ([(f"{FOLDER}compacted-soon.avro", 1)], False),
    ],
)
def test_a_partition_is_settled_when_all_is_compacted_into_as_few_files_as_can_be(files, settled):
    assert partition(*files).settled(100) is settled


def test_a_file_without_rows_is_not_settled_for_it_should_go():
    assert not partition((SMALL, 0)).settled(100)


def test_files_are_gathered_by_kind_and_date_and_strangers_left_out():
    keys = ["data/demand/_SUCCESS", f"{FOLDER}_SUCCESS", SMALL, OLD, "data/demand/partition_date=2026-11-21/b.avro"]
    keys += ["data/sale/partition_date=2026-11-20/c.avro", "data/sale/partition_date=2026-11-20/deep/d.avro"]
    found = list(partitions(Stored(key, 7) for key in keys))
    assert [(it.kind, it.day, it.size) for it in found] == [
        ("demand", "2026-11-20", 14),
        ("demand", "2026-11-21", 7),
        ("sale", "2026-11-20", 7),
    ]
    assert found[0].keys == [SMALL, OLD]


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ([(SMALL, 1)], "2026-11-22-01-30-00"),
        ([(SMALL, 1), (OLD, 1)], "2026-11-22-01-30-00"),
        ([(OLD.replace("21-01-30", "22-01-30"), 1)], "2026-11-22-01-30-01"),  # the same night once more
        ([(OLD.replace("11-21", "12-31").replace("01-30-00", "23-59-59"), 1)], "2027-01-01-00-00-00"),
    ],
)
def test_new_names_sort_behind_old_ones(files, named):
    found = partition(*files)
    assert stamp(found, NOW) == named
    assert key_of(found, named, ID) > max(found.keys)


def test_a_name_that_nothing_of_ours_has_is_no_place_to_sort_behind():
    with pytest.raises(ValueError, match="zzz"):
        key_of(partition((f"{FOLDER}zzz.avro", 1)), "2026-11-22-01-30-00", ID)


@pytest.mark.parametrize(
    ("size", "count", "lanes"),
    [(0, 1, 1), (LANE, 1, 1), (LANE + 1, 1, 2), (HELD, 1, 32), (HELD + 1, 2, 17), (10 * HELD, 10, 32)],
)
def test_memory_says_how_often_files_are_read_and_how_many_rows_are_sorted_together(size, count, lanes):
    plan = passes(size)
    assert (plan.count, plan.lanes) == (count, lanes)
    assert size / plan.count <= HELD
    assert size / (plan.count * plan.lanes) <= LANE


def test_an_event_id_has_one_lane_and_lanes_are_used_evenly():
    plan = passes(HELD + 1)
    counts = [0] * (plan.count * plan.lanes)
    for number in range(3400):
        assert plan.lane(f"ev-{number}") == plan.lane(f"ev-{number}")
        counts[plan.lane(f"ev-{number}")] += 1
    assert min(counts) > 50
