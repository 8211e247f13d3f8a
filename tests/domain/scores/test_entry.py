"""What the Entry Service is told of a record, and which records it cannot be told of."""

import pytest

from domain.errors import Rejected
from domain.scores.entry import Entrant, Parked, entrant, market_id, told_anew

META = {"load": "3fa2c1d0e5b7", "version": "v1"}
FIRST = {"market": "New York", "score": 0.93, "isVerified": True}
RECORD = {
    "campaignId": "c",
    "globalUserId": "f1",
    "score": 0.93,
    "isVerified": True,
    "events": {"0": FIRST},
    "__meta": META,
}


def test_a_record_without_a_first_choice_has_no_entry():
    assert entrant("7", {**RECORD, "events": {"1": FIRST}}) == Entrant("7", "c", "3fa2c1d0e5b7", "v1", None)
    assert entrant("7", {**RECORD, "events": None}).entry is None


def test_score_and_verdict_are_those_of_the_first_choice():
    told = entrant("7", {**RECORD, "events": {"0": {"market": "New York", "score": 0.2, "isVerified": False}}})
    assert (told.entry["score"], told.entry["verdict"]) == (0.2, False)


def test_a_first_choice_without_its_own_has_the_score_and_verdict_of_its_record():
    told = entrant("7", {**RECORD, "events": {"0": {"market": "New York"}}})
    assert told.entry == {"globalUserId": "f1", "verdict": True, "score": 0.93}
    assert told.market == "New York"


@pytest.mark.parametrize(
    ("record", "reason", "load"),
    [
        ([RECORD], "not_an_object", ""),
        ({**RECORD, "campaignId": ""}, "no_campaign", ""),
        ({**RECORD, "campaignId": "é" * 129}, "no_campaign", ""),
        ({**RECORD, "__meta": None}, "no_load", ""),
        ({**RECORD, "__meta": {"load": 3}}, "no_load", ""),
        ({**RECORD, "events": [FIRST]}, "bad_events", META["load"]),
        ({**RECORD, "events": {"0": "New York"}}, "bad_events", META["load"]),
        ({**RECORD, "globalUserId": None}, "no_fan", META["load"]),
        ({**RECORD, "events": {"0": {"score": "0.9"}}}, "no_score", META["load"]),
        ({**RECORD, "events": {"0": {"score": True}}}, "no_score", META["load"]),
        ({**RECORD, "isVerified": "yes", "events": {"0": {}}}, "no_verdict", META["load"]),
    ],
)
def test_a_record_that_cannot_be_told_is_parked_and_charged_to_its_load_if_it_names_one(record, reason, load):
    parked = entrant("7", record)
    assert isinstance(parked, Parked)
    assert (parked.number, parked.reason, parked.load) == ("7", reason, load)
    assert parked.to_json()["record"] == record


def test_a_market_has_an_id_however_its_name_is_written():
    assert market_id(" NEW  york", {"new york": "id-1"}) == "id-1"


@pytest.mark.parametrize(("market", "reason"), [("Atlantis", "unknown_market"), ("", "no_market"), (" ", "no_market")])
def test_a_market_that_is_not_known_says_so(market, reason):
    with pytest.raises(Rejected, match=f"^{reason}$"):
        market_id(market, {"new york": "id-1"})


@pytest.mark.parametrize(
    ("row", "anew"),
    [
        ({}, False),
        ({"loadVersion": "3"}, False),  # newer, and without a first choice
        ({"loadVersion": "3", "events": {"1": {}}}, False),
        ({"loadVersion": "3", "events": {"0": {}}}, True),
        ({"loadVersion": "2", "events": {"0": {}}}, False),  # this very load
        ({"loadVersion": "1", "events": {"0": {}}}, False),
        ({"events": {"0": {}}}, False),  # a neighbour's
        ({"loadVersion": "3", "events": "0"}, False),
        ({"loadVersion": "4", "events": {"0": {}}, "olderEvents": {"0": "2"}}, False),
        ({"loadVersion": "4", "events": {"0": {}}, "olderEvents": {"0": "3"}}, True),
        ({"loadVersion": "4", "events": {"0": {}}, "olderEvents": {"1": "1"}}, True),
    ],
)
def test_a_first_choice_is_told_anew_by_a_newer_load_that_has_one(row, anew):
    assert told_anew(row, "2") == anew
