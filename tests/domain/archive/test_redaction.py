"""Of a removed item no personal value is left, in whatever shape it comes, and nothing else is lost."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.archive.kinds import PERSONAL
from domain.archive.redaction import base64_text, by_text, deleted, event_text

AT = "2026-11-20T12:00:00.000000Z"
SECRET = "+12025550199"
GONE = {"S": "[redacted]"}
SHAPES = [
    {"S": SECRET}, {"N": SECRET}, {"B": SECRET}, {"SS": ["a", SECRET]}, {"NS": [SECRET]}, {"BS": [SECRET]}, {"BOOL": SECRET},
    {"NULL": SECRET}, {"L": [{"S": SECRET}]}, {"M": {"home": {"S": SECRET}}}, {"S": "a", "N": SECRET}, SECRET, [SECRET], {SECRET: "x"},
]  # fmt: skip


@pytest.mark.parametrize("name", PERSONAL)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_personal_field_of_any_type_is_redacted(name, shape):
    clean, found = deleted({name: shape, "fanId": {"S": "f"}}, AT)
    assert (clean[name], clean["fanId"], found) == (GONE, {"S": "f"}, (name,))


def test_it_is_redacted_at_any_depth_in_maps_and_lists():
    image = {"a": {"L": [{"M": {"b": {"M": {"email": {"S": SECRET}, "c": {"N": "1"}}}}}]}}
    clean, found = deleted(image, AT)
    assert clean["a"] == {"L": [{"M": {"b": {"M": {"email": GONE, "c": {"N": "1"}}}}}]}
    assert found == ("email",)
    assert image["a"]["L"][0]["M"]["b"]["M"]["email"] == {"S": SECRET}


def test_a_field_that_is_null_has_no_value_to_redact():
    clean, found = deleted({"email": {"NULL": True}}, AT)
    assert (clean["email"], found) == ({"NULL": True}, ())


@pytest.mark.parametrize("text", [
    f'{{"email": "{SECRET}"}}',
    json.dumps({"a": json.dumps({"phoneNumber": SECRET})}),
    json.dumps(json.dumps(json.dumps({"messageBody": SECRET}))),
])  # fmt: skip
def test_json_within_a_text_is_redacted_as_a_whole(text):
    clean, found = deleted({"payload": {"S": text}}, AT)
    assert clean["payload"] == {"S": "[redacted]"}
    assert len(found) == 1


@pytest.mark.parametrize("text", ["sms,email", "Write an email: now", 'the "email" way'])
def test_a_text_that_speaks_of_a_field_is_kept(text):
    assert deleted({"contactMethod": {"S": text}}, AT)[0]["contactMethod"] == {"S": text}


@pytest.mark.parametrize(("date", "then"), [
    ({"M": {"requested": {"S": "x"}}}, {"M": {"requested": {"S": "x"}, "deleted": {"S": AT}}}),
    ({"M": {"deleted": {"S": "x"}}}, {"M": {"deleted": {"S": AT}}}),
    ({"M": {}}, {"M": {"deleted": {"S": AT}}}),
    ({"NULL": True}, {"M": {"deleted": {"S": AT}}}),
    ({"S": "x"}, {"S": "x"}),  # the encoder says that this is wrong
])  # fmt: skip
def test_the_time_of_its_deletion_is_one_of_its_dates(date, then):
    assert deleted({"date": date}, AT)[0]["date"] == then
    assert deleted({}, AT)[0]["date"] == {"M": {"deleted": {"S": AT}}}


def record(name, image=None, **more):
    image = image or {"email": {"S": SECRET}, "fanId": {"S": "f"}}
    return {
        "eventID": "1",
        "eventName": name,
        "dynamodb": {"Keys": image, "NewImage": image, "OldImage": image},
        **more,
    }


def text_of(record):
    return event_text(json.dumps(record).encode(), record)


@pytest.mark.parametrize("name", ["INSERT", "MODIFY", "BACKFILL"])
def test_a_record_of_what_still_stands_is_kept_as_it_came(name):
    assert text_of(record(name)) == json.dumps(record(name))


@pytest.mark.parametrize("name", ["REMOVE", "remove", "", None, 1, ["INSERT"], {"S": "INSERT"}])
def test_any_other_is_redacted_in_both_images_and_the_keys(name):
    kept = {"email": GONE, "fanId": {"S": "f"}}
    assert json.loads(text_of(record(name))) == record(name, kept)


def test_a_record_without_personal_fields_is_kept_as_it_came():
    text = '{"eventName" : "REMOVE", "fanId": "é"}'
    assert event_text(text.encode(), json.loads(text)) == text


def test_a_key_that_comes_twice_hides_nothing():
    text = f'{{"eventName": "REMOVE", "email": {{"S": "{SECRET}"}}, "email": {{"NULL": true}}}}'
    assert SECRET not in event_text(text.encode(), json.loads(text))


def test_a_name_that_is_spelt_with_escapes_hides_nothing():
    text = f'{{"eventName": "REMOVE", "\\u0065mail": {{"S": "{SECRET}"}}}}'
    assert SECRET not in event_text(text.encode(), json.loads(text))


def test_what_is_too_deep_to_be_an_item_is_redacted_and_not_a_crash():
    deep = json.loads('{"a":' * 900 + f'"{SECRET}"' + "}" * 900)
    assert SECRET not in text_of({"email": {}, "eventName": "REMOVE", "deep": deep})


whole = json.dumps(record("REMOVE"))


@pytest.mark.parametrize("broken", [
    whole[:-1], whole[1:], whole + "}", whole.replace(":", "", 1), whole.replace('"REMOVE"', "REMOVE"), "x" + whole,
    whole.replace("email", "\\u0065mail")[:-1], whole.encode("utf-16").decode("latin-1"), whole.upper(), whole.replace("REMOVE", "REMO"),
    whole[whole.index(SECRET) :], whole[whole.rindex(SECRET) :] + ', "eventName": "REMOVE"', whole[: whole.index(SECRET) + 6],
    whole.replace("eventName", "event")[1:],
    '{"S": ' + whole[whole.index(SECRET) - 1 :], '{"S": "' + SECRET + '"}}}}, "eventSource": "aws:dynamodb", "REMOVE',
])  # fmt: skip
def test_of_a_broken_text_that_may_be_a_removal_no_value_is_kept(broken):
    said = event_text(broken.encode("utf-8"))
    assert SECRET not in said
    assert SECRET[:6] not in said
    assert "1" in said or "[redacted]" in said


@given(st.integers(0, 255), st.integers(0, 4))
def test_a_broken_name_hides_no_value(byte, place):
    removed = record("REMOVE")
    images = {"OldImage": removed["dynamodb"]["OldImage"]}
    removed["dynamodb"] = {"ApproximateCreationDateTime": 1795176000000000, "Keys": {"PK": {"S": "fan:f"}}, **images}
    data = bytearray(json.dumps(removed).encode()[:-1])
    data[data.index(b"email") + place] = data[data.index(b"OldImage") + place] = byte
    said = event_text(bytes(data))
    assert SECRET not in said
    assert "fan:f" in said


@pytest.mark.parametrize(
    "data", [whole.encode("utf-16"), whole.encode("utf-32"), b"\xff" + whole.encode(), whole.encode()[:-1] + b"\xfe"]
)
def test_bytes_that_are_no_text_are_treated_alike(data):
    said = event_text(data)
    assert SECRET not in said.replace("\\x00", "").replace("\x00", "")


@pytest.mark.parametrize(
    "text", ["", "not json", '{"a": ', json.dumps(record("INSERT"))[:-1], json.dumps(record("MODIFY"))[:-9]]
)
def test_a_broken_text_that_is_no_removal_is_kept(text):
    assert by_text(text) == text


@pytest.mark.parametrize("removal", [whole, '"eventName": REMOVE'])
def test_a_text_that_tells_of_a_removal_too_is_no_insertion(removal):
    assert SECRET not in by_text(json.dumps(record("INSERT"))[:-1] + removal)


@given(st.integers(0, len(whole)), st.integers(0, 3), st.sampled_from(["", "%", " ", "\n"]))
def test_base64_that_misses_letters_anywhere_keeps_no_removal(place, missing, inserted):
    text = base64.b64encode(whole.encode()).decode()
    broken = text[:place] + inserted + text[place + missing :]
    said = base64_text(broken)
    assert said == "[redacted]"


@pytest.mark.parametrize("text", ["%%%", "", "not base64 at all"])
def test_a_text_that_never_was_base64_is_kept(text):
    assert base64_text(text) == text


def test_base64_of_an_insertion_is_kept_as_it_came():
    text = base64.b64encode(json.dumps(record("INSERT")).encode()).decode()
    assert base64_text(text[:-1]) == text[:-1]
