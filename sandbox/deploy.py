"""A cloud assembly in, its stacks running on the embedded AWS out: what runs locally is what deploys."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from sandbox.assembly import Assembly, Asset
from sandbox.ministack import Ministack
from sandbox.repairs import repair
from sandbox.template import KEPT_BACK, localise, resolve

DEPLOY_SECONDS = 120  # measured 0.4-0.7 s for 20 resources; generous for a loaded machine
TEMPLATES = "sandbox-templates"  # templates beyond CloudFormation's 51,200 bytes a request travel through this bucket


class DeployError(RuntimeError):
    """A stack did not come up; the message holds CloudFormation's own reasons."""


@dataclass(frozen=True)
class Deployed:
    """One stack as it runs. `physical` ids and `dropped` properties (resolved; see `differences`) are by logical id.

    `stream_mappings`: the resolved properties of the event source mappings that the dispatcher drives.
    """

    name: str
    template: Mapping[str, Any]
    outputs: Mapping[str, str]
    physical: Mapping[str, str]
    dropped: Mapping[str, Mapping[str, Any]]
    stream_mappings: tuple[Mapping[str, Any], ...]

    def resources(self, type: str) -> Iterator[tuple[str, str]]:
        """Logical and physical id of every resource of one type."""
        for id, resource in self.template["Resources"].items():
            if resource["Type"] == type:
                yield id, self.physical[id]

    def find(self, type: str, construct: str) -> str:
        """Physical id of the one resource of `type` whose CDK id is, or begins with, `construct`."""
        matches = [physical for id, physical in self.resources(type) if id.startswith(construct)]
        if len(matches) != 1:
            raise LookupError(f"{self.name} has {len(matches)} resources of {type} called {construct}")
        return matches[0]

    def expiring(self) -> dict[str, str]:
        """Tables with time to live, and the attribute that holds the epoch second."""
        tables = {physical: self.dropped.get(id, {}) for id, physical in self.resources("AWS::DynamoDB::Table")}
        ttl = {table: dropped.get("TimeToLiveSpecification", {}) for table, dropped in tables.items()}
        return {table: it["AttributeName"] for table, it in ttl.items() if it.get("Enabled")}


def deploy(folder: Path, aws: Ministack, environment: Mapping[str, str]) -> list[Deployed]:
    """Deploy every stack of the assembly, repair what the emulator dropped, and read it back.

    `environment` is added to every function's own. Raises DeployError.
    """
    assembly = Assembly(folder)
    upload(assembly.assets(aws.region), aws)
    stacks = [deploy_stack(assembly, stack, aws, environment) for stack in assembly.stacks()]
    for stack in stacks:
        repair(stack, aws)
    return stacks


def readdress(stacks: Iterable[Deployed], aws: Ministack, addressed: Callable[[str], str]) -> None:
    """Tell every function where things are served: `addressed` gives the value that a setting is to have."""
    functions = aws.client("lambda")
    for function in (physical for stack in stacks for _, physical in stack.resources("AWS::Lambda::Function")):
        found = functions.get_function_configuration(FunctionName=function)
        told = found.get("Environment", {}).get("Variables", {})
        changed = {name: addressed(value) for name, value in told.items()}
        if changed != told:
            functions.update_function_configuration(FunctionName=function, Environment={"Variables": changed})


def upload(assets: list[Asset], aws: Ministack) -> None:
    """Put each asset where the templates expect it."""
    s3 = aws.client("s3")
    there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for bucket in sorted(({asset.bucket for asset in assets} | {TEMPLATES}) - there):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    for asset in assets:
        s3.put_object(
            Bucket=asset.bucket, Key=asset.key, Body=zipped(asset.path) if asset.zipped else asset.path.read_bytes()
        )


def zipped(folder: Path) -> bytes:
    """The folder as a zip; barely compressed, because it travels over the loopback only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


def deploy_stack(assembly: Assembly, stack: str, aws: Ministack, environment: Mapping[str, str]) -> Deployed:
    template, name = assembly.template(stack), assembly.stack_name(stack)
    local = localise(template, environment)
    key = f"{name}.template.json"
    aws.client("s3").put_object(Bucket=TEMPLATES, Key=key, Body=json.dumps(local.template).encode())
    cloudformation = aws.client("cloudformation")
    try:
        cloudformation.create_stack(
            StackName=name,
            TemplateURL=f"{aws.endpoint}/{TEMPLATES}/{key}",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        )
    except ClientError as error:  # refused before anything was made, for example for an unknown resource type
        raise DeployError(f"{name}: {error}") from error
    outputs = _await(cloudformation, name)
    physical = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        for resource in page["StackResourceSummaries"]
    }
    missing = set(local.template["Resources"]) - set(physical)
    if missing:
        raise DeployError(f"{name}: reported complete without {', '.join(sorted(missing))}")
    return Deployed(
        name=name,
        template=local.template,
        outputs={key: value for key, value in outputs.items() if not key.startswith(KEPT_BACK)},
        physical=physical,
        dropped={id: resolve(properties, outputs) for id, properties in local.dropped.items()},
        stream_mappings=tuple(resolve(properties, outputs) for properties in local.mappings.values()),
    )


def _await(cloudformation: Any, name: str) -> dict[str, str]:
    """The outputs, once the stack stands; DeployError with every failed resource's reason when it does not."""
    give_up = time.monotonic() + DEPLOY_SECONDS
    while True:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
        if not stack["StackStatus"].endswith("IN_PROGRESS") or time.monotonic() > give_up:
            raise DeployError(f"{name} is {stack['StackStatus']}: {_reasons(cloudformation, name)}")
        time.sleep(0.02)


def _reasons(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return "; ".join(
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("_FAILED")
    )
