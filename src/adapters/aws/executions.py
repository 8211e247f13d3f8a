"""Step Functions executions: whether the holder of a run still works on it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.aws.faults import aws_calls

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True)
class Executions:
    """Executions of the batch machine, by ARN."""

    states: "SFNClient"

    def running(self, arn: str) -> bool:
        """False once it failed, was stopped or timed out, and for one that Step Functions no longer knows (after 90 days)."""
        try:
            with aws_calls(f"describe execution {arn}"):
                return self.states.describe_execution(executionArn=arn)["status"] in ("RUNNING", "PENDING_REDRIVE")
        except (self.states.exceptions.ExecutionDoesNotExist, self.states.exceptions.InvalidArn):
            return False
