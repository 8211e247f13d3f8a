"""The records a function sees have AWS's shape, whatever the emulator gave; held against captured AWS events."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stream_rig import Function, failing

from sandbox.streams import Expiries, Mapping, invoke_handlers
from sandbox.streams.carry import carry_changes
from sandbox.streams.change_shape import carried_change, change_in, table_change
from sandbox.streams.dispatcher import Dispatcher
from sandbox.streams.images import change_size
from sandbox.streams.kinesis_shape import kinesis_event

CAPTURED = Path(__file__).parents[4] / "shared/data/streams"
TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
NOON_SECONDS = 1795176000
BINARY = {"B": b"\x00\x01*A"}


def types(value):
    """The structure of a document: its keys and the types of its values."""
    if isinstance(value, dict):
        return {key: types(item) for key, item in value.items()}
    return [types(item) for item in value] if isinstance(value, list) else type(value)


def captured(name):
    path = CAPTURED / name
    if not path.exists():
        pytest.skip(f"the captured event {name} is not beside the checkout")
    return json.loads(path.read_text())


def test_a_kinesis_record_has_every_field_of_lambdas(kinesis):
    arn, function = kinesis.kinesis(), Function()
    kinesis.put(arn, {"n": 1}, key="fan")
    kinesis.dispatcher(arn, function).drain()
    [record] = function.calls[0]["Records"]
    sequence = record["kinesis"]["sequenceNumber"]
    region, account = arn.split(":")[3:5]
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "fan",
            "sequenceNumber": sequence,
            "data": base64.b64encode(b'{"n": 1}').decode(),
            "approximateArrivalTimestamp": float(NOON_SECONDS),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": f"arn:aws:iam::{account}:role/stream-dispatcher",
        "awsRegion": region,
        "eventSourceARN": arn,
    }


@pytest.mark.realdata
def test_a_kinesis_record_has_the_structure_of_a_captured_one():
    real = captured("08_lambda_kinesis_wrapped_dynamodb_change.json")["Records"][0]
    ours = kinesis_event(
        arn=real["eventSourceARN"],
        shard_id="shardId-000000000000",
        number=real["kinesis"]["sequenceNumber"],
        partition_key=real["kinesis"]["partitionKey"],
        data=base64.b64decode(real["kinesis"]["data"]),
        arrived=_instant(real["kinesis"]["approximateArrivalTimestamp"]),
    )
    assert ours == real | {"invokeIdentityArn": ours["invokeIdentityArn"]}


def test_a_change_has_every_field_of_lambdas_and_binaries_as_text(tables):
    arn, function = tables.table(), Function()
    client, name = tables.client("dynamodb"), arn.split("/")[1]
    old = {"pk": {"S": "é"}, "n": {"N": "-12.50"}, "b": BINARY, "bs": {"BS": [b"a"]}, "yes": {"BOOL": True}}
    new = {"pk": {"S": "é"}, "l": {"L": [BINARY, {"M": {"x": BINARY}}]}, "none": {"NULL": True}}
    client.put_item(TableName=name, Item=old)
    client.put_item(TableName=name, Item=new)
    client.delete_item(TableName=name, Key={"pk": {"S": "é"}})
    tables.dispatcher(arn, function).drain()
    inserted, modified, removed = function.calls[0]["Records"]
    text_old = old | {"n": inserted["dynamodb"]["NewImage"]["n"], "b": {"B": "AAEqQQ=="}, "bs": {"BS": ["YQ=="]}}
    text_new = new | {"l": {"L": [{"B": "AAEqQQ=="}, {"M": {"x": {"B": "AAEqQQ=="}}}]}}
    assert modified == {
        "eventID": modified["eventID"],
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": NOON_SECONDS,
            "Keys": {"pk": {"S": "é"}},
            "NewImage": text_new,
            "OldImage": text_old,
            "SequenceNumber": modified["dynamodb"]["SequenceNumber"],
            "SizeBytes": modified["dynamodb"]["SizeBytes"],
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": arn,
    }
    assert len(modified["eventID"]) == 32
    assert (inserted["eventName"], "OldImage" in inserted["dynamodb"]) == ("INSERT", False)
    assert (removed["eventName"], "NewImage" in removed["dynamodb"]) == ("REMOVE", False)
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in (inserted, modified, removed)]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("view", "images"),
    [("KEYS_ONLY", set()), ("NEW_IMAGE", {"NewImage"}), ("OLD_IMAGE", {"OldImage"})],
)
def test_a_change_carries_the_images_of_its_view(tables, view, images):
    arn, function = tables.table(view), Function()
    tables.put(arn, 1, 2, key="a")
    tables.dispatcher(arn, function).drain()
    dynamodb = function.calls[0]["Records"][1]["dynamodb"]
    assert dynamodb["StreamViewType"] == view
    assert {part for part in dynamodb if part.endswith("Image")} == images


@pytest.mark.realdata
def test_every_attribute_type_of_a_captured_change_passes_unchanged():
    for real in captured("09_lambda_dynamodb_stream_all_attribute_types.json")["Records"]:
        ours = table_change(
            real,
            arn=real["eventSourceARN"],
            arrived=_instant(real["dynamodb"]["ApproximateCreationDateTime"]),
            expired=lambda table, keys, old: False,
        )
        size = {"SizeBytes": ours["dynamodb"]["SizeBytes"]}
        assert ours == real | {"dynamodb": real["dynamodb"] | size}


@pytest.mark.realdata
def test_the_size_of_a_change_is_what_dynamodb_counted():
    wrapped = captured("08_lambda_kinesis_wrapped_dynamodb_change.json")["Records"]
    changes = [change_in(base64.b64decode(record["kinesis"]["data"]))["dynamodb"] for record in wrapped]
    changes.append(captured("09_lambda_dynamodb_stream_all_attribute_types.json")["Records"][0]["dynamodb"])
    for change in changes:
        assert change_size([change["Keys"], change["NewImage"]]) == change["SizeBytes"]


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"N": "0"}, 1),
        ({"N": "123"}, 3),
        ({"N": "-12.5"}, 4),
        ({"N": "1200"}, 2),
        ({"B": "AAEqQQ=="}, 4),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": []}, 3),
        ({"M": {"ab": {"S": "c"}}}, 7),
    ],
)
def test_an_attribute_is_as_large_as_its_name_and_value(value, size):
    assert change_size([{"pk": value}]) == 2 + size


def test_a_put_that_changes_nothing_leaves_no_record(tables):
    """moto emits a MODIFY for it, AWS and ministack do not."""
    arn, function = tables.table(), Function()
    tables.put(arn, 1, 1, 2, key="a")
    tables.dispatcher(arn, function).drain()
    assert [record["eventName"] for record in function.calls[0]["Records"]] == ["INSERT", "MODIFY"]


def test_a_dropped_record_is_checkpointed_past(tables):
    arn = tables.table()
    tables.put(arn, 1, 1, key="a")
    first = tables.dispatcher(arn, Function())
    first.drain()
    assert [kept.after is None for kept in first.checkpoints.kept.values()] == [False]
    again = Function()
    tables.dispatcher(arn, again, first.checkpoints).drain()
    assert again.calls == []


@pytest.mark.parametrize("view", ["NEW_AND_OLD_IMAGES", "KEYS_ONLY"])
def test_an_expired_item_is_told_from_a_deleted_one(tables, view):
    arn, function, expiries = tables.table(view), Function(), Expiries()
    client, name = tables.client("dynamodb"), arn.split("/")[1]
    items = [{"pk": {"S": key}, "n": {"N": "1"}, "ttl": {"N": "5"}} for key in ("expired", "deleted")]
    for item in items:
        client.put_item(TableName=name, Item=item)
    expiries.note(name, items[0])
    for item in items:
        client.delete_item(TableName=name, Key={"pk": item["pk"]})
    tables.dispatcher(arn, function, expiries=expiries).drain()
    removed = [record for record in function.calls[0]["Records"] if record["eventName"] == "REMOVE"]
    assert [record.get("userIdentity") for record in removed] == [TTL, None]


def carrying(cloud, precision="MICROSECOND"):
    """A table, the Kinesis stream its changes travel through, and a dispatcher of that stream (and of what feeds it)."""
    table, stream, function = cloud.table(), cloud.kinesis(), Function()
    read = Mapping.from_template(
        {"EventSourceArn": stream, "FunctionName": "archive", "StartingPosition": "TRIM_HORIZON"}
    )
    feed = Mapping.from_template({"EventSourceArn": table, "FunctionName": "carry", "StartingPosition": "TRIM_HORIZON"})
    handlers = {"archive": function, "carry": carry_changes(cloud.client("kinesis"), stream, precision)}
    if cloud.name == "ministack":
        cloud.client("dynamodb").enable_kinesis_streaming_destination(
            TableName=table.split("/")[1],
            StreamArn=stream,
            EnableKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": precision},
        )
    mappings = [read] if cloud.name == "ministack" else [feed, read]
    expiries = Expiries()
    dispatcher = Dispatcher(mappings, invoke_handlers(handlers), cloud.client, cloud.clock, expiries=expiries)
    return table, function, dispatcher, expiries


def carried(function):
    return [
        (record, json.loads(base64.b64decode(record["kinesis"]["data"])))
        for event in function.calls
        for record in event["Records"]
    ]


@pytest.mark.parametrize(("precision", "unit"), [("MILLISECOND", 1_000), ("MICROSECOND", 1_000_000)])
def test_a_change_through_kinesis_has_the_shape_of_dynamodbs(tables, precision, unit):
    table, function, dispatcher, _ = carrying(tables, precision)
    tables.put(table, 1, key="a")
    dispatcher.drain()
    [(_, change)] = carried(function)
    finer = {"ApproximateCreationDateTimePrecision": precision} if precision == "MICROSECOND" else {}
    assert change == {
        "awsRegion": "eu-west-1",
        "eventID": change["eventID"],
        "eventName": "INSERT",
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": table.split("/")[1],
        "dynamodb": {
            "ApproximateCreationDateTime": NOON_SECONDS * unit,
            "Keys": {"pk": {"S": "a"}},
            "NewImage": {"pk": {"S": "a"}, "n": {"N": "1"}},
            "SizeBytes": 9,
            **finer,
        },
        "eventSource": "aws:dynamodb",
    }


def test_a_creation_time_is_exact_to_its_unit():
    raw = {
        "eventID": "e",
        "eventName": "INSERT",
        "dynamodb": {"Keys": {"pk": {"S": "a"}}, "NewImage": {"pk": {"S": "a"}}},
    }
    for micros in range(0, 1_000_000, 1_237):
        created = datetime(2026, 11, 20, 12, microsecond=micros, tzinfo=UTC)
        for precision, expected in (
            ("MILLISECOND", NOON_SECONDS * 1_000 + micros // 1_000),
            ("MICROSECOND", NOON_SECONDS * 1_000_000 + micros),
        ):
            data = carried_change(
                raw, table="t", region="r", created=created, precision=precision, expired=lambda *_: False
            )
            assert json.loads(data)["dynamodb"]["ApproximateCreationDateTime"] == expected


@pytest.mark.realdata
def test_a_change_through_kinesis_has_the_structure_of_a_captured_one(tables):
    table, function, dispatcher, _ = carrying(tables, "MILLISECOND")
    tables.put(table, 1, key="a")
    dispatcher.drain()
    [(record, change)] = carried(function)
    real = captured("08_lambda_kinesis_wrapped_dynamodb_change.json")["Records"][0]
    real_change = json.loads(base64.b64decode(real["kinesis"]["data"]))
    images = ("Keys", "NewImage")
    assert types(record) == types(real)
    assert list(change) == list(real_change)
    assert types({**change["dynamodb"], **dict.fromkeys(images)}) == types(
        {**real_change["dynamodb"], **dict.fromkeys(images)}
    )
    assert len(record["kinesis"]["partitionKey"]) == len(real["kinesis"]["partitionKey"])


def test_changes_of_one_item_share_a_partition_key(tables):
    table, function, dispatcher, _ = carrying(tables)
    tables.put(table, 1, 2, key="a")
    tables.put(table, 3, key="b")
    dispatcher.drain()
    first, second, other = [record["kinesis"]["partitionKey"] for record, _ in carried(function)]
    assert first == second != other


def test_a_put_that_changes_nothing_does_not_travel_through_kinesis(tables):
    table, function, dispatcher, _ = carrying(tables)
    tables.put(table, 1, 1, key="a")
    dispatcher.drain()
    assert [change["eventName"] for _, change in carried(function)] == ["INSERT"]


def test_an_expiry_travels_through_kinesis_as_one(tables):
    table, function, dispatcher, expiries = carrying(tables)
    tables.put(table, 1, key="a")
    expiries.note(table.split("/")[1], {"pk": {"S": "a"}, "n": {"N": "1"}})
    tables.client("dynamodb").delete_item(TableName=table.split("/")[1], Key={"pk": {"S": "a"}})
    dispatcher.drain()
    assert [change["userIdentity"] for _, change in carried(function)] == [None, TTL]


def test_arrival_is_virtual_time_by_default_and_the_emulators_on_demand(cloud):
    arn, virtual, real = cloud.stream(), Function(), Function()
    cloud.put(arn, 1)
    cloud.dispatcher(arn, virtual).drain()
    cloud.dispatcher(arn, real, restamp=False).drain()
    assert _arrival(virtual) == NOON_SECONDS
    assert abs(_arrival(real) - NOON_SECONDS) > 1


def test_a_record_keeps_its_virtual_arrival_through_a_restart(cloud):
    arn, function = cloud.stream(), Function()
    cloud.put(arn, 0, 1)
    first = cloud.dispatcher(arn, Function(failing(1)), BatchSize=1)
    first.drain()
    cloud.clock.advance(timedelta(hours=1).total_seconds())
    cloud.put(arn, 2)
    cloud.dispatcher(arn, function, first.checkpoints).drain()
    assert [_seconds(record) for record in function.calls[0]["Records"]] == [NOON_SECONDS, NOON_SECONDS + 3600]


def _arrival(function):
    return _seconds(function.calls[0]["Records"][0])


def _seconds(record):
    if "kinesis" in record:
        return record["kinesis"]["approximateArrivalTimestamp"]
    return record["dynamodb"]["ApproximateCreationDateTime"]


def _instant(seconds):
    return datetime.fromtimestamp(seconds, UTC)
