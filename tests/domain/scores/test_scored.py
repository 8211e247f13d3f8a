"""A record of the stream says of a fan what the row takes over; one that says it otherwise is refused, and tells why."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.scores.keys import Key
from domain.scores.scored import Scored, scored

META = {
    "correlation": "3fa2c1d0e5b7",
    "date": "2026-02-13T10:00:00Z",
    "load": "3fa2c1d0e5b7",
    "version": "v",
    "part": 17,
}
LEAST = {"campaignId": "c1", "globalUserId": "g1", "score": 0.93, "isVerified": True, "__meta": META}
FULL = {
    **LEAST,
    "memberId": "m1",
    "email": "fan@example.com",
    "localFanscore": 0.5,
    "accountFanscore": 0.6,
    "bandScore": 0.7,
    "tags": ["a", "b"],
    "rank": "2",
    "origin": {"nudetect": {"score": 0.1, "scoreBand": "low"}},
    "events": {"2": {"market": "New York", "score": 0.93, "isVerified": True}},
}


def test_a_record_becomes_the_row_s_attributes_by_the_row_s_names():
    assert scored(FULL) == Scored(
        key=Key("fan:g1", "campaign:c1"),
        content={
            "campaignId": "c1",
            "globalUserId": "g1",
            "memberId": "m1",
            "score": 0.93,
            "isVerified": True,
            "registrationScore": 0.5,
            "accountScore": 0.6,
            "bandScore": 0.7,
            "tags": ["a", "b"],
        },
        load="3fa2c1d0e5b7",
        version="v",
        part=17,
        rank=2,
        nudetect={"score": 0.1, "scoreBand": "low"},
        events={"2": {"market": "New York", "score": 0.93, "isVerified": True}},
    )


def test_what_a_record_does_not_tell_is_absent():
    least = scored({**LEAST, "tags": None, "origin": {}, "events": None})
    assert set(least.content) == {"campaignId", "globalUserId", "score", "isVerified"}
    assert (least.rank, least.nudetect, least.events) == (None, None, {})


def test_addresses_and_names_are_no_part_of_the_row():
    assert "fan@example.com" not in str(scored(FULL))


WRONG = {
    "not an object": [FULL],
    "nothing": None,
    **{f"no {name}": {it: FULL[it] for it in FULL if it != name} for name in LEAST},
    "an empty id": {**FULL, "globalUserId": ""},
    "an id that is a number": {**FULL, "globalUserId": 1},
    "a score that is a text": {**FULL, "score": "0.5"},
    "a score that is a flag": {**FULL, "score": True},
    "a score that is no number": {**FULL, "score": math.nan},
    "an endless score": {**FULL, "score": math.inf},
    "a flag that is a text": {**FULL, "isVerified": "true"},
    "a flag that is a number": {**FULL, "isVerified": 1},
    "__meta that is a text": {**FULL, "__meta": "x"},
    "no load": {**FULL, "__meta": {"version": "v", "part": 1}},
    "no version": {**FULL, "__meta": {"load": "l", "part": 1}},
    "no part": {**FULL, "__meta": {"load": "l", "version": "v"}},
    "a part that is a text": {**FULL, "__meta": {**META, "part": "x"}},
    "an endless part": {**FULL, "__meta": {**META, "part": math.inf}},
    "a rank that is a text": {**FULL, "rank": "first"},
    "a rank that is a list": {**FULL, "rank": []},
    "events that are a list": {**FULL, "events": [1]},
    "an event that is a number": {**FULL, "events": {"0": 5}},
    "origin that is a text": {**FULL, "origin": "x"},
    "nudetect that is a number": {**FULL, "origin": {"nudetect": 0.5}},
}


@pytest.mark.parametrize("record", WRONG.values(), ids=WRONG)
def test_a_record_without_what_the_table_needs_is_refused(record):
    with pytest.raises(Rejected):
        scored(record)


@pytest.mark.parametrize("name", ["campaignId", "globalUserId", "score", "isVerified"])
def test_a_refusal_names_what_is_missing_or_wrong_and_no_value(name):
    with pytest.raises(Rejected, match=f"^{name} is missing$"):
        scored({**FULL, name: None})
    with pytest.raises(Rejected, match=f"^{name} is not what it must be$"):
        scored({**FULL, name: ["fan@example.com"]})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda it: st.lists(it, max_size=3) | st.dictionaries(st.text(max_size=5), it, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*FULL, "more"]), JSON))
def test_no_record_does_anything_but_become_one_or_be_refused(told):
    for record in (told, json.loads(json.dumps({**FULL, **told}))):
        try:
            assert scored(record).key.pk.startswith("fan:")
        except Rejected:
            continue
