"""The sample of registrants says beforehand what a load of it must find, and the loader's own reader finds that."""

import gzip
from collections import Counter

import pytest
from scored_files import Read, read

from sandbox.sample.registrants import SCENARIO_1, SCENARIO_3, mixed, write_registrants

SMALL = {"rows": 6_000, "valid": 5_910, "verified": 4_500}  # scenario 1 in small


def found_in(path) -> Read:
    body = path.read_bytes()
    return read(gzip.decompress(body) if path.suffix == ".gz" else body)


def sums(found: Read) -> dict:
    """What a load counts, and what its fans are at their lowest rank, wherever in the file that is."""
    fans: dict[str, tuple[int, bool, str]] = {}
    for record in found.records:
        market = record["events"][record["rank"]]["market"]
        here = (int(record["rank"]), record["isVerified"], market)
        fans[record["globalUserId"]] = min(here, fans.get(record["globalUserId"], here))
    markets: dict[str, Counter] = {}
    for _, verified, market in fans.values():
        markets.setdefault(market, Counter())["verified" if verified else "rejected"] += 1
    chunks = found.chunks
    return {
        "rows": sum(it.rows for it in chunks),
        "valid": sum(it.valid for it in chunks),
        "invalid": sum(it.invalid for it in chunks),
        "reasons": dict(sum((Counter(it.reasons) for it in chunks), Counter())),
        "combined": sum(it.combined for it in chunks),
        "out": len(found.records),
        "fans": len(fans),
        "verified": sum(verified for _, verified, _ in fans.values()),
        "rejected": sum(not verified for _, verified, _ in fans.values()),
        "first": sum(rank == 0 for rank, _, _ in fans.values()),
        "first_records": sum("0" in record["events"] for record in found.records),
        "markets": {name: {"verified": it["verified"], "rejected": it["rejected"]} for name, it in markets.items()},
    }


@pytest.mark.parametrize(
    "numbers",
    [
        SMALL,
        {"rows": 2_000, "valid": 2_000, "first": 500},
        mixed(11_000),
        {**mixed(6_000), "flips": 101, "first": 4_000, "unranked": 7, "valid": 5_950},
        {"rows": 300, "valid": 300, "further": 150, "duplicate": 0, "verified": 0},
        {"rows": 20, "valid": 0},
        {"rows": 1},
    ],
)
def test_a_load_finds_what_the_sample_says(tmp_path, numbers):
    said = write_registrants(tmp_path / "file.csv", seed=7, campaign="c1", **numbers)
    found = sums(found_in(tmp_path / "file.csv"))
    found["markets"] = {name: found["markets"].get(name, {"verified": 0, "rejected": 0}) for name in said["markets"]}
    assert found == {name: said[name] for name in found}
    assert said["rows"] == numbers["rows"]


def test_the_seeds_first_scenario_is_made_to_the_number(tmp_path):
    said = write_registrants(tmp_path / "file.csv", seed=1, **SCENARIO_1)
    assert (said["rows"], said["valid"], said["invalid"]) == (100_000, 98_500, 1_500)
    assert (said["fans"], said["out"], said["verified"], said["rejected"]) == (98_500, 98_500, 75_000, 23_500)
    assert len(said["reasons"]) == 10


def test_the_seeds_third_scenario_is_made_to_the_number(tmp_path):
    said = write_registrants(tmp_path / "file.csv", seed=1, **SCENARIO_3)
    assert (said["out"], said["fans"], said["first"], said["first_records"]) == (20_000, 20_000, 5_000, 5_000)


def test_the_mixture_has_some_of_everything(tmp_path):
    said = write_registrants(tmp_path / "file.csv", seed=1, campaign="c1", **mixed(12_000))
    ranks = Counter(len(record["events"]) for record in found_in(tmp_path / "file.csv").records)
    assert {1, 2, 3} <= {*ranks}
    assert said["reasons"]["unranked"] == 60
    assert 0 < said["combined"] < 1_020  # 960 further rows and 60 duplicates, some of them in other parts


def test_the_same_arguments_give_the_same_bytes_packed_or_not(tmp_path):
    for name in ("one.csv", "two.csv", "one.csv.gz", "two.csv.gz"):
        write_registrants(tmp_path / name, seed=4, **mixed(500))
    one, two, packed, again = (
        (tmp_path / name).read_bytes() for name in ("one.csv", "two.csv", "one.csv.gz", "two.csv.gz")
    )
    assert one == two == gzip.decompress(packed)
    assert packed == again
    write_registrants(tmp_path / "other.csv", seed=5, **mixed(500))
    assert (tmp_path / "other.csv").read_bytes() != one


def verified(path) -> dict[str, bool]:
    return {record["globalUserId"]: record["isVerified"] for record in found_in(path).records}


@pytest.mark.parametrize("change", [{"flips": 101}, {"verified": 4_540}, {"verified": 4_000, "flips": 0}])
def test_another_file_of_the_same_fans_flips_as_many_as_it_says(tmp_path, change):
    before = write_registrants(tmp_path / "old.csv", seed=2, campaign="c1", **SMALL)
    after = write_registrants(tmp_path / "new.csv", seed=2, campaign="c1", **{**SMALL, **change})
    old, new = verified(tmp_path / "old.csv"), verified(tmp_path / "new.csv")
    assert old.keys() == new.keys()
    won, lost = (sum(new[fan] is now and old[fan] is not now for fan in old) for now in (True, False))
    assert won - lost == after["verified"] - before["verified"]
    if "flips" in change and "verified" not in change:
        assert (won, lost) == (after["to_verified"], after["from_verified"]) == (50, 51)
    else:
        assert min(won, lost) == 0


@pytest.mark.parametrize(
    "numbers",
    [
        {"rows": 10, "valid": 11},
        {"rows": 10, "valid": 8, "unranked": 3},
        {"rows": 10, "valid": 10, "verified": 11},
        {"rows": 10, "valid": 10, "further": 6},
        {"rows": 10, "valid": 10, "further": 4, "duplicate": 7},
        {"rows": 10, "valid": 10, "first": 11},
        {"rows": 10, "valid": 10, "verified": 10, "flips": 2},
        {"rows": -1},
    ],
)
def test_numbers_that_cannot_be_are_refused(tmp_path, numbers):
    with pytest.raises(ValueError, match=r"more of|too few"):
        write_registrants(tmp_path / "file.csv", seed=1, **numbers)


def test_nobody_in_it_is_real(tmp_path):
    write_registrants(tmp_path / "file.csv", seed=1, campaign="c1", rows=500)
    for record in found_in(tmp_path / "file.csv").records:
        assert record["email"].endswith("@example.com")
        assert record.get("phone", "202-555-0100").startswith("202-555-01")
