"""A deployed stack in; the properties its emulator would have dropped are applied by the services' own calls and read back."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.ministack import Ministack

if TYPE_CHECKING:
    from sandbox.deploy import Deployed

KEPT_OF_SCHEDULE = ("ScheduleExpression", "FlexibleTimeWindow", "Target", "State", "Description", "GroupName")


class RepairError(RuntimeError):
    """What runs is not what the template says, even after the repair."""


def repair(stack: "Deployed", aws: Ministack) -> None:
    """Apply and verify. Raises RepairError naming the resource, the property and both values."""
    for id, table in stack.resources("AWS::DynamoDB::Table"):
        _repair_table(f"{stack.name}/{id}", table, stack.dropped.get(id, {}), aws)
    for id, schedule in stack.resources("AWS::Scheduler::Schedule"):
        _repair_schedule(f"{stack.name}/{id}", schedule, stack.dropped.get(id, {}), aws)
    for id, stream in stack.resources("AWS::Kinesis::Stream"):
        _repair_stream(f"{stack.name}/{id}", stream, stack.dropped.get(id, {}), aws)
    for id, function in stack.resources("AWS::Lambda::Function"):
        _repair_function(f"{stack.name}/{id}", function, stack.dropped.get(id, {}), aws)


def _repair_table(where: str, table: str, wanted: Mapping[str, Any], aws: Ministack) -> None:
    dynamodb = aws.client("dynamodb")
    if wanted.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
        enabled = {"PointInTimeRecoveryEnabled": True}
        dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=enabled)
        backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        status = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        _same(f"{where}: point in time recovery", status, "ENABLED")
    if destination := wanted.get("KinesisStreamSpecification"):
        _repair_destination(where, table, destination, dynamodb)
    ttl = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"]
    _same(f"{where}: time to live (kept off, swept by the sandbox)", ttl, "DISABLED")


def _repair_destination(where: str, table: str, wanted: Mapping[str, Any], dynamodb: Any) -> None:
    precision = wanted.get("ApproximateCreationDateTimePrecision", "MILLISECOND")
    if not dynamodb.describe_kinesis_streaming_destination(TableName=table)["KinesisDataStreamDestinations"]:
        dynamodb.enable_kinesis_streaming_destination(
            TableName=table,
            StreamArn=wanted["StreamArn"],
            EnableKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": precision},
        )
    [found] = dynamodb.describe_kinesis_streaming_destination(TableName=table)["KinesisDataStreamDestinations"]
    _same(f"{where}: Kinesis destination", found["StreamArn"], wanted["StreamArn"])
    _same(f"{where}: Kinesis destination", found["DestinationStatus"], "ACTIVE")
    _same(f"{where}: precision", found["ApproximateCreationDateTimePrecision"], precision)


def _repair_stream(where: str, stream: str, dropped: Mapping[str, Any], aws: Ministack) -> None:
    if wanted := dropped.get("StreamEncryption"):
        kinesis = aws.client("kinesis")
        kinesis.start_stream_encryption(StreamName=stream, **wanted)
        found = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
        _same(f"{where}: encryption", found["EncryptionType"], wanted["EncryptionType"])


def _repair_function(where: str, function: str, dropped: Mapping[str, Any], aws: Ministack) -> None:
    client = aws.client("lambda")
    size = client.get_function_configuration(FunctionName=function)["CodeSize"]
    _same(f"{where}: bytes of code beyond 0", size > 0, True)  # a missing object is no error there
    if "ReservedConcurrentExecutions" in dropped:
        wanted = int(dropped["ReservedConcurrentExecutions"])
        client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=wanted)
        found = client.get_function_concurrency(FunctionName=function)
        _same(f"{where}: calls at once", found["ReservedConcurrentExecutions"], wanted)


def _repair_schedule(where: str, name: str, dropped: Mapping[str, Any], aws: Ministack) -> None:
    if not dropped:
        return
    scheduler = aws.client("scheduler")
    wanted = {key: _value(key, value) for key, value in dropped.items()}
    [listed] = [it for it in scheduler.list_schedules(NamePrefix=name)["Schedules"] if it["Name"] == name]
    identity = {"Name": name, "GroupName": listed["GroupName"]}
    now = scheduler.get_schedule(**identity)
    kept = {key: now[key] for key in KEPT_OF_SCHEDULE if now.get(key)}
    scheduler.update_schedule(**{**kept, **identity, **wanted})
    found = scheduler.get_schedule(**identity)
    for key, value in wanted.items():
        _same(f"{where}: {key}", found.get(key), value)


def _value(key: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if key in ("StartDate", "EndDate") else value


def _same(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise RepairError(f"{what} is {found!r}, the template says {wanted!r}")
