"""Watching an execution of the machine, and telling why it failed."""

import json
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest

from domain.solicitation.program import Program
from sandbox.batch import BatchFailed, BatchMachine, scheduled_at
from sandbox.ministack import Ministack

ROLE = "arn:aws:iam::000000000000:role/any"
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
ECHO = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
FAIL = {"Type": "Fail", "Error": "Rejected", "Cause": "half of the rows are bad"}
NAPPING = {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 60, "End": True}}}
MAPPING = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.buckets",
            "ItemSelector": {"bucket.$": "$$.Map.Item.Value"},
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Store",
                "States": {"Store": FAIL},
            },
            "End": True,
        }
    },
}


def machine(ministack: Ministack, name: str, definition: dict[str, Any]) -> BatchMachine:
    states = cache(ministack.client)
    made = states("stepfunctions").create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
    return BatchMachine(states, made["stateMachineArn"], "runs", "work")


def waiting(sqs: Any, queue: str) -> int:
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def until(true: Callable[[], bool]) -> None:
    for _ in range(400):
        if true():
            return
        time.sleep(0.025)
    raise AssertionError("still not so after ten seconds")


def test_a_start_carries_the_scheduled_time_and_only_the_options_that_were_given(ministack: Ministack) -> None:
    echo = machine(ministack, "echo", ECHO)
    plain = echo.watch(echo.start("reviews", AT, rerun=False, dryRun=None))
    dry = echo.watch(echo.start("reviews", AT, dryRun="what-if", programHash="abc"))
    assert plain == {"program": "reviews", "scheduledTime": "2026-11-20T02:00:00Z"}
    assert dry == {**plain, "dryRun": "what-if", "programHash": "abc"}


def test_a_failed_execution_names_the_state_and_its_reason(ministack: Ministack) -> None:
    failing = machine(ministack, "failing", {"StartAt": "Gate", "States": {"Gate": FAIL}})
    with pytest.raises(BatchFailed, match="FAILED: Gate: Rejected: half of the rows are bad"):
        failing.watch(failing.start("reviews", AT))


def test_a_failed_bucket_is_named_with_its_reason(ministack: Ministack) -> None:
    mapping = machine(ministack, "mapping", MAPPING)
    execution = mapping.aws("stepfunctions").start_execution(
        stateMachineArn=mapping.machine, input='{"buckets": ["07"]}'
    )
    with pytest.raises(BatchFailed, match="FAILED: bucket 07: Rejected: half of the rows are bad"):
        mapping.watch(execution["executionArn"])


def test_a_stopped_execution_is_told_from_a_failed_one(ministack: Ministack) -> None:
    napping = machine(ministack, "napping", NAPPING)
    execution = napping.start("reviews", AT)
    napping.stop(execution)
    with pytest.raises(BatchFailed, match=r"ABORTED: .*by the operator"):
        napping.watch(execution)


def test_the_first_failed_bucket_ends_the_others(ministack: Ministack) -> None:
    sqs = ministack.client("sqs")
    queue = sqs.create_queue(QueueName="spared")["QueueUrl"]
    send = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
    steps = {
        "Bad?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.bucket", "StringEquals": "00", "Next": "Fail"}],
            "Default": "Send",
        },
        "Fail": FAIL,
        "Send": {**send, "Parameters": {"QueueUrl": queue, "MessageBody": "sent"}},
    }
    definition = deepcopy(MAPPING)
    definition["States"]["Each"] |= {"MaxConcurrency": 1}
    definition["States"]["Each"]["ItemProcessor"] |= {"StartAt": "Bad?", "States": steps}
    spared = machine(ministack, "spared", definition)
    started = spared.aws("stepfunctions").start_execution(
        stateMachineArn=spared.machine, input='{"buckets": ["00", "01", "02"]}'
    )
    with pytest.raises(BatchFailed, match="bucket 00: Rejected"):
        spared.watch(started["executionArn"])
    assert waiting(sqs, queue) == 0


def test_the_buckets_of_a_stopped_execution_stop_too(ministack: Ministack) -> None:
    states, sqs = ministack.client("stepfunctions"), ministack.client("sqs")
    queue = sqs.create_queue(QueueName="buckets")["QueueUrl"]
    send = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage"}
    steps = {
        "Early": {**send, "Parameters": {"QueueUrl": queue, "MessageBody": "early"}, "Next": "Nap"},
        "Nap": {"Type": "Wait", "Seconds": 1, "Next": "Late"},
        "Late": {**send, "Parameters": {"QueueUrl": queue, "MessageBody": "late"}, "End": True},
    }
    definition = deepcopy(MAPPING)
    definition["States"]["Each"]["ItemProcessor"] |= {"StartAt": "Early", "States": steps}
    buckets = machine(ministack, "buckets", definition)
    execution = states.start_execution(stateMachineArn=buckets.machine, input='{"buckets": ["00", "01"]}')[
        "executionArn"
    ]
    until(lambda: waiting(sqs, queue) == 2)
    buckets.stop(execution)
    [run] = states.list_map_runs(executionArn=execution)["mapRuns"]
    until(lambda: not states.list_executions(mapRunArn=run["mapRunArn"], statusFilter="RUNNING")["executions"])
    assert waiting(sqs, queue) == 2


@pytest.mark.parametrize(
    ("cron", "at"),
    [
        ("cron(0 2 * * ? *)", "2026-11-20T02:00"),
        ("cron(30 23 * * ? *)", "2026-11-20T23:30"),
        ("cron(0 2 ? * FRI *)", "2026-11-20T02:00"),
        ("cron(0 2 ? * SUN *)", "2026-11-20T00:00"),  # not scheduled that day: an operator's run counts from midnight
    ],
)
def test_a_run_counts_from_the_time_of_its_schedule(program: Program, cron: str, at: str) -> None:
    scheduled = replace(program, schedules={"batch": cron})
    assert scheduled_at(scheduled, date(2026, 11, 20)) == datetime.fromisoformat(at).replace(tzinfo=UTC)
