"""One synth for all tests of the stacks: three small programs, stage prod, policies checked by cdk-nag alone."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Read when aws_cdk starts Node. `make synth` runs CDK's own rules; here cfn-lint does.
os.environ["CDK_VALIDATION"] = "false"

import pytest

from infra.layer import placeholder
from infra.solicitation import Package
from infra.stages import PROD, SANDBOX, Stage
from infra.synth import context, synth
from tests.infra.few_programs import MUSIC, PAUSED, REVIEWS

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
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


def synthesise(folder: Path, stage: Stage = PROD, *, checked: bool = True) -> Stack:
    code = folder / "code"
    code.mkdir()
    (code / "README").write_text("The templates do not depend on what is in here.")
    out = folder / "cdk.out"
    synth(
        [MUSIC, PAUSED, REVIEWS],
        stage=stage,
        package=Package(code=code, layer=placeholder(folder / "layers")),
        context=context(PROJECT),
        outdir=out,
        checked=checked,
    )
    return Stack(out, json.loads((out / "Solicitation.template.json").read_text()))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return synthesise(tmp_path_factory.mktemp("prod"))


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return synthesise(tmp_path_factory.mktemp("sandbox"), SANDBOX, checked=False)
