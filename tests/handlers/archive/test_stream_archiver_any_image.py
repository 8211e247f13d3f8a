"""Whatever an item holds: its change is archived or parked, and of a removal no personal value is found anywhere."""

import base64
import json
from pathlib import Path
from uuid import uuid4

import pytest
from archive_world import NOON_MICROS, Fault, archive_world, change, demand, event, internal, notification, sale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.archive.kinds import PERSONAL
from handlers.archive import stream_archiver

CAPTURED = Path(__file__).parents[4] / "shared/data/streams"
MADE = {"demand": demand, "notification": notification, "event": event, "sale": sale}
NAMES = ["type", "id", "fanId", "date", "eventDate", "name", "venues", "images", "notes", "SK", "M", "S", *PERSONAL]

words = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.one_of(
    st.integers().map(str), st.floats().map(str), st.sampled_from(["1.9", "7.0", "1E400", "-0", "", "٣"])
)
binary = st.binary(max_size=6).map(lambda data: base64.b64encode(data).decode())
leaves = st.one_of(
    words.map(lambda it: {"S": it}),
    numbers.map(lambda it: {"N": it}),
    binary.map(lambda it: {"B": it}),
    st.booleans().map(lambda it: {"BOOL": it}),
    st.just({"NULL": True}),
    st.lists(words, max_size=3).map(lambda it: {"SS": it}),
    st.lists(numbers, max_size=3).map(lambda it: {"NS": it}),
    st.lists(binary, max_size=3).map(lambda it: {"BS": it}),
    st.sampled_from([{}, {"X": 1}, {"S": 1}, {"S": "a", "N": "1"}, "untyped", None, 1, [], {"L": {}}, {"M": []}]),
)
attributes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda it: {"L": it}),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), words), inner, max_size=3).map(lambda it: {"M": it}),
    ),
    max_leaves=8,
)


@st.composite
def images(draw):
    """An item of a kind, or anything, with any attributes over it."""
    known = draw(st.sampled_from(["", *MADE]))
    base = MADE[known](str(draw(st.integers(0, 9)))) if known else {}
    for name in draw(st.lists(st.sampled_from(sorted(base) or ["type"]), max_size=1)):
        base.pop(name, None)
    return {**base, **draw(st.dictionaries(st.one_of(st.sampled_from(NAMES), words), attributes, max_size=3))}


@st.composite
def changes(draw):
    made = change(
        str(uuid4()),
        draw(images()),
        name=draw(st.sampled_from(["INSERT", "MODIFY", "REMOVE", "BACKFILL"])),
        old=draw(st.one_of(st.none(), images())),
        at=draw(st.sampled_from([*[NOON_MICROS] * 6, NOON_MICROS // 1000, NOON_MICROS // 10**6, None])),
    )
    if draw(st.integers(0, 5)) == 0:
        made["dynamodb"].pop(draw(st.sampled_from(["Keys", "NewImage", "OldImage"])), None)
    return made


def is_ours(made):
    """Bookkeeping, which is archived nowhere."""
    dynamodb = made["dynamodb"]
    found = [dynamodb[side] for side in ("Keys", "NewImage", "OldImage") if isinstance(dynamodb.get(side), dict)]
    sort_keys = [it.get("SK") for it in found]
    return any(isinstance(it, dict) and str(it.get("S", "")).startswith("meta:") for it in sort_keys)


quickly = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@pytest.fixture(scope="module")
def shared():
    """One world for all examples, renewed for each."""
    with archive_world() as world:
        yield world


@quickly
@given(made=st.lists(changes(), min_size=1, max_size=8))
def test_every_change_ends_in_the_archive_or_in_errors(shared, made):
    shared.renew()
    shared.put(*made)
    counts = shared.archive()
    assert (counts["Failed"], counts["FailedFrom"], counts["acknowledged"]) == (0, 0, len(made))
    wanted = {it["eventID"] for it in made if not is_ours(it)}
    archived, parked = shared.archived(), shared.parked()
    assert {*archived, *parked} == wanted
    assert not set(archived) & set(parked)
    assert set((archived + parked).values()) <= {1}


SECRET = "+1202555SECRET"
HOLDERS = [
    lambda it: {"S": it}, lambda it: {"N": it}, lambda it: {"B": it}, lambda it: {"SS": ["a", it]}, lambda it: {"NS": [it]},
    lambda it: {"BS": [it]}, lambda it: {"NULL": it}, lambda it: {"BOOL": it}, lambda it: {"L": [{"S": "a"}, {"S": it}]},
    lambda it: {"M": {"home": {"M": {"work": {"S": it}}}}}, lambda it: it, lambda it: [it], lambda it: {it: it},
]  # fmt: skip


@st.composite
def removals(draw):
    """A removal with a secret planted anywhere under a personal name, in either image or in its keys; whole, or cut off."""
    made = change(str(uuid4()), draw(images()), name="REMOVE", at=draw(st.sampled_from([NOON_MICROS, None])))
    sides = [made["dynamodb"].setdefault(side, {}) for side in ("OldImage", "NewImage", "Keys")]
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(sides))
        for name in draw(st.lists(st.sampled_from(["date", "venues", "notes"]), max_size=3)):
            holder = {"M": {}} if draw(st.booleans()) else {"L": [{"M": {}}]}
            place[name] = holder
            place = holder["M"] if "M" in holder else holder["L"][0]["M"]
        place[draw(st.sampled_from(PERSONAL))] = draw(st.sampled_from(HOLDERS))(SECRET)
    data = json.dumps(made).encode()
    return data[: draw(st.sampled_from([len(data), len(data), len(data) - 1, len(data) // 2]))]


@quickly
@given(made=st.lists(removals(), min_size=1, max_size=6), uploads_fail=st.booleans())
def test_no_personal_value_of_a_removal_is_found_in_any_byte(shared, made, uploads_fail):
    shared.renew()
    if uploads_fail:
        shared.faults.append(Fault("data/", internal))
    shared.put(*made)
    assert shared.archive()["acknowledged"] == len(made)
    parked = sum(len(document["sequenceNumbers"]) for document in shared.errors())
    assert shared.archived().total() + parked + shared.metrics()["SkippedRows"] == len(made)
    everything = shared.everything()
    assert SECRET.encode() not in everything
    assert base64.b64encode(SECRET.encode()) not in everything


def captured(name):
    path = CAPTURED / name
    if not path.exists():
        pytest.skip(f"the captured event {name} is not beside the checkout")
    return json.loads(path.read_text())


@pytest.mark.realdata
def test_a_captured_batch_of_another_table_is_parked_with_its_originals(shared):
    batch = captured("08_lambda_kinesis_wrapped_dynamodb_change.json")
    originals = [base64.b64decode(record["kinesis"]["data"]).decode() for record in batch["Records"]]
    shared.renew()
    assert stream_archiver.handler(batch, None) == {"batchItemFailures": []}
    assert sorted(it for document in shared.errors() for it in document["events"]) == sorted(originals)
    assert {document["error"]["fingerprint"] for document in shared.errors()} == {"missing_type"}
    assert {document["timestamp"] for document in shared.errors()} == {"2024-11-18T10:09:15.370000Z"}


@pytest.mark.realdata
def test_captured_images_of_every_attribute_type_go_through_beside_what_is_ours(shared):
    """As extra attributes of an item of ours they are passed over; as an item of their own they have no type."""
    found = [record["dynamodb"] for record in captured("09_lambda_dynamodb_stream_all_attribute_types.json")["Records"]]
    strange = [it.get("NewImage") or it["OldImage"] for it in found]
    at = found[0]["ApproximateCreationDateTime"]
    shared.renew()
    mixed = [change(f"mixed-{n}", {**image, **demand("0001")}, at=at) for n, image in enumerate(strange)]
    alone = [change(f"alone-{n}", image, at=at, name="MODIFY") for n, image in enumerate(strange)]
    shared.put(*mixed, *alone)
    shared.archive()
    assert sorted(shared.archived()) == [f"mixed-{n}" for n in range(len(strange))]
    assert sorted(shared.parked()) == [f"alone-{n}" for n in range(len(strange))]
    assert {row["change"]["at"][:10] for row in shared.rows()} == {"2016-12-02"}
