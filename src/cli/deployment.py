"""Where a command works: the running sandbox, or a stack in the account that the AWS credentials name."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated, Any, Self

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from domain.errors import Rejected
from sandbox.control import NotRunning
from sandbox.runtime import Sandbox

# Our functions may take a quarter of an hour (AWS Lambda: 900 s at most). Asked again after a minute, they would work twice at once.
PATIENT = Config(read_timeout=910, tcp_keepalive=True)
SANDBOX_STACK = "ovation-sandbox-solicitation"
NEEDED = {  # by subsystem: the name that tells its stack, and what a stack without it is not
    "solicitation": (
        "candidates_table",
        "asks nobody for anything: name the one that holds the solicitation functions",
    ),
    "scores": ("scores_table", "loads no scores: name the one that holds the functions of scores"),
    "notifications": (
        "state_table",
        "reminds nobody: name the one that holds the functions of reminders",
    ),
    "archive": ("archive_ledger_table", "archives nothing: name the one that holds the archive's functions"),
}
Stack = Annotated[
    str | None, typer.Option("--stack", help="A stack in your AWS account; without it, the running sandbox.")
]


@dataclass(frozen=True)
class Deployment:
    """`names` are the tables, buckets and queues as the functions are told them (`candidates_table`), and the stack's outputs
    written that way (`GlueDatabase` is `glue_database`); `functions` are by stage.
    """

    client: Callable[[str], Any]
    names: Mapping[str, str]
    functions: Mapping[str, str]

    @classmethod
    def reached(cls, stack: str | None, subsystem: str = "solicitation") -> Self:
        """Rejected: no sandbox is running, or the account has no such stack; the text says what to do."""
        if stack is not None:
            return cls.of(cache(partial(boto3.client, config=PATIENT)), stack, subsystem)
        try:
            return cls.of(Sandbox.attach().client, f"ovation-sandbox-{subsystem}", subsystem)
        except NotRunning:
            raise Rejected("no sandbox is running: start one with `ovation up`, or name a --stack") from None

    @classmethod
    def of(cls, client: Callable[[str], Any], stack: str, subsystem: str = "solicitation") -> Self:
        functions: dict[str, str] = {}
        needed, otherwise = NEEDED[subsystem]
        try:
            names = outputs(client("cloudformation"), stack)
            pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
            resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
            for resource in resources:
                if resource["ResourceType"] == "AWS::Lambda::Function":
                    name = resource["PhysicalResourceId"]
                    found = client("lambda").get_function_configuration(FunctionName=name)
                    functions[found["Handler"].removesuffix(".handler").rpartition(".")[2]] = name
                    names |= {
                        key.lower(): value for key, value in found.get("Environment", {}).get("Variables", {}).items()
                    }
        except (ClientError, BotoCoreError) as error:
            raise Rejected(f"stack {stack} cannot be read: {error}") from error
        if needed not in names:
            raise Rejected(f"stack {stack} {otherwise}")
        return cls(client, names, functions)

    def call(self, stage: str, event: Mapping[str, Any]) -> Any:
        """A function's answer. Rejected: there is no such function, it cannot be called, or it raised; its own words."""
        if stage not in self.functions:
            raise Rejected(f"the stack has no function for {stage}")
        try:
            answer = self.client("lambda").invoke(
                FunctionName=self.functions[stage], Payload=json.dumps(event).encode()
            )
            said = json.loads(answer["Payload"].read() or b"null")
        except (ClientError, BotoCoreError) as error:
            raise Rejected(f"{stage} cannot be called: {error}") from error
        if answer.get("FunctionError"):
            raise Rejected(f"{stage}: {said.get('errorMessage', said) if isinstance(said, dict) else said}")
        return said


def outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    """What the stack tells, by name in snake case. ClientError: there is no such stack."""
    [found] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    told = found.get("Outputs", ())
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", it["OutputKey"]).lower(): it["OutputValue"] for it in told}
