import csv

import pytest

from domain.scores.fanlist import Entry, columns, judge
from sandbox.sample.fanlist import write_fanlist


def read(path):
    """By the plain reader of Python, and a dictionary."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    where = columns(rows[0], None)
    return where, [judge(row, where) for row in rows[1:]]


@pytest.mark.parametrize("identifier", ["email", "memberId", "globalUserId"])
def test_a_list_holds_what_it_says(tmp_path, identifier):
    told = write_fanlist(tmp_path / "list.csv", 2_000, 7, invalid=60, duplicate=20, identifier=identifier)
    where, rows = read(tmp_path / "list.csv")
    entries = [it for it in rows if isinstance(it, Entry)]
    reasons = [reason for it in rows if not isinstance(it, Entry) for reason in it]
    best = {}
    for it in entries:
        best[it.identifier] = max(best.get(it.identifier, 0), it.score)
    assert where.identifier == told["identifier"] == identifier
    assert {reason: reasons.count(reason) for reason in reasons} == told["reasons"]
    found = {
        "in": len(rows),
        "valid": len(best),
        "invalid": len(rows) - len(entries),
        "duplicate": len(entries) - len(best),
    }
    assert (
        found == {name: told[name] for name in found} == {"in": 2_000, "valid": 1_920, "invalid": 60, "duplicate": 20}
    )
    assert told["best"] == {name: best[name] for name in told["best"]}
    assert len(told["best"]) == 5


def test_who_comes_twice_does_so_half_the_list_away_and_spelt_otherwise(tmp_path):
    told = write_fanlist(tmp_path / "list.csv", 30_000, 7, invalid=0, duplicate=100)
    lines = (tmp_path / "list.csv").read_text().splitlines()
    for fan in told["best"]:
        first, second = sorted(place for place, line in enumerate(lines) if fan in line.lower())
        assert second - first > 10_000
        assert lines[first].split(",")[0] != lines[second].split(",")[0]
        assert lines[first].split(",")[1] != lines[second].split(",")[1]


def test_the_same_numbers_make_the_same_file(tmp_path):
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        write_fanlist(tmp_path / name, 500, seed, invalid=5, duplicate=5)
    one, again, other = ((tmp_path / name).read_bytes() for name in ("one", "again", "other"))
    assert one == again != other


def test_more_than_a_list_can_hold_is_refused(tmp_path):
    for invalid, duplicate in ((10, 0), (0, 6), (5, 3)):
        with pytest.raises(ValueError, match="10 rows hold no"):
            write_fanlist(tmp_path / "list.csv", 10, 1, invalid=invalid, duplicate=duplicate)
