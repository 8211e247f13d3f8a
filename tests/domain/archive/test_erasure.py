"""Whose a record is, exactly where it can be parsed and cautiously where not; and what a receipt says of two passes."""

import base64
import json
from hashlib import sha256

import pytest

from domain.archive.fan import Fan, told_of
from domain.archive.receipt import Finding, receipt, receipt_key
from domain.errors import Rejected

F1 = Fan("f1")


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"dynamodb": {"Keys": {"PK": {"S": "fan:f1"}}}}, True),
        ({"dynamodb": {"Keys": {"PK": {"S": "fan:f10"}}}}, False),
        ({"dynamodb": {"NewImage": {"fanId": {"S": "f1"}}}}, True),
        ({"dynamodb": {"NewImage": {"fanId": {"S": "f10"}}}}, False),
        ({"dynamodb": {"OldImage": {"deep": {"M": {"list": {"L": [{"M": {"fanId": {"S": "f1"}}}]}}}}}}, True),
        ({"dynamodb": {"NewImage": {"GSI1SK": {"S": "fan:f1"}}}}, True),
        ({"dynamodb": {"NewImage": {"eventId": {"S": "f1"}}}}, False),
        ({"dynamodb": {"NewImage": {"note": {"S": '{"fanId": "f1"}'}}}}, True),
        ({"dynamodb": {"NewImage": {"note": {"S": '{"fanId": "f10"}'}}}}, False),
        ({"dynamodb": {"NewImage": {"fanId": {"SS": ["f0", "f1"]}}}}, True),
        ({"fanId": "f1"}, True),
        ({"fanId": None}, False),
        (["f1"], False),
        ("f1", False),
        (7, False),
    ],
)
def test_a_parsed_record_is_the_fans_by_its_attribute_or_its_key(record, told):
    assert F1.told_of_in(record) is told


def test_a_record_of_any_depth_is_looked_through():
    deep = {"fanId": {"S": "f1"}}
    for _ in range(50_000):
        deep = {"M": deep}
    assert F1.told_of_in(deep)


def test_a_text_of_any_depth_is_looked_through():
    assert told_of(F1, '{"a":' * 100_000 + '{"fanId":"f1"}')
    assert not told_of(F1, '{"a":' * 100_000 + '{"fanId":"f10"}')


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"fanId":{"S":"f1"},"x', True),
        ('"PK":{"S":"fan:f1"', True),
        ('{"fanId":{"S":"f10"},"x', False),
        ('{"fanId":{"S":"xf1"},"x', False),
        ('{"fanId":{"S":"f1-2"},"x', False),
        ('{"fanId":{"S":"F1"},"x', False),
        ("f1", True),
        ("", False),
    ],
)
def test_a_text_that_cannot_be_parsed_is_the_fans_where_the_id_stands_alone(text, named):
    assert F1.named_in(text) is named


@pytest.mark.parametrize("id", ['a"b', "José", "😀", "a\\b", "a/b", "tab\there"])
@pytest.mark.parametrize("ascii", [True, False])
@pytest.mark.parametrize("times", [1, 2])
def test_an_id_is_found_however_json_has_escaped_it(id, ascii, times):
    text = id
    for _ in range(times):
        text = json.dumps(text, ensure_ascii=ascii)
    assert Fan(id).named_in("{" + text + ",")
    assert (
        not Fan(id).named_in("{" + text.replace(json.dumps(id, ensure_ascii=ascii)[1:-1], "other") + ",") or times > 1
    )


@pytest.mark.parametrize("missing", range(5))
def test_base64_is_read_from_wherever_it_begins(missing):
    text = base64.b64encode(b'{"eventName":"INSERT","dynamodb":{"Keys":{"PK":{"S":"fan:f1"}}}}').decode()[missing:]
    assert F1.named_in(f"{text}!")
    assert not Fan("f2").named_in(f"{text}!")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('"f1","x"', True),
        ('"e1_s1_f1"', True),
        ("f1", True),
        ('"f10"', False),
        ('"xf1"', False),
        ('"f1-2"', False),
        ('"2-f1"', False),
    ],
)
def test_a_result_shows_the_fan_by_the_id_or_a_reference(text, shown):
    assert F1.shown_in(text) is shown


def test_a_result_shows_quotes_twice():
    assert Fan('a"b').shown_in('"a""b"')


@pytest.mark.parametrize("id", ["", None, "\ud800", 7])
def test_what_is_no_text_is_no_id(id):
    with pytest.raises(Rejected):
        Fan(id)


def test_a_row_is_the_fans_by_its_column_and_its_bytes_by_their_length():
    assert F1.owns({"fanId": "f1"})
    assert not F1.owns({"fanId": "f10", "eventId": "f1"})
    assert not F1.owns("f1")
    assert F1.packed in b"..\x04f1.."
    assert F1.packed not in b"..\x06f10.."


def test_a_receipt_lies_under_a_name_that_does_not_name_the_fan():
    assert receipt_key(F1.digest) == f"receipts/{sha256(b'f1').hexdigest()}.json"


def finding(key, rows, at, version="v1"):
    return Finding(key, version, rows, at)


def test_a_receipt_gathers_versions_by_object():
    said = receipt("abc", [finding("b", 1, "t1"), finding("a", 2, "t1"), finding("a", 0, "t1", "v2")], [], "t1", None)
    assert said["objects"] == [{"key": "a", "rows": 2, "versions": 2}, {"key": "b", "rows": 1, "versions": 1}]
    assert (said["rows"], said["versions"], said["at"], said["again"]) == (3, 3, "t1", [])


def test_a_second_pass_that_finds_nothing_leaves_the_receipt_as_it_is():
    first = receipt("abc", [finding("a", 1, "t1")], ["x"], "t1", None)
    assert receipt("abc", [finding("a", 1, "t1")], ["x"], "t2", first) == first


def test_a_second_pass_that_finds_more_is_told_beside_the_first():
    first = receipt("abc", [], [], "t1", None)
    again = receipt("abc", [finding("a", 1, "t2")], [], "t2", first)
    assert (again["at"], again["again"], again["rows"]) == ("t1", ["t2"], 1)
