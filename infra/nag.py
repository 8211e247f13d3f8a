"""cdk-nag's findings that are meant as they are: a construct and its reasons in, acknowledgements out."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import Construct


def acknowledge(construct: Construct, reasons: Mapping[str, str]) -> None:
    """Answer findings on `construct` and below it, each id with its reason."""
    Validations.of(construct).acknowledge(*(Acknowledgment(id=id, reason=why) for id, why in reasons.items()))


def wildcards(construct: Construct, resources: Sequence[str], because: str) -> dict[str, str]:
    """The ids of the findings that the wildcards in `resources` cause, as cdk-nag spells them."""
    stack = Stack.of(construct)
    spelt = [flat(stack.resolve(resource)) for resource in resources]
    return {f"AwsSolutions-IAM5[Resource::{name}]": because for name in spelt if "*" in name}


def flat(value: Any) -> str:
    """A resolved ARN as one text: `{"Fn::GetAtt": ["Work", "Arn"]}` is `<Work.Arn>`, `{"Ref": "Work"}` is `<Work>`."""
    if isinstance(value, str):
        return value
    [(function, argument)] = value.items()
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator.join(flat(part) for part in parts))
    if function in ("Ref", "Fn::GetAtt"):
        return f"<{argument if isinstance(argument, str) else '.'.join(argument)}>"
    return json.dumps(value, separators=(",", ":"))
