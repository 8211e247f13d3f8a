"""What a row takes over of the records that reach it, and what it leaves to its neighbours."""

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from domain.scores.keys import FAN, fan_row
from domain.scores.marks import read_marks
from domain.scores.scored import Scored
from domain.scores.upsert import fold

NOW, LATER = datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2026, 11, 21, 13, tzinfo=UTC)
OLD, NEW = "2026-11-20T00:00#1", "2026-11-21T00:00#1"
SAID = {"campaignId": "c1", "globalUserId": "g1", "score": 0.9, "isVerified": True}
EVENT = {"market": "New York", "score": 0.9, "isVerified": True}
FIRST = Scored(
    key=fan_row(FAN, "g1", "c1"),
    content={**SAID, "registrationScore": 0.4, "tags": ["vip"], "memberId": "m1"},
    load="a" * 12,
    version=OLD,
    part=0,
    rank=0,
    nudetect={"score": 0.1, "scoreBand": "low"},
    events={"0": EVENT},
)
LATE = replace(FIRST, load="b" * 12, version=NEW)


class Lost(Exception):
    """The row is not as it was seen."""


def written(item, change):
    """The item as the table would have it then."""
    seen = item or {}
    if change.absent != (item is None) or change.seen != seen.get("loads"):
        raise Lost
    if any(isinstance(seen.get(name), dict) != there for name, there in change.maps.items()):
        raise Lost
    paths = [*change.sets, *change.removes]
    assert not [one for one in paths for other in paths if one != other and other[: len(one)] == one]
    now = {name: dict(value) if isinstance(value, dict) else value for name, value in seen.items()}
    for (*into, name), value in change.sets.items():
        (now[into[0]] if into else now)[name] = value
    for *into, name in change.removes:
        del (now[into[0]] if into else now)[name]
    return now


def reached(item, *records, now=NOW):
    folded = fold(MappingProxyType(item) if item else item, records, now)
    return (written(item, folded.change) if folded.change else item), folded.statuses


def test_the_first_record_of_a_fan_makes_the_row():
    row, statuses = reached(None, FIRST)
    assert statuses == ("created",)
    assert row == {
        **FIRST.content,
        "origin": {"nudetect": {"score": 0.1, "scoreBand": "low"}},
        "events": {"0": EVENT},
        "rank": 0,
        "updated": "2026-11-21T12:00:00.000Z",
        "loadVersion": OLD,
        "loads": "aaaaaaaaaaaa:created:0",
    }


def test_a_record_that_comes_again_writes_nothing():
    row, _ = reached(None, FIRST)
    assert fold(row, [FIRST, FIRST], LATER).change is None
    assert reached(row, FIRST)[1] == ("unchanged",)


def test_a_record_that_comes_again_after_a_newer_one_writes_nothing_and_is_known_to_be_overtaken():
    row, _ = reached(None, FIRST, LATE)
    folded = fold(row, [FIRST, LATE], LATER)
    assert folded.change is None
    assert folded.statuses == ("superseded", "unchanged")


def test_equal_content_of_a_newer_file_writes_its_version_and_its_mark_only():
    row, _ = reached(None, FIRST)
    folded = fold(row, [LATE], LATER)
    assert folded.statuses == ("unchanged",)
    assert set(folded.change.sets) == {("loadVersion",), ("loads",)}
    assert not folded.change.removes


@pytest.mark.parametrize(("changed", "path", "value"), [
    ({"content": {**FIRST.content, "score": 0.8}}, "score", 0.8),
    ({"content": {**FIRST.content, "isVerified": False}}, "isVerified", False),
    ({"content": {**FIRST.content, "tags": ["vip", "late"]}}, "tags", ["vip", "late"]),
    ({"nudetect": {"score": 0.2}}, "origin", {"nudetect": {"score": 0.2}}),
    ({"events": {"0": {**EVENT, "score": 0.8}}}, "events", {"0": {**EVENT, "score": 0.8}}),
    ({"rank": 1}, "rank", 1),
])  # fmt: skip
def test_whatever_differs_in_a_newer_file_is_taken_and_nothing_else_is_written(changed, path, value):
    row, _ = reached(None, FIRST)
    folded = fold(row, [replace(LATE, **changed)], LATER)
    after = written(row, folded.change)
    assert folded.statuses == ("updated",)
    assert after[path] == value
    assert after["updated"] == "2026-11-21T13:00:00.000Z"
    assert len(folded.change.sets) == 4  # it, updated, loadVersion, loads


def test_what_a_newer_file_does_not_say_any_more_goes_but_not_who_the_fan_is():
    row, _ = reached(None, FIRST)
    after, statuses = reached(row, replace(LATE, content=SAID, nudetect=None))
    assert statuses == ("updated",)
    assert {"registrationScore", "tags"}.isdisjoint(after)
    assert (after["memberId"], after["origin"]) == ("m1", {})


def test_an_older_file_leaves_its_mark_only():
    row, _ = reached(None, LATE)
    folded = fold(row, [replace(FIRST, content={**SAID, "score": 0.1}, nudetect=None)], LATER)
    assert folded.statuses == ("superseded",)
    assert folded.change.sets == {("loads",): "bbbbbbbbbbbb:created:0;aaaaaaaaaaaa:superseded:0"}
    assert not folded.change.removes


def test_an_older_file_still_tells_of_a_rank_that_no_newer_one_has_told_of():
    row, _ = reached(None, LATE)
    late = replace(FIRST, rank=1, events={"1": {"market": "old"}, "0": {"market": "older"}})
    row, statuses = reached(row, late, now=LATER)
    assert statuses == ("superseded",)
    assert row["updated"] == "2026-11-21T13:00:00.000Z"
    assert row["events"] == {"0": EVENT, "1": {"market": "old"}}
    assert row["olderEvents"] == {"1": OLD}
    row, _ = reached(row, replace(LATE, part=3, rank=1, events={"1": {"market": "new"}}))
    assert row["events"] == {"0": EVENT, "1": {"market": "new"}}
    assert "olderEvents" not in row


def test_an_older_file_says_who_the_fan_is_where_no_newer_one_has():
    row, _ = reached(None, replace(LATE, content=SAID))
    row, statuses = reached(row, FIRST)
    assert (row["memberId"], statuses) == ("m1", ("superseded",))
    assert "registrationScore" not in row


@pytest.mark.parametrize(
    ("ranks", "score"), [((0, 1, 2), 0), ((2, 1, 0), 2), ((1, 0, 2), 1), ((1, 1), 1), ((None, None), 1)]
)
def test_of_one_file_the_lowest_rank_is_on_top_and_of_equal_ranks_the_later_part(ranks, score):
    row = None
    for part, rank in enumerate(ranks):
        events = {} if rank is None else {str(rank): {"score": part}}
        record = replace(FIRST, part=part, rank=rank, content={**SAID, "score": part}, events=events)
        row, _ = reached(row, record)
    assert row["score"] == score
    assert row.get("rank") == (None if ranks[0] is None else min(ranks))
    assert set(row.get("events", {})) == {str(rank) for rank in ranks if rank is not None}


def test_a_newer_file_is_on_top_even_with_a_higher_rank_and_leaves_the_events_of_the_others():
    row, _ = reached(None, FIRST)
    row, _ = reached(row, replace(LATE, rank=2, content={**SAID, "score": 0.3}, events={"2": EVENT}))
    assert (row["score"], row["rank"], set(row["events"])) == (0.3, 2, {"0", "2"})
    assert row["olderEvents"] == {"0": OLD}


def test_several_records_are_one_write_and_have_their_own_statuses():
    more = replace(FIRST, part=1, rank=1, events={"1": EVENT})
    equal = replace(FIRST, part=2, content=FIRST.content)
    row, statuses = reached(None, FIRST, FIRST, more, equal, LATE, replace(FIRST, part=9))
    assert statuses == ("created", "unchanged", "updated", "unchanged", "unchanged", "superseded")
    assert [(it.load, it.outcome, set(it.parts)) for it in read_marks(row["loads"])] == [
        ("a" * 12, "created", {0, 1, 2, 9}),
        ("b" * 12, "unchanged", {0}),
    ]


def test_a_fanlist_takes_the_score_and_leaves_what_it_does_not_know():
    row, _ = reached(None, FIRST)
    fanlist = Scored(FIRST.key, {"score": 0.7, "listName": "vips"}, "c" * 12, NEW, 0)
    row, statuses = reached(row, fanlist)
    assert statuses == ("updated",)
    assert (row["score"], row["listName"], row["isVerified"], row["tags"]) == (0.7, "vips", True, ["vip"])
    assert row["origin"] == {"nudetect": FIRST.nudetect}
    assert "rank" not in row


def test_neighbours_stay_as_they_are():
    theirs = {
        "verdict": True,
        "codes": ["x"],
        "fields": {"a": 1},
        "date": {"created": "2026"},
        "origin": {"other": 1},
        "events": {"7": {"a": 1}},
    }
    row, statuses = reached(theirs, FIRST)
    assert statuses == ("updated",)  # there was a row, though none of ours
    assert {name: row[name] for name in ("verdict", "codes", "fields", "date")} == {
        name: theirs[name] for name in ("verdict", "codes", "fields", "date")
    }
    assert row["origin"] == {"other": 1, "nudetect": FIRST.nudetect}
    assert row["events"] == {"7": {"a": 1}, "0": EVENT}


def test_a_null_where_a_map_belongs_gives_way():
    row, _ = reached({"origin": None, "events": None, "rank": "0"}, FIRST)
    assert (row["origin"], row["events"], row["rank"]) == ({"nudetect": FIRST.nudetect}, {"0": EVENT}, 0)


@pytest.mark.parametrize("moved", [
    None,
    {"verdict": True},
    {"loads": "dddddddddddd:created:0", "loadVersion": OLD},
])  # fmt: skip
def test_a_change_does_not_hold_when_somebody_has_come_between(moved):
    row, _ = reached(None, FIRST)
    with pytest.raises(Lost):
        written(moved, fold(row, [LATE], NOW).change)


def test_a_change_does_not_hold_when_its_maps_have_come_or_gone():
    bare, _ = reached(None, replace(FIRST, nudetect=None, events={}))
    change = fold(bare, [LATE], NOW).change
    assert change.maps == {"events": False, "origin": False}
    with pytest.raises(Lost):
        written({**bare, "events": {"3": {}}}, change)
    with_maps = {**bare, "events": {}, "origin": {}}
    change = fold(with_maps, [LATE], NOW).change
    assert change.maps == {"events": True, "origin": True}
    with pytest.raises(Lost):
        written(bare, change)


def test_loads_that_are_no_marks_are_told():
    with pytest.raises(ValueError, match="values to unpack"):
        fold({"loads": "nonsense"}, [FIRST], NOW)
