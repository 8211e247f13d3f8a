"""One call at one instant on EventBridge Scheduler, and the outbox that takes every message at least once."""

import json
from datetime import UTC, datetime, timedelta, timezone

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from adapters.aws.batch_items import Backoff
from adapters.aws.one_time_schedules import OneTimeSchedules, name_of
from adapters.aws.outbox import Outbox
from domain.errors import Unavailable

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
LOST = "arn:aws:sqs:eu-west-1:123456789012:lost"
ACCESS = {
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
    "region_name": "eu-west-1",
    "config": Config(retries={"total_max_attempts": 1}),
}


@pytest.fixture(params=["moto", "ministack"])
def scheduler(request):
    """The same rules on two EventBridge Schedulers that share no code."""
    if request.param == "ministack":
        aws = request.getfixturevalue("ministack")
        client = boto3.client("scheduler", endpoint_url=aws.endpoint, **ACCESS)
        client.create_schedule_group(Name="once")
        yield client
        client.delete_schedule_group(Name="once")
        return
    with mock_aws():
        client = boto3.client("scheduler", **ACCESS)
        client.create_schedule_group(Name="once")
        yield client


@pytest.fixture
def schedules(scheduler):
    function = "arn:aws:lambda:eu-west-1:123456789012:function:Release"
    return OneTimeSchedules(scheduler, "once", "arn:aws:iam::123456789012:role/once", function, LOST)


def test_a_schedule_says_when_whom_and_with_what(schedules, scheduler):
    name = schedules.create("a|b", AT, {"campaign": "a", "slot": "b"})
    found = scheduler.get_schedule(Name=name, GroupName="once")
    assert (found["ScheduleExpression"], found["ScheduleExpressionTimezone"]) == ("at(2026-11-20T15:00:00)", "UTC")
    assert (found["FlexibleTimeWindow"], found["ActionAfterCompletion"]) == ({"Mode": "OFF"}, "DELETE")
    target = found["Target"]
    assert json.loads(target["Input"]) == {"campaign": "a", "slot": "b"}
    assert (target["Arn"], target["RoleArn"]) == (schedules.target, schedules.role)
    assert target["DeadLetterConfig"] == {"Arn": LOST}
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 7200


def test_the_instant_is_said_in_utc_whatever_zone_it_comes_in(schedules, scheduler):
    name = schedules.create("a", datetime(2026, 11, 20, 10, tzinfo=timezone(timedelta(hours=5, minutes=45))), {})
    found = scheduler.get_schedule(Name=name, GroupName="once")
    assert found["ScheduleExpression"] == "at(2026-11-20T04:15:00)"


def test_one_that_is_there_already_is_left_as_it_is(schedules, scheduler):
    name = schedules.create("a", AT, {"first": True})
    assert schedules.create("a", AT + timedelta(days=1), {"first": False}) == name
    assert len(scheduler.list_schedules(GroupName="once")["Schedules"]) == 1
    assert json.loads(scheduler.get_schedule(Name=name, GroupName="once")["Target"]["Input"]) == {"first": True}


def test_a_name_fits_however_long_what_it_stands_for():
    assert len(name_of("x" * 10_000)) <= 64
    assert name_of("a|b") != name_of("a|c")


@pytest.mark.parametrize(
    ("status", "code", "raised"),
    [(429, "ThrottlingException", Unavailable), (404, "ResourceNotFoundException", ClientError)],
)
def test_a_throttled_schedule_is_unavailable_and_a_refused_one_a_bug(schedules, scheduler, status, code, raised):
    def answer(request, **_):
        response = AWSResponse(request.url, status, {"x-amzn-errortype": code}, None)
        response._content = b'{"Message": "no"}'
        return response

    scheduler.meta.events.register_first("before-send.scheduler.CreateSchedule", answer)
    with pytest.raises(raised):
        schedules.create("a", AT, {})


MESSAGES = [{"chunk": f"chunk-{number}", "campaign": "a"} for number in range(23)]


@pytest.fixture
def outbox():
    with mock_aws():
        sqs = boto3.client("sqs", **ACCESS)
        yield Outbox(
            sqs, sqs.create_queue(QueueName="outbox")["QueueUrl"], Backoff(tries=3, sleep=lambda seconds: None)
        )


def queued(outbox):
    bodies = []
    while messages := outbox.sqs.receive_message(QueueUrl=outbox.url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [json.loads(message["Body"])["chunk"] for message in messages]
    return bodies


class Picky:
    """A queue that turns away the second message of each of its first calls."""

    def __init__(self, sqs, calls):
        self.calls, self.away = calls, None
        sqs.meta.events.register("provide-client-params.sqs.SendMessageBatch", self.shorten)
        sqs.meta.events.register("after-call.sqs.SendMessageBatch", self.confess)

    def shorten(self, params, **_):
        first, *rest = params["Entries"]
        self.away, params["Entries"] = (rest[0], [first, *rest[1:]]) if self.calls and rest else (None, [first, *rest])

    def confess(self, parsed, **_):
        if self.away:
            self.calls -= 1
            parsed["Failed"] = [{"Id": self.away["Id"], "Code": "ServiceUnavailable", "SenderFault": False}]


def test_every_message_is_queued_once_when_all_goes_well(outbox):
    assert outbox.send(MESSAGES) == 23
    assert sorted(queued(outbox)) == sorted(message["chunk"] for message in MESSAGES)


def test_what_the_queue_turns_away_is_sent_again(outbox):
    picky = Picky(outbox.sqs, calls=3)
    assert outbox.send(MESSAGES) == 23
    assert picky.calls == 0
    assert sorted(queued(outbox)) == sorted(message["chunk"] for message in MESSAGES)


def test_a_queue_that_turns_everything_away_is_unavailable(outbox):
    def confess(parsed, **_):
        parsed["Failed"] = [{"Id": str(n), "Code": "ServiceUnavailable", "SenderFault": False} for n in range(10)]

    outbox.sqs.meta.events.register("after-call.sqs.SendMessageBatch", confess)
    with pytest.raises(Unavailable, match="ServiceUnavailable"):
        outbox.send(MESSAGES)


def test_no_message_is_no_call():
    assert Outbox(None, "nowhere").send([]) == 0
