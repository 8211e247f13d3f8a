"""One synth for all tests of the stacks: three small programs, stage prod, policies checked by cdk-nag alone."""

import json
import os
from pathlib import Path

# Read when aws_cdk starts Node. `make synth` runs CDK's own rules; here cfn-lint does.
os.environ["CDK_VALIDATION"] = "false"

import pytest

from infra.layer import placeholder
from infra.solicitation import Package
from infra.stages import PROD, SANDBOX, Stage
from infra.synth import context, synth
from tests.infra.few_programs import MUSIC, PAUSED, REVIEWS
from tests.infra.templates import Stack

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]


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
