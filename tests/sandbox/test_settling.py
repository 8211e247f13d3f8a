"""What goes on by itself in the embedded AWS, and knowing when it is over."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.ministack import REGION, Ministack
from sandbox.settling import Settling
from sandbox.streams import Dispatcher, Mapping, invoke_handlers
from sandbox.timeline import DayClock, HurriedClock

ROLE = "arn:aws:iam::000000000000:role/any"
# Takes a while, then notes what it was told; fails as often as it is asked to.
SLOW = """
import json, os, time
import boto3
s3 = boto3.client("s3", region_name="eu-west-1")
def handler(event, context):
    time.sleep(0.3)
    told = [json.loads(record["body"]) for record in event["Records"]] if "Records" in event else [event]
    for number, each in enumerate(told):
        s3.put_object(Bucket="settled", Key=f"{context.aws_request_id}-{number}", Body=json.dumps(each))
        if each.get("fail"):
            raise ValueError("as asked")
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[Ministack]:
    with Ministack() as running:
        running.client("s3").create_bucket(Bucket="settled", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield running


@pytest.fixture(scope="module")
def slow(aws: Ministack) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("slow.py", SLOW)
    made = aws.client("lambda").create_function(
        FunctionName="slow",
        Runtime="python3.13",
        Role=ROLE,
        Handler="slow.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    return str(made["FunctionArn"])


@pytest.fixture
def settling(aws: Ministack) -> Settling:
    clock = HurriedClock()
    return Settling(aws, Dispatcher([], invoke_handlers({}), aws.client, clock), clock)


def noted(aws: Ministack) -> list[dict[str, Any]]:
    """What the function was told since the last look."""
    s3 = aws.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="settled").get("Contents", ())]
    found = [json.load(s3.get_object(Bucket="settled", Key=key)["Body"]) for key in keys]
    for key in keys:
        s3.delete_object(Bucket="settled", Key=key)
    return found


def test_calls_in_the_background_are_waited_for(aws: Ministack, slow: str, settling: Settling) -> None:
    for number in range(4):
        aws.client("lambda").invoke(FunctionName=slow, InvocationType="Event", Payload=json.dumps({"n": number}))
    settling.settle()
    assert sorted(event["n"] for event in noted(aws)) == [0, 1, 2, 3]


def test_a_call_in_the_background_that_fails_is_made_three_times(aws: Ministack, slow: str, settling: Settling) -> None:
    aws.client("lambda").invoke(FunctionName=slow, InvocationType="Event", Payload=b'{"fail": true}')
    settling.settle()
    assert noted(aws) == [{"fail": True}] * 3


def test_messages_of_a_queue_that_feeds_a_function_are_waited_for(
    aws: Ministack, slow: str, settling: Settling
) -> None:
    with fed_by_a_queue(aws, slow) as queue:
        for number in range(5):
            aws.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps({"n": number}))
        settling.settle()
        assert sorted(event["n"] for event in noted(aws)) == [0, 1, 2, 3, 4]


@contextmanager
def fed_by_a_queue(aws: Ministack, function: str) -> Iterator[str]:
    sqs, functions = aws.client("sqs"), aws.client("lambda")
    queue = sqs.create_queue(QueueName="feeding", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    made = functions.create_event_source_mapping(FunctionName=function, EventSourceArn=arn, BatchSize=1)
    yield queue
    functions.delete_event_source_mapping(UUID=made["UUID"])


def test_a_window_of_a_stream_is_not_waited_for_but_its_batch_is(aws: Ministack) -> None:
    kinesis, seen = aws.client("kinesis"), []
    kinesis.create_stream(StreamName="windowed", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="windowed")["StreamDescription"]["StreamARN"]
    clock, mapping = HurriedClock(), Mapping(uuid="m", function="f", stream_arn=arn, batching_window=300)
    streams = Dispatcher([mapping], invoke_handlers({"f": lambda event, _: seen.append(event)}), aws.client, clock)
    kinesis.put_record(StreamName="windowed", Data=b"1", PartitionKey="1")
    Settling(aws, streams, clock).settle()
    assert len(seen) == 1


def test_an_event_keeps_its_own_time_and_speaks_for_its_service(aws: Ministack, slow: str, settling: Settling) -> None:
    events, at = aws.client("events"), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    events.put_rule(Name="mails", EventPattern=json.dumps({"source": ["aws.ses"]}))
    events.put_targets(Rule="mails", Targets=[{"Id": "1", "Arn": slow}])
    entries = [{"Source": source, "DetailType": "Email Sent", "Detail": "{}"} for source in ("aws.ses", "ours")]
    answer = events.put_events(Entries=[{**entries[0], "Time": at}, entries[1]])
    assert (answer["FailedEntryCount"], len(answer["Entries"])) == (0, 2)
    settling.settle()
    [event] = noted(aws)
    assert (event["source"], event["time"]) == ("aws.ses", "2026-01-02T03:04:05Z")


def test_a_dropped_object_is_told_of_with_its_version(aws: Ministack) -> None:
    """Another one may lie under the key by the time somebody reads it."""
    s3, sqs, events = aws.client("s3"), aws.client("sqs"), aws.client("events")
    s3.create_bucket(Bucket="dropped", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="dropped", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket="dropped", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    url = sqs.create_queue(QueueName="dropped")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["dropped"]}}}
    events.put_rule(Name="dropped", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="dropped", Targets=[{"Id": "queue", "Arn": arn}])
    versions = [s3.put_object(Bucket="dropped", Key="a file.csv", Body=body)["VersionId"] for body in (b"1", b"2")]
    told: list[dict[str, Any]] = []
    for _ in range(200):
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        told += [json.loads(it["Body"])["detail"]["object"] for it in found]
        if len(told) == len(versions):
            break
        time.sleep(0.05)
    assert sorted(it["version-id"] for it in told) == sorted(versions)
    assert {it["key"] for it in told} == {"a file.csv"}
    assert len({it["sequencer"] for it in told}) == 2


def test_a_machine_does_not_wait_for_a_moment_of_the_sandboxs_day(aws: Ministack) -> None:
    states = aws.client("stepfunctions")
    wait = {"Type": "Wait", "TimestampPath": "$.until", "End": True}
    definition = json.dumps({"StartAt": "Wait", "States": {"Wait": wait}})
    machine = states.create_state_machine(name="waits", definition=definition, roleArn=ROLE)["stateMachineArn"]
    given = json.dumps({"until": "2199-01-01T00:00:00Z"})
    started = states.start_execution(stateMachineArn=machine, input=given)["executionArn"]
    for _ in range(200):
        if states.describe_execution(executionArn=started)["status"] != "RUNNING":
            break
        time.sleep(0.02)
    assert states.describe_execution(executionArn=started)["status"] == "SUCCEEDED"


def test_a_partition_can_be_pointed_elsewhere(aws: Ministack) -> None:
    glue = aws.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput={"Name": "t", "PartitionKeys": [{"Name": "d", "Type": "string"}]})
    table = {"DatabaseName": "db", "TableName": "t"}
    new = {"Values": ["1"], "StorageDescriptor": {"Location": "s3://new/"}}
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.update_partition(**table, PartitionValueList=["1"], PartitionInput=new)
    glue.create_partition(**table, PartitionInput={"Values": ["1"], "StorageDescriptor": {"Location": "s3://old/"}})
    glue.update_partition(**table, PartitionValueList=["1"], PartitionInput=new)
    [found] = glue.get_partitions(**table)["Partitions"]
    assert found["StorageDescriptor"]["Location"] == "s3://new/"


def test_schedules_beyond_the_hundredth_are_listed(aws: Ministack) -> None:
    scheduler = aws.client("scheduler")
    target = {"Arn": "arn:aws:sqs:eu-west-1:000000000000:any", "RoleArn": ROLE}
    for number in range(130):
        scheduler.create_schedule(
            Name=f"s{number}",
            ScheduleExpression="at(2026-11-20T10:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )
    pages = scheduler.get_paginator("list_schedules").paginate()
    assert sum(len(page["Schedules"]) for page in pages) == 130


def test_a_day_clock_is_the_machines_until_a_day_is_begun_and_may_begin_an_earlier_one() -> None:
    clock = DayClock()
    assert abs(clock.now().timestamp() - time.time()) < 5
    with pytest.raises(RuntimeError, match="no day was begun"):
        clock.advance_to(clock.now())
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    clock.begin(noon)
    assert clock.advance_to(noon.replace(hour=13)) == clock.now() == noon.replace(hour=13)
    with pytest.raises(ValueError, match="time moves forward only"):
        clock.advance_to(noon)
    clock.begin(noon.replace(year=2018))
    assert clock.now().year == 2018
