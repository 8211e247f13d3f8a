"""A change record is read as DynamoDB writes it, and what is none says which part of it is wrong."""

import pytest
from archive_world import NOON_MICROS, TTL, change, demand, text

from domain.archive.change import Change
from domain.archive.reading import change_in, event_id_in, is_own_row, kind_in
from domain.archive.refusal import Refused

AT = "2026-11-20T12:00:00.000000Z"
ITEM = demand("0001")
WHOLE = change("1", ITEM)


def fingerprint(record):
    with pytest.raises(Refused) as refusal:
        change_in(record)
    return refusal.value.reason.fingerprint


@pytest.mark.parametrize(("record", "read"), [
    (WHOLE, Change("1", "INSERT", AT, ITEM)),
    (change("1", ITEM, name="MODIFY", old={"a": text("b")}), Change("1", "MODIFY", AT, ITEM)),
    (change("1", ITEM, name="BACKFILL"), Change("1", "BACKFILL", AT, ITEM)),
    (change("1", ITEM, name="REMOVE"), Change("1", "REMOVE", AT, ITEM)),
    (change("1", ITEM, name="REMOVE", userIdentity=TTL), Change("1", "REMOVE", AT, ITEM, expired=True)),
])  # fmt: skip
def test_the_image_is_what_the_item_became_or_of_a_removal_what_it_had_been(record, read):
    assert change_in(record) == read


def dynamodb(**parts):
    return {**WHOLE, "dynamodb": {**WHOLE["dynamodb"], **parts}}


@pytest.mark.parametrize(("record", "wrong"), [
    (None, "malformed_change:eventName"),
    ([], "malformed_change:eventName"),
    ("INSERT", "malformed_change:eventName"),
    ({}, "malformed_change:eventName"),
    ({**WHOLE, "eventName": "insert"}, "malformed_change:eventName"),
    ({**WHOLE, "eventName": {}}, "malformed_change:eventName"),
    ({"eventName": "INSERT"}, "malformed_change:eventID"),
    ({**WHOLE, "eventID": ""}, "malformed_change:eventID"),
    ({**WHOLE, "eventID": 7}, "malformed_change:eventID"),
    ({"eventName": "INSERT", "eventID": "1"}, "malformed_change:dynamodb"),
    ({**WHOLE, "dynamodb": [1]}, "malformed_change:dynamodb"),
    ({**WHOLE, "dynamodb": "x"}, "malformed_change:dynamodb"),
    (dynamodb(ApproximateCreationDateTime=str(NOON_MICROS)), "malformed_change:ApproximateCreationDateTime"),
    (dynamodb(NewImage=["x"]), "malformed_change:NewImage"),
    (dynamodb(NewImage="x"), "malformed_change:NewImage"),
    (dynamodb(NewImage=None), "missing_image:NewImage"),
    (dynamodb(NewImage={}), "missing_image:NewImage"),
    ({**WHOLE, "eventName": "REMOVE"}, "missing_image:OldImage"),
])  # fmt: skip
def test_what_is_no_change_says_which_part_is_wrong(record, wrong):
    assert fingerprint(record) == wrong


@pytest.mark.parametrize(("type", "kind"), [
    ("demand", "demand"),
    ("sale", "sale"),
    ("notification:asu", "notification"),
    ("test-notification", "notification"),
])  # fmt: skip
def test_a_type_says_the_kind(type, kind):
    assert kind_in(Change("1", "INSERT", AT, {"type": text(type)})) == kind


@pytest.mark.parametrize(("attribute", "wrong"), [
    ({}, "missing_type"),
    ({"type": {"NULL": True}}, "missing_type"),
    ({"type": {"NULL": "sale"}}, "wrong_type:type"),
    ({"type": {"N": "1"}}, "wrong_type:type"),
    ({"type": {"S": 1}}, "wrong_type:type"),
    ({"type": "sale"}, "wrong_type:type"),
    ({"type": text("Sale")}, "unknown_type"),
    ({"type": text("notification:other")}, "unknown_type"),
])  # fmt: skip
def test_a_type_that_is_none_is_refused_and_not_told(attribute, wrong):
    with pytest.raises(Refused) as refusal:
        kind_in(Change("1", "INSERT", AT, attribute))
    assert refusal.value.reason.fingerprint == wrong


OURS, THEIRS = {"SK": text("meta:counter")}, {"SK": text("demand#e1-s1")}


@pytest.mark.parametrize(("parts", "ours"), [
    ({"Keys": OURS}, True),
    ({"Keys": THEIRS, "NewImage": THEIRS}, False),
    ({"NewImage": OURS}, True),
    ({"Keys": {}, "OldImage": OURS}, True),
    ({"Keys": None, "NewImage": None, "OldImage": OURS}, True),
    ({"Keys": {"SK": text("a meta:counter")}}, False),
    ({"Keys": {"SK": {"N": "1"}}}, False),
    ({}, False),
])  # fmt: skip
def test_a_sort_key_says_that_a_row_is_our_own(parts, ours):
    assert is_own_row({"dynamodb": parts}) is ours


@pytest.mark.parametrize("record", [None, [], "x", {}, {"dynamodb": None}, {"dynamodb": []}, {"eventID": 7}])
def test_what_is_no_record_is_no_row_of_ours_and_has_no_id(record):
    assert (is_own_row(record), event_id_in(record)) == (False, None)
