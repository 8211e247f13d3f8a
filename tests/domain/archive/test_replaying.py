"""A plan: what is set in a record, what a record is known by in its object, and how steps are put in parts."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.archive.batch import Batch, File
from domain.archive.parked import Parked, document
from domain.archive.patches import patched, setting, typed
from domain.archive.places import ERRORS, LOST
from domain.archive.quarantine import digest, opened, without
from domain.archive.replaying import BYTES_A_PART, STEPS_A_PART, Origin, Part, Step, parts, plan_id, plan_in, plan_key
from domain.archive.settling import settlement, undone
from domain.errors import Rejected


def record(name="INSERT", **image):
    return {"eventID": "c1", "eventName": name, "dynamodb": {"OldImage" if name == "REMOVE" else "NewImage": image}}


def image_after(assignment, name="INSERT", **image):
    [changed] = json.loads(patched(json.dumps(record(name, **image)), [setting(assignment)]))["dynamodb"].values()
    return changed


# What is set


@pytest.mark.parametrize(
    ("value", "attribute"),
    [
        ("s1", {"S": "s1"}),
        ("", {"S": ""}),
        ("7", {"N": "7"}),
        ('"7"', {"S": "7"}),
        ("007", {"S": "007"}),
        ("12345678901234567890.123", {"N": "12345678901234567890.123"}),
        ("true", {"BOOL": True}),
        ("null", {"NULL": True}),
        ("NaN", {"S": "NaN"}),
        ("a=b", {"S": "a=b"}),
        ('["a", 1]', {"L": [{"S": "a"}, {"N": "1"}]}),
        ('{"a": {"b": false}}', {"M": {"a": {"M": {"b": {"BOOL": False}}}}}),
        ("{broken", {"S": "{broken"}),
    ],
)
def test_a_value_is_json_or_else_a_text(value, attribute):
    assert image_after(f"x={value}") == {"x": attribute}


def test_a_path_leads_into_maps_and_lists_and_makes_the_maps_that_are_missing():
    date = {"M": {"updated": {"S": "u"}}}
    assert image_after("date.requested=r", date=date)["date"] == {"M": {"updated": {"S": "u"}, "requested": {"S": "r"}}}
    assert image_after("date.requested=r") == {"date": {"M": {"requested": {"S": "r"}}}}
    assert image_after("date.requested=r", date={"NULL": True}) == {"date": {"M": {"requested": {"S": "r"}}}}
    venues = {"L": [{"M": {}}, {"M": {"name": {"N": "1"}}}]}
    assert image_after("venues.1.name=Hall", venues=venues)["venues"]["L"] == [
        {"M": {}},
        {"M": {"name": {"S": "Hall"}}},
    ]


def test_of_a_removed_item_the_old_image_is_changed():
    event = {**record("REMOVE"), "dynamodb": {"OldImage": {}, "NewImage": {}}}
    changed = json.loads(patched(json.dumps(event), [setting("x=1")]))
    assert changed["dynamodb"] == {"OldImage": {"x": {"N": "1"}}, "NewImage": {}}


@pytest.mark.parametrize(
    ("assignment", "image"),
    [("date.x=1", {"date": {"S": "today"}}), ("l.2=1", {"l": {"L": []}}), ("l.x=1", {"l": {"L": []}})],
)
def test_what_is_no_map_is_not_written_over(assignment, image):
    with pytest.raises(Rejected, match="cannot be set"):
        image_after(assignment, **image)


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"eventName": "INSERT"}', '{"dynamodb": {"NewImage": 7}}'])
def test_a_record_without_an_image_cannot_be_patched(text):
    with pytest.raises(Rejected):
        patched(text, [setting("x=1")])


def test_patches_are_made_one_after_the_other_and_none_changes_nothing():
    assert json.loads(patched(json.dumps(record()), [setting("x=1"), setting("x=2")])) == record(x={"N": "2"})
    assert patched("no { JSON", []) == "no { JSON"
    assert patched(json.dumps(record()), [lambda event: None, setting("x=2")]) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_every_json_value_has_one_tag(value):
    [(tag, _)] = typed(value).items()
    assert tag in {"S", "BOOL", "NULL", "L", "M"}


# What a record is known by


def error_object(*texts):
    numbers = tuple(str(place) for place in range(len(texts)))
    parked = Parked(
        "upload_failed", "m", "upload_failed:demand", texts, "2025-11-20T12:00:00.000000Z", "shard-0", numbers
    )
    return json.dumps(document(parked)).encode()


@given(st.lists(st.text(), min_size=1), st.data())
def test_an_object_without_some_records_has_all_the_others(texts, data):
    gone = data.draw(st.sets(st.sampled_from(texts)))
    body = error_object(*texts)
    rest = without(f"{ERRORS}x.json", body, {digest(text) for text in gone})
    left = [(text, str(place)) for place, text in enumerate(texts) if text not in gone]
    if not left:
        assert rest is None
    else:
        found = opened(f"{ERRORS}x.json", rest)
        assert [(held.text, held.number) for held in found.records] == left
        assert (rest == body) == (len(left) == len(texts))


def test_a_batch_that_was_given_up_is_the_same_without_what_it_does_not_hold():
    kinesis = {"sequenceNumber": "1", "data": "e30=", "approximateArrivalTimestamp": 1.5}
    batch = {"Records": [{"eventID": "shard-0:1", "kinesis": kinesis}]}
    told = {"requestContext": {"condition": "c"}, "timestamp": "2025-11-20T12:00:00Z", "payload": json.dumps(batch)}
    key, body = f"{LOST}m/s/x", json.dumps(told).encode()
    assert [held.text for held in opened(key, body).records] == ["{}"]
    assert without(key, body, {digest("[]")}) == body
    assert without(key, body, {digest("{}")}) is None


@pytest.mark.parametrize("key", [f"{ERRORS}x.json", f"{LOST}m/s/x"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"7", b"[]", b"{}", b'{"payload": "{}"}', b"\xff\xfe", b'{"timestamp": 7}']
)
def test_what_is_no_object_of_the_archive_is_rejected(key, body):
    with pytest.raises(Rejected, match=key):
        opened(key, body)


@pytest.mark.parametrize(
    "other",
    [
        {"events": [{"a": 1}]},
        {"sequenceNumbers": [1]},
        {"source": None},
        {"error": {"message": "m", "code": "c", "fingerprint": 7}},
    ],
)
def test_what_only_looks_like_an_error_document_is_rejected(other):
    alike = {**json.loads(error_object("{}")), **other}
    with pytest.raises(Rejected, match="is no object of the archive's"):
        opened(f"{ERRORS}x.json", json.dumps(alike).encode())


# Steps and parts


def step(place, text="{}", origin="errors/a.json", **more):
    given = {"source": "s", "number": "1", "arrived": 1.0, "lost": False, "garbled": False}
    origins = (Origin(origin, f"d{place}"),)
    return Step(
        **{
            "id": f"c{place}",
            "at": f"2025-11-20T12:00:{place:09}Z",
            "text": text,
            "origins": origins,
            **given,
            **more,
        }
    )


def test_a_part_holds_a_thousand_steps_or_two_megabytes():
    small = [step(number) for number in range(2 * STEPS_A_PART + 1)]
    assert [len(part.steps) for part in parts(small, {"errors/a.json": 9})] == [STEPS_A_PART, STEPS_A_PART, 1]
    large = [step(number, "x" * (BYTES_A_PART // 2)) for number in range(5)]
    assert [len(part.steps) for part in parts(large, {"errors/a.json": 9})] == [2, 2, 1]
    assert [len(part.steps) for part in parts([step(1, "x" * BYTES_A_PART * 2)], {"errors/a.json": 9})] == [1]


def test_a_part_reads_as_it_was_written():
    [part] = parts([step(1), step(2, None, lost=True)], {"errors/a.json": 2})
    assert Part.from_json(json.loads(json.dumps(part.to_json()))) == part
    assert part.key == f"replays/{plan_id(part.steps)}/0000.json"


def test_a_plan_is_known_by_its_key():
    assert plan_in(plan_key("abc")) == "abc"
    for key in ("errors/abc.json", "replays/abc", "replays/a/b.json", "replays/.json"):
        with pytest.raises(Rejected):
            plan_in(key)


def test_an_object_is_emptied_when_all_its_records_are_settled():
    steps = [step(1), step(2), step(3, origin="errors/b.json")]
    [part] = parts(steps, {"errors/a.json": 2, "errors/b.json": 5})
    assert part.emptied(steps) == (["errors/a.json"], {"errors/b.json": {"d3"}})
    assert part.emptied(steps[:1]) == ([], {"errors/a.json": {"d1"}})
    assert part.emptied([]) == ([], {})


def test_a_part_that_was_left_half_way_is_done_again_with_all_that_was_its_own():
    [part] = parts([step(1), step(2), step(3), step(4, None)], {"errors/a.json": 4})
    assert [one.id for _, one in undone(part, {})] == ["c1", "c2", "c3"]
    assert [one.id for _, one in undone(part, {"c1": part.plan})] == ["c1", "c2", "c3"]
    assert [one.id for _, one in undone(part, {"c1": "another"})] == ["c2", "c3"]
    assert undone(part, {"c1": part.plan, "c2": part.plan, "c3": "another"}) == []


def test_each_step_of_a_part_meets_one_outcome():
    given_up = {"lost": True, "source": "shard-0", "number": "77"}
    steps = [step(1), step(2), step(3, **given_up), step(4, None), step(5), step(6, **given_up)]
    [part] = parts(steps, {"errors/a.json": 6})
    known = {"c5": "another"}
    todo = undone(part, known)
    no = Parked("wrong_type", "m", "wrong_type:x", ("{}",), "2025-11-20T12:00:00.000000Z", part.source, ("1",))
    no_more = Parked("wrong_type", "m", "wrong_type:x", ("{}",), "2025-11-20T12:00:00.000000Z", part.source, ("2",))
    batch = Batch(part.source, [File("demand", "2025-11-20", "data/x.avro", b"", ("0",))], [no, no_more], 1)
    found = settlement(part, todo, batch, known)
    assert found.counts == Counter(
        {"archived": 1, "still rejected": 1, "parked": 1, "dropped": 1, "already archived": 1, "skipped": 1}
    )
    assert found.ledgered == {"c1": "data/x.avro", "c4": None}
    assert sorted(one.id for one in found.settled) == ["c1", "c3", "c4", "c5", "c6"]
    assert [(one.source, one.numbers) for one in found.parked] == [("shard-0", ("77",))]
