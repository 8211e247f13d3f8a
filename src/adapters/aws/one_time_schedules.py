"""EventBridge Scheduler: call one function once, at one instant, with one input; gone when that is done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.faults import aws_calls, code

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

# A call is tried again for two hours, as long as a mail may be late by; then it goes to the dead-letter queue.
RETRY = {"MaximumEventAgeInSeconds": 7200, "MaximumRetryAttempts": 100}


@dataclass(frozen=True)
class OneTimeSchedules:
    """`target` is the function's ARN, `role` the one it is called with, `dead_letters` the ARN of the queue of lost calls."""

    scheduler: "EventBridgeSchedulerClient"
    group: str
    role: str
    target: str
    dead_letters: str

    def create(self, identity: str, at: datetime, payload: Mapping[str, Any]) -> str:
        """Make the schedule unless there is one of this identity; its name. Unavailable: throttled, or out of reach.

        `at` is taken to the second and should lie ahead, since EventBridge Scheduler takes no instant that is past.
        """
        name = name_of(identity)
        target: Any = {
            "Arn": self.target,
            "RoleArn": self.role,
            "Input": json.dumps(payload, sort_keys=True),
            "RetryPolicy": RETRY,
            "DeadLetterConfig": {"Arn": self.dead_letters},
        }
        try:
            with aws_calls(f"schedule {identity}"):
                self.scheduler.create_schedule(
                    Name=name,
                    GroupName=self.group,
                    ScheduleExpression=f"at({at.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
                    ScheduleExpressionTimezone="UTC",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target=target,
                )
        except ClientError as error:
            if code(error) != "ConflictException":
                raise
        return name


def name_of(identity: str) -> str:
    """A name within EventBridge Scheduler's 64 characters, the same for the same identity."""
    return f"once-{sha256(identity.encode()).hexdigest()[:40]}"
