"""What SageMaker's control plane is asked to remember in, its jobs and endpoints on their way out; and its words of refusal."""

import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.aws_http import AwsError, Faults
from sandbox.model import LogisticModel

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
ARN = "arn:aws:sagemaker:us-east-1:000000000000:{kind}/{name}"
Document = dict[str, Any]


@dataclass
class TrainingFaults(Faults):
    """`roll_back`, `fail_training` count the coming updates and jobs that end so. `looks`: how many times a job or an update is
    seen under way before it is seen done."""

    roll_back: int = 0
    fail_training: int = 0
    looks: int = 0


@dataclass
class MovingEndpoint:
    """`model` is what the runtime stand-in was given with `config`; `next` the configuration on its way, `looks` still to come."""

    config: str
    model: LogisticModel
    next: str | None = None
    looks: int = 0
    going_back: bool = False


@dataclass
class Jobs:
    known: dict[str, Document] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)


def named(asked: Document, field: str) -> str:
    name: str = asked[field]
    if not NAME.fullmatch(name):
        raise invalid(f"Value '{name}' at '{field}' failed to satisfy constraint: {NAME.pattern}")
    return name


def invalid(message: str) -> AwsError:
    return AwsError(400, "ValidationException", message)
