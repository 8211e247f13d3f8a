"""Schedules of the embedded AWS, fired in virtual time."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.clock import Fired, ScheduleClock
from sandbox.ministack import Ministack, free_port
from sandbox.timeline import VirtualClock

START = datetime(2026, 3, 7, 12, tzinfo=UTC)  # a Saturday; New York goes to summer time the next night
Clients = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/any"
OFF = {"Mode": "OFF"}
PASS = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}})


@pytest.fixture(scope="module")
def running() -> Iterator[Ministack]:
    with Ministack() as aws:
        yield aws


@pytest.fixture
def aws(running: Ministack) -> Iterator[Clients]:
    """Clients of an emulator that knows no schedule yet."""
    client = cache(running.client)
    yield client
    for schedule in client("scheduler").list_schedules()["Schedules"]:
        client("scheduler").delete_schedule(Name=schedule["Name"])
    for rule in client("events").list_rules()["Rules"]:
        client("events").remove_targets(Rule=rule["Name"], Ids=["1"])
        client("events").delete_rule(Name=rule["Name"])


@pytest.fixture
def clock(aws: Clients) -> ScheduleClock:
    return ScheduleClock(aws, VirtualClock(START))


@pytest.fixture
def queue(aws: Clients, request: pytest.FixtureRequest) -> str:
    return make_queue(aws, request.node.name[:80].replace("[", "_").replace("]", "_"))


def make_queue(aws: Clients, name: str) -> str:
    url = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn: str = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return arn


def messages(aws: Clients, arn: str) -> list[dict[str, Any]]:
    url = aws("sqs").get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
    got = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return list(got.get("Messages", ()))


def schedule(aws: Clients, name: str, expression: str, target: str, **more: Any) -> None:
    details = {"Arn": target, "RoleArn": ROLE, **more.pop("Target", {})}
    aws("scheduler").create_schedule(
        Name=name, ScheduleExpression=expression, FlexibleTimeWindow=OFF, Target=details, **more
    )


def without_step_functions(aws: Clients) -> Clients:
    """The same clients, but the port that Step Functions should answer on is closed."""
    access = {"region_name": "eu-west-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    closed = boto3.client(
        "stepfunctions",
        endpoint_url=f"http://127.0.0.1:{free_port()}",
        config=Config(retries={"total_max_attempts": 1}),
        **access,
    )
    return lambda service: closed if service == "stepfunctions" else aws(service)


def at(history: list[Fired]) -> list[str]:
    return [f"{fired.at:%m-%dT%H:%M}" for fired in history]


def test_a_day_passes_in_order_and_ends_at_the_moment_asked_for(aws: Clients, clock: ScheduleClock, queue: str) -> None:
    schedule(aws, "night", "cron(0 2 * * ? *)", queue)
    schedule(aws, "evening", "cron(0 18 * * ? *)", queue)
    history = clock.run_until(datetime(2026, 3, 9, 12, tzinfo=UTC))
    assert at(history) == ["03-07T18:00", "03-08T02:00", "03-08T18:00", "03-09T02:00"]
    assert clock.timeline.now() == datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert clock.run_until(clock.timeline.now()) == []  # nothing twice


def test_the_zone_of_a_schedule_is_right_on_both_sides_of_the_clock_change(
    aws: Clients, clock: ScheduleClock, queue: str
) -> None:
    schedule(aws, "ten", "cron(0 10 * * ? *)", queue, ScheduleExpressionTimezone="America/New_York")
    assert at(clock.run_until(datetime(2026, 3, 8, 20, tzinfo=UTC))) == ["03-07T15:00", "03-08T14:00"]


def test_the_words_of_the_scheduler_are_filled_into_the_input(aws: Clients, clock: ScheduleClock, queue: str) -> None:
    words = {
        word: f"<aws.scheduler.{word}>" for word in ("scheduled-time", "schedule-arn", "attempt-number", "execution-id")
    }
    schedule(aws, "night", "cron(0 2 * * ? *)", queue, Target={"Input": json.dumps(words)})
    clock.run_until(datetime(2026, 3, 8, 12, tzinfo=UTC))
    [message] = messages(aws, queue)
    said = json.loads(message["Body"])
    assert said["scheduled-time"] == "2026-03-08T02:00:00Z"
    assert said["schedule-arn"].endswith("schedule/default/night")
    assert said["attempt-number"] == "1"
    assert len(said["execution-id"]) == 16


def test_a_machine_is_started_with_the_input(aws: Clients, clock: ScheduleClock) -> None:
    machine = aws("stepfunctions").create_state_machine(name="fired", definition=PASS, roleArn=ROLE)["stateMachineArn"]
    schedule(aws, "night", "cron(0 2 * * ? *)", machine, Target={"Input": '{"time": "<aws.scheduler.scheduled-time>"}'})
    [fired] = clock.run_until(datetime(2026, 3, 8, 12, tzinfo=UTC))
    found = aws("stepfunctions").describe_execution(executionArn=fired.started)
    assert json.loads(found["input"]) == {"time": "2026-03-08T02:00:00Z"}


def test_a_disabled_schedule_does_not_fire(aws: Clients, clock: ScheduleClock, queue: str) -> None:
    schedule(aws, "off", "cron(0 2 * * ? *)", queue, State="DISABLED")
    assert clock.run_until(datetime(2026, 3, 9, 12, tzinfo=UTC)) == []


def test_a_schedule_fires_only_between_its_dates(aws: Clients, clock: ScheduleClock, queue: str) -> None:
    dates = {"StartDate": datetime(2026, 3, 9, tzinfo=UTC), "EndDate": datetime(2026, 3, 10, 12, tzinfo=UTC)}
    schedule(aws, "some", "cron(0 2 * * ? *)", queue, **dates)
    assert at(clock.run_until(datetime(2026, 3, 15, tzinfo=UTC))) == ["03-09T02:00", "03-10T02:00"]


def test_a_rate_begins_at_once_and_a_rules_rate_after_its_interval(
    aws: Clients, clock: ScheduleClock, queue: str
) -> None:
    schedule(aws, "often", "rate(6 hours)", queue)
    aws("events").put_rule(Name="rule", ScheduleExpression="rate(10 hours)")
    aws("events").put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": queue}])
    history = clock.run_until(datetime(2026, 3, 8, tzinfo=UTC))
    assert at(history) == ["03-07T12:00", "03-07T18:00", "03-07T22:00", "03-08T00:00"]


def test_a_rule_sends_the_scheduled_event(aws: Clients, clock: ScheduleClock, queue: str) -> None:
    aws("events").put_rule(Name="rule", ScheduleExpression="cron(0 13 * * ? *)")
    aws("events").put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": queue}])
    clock.run_until(datetime(2026, 3, 8, tzinfo=UTC))
    [message] = messages(aws, queue)
    event = json.loads(message["Body"])
    assert (event["detail-type"], event["time"], event["detail"]) == ("Scheduled Event", "2026-03-07T13:00:00Z", {})
    assert event["resources"][0].endswith("rule/rule")


def test_a_schedule_made_on_the_way_fires_once_and_is_deleted_after(
    aws: Clients, clock: ScheduleClock, queue: str
) -> None:
    schedule(aws, "night", "cron(0 2 * * ? *)", queue)

    def plan(fired: Fired) -> None:
        if fired.firing.schedule.arn.endswith("/night"):
            name = f"mail-{fired.at:%d}"
            schedule(aws, name, f"at({fired.at:%Y-%m-%d}T09:30:00)", queue, ActionAfterCompletion="DELETE")

    history = clock.run_until(datetime(2026, 3, 9, 12, tzinfo=UTC), plan)
    assert at(history) == ["03-08T02:00", "03-08T09:30", "03-09T02:00", "03-09T09:30"]
    assert [it["Name"] for it in aws("scheduler").list_schedules()["Schedules"]] == ["night"]


def test_a_target_that_is_not_there_goes_to_the_dead_letters_at_once(
    aws: Clients, clock: ScheduleClock, queue: str
) -> None:
    gone = "arn:aws:states:eu-west-1:000000000000:stateMachine:gone"
    target = {"Input": '{"a": 1}', "DeadLetterConfig": {"Arn": queue}}
    schedule(aws, "night", "cron(0 2 * * ? *)", gone, Target=target)
    [fired] = clock.run_until(datetime(2026, 3, 8, 12, tzinfo=UTC))
    [message] = messages(aws, queue)
    said = {name: it["StringValue"] for name, it in message["MessageAttributes"].items()}
    assert fired.error is not None
    assert fired.error.startswith("StateMachineDoesNotExist")
    assert message["Body"] == '{"a": 1}'
    assert (said["ERROR_CODE"], said["RETRY_ATTEMPTS"]) == ("StateMachineDoesNotExist", "0")
    assert (said["TARGET_ARN"], said["SCHEDULED_TIME"]) == (gone, "2026-03-08T02:00:00Z")


def test_a_target_that_is_out_of_reach_is_retried_in_virtual_time_then_parked(aws: Clients, queue: str) -> None:
    clock = ScheduleClock(without_step_functions(aws), VirtualClock(START))
    target = {"DeadLetterConfig": {"Arn": queue}, "RetryPolicy": {"MaximumRetryAttempts": 3}}
    schedule(
        aws, "night", "at(2026-03-08T02:00:00)", "arn:aws:states:eu-west-1:000000000000:stateMachine:m", Target=target
    )
    history = clock.run_until(datetime(2026, 3, 8, 12, tzinfo=UTC))
    [message] = messages(aws, queue)
    assert at(history) == ["03-08T02:00", "03-08T02:01", "03-08T02:03", "03-08T02:07"]
    assert message["MessageAttributes"]["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == "MaximumRetryAttempts"
    assert message["MessageAttributes"]["RETRY_ATTEMPTS"]["StringValue"] == "3"


def test_retries_end_with_the_age_of_the_event(aws: Clients, queue: str) -> None:
    clock = ScheduleClock(without_step_functions(aws), VirtualClock(START))
    target = {"DeadLetterConfig": {"Arn": queue}, "RetryPolicy": {"MaximumEventAgeInSeconds": 180}}
    schedule(
        aws, "night", "at(2026-03-08T02:00:00)", "arn:aws:states:eu-west-1:000000000000:stateMachine:m", Target=target
    )
    history = clock.run_until(datetime(2026, 3, 8, 12, tzinfo=UTC))
    [message] = messages(aws, queue)
    assert at(history) == ["03-08T02:00", "03-08T02:01", "03-08T02:03"]
    assert message["MessageAttributes"]["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == "MaximumEventAgeInSeconds"
