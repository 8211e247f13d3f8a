"""The sums that must hold are said with their figures, so that people see where one does not."""

from domain.scores.accounting import of_counts, of_entries, of_load

LOAD = {"in": 100_000, "valid": 98_500, "invalid": 1_500, "duplicate": 0, "out": 98_400, "failed": 0, "combined": 100}
COUNTED = {
    "records": 98_400,
    "unique": 98_400,
    "created": 90_000,
    "updated": 8_000,
    "unchanged": 300,
    "superseded": 100,
}


def test_a_load_that_is_settled_holds_in_every_sum():
    sums = [*of_load(LOAD, COUNTED)]
    assert all(it.holds for it in sums)
    assert [str(it) for it in sums] == [
        "100,000 in = 98,500 valid + 1,500 invalid + 0 duplicate",
        "98,500 valid = 98,400 out + 0 failed + 100 combined",
        "98,400 unique = 90,000 created + 8,000 updated + 300 unchanged + 100 superseded",
        "98,400 out = 98,400 counted",
    ]


def test_a_record_that_is_not_counted_yet_is_seen():
    *others, last = of_load(LOAD, {**COUNTED, "records": 98_399})
    assert all(it.holds for it in others)
    assert not last.holds
    assert str(last) == "98,400 out ≠ 98,399 counted"


def test_figures_that_are_missing_are_none():
    assert all(it.holds for it in of_load({}, {}))


def test_a_row_that_got_lost_is_seen():
    [first, second, *_] = of_load({**LOAD, "valid": 98_499}, COUNTED)
    assert not first.holds
    assert not second.holds


def test_every_fan_is_verified_or_rejected_or_not_scored():
    assert of_counts({"fans": 10, "verified": 6, "rejected": 3, "unscored": 1}).holds
    assert (
        str(of_counts({"fans": 10, "verified": 6, "rejected": 3})) == "10 fans ≠ 6 verified + 3 rejected + 0 unscored"
    )


def test_every_record_of_the_first_rank_is_entered_combined_parked_or_waits():
    figures = {"input": 10, "entries": 6, "combined": 1, "parked": 1, "waiting": 2}
    assert str(of_entries(figures)) == "10 input = 6 entries + 1 combined + 1 parked + 2 waiting"
    assert not of_entries({**figures, "waiting": 1}).holds
