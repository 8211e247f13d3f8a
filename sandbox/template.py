"""A synthesised template in, the template the embedded AWS can take and the resources kept back from it out; pure."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.differences import DROPPED, NOT_DEPLOYED, NOT_DEPLOYED_WITH

Json = dict[str, Any]

KEPT_BACK = "KeptBack"  # name prefix of the outputs that resolve the expressions of kept back resources


@dataclass(frozen=True, slots=True)
class Local:
    """`mappings` and `dropped` are properties by logical id, their expressions replaced by `{"Output": name}` (see `resolve`)."""

    template: Json
    mappings: Mapping[str, Json]
    dropped: Mapping[str, Json]


def localise(template: Json, environment: Mapping[str, str]) -> Local:
    """Drop what cannot run there, keep back the stream mappings (our dispatcher drives them) and the properties that would be
    dropped (`repairs` applies them), and point functions at the stand-ins.

    CloudFormation itself resolves what was kept back: every expression in it becomes an output of the stack.
    """
    template = copy.deepcopy(template)
    template.pop("Rules", None)
    template.get("Parameters", {}).pop("BootstrapVersion", None)
    resources: Json = template["Resources"]
    mappings = {id: it["Properties"] for id, it in resources.items() if is_stream_mapping(it)}
    gone = set(mappings) | {id for id, it in resources.items() if is_left_out(it)}
    template["Resources"] = kept = {id: it for id, it in resources.items() if id not in gone}
    dropped = {id: _take_dropped(it) for id, it in kept.items()}
    for resource in kept.values():
        _forget(resource, gone)
        if resource["Type"] == "AWS::Lambda::Function":
            _prepare_function(resource["Properties"], environment)
    outputs: Json = {id: it for id, it in template.get("Outputs", {}).items() if not gone & set(references(it))}
    mappings = {id: _with_outputs(properties, outputs) for id, properties in mappings.items()}
    dropped = {id: _with_outputs(properties, outputs) for id, properties in dropped.items() if properties}
    return Local({**template, "Outputs": outputs}, mappings, dropped)


def is_stream_mapping(resource: Json) -> bool:
    """A mapping of Kinesis or a DynamoDB stream: they, and not queues, start at a position."""
    return resource["Type"] == "AWS::Lambda::EventSourceMapping" and "StartingPosition" in resource["Properties"]


def is_left_out(resource: Json) -> bool:
    """Whether the embedded AWS would reject it; `differences` says why."""
    unwanted = NOT_DEPLOYED_WITH.get(resource["Type"], {})
    return resource["Type"] in NOT_DEPLOYED or not unwanted.keys().isdisjoint(resource.get("Properties", {}))


def resolve(properties: Any, outputs: Mapping[str, str]) -> Any:
    """Put the values of a deployed stack's outputs back into kept back properties."""
    if isinstance(properties, dict):
        if set(properties) == {"Output"}:
            return outputs[properties["Output"]]
        return {key: resolve(value, outputs) for key, value in properties.items()}
    return [resolve(value, outputs) for value in properties] if isinstance(properties, list) else properties


def references(value: Any) -> Iterator[str]:
    """The logical ids that an expression names by Ref, Fn::GetAtt or Fn::Sub."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0] if isinstance(inner, list) else inner.split(".")[0]
            else:
                yield from references(inner)


def _take_dropped(resource: Json) -> Json:
    """Remove, and return, the properties that would be dropped."""
    properties: Json = resource.get("Properties", {})
    return {key: properties.pop(key) for key in DROPPED.get(resource["Type"], ()) if key in properties}


def _prepare_function(properties: Json, environment: Mapping[str, str]) -> None:
    properties.pop("Layers", None)
    properties.setdefault("Environment", {}).setdefault("Variables", {}).update(environment)


def _forget(resource: Json, gone: set[str]) -> None:
    """Take ids that are no longer there out of DependsOn."""
    wanted = resource.pop("DependsOn", [])
    if still := [id for id in ([wanted] if isinstance(wanted, str) else wanted) if id not in gone]:
        resource["DependsOn"] = still


def _with_outputs(value: Any, outputs: Json) -> Any:
    """Replace each expression in `value` by a reference to an output that this adds to `outputs`."""
    if isinstance(value, list):
        return [_with_outputs(item, outputs) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (next(iter(value)) == "Ref" or next(iter(value)).startswith("Fn::")):
        return {"Output": _output_of(value, outputs)}
    return {key: _with_outputs(inner, outputs) for key, inner in value.items()}


def _output_of(expression: Json, outputs: Json) -> str:
    text = json.dumps(expression, sort_keys=True)
    for name, output in outputs.items():
        if name.startswith(KEPT_BACK) and json.dumps(output["Value"], sort_keys=True) == text:
            return name
    name = f"{KEPT_BACK}{sum(id.startswith(KEPT_BACK) for id in outputs)}"
    outputs[name] = {"Value": expression}
    return name
