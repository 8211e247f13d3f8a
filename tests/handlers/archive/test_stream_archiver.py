"""What becomes of change records: rows of their kind and date, error objects, lines in the log and metrics."""

import json
from pathlib import Path

import pytest
from archive_world import (
    NOON_MICROS,
    REQUESTED,
    TTL,
    archive_world,
    carried,
    change,
    demand,
    event,
    notification,
    own,
    sale,
    text,
    texts,
)

from handlers.archive import stream_archiver

AT = "2026-11-20T12:00:00.000000Z"


@pytest.fixture
def world():
    with archive_world() as world:
        yield world


def test_a_change_becomes_a_row_of_its_kind_and_date_with_what_is_computed(world):
    world.put(change("ev-1", demand("0001", artistName=text("The Band"))))
    world.archive()
    [(key, [row])] = world.files().items()
    assert key.startswith("data/demand/partition_date=2026-11-20/2026-11-20-12-00-00-")
    assert key.endswith(".avro")
    assert {name: value for name, value in row.items() if value is not None} == {
        "type": "demand",
        "fanId": "0001",
        "eventId": "e1",
        "saleId": "s1",
        "artistName": "The Band",
        "phoneNumber": "+12025550001",
        "email": "0001@people.example",
        "contactMethod": "sms,email",
        "date": {"requested": REQUESTED, "triggered": None, "notified": None, "deleted": None},
        "systemUserId": "archtics-70.12345",
        "reference": {"id": "e1_s1_0001", "timestamp": REQUESTED},
        "system": {"systemId": "archtics", "databaseId": "70", "memberId": "12345"},
        "isDeleted": False,
        "change": {"eventId": "ev-1", "eventName": "INSERT", "at": AT, "expired": False},
    }


def test_the_four_kinds_and_their_dates_make_a_file_each(world):
    world.put(
        change("1", demand("0001")),
        change("2", demand("0002", requested="2026-11-19T23:59:59.999Z")),
        change("3", notification("0001")),
        change("4", event("e1", date=texts(firstSeen="2026-11-18T00:00:00Z"))),
        change("5", sale("s1")),
        change("6", demand("0003")),
    )
    world.archive()
    found = {
        tuple(key.split("/")[1:3]): [row["change"]["eventId"] for row in rows] for key, rows in world.files().items()
    }
    assert found == {
        ("demand", "partition_date=2026-11-20"): ["1", "6"],
        ("demand", "partition_date=2026-11-19"): ["2"],
        ("notification", "partition_date=2026-11-20"): ["3"],
        ("event", "partition_date=2026-11-18"): ["4"],
        ("sale", "partition_date=2026-12-01"): ["5"],
    }


@pytest.mark.parametrize("type", ["notification:asu", "test-notification"])
def test_another_name_of_a_kind_is_archived_as_that_kind_and_keeps_its_name(world, type):
    world.put(change("1", notification("0001", type=text(type))))
    world.archive()
    assert [row["type"] for row in world.rows("notification")] == [type]


def test_a_modification_is_archived_as_it_became_with_phone_and_email(world):
    world.put(change("1", demand("0001", email=text("new@people.example")), name="MODIFY", old=demand("0001")))
    world.archive()
    [row] = world.rows()
    assert (row["email"], row["phoneNumber"], row["isDeleted"]) == ("new@people.example", "+12025550001", False)


def test_a_removal_is_archived_redacted_in_the_partition_of_its_own_date(world):
    world.put(
        change("1", demand("0001", requested="2026-01-02T03:04:05Z"), name="REMOVE"),
        change("2", notification("0002", created="2026-02-03T04:05:06Z"), name="REMOVE"),
    )
    world.archive()
    files = {key.split("partition_date=")[1][:10]: row for key, [row] in world.files().items()}
    gone, unsent = files["2026-01-02"], files["2026-02-03"]
    assert [gone[name] for name in ("phoneNumber", "email", "isDeleted")] == ["[redacted]", "[redacted]", True]
    assert [unsent[name] for name in ("phoneNumber", "messageBody", "email")] == ["[redacted]", "[redacted]", None]
    assert gone["date"] == {"requested": "2026-01-02T03:04:05Z", "triggered": None, "notified": None, "deleted": AT}
    assert gone["reference"]["timestamp"] == unsent["reference"]["timestamp"] == AT
    assert b"people.example" not in world.everything()


@pytest.mark.parametrize(("name", "identity", "expired"), [
    ("REMOVE", TTL, True),
    ("REMOVE", None, False),
    ("REMOVE", {"type": "Service", "principalId": "another.amazonaws.com"}, False),
    ("INSERT", TTL, False),
])  # fmt: skip
def test_an_expired_item_is_told_from_one_that_somebody_deleted(world, name, identity, expired):
    world.put(change("1", demand("0001"), name=name, userIdentity=identity))
    world.archive()
    [row] = world.rows()
    assert row["change"]["expired"] is expired
    assert (row["email"] == "[redacted]") is row["isDeleted"] is (name == "REMOVE")


def test_our_own_rows_are_skipped_and_counted_wherever_the_key_tells(world):
    unkeyed = change("3", {**demand("0003"), "SK": text("meta:fan")}, name="REMOVE")
    unkeyed["dynamodb"]["Keys"] = {}
    world.put(
        change("1", {"PK": text("fan:0001"), "SK": text("meta:counter"), "n": {"N": "1"}}),
        change("2", {"PK": text("fan:0002"), "SK": text("meta:counter")}, name="REMOVE"),
        unkeyed,
        change("4", demand("0004")),
    )
    world.archive()
    assert world.archived() == {"4": 1}
    assert (world.errors(), world.metrics()["SkippedRows"]) == ([], 3)


def spoiled(**attributes):
    return change("bad", demand("0001", **attributes))


def without(name, **found):
    image = demand("0001", **found)
    del image[name]
    return change("bad", image)


def imageless(name):
    record = change("bad", demand("0001"), name=name)
    for side in ("NewImage", "OldImage"):
        record["dynamodb"].pop(side, None)
    return record


def told_at(at):
    return change("bad", demand("0001"), at=at)


POISON = {
    "no JSON": (b"not json", "malformed_json"),
    "nothing": (b"", "malformed_json"),
    "cut off": (json.dumps(change("bad", demand("0001"))).encode()[:300], "malformed_json"),
    "no text": (b'{"eventID": "\xff"}', "malformed_json"),
    "NaN in JSON": (b'{"eventID": NaN}', "malformed_json"),
    "a list": (b"[]", "malformed_change"),
    "null": (b"null", "malformed_change"),
    "another service's": (b'{"detail": {}}', "malformed_change"),
    "no such change": ({**change("bad", demand("0001")), "eventName": "UPSERT"}, "malformed_change"),
    "a list of names": ({**change("bad", demand("0001")), "eventName": ["INSERT"]}, "malformed_change"),
    "no id": ({**change("bad", demand("0001")), "eventID": None}, "malformed_change"),
    "no time": (told_at(None), "malformed_change"),
    "a text as time": (told_at("now"), "malformed_change"),
    "true as time": (told_at(True), "malformed_change"),
    "no unit of time": (told_at(10**18), "malformed_change"),
    "no new image": (imageless("INSERT"), "missing_image"),
    "no old image": (imageless("REMOVE"), "missing_image"),
    "an image that is none": (change("bad", [demand("0001")]) | {"eventID": "bad"}, "malformed_change"),
    "no type": (without("type"), "missing_type"),
    "type null": (spoiled(type={"NULL": True}), "missing_type"),
    "type a number": (spoiled(type={"N": "1"}), "wrong_type"),
    "unknown type": (spoiled(type=text("artist")), "unknown_type"),
    "no fan": (without("fanId"), "missing_field"),
    "no dates": (without("date"), "missing_field"),
    "fan a number": (spoiled(fanId={"N": "1"}), "wrong_type"),
    "fan a set": (spoiled(fanId={"SS": ["1"]}), "wrong_type"),
    "fan binary": (spoiled(fanId={"B": "AAEqQQ=="}), "wrong_type"),
    "untyped": (spoiled(fanId="0001"), "wrong_type"),
    "no date": (spoiled(date=texts(requested="tomorrow")), "bad_date"),
    "no day of the calendar": (spoiled(date=texts(requested="2026-02-30T10:00:00Z")), "bad_date"),
    "a false that is a text": (change("bad", event("e1", isSuppressed=text("false"))), "wrong_type"),
    "1.9 as an int": (change("bad", notification("0001", sendAttempts={"N": "1.9"})), "wrong_type"),
    "no number": (change("bad", notification("0001", sendAttempts={"N": "NaN"})), "wrong_type"),
    "too large an int": (change("bad", notification("0001", sendAttempts={"N": "2147483648"})), "wrong_type"),
    "400 KB": (spoiled(fanId={"N": "1"}, notes=text("x" * 400_000)), "wrong_type"),
}  # fmt: skip


MAY_BE_REMOVALS = {"cut off", "no such change", "a list of names", "no old image"}


def test_each_bad_record_becomes_one_error_object_with_its_original_and_the_rest_is_archived(world):
    numbers = {}
    for name, (poison, _) in POISON.items():
        world.put(change(f"beside {name}", demand("0001")))
        [numbers[name]] = world.put(poison)
    counts = world.archive()
    assert world.archived() == {f"beside {name}": 1 for name in POISON}
    assert (counts["Done"], counts["acknowledged"], counts["FailedFrom"]) == (1, 2 * len(POISON), 0)
    errors = {document["sequenceNumbers"][0]: document for document in world.errors()}
    assert {name: errors[number]["error"]["code"] for name, number in numbers.items()} == {
        name: code for name, (_, code) in POISON.items()
    }
    originals = {name: carried(poison).decode(errors="backslashreplace") for name, (poison, _) in POISON.items()}
    kept = {name for name, number in numbers.items() if errors[number]["events"] == [originals[name]]}
    assert set(POISON) - kept <= MAY_BE_REMOVALS
    assert not [name for name in set(POISON) - kept if "people.example" in str(errors[numbers[name]]["events"])]


def test_an_error_names_cause_record_and_shard_and_holds_no_value_in_its_message(world):
    image = demand("0001", fanId={"N": "31337"}, date=texts(requested="Friday 31337"))
    [number] = world.put(change("bad", image))
    world.archive()
    [(key, body)] = world.objects().items()
    document = json.loads(body)
    assert key.startswith("errors/2026-11-20-12-00-00-")
    assert document["timestamp"] == AT
    assert document["error"] == {
        "code": "wrong_type",
        "fingerprint": "wrong_type:demand:fanId",
        "message": "demand: fanId must be string, is number",
    }
    assert (document["sequenceNumbers"], document["source"]) == ([number], "shardId-000000000000")
    assert json.loads(document["events"][0]) == change("bad", image)


def test_data_that_is_no_base64_is_an_error_too(world):
    records = world.batch(change("1", demand("0001")), change("2", demand("0002")))
    good = records[1]["kinesis"]["data"]
    records[1]["kinesis"]["data"] = good[:-3]
    assert world.call(records) == {"batchItemFailures": []}
    [document] = world.errors()
    assert (document["error"]["code"], document["events"]) == ("malformed_base64", [good[:-3]])
    assert world.archived() == {"1": 1}


@pytest.mark.parametrize("cut", [1, 3, 301, 500])
def test_broken_base64_of_a_removal_is_not_kept(world, cut):
    [record] = world.batch(change("1", demand("0001"), name="REMOVE"))
    data = record["kinesis"]["data"]
    record["kinesis"]["data"] = data[:cut] + data[cut + 1 :]
    world.call([record])
    [document] = world.errors()
    assert document["error"]["code"] == "malformed_base64"
    assert document["events"] == ["[redacted]"]


def test_objects_say_what_they_are(world):
    world.put(change("1", demand("0001")), b"not json")
    world.archive()
    kinds = {key[:4]: own("s3").head_object(Bucket="archive", Key=key)["ContentType"] for key in world.objects()}
    assert kinds == {"data": "avro/binary", "erro": "application/json"}


def test_the_log_tells_files_removals_and_errors_by_name_and_the_metrics_count_them(world):
    world.put(
        change("1", demand("0001")),
        change("2", demand("0002"), name="REMOVE", userIdentity=TTL),
        change("3", demand("0003", fanId={"N": "4711"})),
        b"4711",
    )
    world.archive()
    told = [{k: v for k, v in line.items() if k not in ("timestamp", "location", "service")} for line in world.lines()]
    [key] = world.files()
    numbers = [document["sequenceNumbers"][0] for document in world.errors()]
    assert told[0] == {
        "level": "INFO",
        "message": "archived",
        "kind": "demand",
        "date": "2026-11-20",
        "records": 2,
        "s3_location": f"s3://archive/{key}",
    }
    assert told[1] == {
        "level": "INFO",
        "message": "redacted",
        "event_id": "2",
        "redacted": ["email", "phoneNumber"],
        "expired": True,
    }
    assert [(it["message"], it.get("event_id"), it["code"]) for it in told[2:]] == [
        ("parked", "3", "wrong_type"),
        ("parked", None, "malformed_change"),
    ]
    assert {it["sequence_number"] for it in told[2:]} == set(numbers)
    assert world.metrics() == {"ArchivedRecords": 2, "ArchiveFiles": 1, "ArchiveErrors": 2, "SkippedRows": 0}
    assert "0001" not in world.logged.getvalue()
    assert "4711" not in world.logged.getvalue()


@pytest.mark.parametrize(("at", "told"), [
    (NOON_MICROS, AT),
    (NOON_MICROS + 1, "2026-11-20T12:00:00.000001Z"),
    (NOON_MICROS // 1_000 + 7, "2026-11-20T12:00:00.007000Z"),
    (NOON_MICROS // 1_000_000, AT),
    (1.48064202e9, "2016-12-02T01:27:00.000000Z"),
])  # fmt: skip
def test_the_time_of_a_change_is_read_in_any_unit(world, at, told):
    world.put(change("1", demand("0001", requested="2016-01-01T00:00:00Z"), at=at))
    world.archive()
    assert [row["change"]["at"] for row in world.rows()] == [told]


def test_the_handler_does_all_of_that_on_an_event_of_lambdas(world):
    event = json.loads((Path(__file__).parents[3] / "events/archive/stream_archiver.json").read_text())
    assert stream_archiver.handler(event, None) == {"batchItemFailures": []}
    assert (sorted(world.archived()), len(world.errors())) == (["0b1e6c4e-ins", "5d2f9a70-rem"], 1)
