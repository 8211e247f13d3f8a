"""A template, asked by type and by construct; also the one that was looked at last, which needs no synth."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SNAPSHOTS = Path(__file__).parent / "snapshots"
Resource = dict[str, Any]


@dataclass(frozen=True)
class Stack:
    """A synthesised template, asked by type and by construct."""

    folder: Path
    template: dict[str, Any]

    def all(self, *types: str) -> dict[str, Resource]:
        """Resources by logical id."""
        return {id: it for id, it in self.template["Resources"].items() if it["Type"] in types}

    def properties(self, type: str) -> list[Resource]:
        return [resource["Properties"] for resource in self.all(type).values()]

    def one(self, type: str, name: str) -> Resource:
        """Properties of the one resource of a type whose logical id is `name` and CDK's eight digits."""
        [found] = [it for id, it in self.all(type).items() if id[:-8] == name]
        return found["Properties"]

    def name_of(self, reference: Any) -> str:
        """The construct that `Ref` or `Fn::GetAtt` means, without CDK's eight digits."""
        [(_, target)] = reference.items()
        return (target if isinstance(target, str) else target[0])[:-8]


def looked_at(name: str) -> Stack:
    """`test_snapshot` holds it equal to what is synthesised."""
    return Stack(SNAPSHOTS, json.loads((SNAPSHOTS / f"{name}.json").read_text()))
