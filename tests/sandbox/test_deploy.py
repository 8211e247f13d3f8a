"""Synthesised stacks on the embedded AWS."""

import json
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.assembly import Assembly
from sandbox.deploy import Deployed, DeployError, deploy
from sandbox.dispatching import dispatching
from sandbox.host import deployed_names
from sandbox.ministack import Ministack
from sandbox.repairs import RepairError, repair
from sandbox.streams import Dispatcher, Mapping, invoke_deployed
from sandbox.template import localise, resolve
from sandbox.timeline import VirtualClock
from sandbox.ttl import sweep
from tests.sandbox.example_assembly import BASE, JOBS, WORK, write_assembly

STAND_IN = {"AWS_ENDPOINT_URL_ATHENA": "http://127.0.0.1:1"}


@pytest.fixture(scope="module")
def aws() -> Iterator[Ministack]:
    with Ministack() as running:
        yield running


@pytest.fixture(scope="module")
def stacks(aws: Ministack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Deployed]:
    folder = write_assembly(tmp_path_factory.mktemp("assembly") / "cdk.out")
    return {stack.name: stack for stack in deploy(folder, aws, STAND_IN)}


def test_stacks_come_in_the_order_of_their_imports(stacks: dict[str, Deployed]) -> None:
    assert list(stacks) == ["ExampleBase", "ExampleWork"]


def test_a_deployed_function_runs_its_asset_with_its_settings_and_reaches_the_stand_ins(
    aws: Ministack, stacks: dict[str, Deployed]
) -> None:
    function = stacks["ExampleWork"].find("AWS::Lambda::Function", "Copy")
    answer = aws.client("lambda").invoke(FunctionName=function, Payload=b'{"key": "a"}')["Payload"].read()
    written = aws.client("s3").get_object(Bucket=stacks["ExampleBase"].outputs["BucketName"], Key="a")["Body"].read()
    assert json.loads(answer)["athena"] == "http://127.0.0.1:1"
    assert json.loads(written) == {"key": "a"}


@pytest.mark.parametrize(
    ("raising", "message", "kind"),
    [("Rejected", "no such program: a: b", "Rejected"), ("KeyError", "x", "KeyError"), ("Rejected", "", "Rejected")],
)
def test_an_error_carries_its_class_so_that_a_machine_can_tell_them_apart(
    aws: Ministack, stacks: dict[str, Deployed], raising: str, message: str, kind: str
) -> None:
    function = stacks["ExampleWork"].find("AWS::Lambda::Function", "Copy")
    payload = json.dumps({"key": "a", "raise": raising, "message": message}).encode()
    answer = aws.client("lambda").invoke(FunctionName=function, Payload=payload)
    assert answer["FunctionError"]
    assert json.loads(answer["Payload"].read())["errorType"] == kind


def test_memory_and_timeout_are_those_of_the_template_and_layers_are_left_out(
    aws: Ministack, stacks: dict[str, Deployed]
) -> None:
    function = stacks["ExampleWork"].find("AWS::Lambda::Function", "Copy")
    found = aws.client("lambda").get_function_configuration(FunctionName=function)
    assert (found["MemorySize"], found["Timeout"], found.get("Layers", [])) == (512, 42, [])
    assert stacks["ExampleWork"].outputs == {}  # the output that named the layer went with it


def test_stream_mappings_are_kept_for_the_dispatcher_and_queue_mappings_are_deployed(
    aws: Ministack, stacks: dict[str, Deployed]
) -> None:
    [mapping] = stacks["ExampleWork"].stream_mappings
    base = stacks["ExampleBase"].outputs
    assert mapping == {
        "FunctionName": stacks["ExampleWork"].find("AWS::Lambda::Function", "Copy"),
        "EventSourceArn": base["TableStream"],
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 100,
        "DestinationConfig": {"OnFailure": {"Destination": base["JobsArn"]}},
    }
    [deployed] = aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert deployed["EventSourceArn"] == base["JobsArn"]


def test_the_dispatcher_drives_what_was_kept_and_knows_what_expired(
    aws: Ministack, stacks: dict[str, Deployed]
) -> None:
    dynamodb, base = aws.client("dynamodb"), stacks["ExampleBase"]
    mappings = [Mapping.from_template(properties) for properties in stacks["ExampleWork"].stream_mappings]
    clock = VirtualClock(datetime(2026, 11, 20, tzinfo=UTC))
    dispatcher = Dispatcher(mappings, invoke_deployed(aws.client("lambda")), aws.client, clock)
    [table] = base.expiring()
    dynamodb.put_item(TableName=table, Item={"PK": {"S": "a"}, "SK": {"S": "b"}, "expiresAt": {"N": "1763600000"}})
    sweep(dynamodb, base.expiring(), clock.now(), dispatcher.expiries.note)
    dispatcher.drain()
    written = aws.client("s3").get_object(Bucket=base.outputs["BucketName"], Key="changes")["Body"].read()
    put, expired = json.loads(written)["Records"]
    assert (put["eventName"], expired["eventName"]) == ("INSERT", "REMOVE")
    assert expired["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_a_sandbox_serves_the_stream_mappings_it_deployed_until_it_stops(
    aws: Ministack, stacks: dict[str, Deployed]
) -> None:
    base = stacks["ExampleBase"]
    bucket = base.outputs["BucketName"]
    [table] = base.expiring()
    with dispatching(list(stacks.values()), aws) as streams:
        aws.client("dynamodb").put_item(TableName=table, Item={"PK": {"S": "served"}, "SK": {"S": "x"}})
        _until(lambda: b"served" in _changes(aws, bucket))
    [mapping] = streams.mappings
    acknowledged = streams.counts(mapping.function)["acknowledged"]
    aws.client("dynamodb").put_item(TableName=table, Item={"PK": {"S": "too late"}, "SK": {"S": "x"}})
    assert streams.counts(mapping.function)["acknowledged"] == acknowledged
    assert b"too late" not in _changes(aws, bucket)


def _changes(aws: Ministack, bucket: str) -> bytes:
    """What the function has written so far; nothing before its first change."""
    s3 = aws.client("s3")
    try:
        written: bytes = s3.get_object(Bucket=bucket, Key="changes")["Body"].read()
    except s3.exceptions.NoSuchKey:
        return b""
    return written


def _until(true: Callable[[], bool]) -> None:
    for _ in range(400):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("still not so after 20 seconds")


def test_what_the_emulator_drops_from_a_table_is_applied(aws: Ministack, stacks: dict[str, Deployed]) -> None:
    table = stacks["ExampleBase"].find("AWS::DynamoDB::Table", "Items")
    dynamodb = aws.client("dynamodb")
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    [stream] = dynamodb.describe_kinesis_streaming_destination(TableName=table)["KinesisDataStreamDestinations"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert stream["StreamArn"].endswith(stacks["ExampleBase"].find("AWS::Kinesis::Stream", "Changes"))
    assert stream["ApproximateCreationDateTimePrecision"] == "MICROSECOND"


def test_time_to_live_stays_off_in_the_emulator_but_is_known(aws: Ministack, stacks: dict[str, Deployed]) -> None:
    table = stacks["ExampleBase"].find("AWS::DynamoDB::Table", "Items")
    found = aws.client("dynamodb").describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert found["TimeToLiveStatus"] == "DISABLED"
    assert stacks["ExampleBase"].expiring() == {table: "expiresAt"}


def test_what_the_emulator_drops_from_a_schedule_is_applied(aws: Ministack, stacks: dict[str, Deployed]) -> None:
    name = stacks["ExampleWork"].find("AWS::Scheduler::Schedule", "Nightly")
    found = aws.client("scheduler").get_schedule(Name=name)
    assert found["ScheduleExpressionTimezone"] == "America/New_York"
    assert found["EndDate"].isoformat().startswith("2027-01-01T00:00:00")
    assert json.loads(found["Target"]["Input"])["key"] == "night"


def test_what_the_emulator_drops_from_a_stream_and_a_function_is_applied(
    aws: Ministack, stacks: dict[str, Deployed]
) -> None:
    stream = stacks["ExampleBase"].find("AWS::Kinesis::Stream", "Changes")
    function = stacks["ExampleWork"].find("AWS::Lambda::Function", "Copy")
    found = aws.client("kinesis").describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    assert found["EncryptionType"] == "KMS"
    assert aws.client("lambda").get_function_concurrency(FunctionName=function)["ReservedConcurrentExecutions"] == 3


def test_what_no_function_is_told_of_is_known_by_the_stacks_outputs(
    aws: Ministack, stacks: dict[str, Deployed]
) -> None:
    names = deployed_names(list(stacks.values()), aws)
    assert names == {"table_stream": stacks["ExampleBase"].outputs["TableStream"]}


def test_a_repair_that_does_not_hold_names_what_differs(aws: Ministack, stacks: dict[str, Deployed]) -> None:
    table = stacks["ExampleBase"].find("AWS::DynamoDB::Table", "Items")
    on = {"AttributeName": "expiresAt", "Enabled": True}
    off = {**on, "Enabled": False}
    aws.client("dynamodb").update_time_to_live(TableName=table, TimeToLiveSpecification=on)
    with pytest.raises(RepairError, match=r"ExampleBase/Items: time to live .* is 'ENABLED'"):
        repair(stacks["ExampleBase"], aws)
    aws.client("dynamodb").update_time_to_live(TableName=table, TimeToLiveSpecification=off)


def test_a_stack_that_fails_tells_cloudformations_own_reason(aws: Ministack, tmp_path: Path) -> None:
    broken = {"Resources": {"Lines": {"Type": "AWS::Logs::LogStream", "Properties": {}}}}
    with pytest.raises(
        DeployError, match=r"ExampleBroken is ROLLBACK_COMPLETE: Lines \(AWS::Logs::LogStream\): .*LogGroup"
    ):
        deploy(write_assembly(tmp_path / "cdk.out", Broken=broken), aws, {})


def test_an_unknown_resource_type_is_named(aws: Ministack, tmp_path: Path) -> None:
    unknown = {"Resources": {"Thing": {"Type": "AWS::No::Thing"}}}
    with pytest.raises(DeployError, match=r"ExampleUnknown: .*AWS::No::Thing"):
        deploy(write_assembly(tmp_path / "cdk.out", Unknown=unknown), aws, {})


def test_a_function_without_its_code_is_refused(aws: Ministack, tmp_path: Path) -> None:
    function = {
        "Runtime": "python3.13",
        "Handler": "copying.handler",
        "Role": "arn:aws:iam::000000000000:role/x",
        "Code": {"S3Bucket": "cdk-x-assets-000000000000-eu-west-1", "S3Key": "forgotten.zip"},
    }
    hollow = {"Resources": {"Hollow": {"Type": "AWS::Lambda::Function", "Properties": function}}}
    with pytest.raises(RepairError, match="ExampleHollow/Hollow: bytes of code"):
        deploy(write_assembly(tmp_path / "cdk.out", Hollow=hollow), aws, {})


def test_an_asset_is_used_once_though_two_stacks_name_it(aws: Ministack, tmp_path: Path) -> None:
    [asset] = Assembly(write_assembly(tmp_path / "cdk.out")).assets("eu-west-1")
    assert (asset.bucket, asset.key, asset.zipped) == ("cdk-x-assets-000000000000-eu-west-1", "code.zip", True)


def test_localising_leaves_the_synthesised_template_alone() -> None:
    before = deepcopy(BASE)
    localise(BASE, STAND_IN)
    assert before == BASE


def test_bootstrap_rules_and_what_cannot_run_are_dropped() -> None:
    local = localise(WORK, STAND_IN).template
    assert "BootstrapVersion" not in localise(BASE, {}).template["Parameters"]
    assert "Rules" not in localise(BASE, {}).template
    assert set(local["Resources"]) == {"Role", "Copy", "FromQueue", "Nightly"}
    assert local["Resources"]["Copy"]["DependsOn"] == ["Role"]


def test_an_alarm_over_metric_maths_is_left_out_and_one_over_a_metric_is_not() -> None:
    alarms = {
        name: {"Type": "AWS::CloudWatch::Alarm", "Properties": {about: [], "Threshold": 1}}
        for name, about in {"Maths": "Metrics", "Plain": "Dimensions"}.items()
    }
    assert set(localise({"Resources": alarms}, {}).template["Resources"]) == {"Plain"}


def test_kept_back_expressions_come_back_as_their_deployed_values() -> None:
    local = localise(WORK, {})
    names = {json.dumps(output["Value"]): name for name, output in local.template["Outputs"].items()}
    deployed: dict[str, str] = {
        names['{"Ref": "Copy"}']: "copy",
        names['{"Fn::ImportValue": "Base:Stream"}']: "arn:stream",
        names[json.dumps(JOBS)]: "arn:jobs",
    }
    resolved: dict[str, Any] = resolve(local.mappings["FromStream"], deployed)
    assert (resolved["FunctionName"], resolved["EventSourceArn"], resolved["BatchSize"]) == ("copy", "arn:stream", 100)
