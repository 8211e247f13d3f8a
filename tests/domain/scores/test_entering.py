"""What one transaction settles and one call carries, and that the figures of a load always add up."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.scores.entering import CALL, LOADS, RECORDS, Line, Offer, Offered, moved_late, offers, slices, sums
from domain.scores.entry import Entrant, Parked


def told(number, fan="f", load="L", campaign="c", version="v"):
    entry = None if fan is None else {"globalUserId": fan, "score": number}
    return Entrant(str(number), campaign, load, version, entry)


def test_a_slice_has_no_more_loads_than_a_transaction_holds():
    parts = list(slices(told(n, load=f"L{n}") for n in range(2 * LOADS + 1)))
    assert [len(part) for part in parts] == [LOADS, LOADS, 1]


def test_a_slice_of_few_loads_is_as_long_as_a_batch():
    parts = list(slices(told(n) for n in range(RECORDS + 1)))
    assert [len(part) for part in parts] == [RECORDS, 1]
    assert list(slices([])) == []


def test_a_settling_transaction_has_at_most_a_hundred_actions():
    """The watermark, the figures of each load, each offer's note: with every load's last offer begun."""
    assert 1 + LOADS + LOADS + RECORDS // CALL <= 100


def test_a_call_carries_a_thousand_fans_of_one_load():
    found = offers([told(n, fan=str(n)) for n in range(2_500)] + [told(9_000, fan="other", load="M")])
    assert [(it.load, len(it.lines)) for it in found["c"]] == [("L", 1_000), ("L", 1_000), ("L", 500), ("M", 1)]


def test_an_older_load_is_offered_before_a_newer_one():
    found = offers([told(1, load="new", version="2"), told(2, load="old", version="1")])
    assert [it.load for it in found["c"]] == ["old", "new"]


def test_offers_of_the_same_records_that_say_the_same_have_one_key():
    [one], [again] = (offers([told(1, "a"), told(2, "b")])["c"] for _ in range(2))
    assert (one.name, one.key) == (again.name, again.key)


@pytest.mark.parametrize(
    "other",
    [
        offers([told(1, "a")])["c"][0],
        offers([told(1, "a"), told(3, "b")])["c"][0],
        offers([told(1, "a", load="M"), told(2, "b", load="M")])["c"][0],
        offers([told(1, "a", campaign="d"), told(2, "b", campaign="d")])["d"][0],
    ],
)
def test_offers_of_other_records_have_another_name_and_key(other):
    [one] = offers([told(1, "a"), told(2, "b")])["c"]
    assert one.name != other.name
    assert one.key != other.key


def test_an_offer_that_says_something_else_keeps_its_name_and_has_another_key():
    one = Offer("c", "L", "v", (Line("1", "New York", {}),))
    placed = Offer("c", "L", "v", (Line("1", "New York", {"marketId": "id"}),))
    assert one.name == placed.name
    assert one.key != placed.key


def test_an_offer_is_read_back_as_it_was_kept():
    [one] = offers([told(1, "a"), told(2, "b")])["c"]
    assert Offer.from_json(one.to_json()) == one


def test_the_halves_of_an_offer_are_all_of_it():
    [one] = offers([told(n, str(n)) for n in range(5)])["c"]
    first, second = one.halves()
    assert first.lines + second.lines == one.lines
    assert (len(first.lines), len(second.lines)) == (2, 3)


RECORD = st.tuples(st.sampled_from([None, "a", "b", "d", "bad", "lost"]), st.sampled_from("LM"), st.sampled_from("cd"))
FATE = st.sampled_from(["taken", "waits", "partly", "overruled"])


@settings(max_examples=100, deadline=None)
@given(st.lists(RECORD, max_size=30), st.lists(FATE, min_size=10, max_size=10))
def test_every_first_choice_is_told_or_combined_or_parked_or_waits(records, fates):
    part = [read(number, *it) for number, it in enumerate(records)]
    made = [it for of_it in offers(part).values() for it in of_it]
    done = [offered(it, fate) for it, fate in zip(made, fates * 3, strict=False)]
    totals = sums(part, done)
    assert sum(it["records"] for it in totals.values()) == len([it for it in part if it.load])
    assert all(adds_up(it) for it in totals.values())
    for one in done:
        if one.waits is not None:
            late = Offered(one.offer, len(one.offer.lines), {"entries": len(one.offer.lines), "scoring": 1})
            totals[one.offer.campaign, one.offer.load].update(moved_late(late))
    assert all(adds_up(it) and it["waiting"] == 0 for it in totals.values())


def read(number, fan, load, campaign):
    if fan in ("bad", "lost"):
        at = {"load": load, "campaign": campaign} if fan == "bad" else {}
        return Parked(str(number), "no_fan", {}, **at)
    return told(number, fan, load, campaign)


def offered(offer, fate):
    bad, rest = replace(offer, lines=offer.lines[:1]), replace(offer, lines=offer.lines[1:])
    if fate == "taken" or not rest.lines:
        return Offered(offer, len(offer.lines), {"entries": len(offer.lines), "scoring": 1})
    parked = bad.parked("unknown_market")
    if fate == "overruled":
        return Offered(rest, len(offer.lines), {"entries": len(rest.lines), "scoring": 1, "combined": 1})
    if fate == "waits":
        return Offered(rest, len(offer.lines), parked=parked, waits="down")
    return Offered(rest, len(offer.lines), {"entries": len(rest.lines), "scoring": 1}, parked)


def adds_up(figures):
    known = Counter(figures)
    return known["input"] == known["entries"] + known["combined"] + known["parked"] + known["waiting"]
