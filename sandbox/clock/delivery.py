"""One firing in, the target called with its input filled in out: Step Functions, Lambda and SQS."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sandbox.clock.schedules import Schedule


@dataclass(frozen=True, slots=True)
class Firing:
    """One attempt to call one target. `scheduled` stays the same over its retries; `attempt` counts from 1."""

    schedule: Schedule
    target: Mapping[str, Any]
    scheduled: datetime
    attempt: int = 1

    def input(self) -> str:
        """The target's input as the service would send it."""
        if self.schedule.rule:
            return str(self.target.get("Input") or self._rule_event())
        text = str(self.target.get("Input") or "{}")
        for name, value in self._context().items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return text

    def _context(self) -> dict[str, str]:
        return {
            "schedule-arn": self.schedule.arn,
            "scheduled-time": stamp(self.scheduled),
            "execution-id": self._id("execution"),
            "attempt-number": str(self.attempt),
        }

    def _rule_event(self) -> str:
        _, _, _, region, account, *_ = self.schedule.arn.split(":")
        return json.dumps(
            {
                "version": "0",
                "id": self._id("event"),
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": account,
                "time": stamp(self.scheduled),
                "region": region,
                "resources": [self.schedule.arn],
                "detail": {},
            }
        )

    def _id(self, kind: str) -> str:
        """The same for the same firing, so that a virtual day can be repeated."""
        parts = (kind, self.schedule.arn, stamp(self.scheduled), self.target["Arn"], str(self.attempt))
        return sha256("|".join(parts).encode()).hexdigest()[:16]


def call(firing: Firing, aws: Any) -> str:
    """Call the target; the id of what it started. Raises the client's own error, and ValueError for a target we do not know."""
    arn = firing.target["Arn"]
    service = arn.split(":")[2]
    if service == "states":
        return str(aws("stepfunctions").start_execution(stateMachineArn=arn, input=firing.input())["executionArn"])
    if service == "lambda":
        answer = aws("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=firing.input().encode())
        return str(answer["ResponseMetadata"]["RequestId"])
    if service == "sqs":
        group = firing.target.get("SqsParameters", {}).get("MessageGroupId")
        extra = {"MessageGroupId": group} if group else {}
        return str(_send(aws("sqs"), arn, firing.input(), **extra)["MessageId"])
    raise ValueError(f"{firing.schedule.arn}: the sandbox cannot call {arn}")


def park(firing: Firing, error: str, message: str, exhausted: str | None, aws: Any) -> None:
    """Put a firing that is given up into its dead-letter queue, with the attributes the service gives it; nowhere without one."""
    queue = firing.target.get("DeadLetterConfig", {}).get("Arn")
    if queue is None:
        return
    attributes = {
        "ERROR_CODE": error,
        "ERROR_MESSAGE": message,
        "RETRY_ATTEMPTS": str(firing.attempt - 1),
        "TARGET_ARN": firing.target["Arn"],
        **({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {}),
        **({"RULE_ARN": firing.schedule.arn} if firing.schedule.rule else {"SCHEDULE_ARN": firing.schedule.arn}),
        **({} if firing.schedule.rule else {"SCHEDULED_TIME": stamp(firing.scheduled)}),
    }
    typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    _send(aws("sqs"), queue, firing.input(), MessageAttributes=typed)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _send(sqs: Any, arn: str, body: str, **more: Any) -> Any:
    url = sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
    return sqs.send_message(QueueUrl=url, MessageBody=body, **more)
