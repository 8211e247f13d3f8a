"""Records of the Scores table's stream: which of them are fans' rows, and what is counted of whatever a neighbour wrote."""

from datetime import UTC, datetime

import pytest

from adapters.aws.row_changes import row_changes
from domain.scores.counting import Row
from domain.scores.marks import Mark

AT = 1_795_000_000


def record(number=1, old=None, new=None, pk="fan:1", sk="campaign:a"):
    told = {
        "Keys": {"PK": {"S": pk}, "SK": {"S": sk}},
        "SequenceNumber": str(number),
        "ApproximateCreationDateTime": AT,
    }
    images = {name: it for name, it in {"OldImage": old, "NewImage": new}.items() if it is not None}
    return {"eventName": "MODIFY", "dynamodb": {**told, **images}}


def row_of(**image):
    [change] = row_changes([record(new=image)])
    return change.new


def changed(old, new):
    [change] = row_changes([record(old=old, new=new)])
    return change.changed


@pytest.mark.parametrize(
    ("pk", "sk"),
    [
        ("campaign:a", "meta:counts"),
        ("campaign:a", "meta:load:3fa2c1d0e5b7:counted"),
        ("watermark:saved_scores:shard", "meta:watermark"),
        ("fan:1", "meta:anything"),
        ("fan:1", "demand#7"),
        ("event:1", "campaign:a"),
    ],
)
def test_what_is_no_fans_row_of_a_campaign_is_passed_over(pk, sk):
    assert row_changes([record(new={"isVerified": {"BOOL": True}}, pk=pk, sk=sk)]) == []


@pytest.mark.parametrize("pk", ["fan:1", "sid:1", "email:fan@people.example"])
def test_a_fans_row_is_told_with_its_campaign_its_time_and_its_place(pk):
    [change] = row_changes([record(7, new={"isVerified": {"BOOL": True}}, pk=pk, sk="campaign:a:b")])
    assert (change.sequence, change.campaign, change.fan, change.name) == ("7", "a:b", pk, "MODIFY")
    assert change.at == datetime.fromtimestamp(AT, UTC)
    assert (change.old, change.new) == (None, Row(verified=True))


def test_changes_come_in_the_order_of_their_numbers():
    found = row_changes([record(number, new={}) for number in (1000, 9, 99)])
    assert [it.sequence for it in found] == ["9", "99", "1000"]


@pytest.mark.parametrize(
    ("typed", "verified"),
    [
        ({"BOOL": True}, True),
        ({"BOOL": False}, False),
        ({"S": "true"}, None),
        ({"N": "1"}, None),
        ({"NULL": True}, None),
    ],
)
def test_only_a_boolean_is_verified_or_not(typed, verified):
    assert row_of(isVerified=typed) == Row(verified=verified)


@pytest.mark.parametrize("typed", [{"BOOL": False}, {"NULL": True}, {"S": "true"}, {"N": "1"}, {"M": {}}])
def test_only_a_verdict_that_is_true_selects(typed):
    assert row_of(verdict={"BOOL": True}) == Row(selected=True)
    assert row_of(verdict=typed) == Row()


def test_the_marks_of_loads_are_read():
    assert row_of(loads={"S": "3fa2c1d0e5b7:created:0,7"}).marks == (
        Mark("3fa2c1d0e5b7", "created", frozenset({0, 7})),
    )


@pytest.mark.parametrize(
    "typed",
    [
        {"S": "yes, twice"},
        {"S": "load:lost:1"},
        {"S": "load:created:"},
        {"S": ":created:1"},
        {"S": f"{'x' * 65}:created:1"},
        {"S": ";".join(f"load{number}:created:1" for number in range(9))},  # a hundred would fit into no transaction
        {"N": "3"},
        {"L": []},
    ],
)
def test_a_text_that_tells_no_loads_reaches_none(typed):
    assert row_of(isVerified={"BOOL": True}, loads=typed) == Row(verified=True)


def test_the_audit_says_which_of_five_have_changed():
    old = {"isVerified": {"BOOL": True}, "registrationScore": {"N": "0.5"}, "score": {"N": "0.1"}}
    new = {**old, "isVerified": {"BOOL": False}, "registrationScore": {"N": "0.6"}, "score": {"N": "0.2"}}
    assert changed(old, new) == ("isVerified", "localFanscore")
    assert changed(old, {**old, "verdict": {"BOOL": True}, "selectedEvents": {"M": {}}}) == (
        "verdict",
        "selectedEvents",
    )
    assert changed(old, {**old, "events": {"M": {"0": {"M": {}}}}}) == ("events",)
    assert changed(old, {**old, "events.1": {"M": {}}}) == ("events",)
    assert changed(old, {**old, "score": {"N": "0.9"}}) == ()
    assert changed(None, old) == ("isVerified", "localFanscore")
    assert changed(old, None) == ("isVerified", "localFanscore")


def test_a_stream_that_gives_no_keys_is_wired_wrongly():
    with pytest.raises(KeyError):
        row_changes([{"eventName": "MODIFY", "dynamodb": {"SequenceNumber": "1"}}])
