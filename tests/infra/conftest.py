"""One synth for all tests of the stacks: three small programs, stage prod, policies checked by cdk-nag alone."""

import json
import os
from pathlib import Path

# Read when aws_cdk starts Node. `make synth` runs CDK's own rules; here cfn-lint does.
os.environ["CDK_VALIDATION"] = "false"

import pytest

from infra.layer import placeholder
from infra.package import Package, Packages
from infra.schemas import avro_schemas
from infra.stages import PROD, SANDBOX, Stage
from infra.synth import context, synth
from tests.infra.few_programs import MUSIC, PAUSED, REVIEWS
from tests.infra.templates import Stack

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]


def synthesise(folder: Path, stage: Stage = PROD, *, checked: bool = True) -> Path:
    """The folder of the assembly."""
    code = folder / "code"
    code.mkdir()
    (code / "README").write_text("The templates do not depend on what is in here.")
    package = Package(code=code, layer=placeholder(folder / "layers"))
    out = folder / "cdk.out"
    synth(
        [MUSIC, PAUSED, REVIEWS],
        stage=stage,
        packages=Packages(solicitation=package, archive=package, scores=package, notifications=package),
        schemas=avro_schemas(PROJECT),
        context=context(PROJECT),
        outdir=out,
        checked=checked,
    )
    return out


def read(out: Path, name: str) -> Stack:
    return Stack(out, json.loads((out / f"{name}.template.json").read_text()))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesise(tmp_path_factory.mktemp("prod"))


@pytest.fixture(scope="session")
def in_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesise(tmp_path_factory.mktemp("sandbox"), SANDBOX, checked=False)


@pytest.fixture(scope="session")
def stack(prod: Path) -> Stack:
    return read(prod, "Solicitation")


@pytest.fixture(scope="session")
def sandbox(in_sandbox: Path) -> Stack:
    return read(in_sandbox, "Solicitation")


@pytest.fixture(scope="session")
def demand(prod: Path) -> Stack:
    return read(prod, "Demand")


@pytest.fixture(scope="session")
def archive(prod: Path) -> Stack:
    return read(prod, "Archive")


@pytest.fixture(scope="session")
def scores(prod: Path) -> Stack:
    return read(prod, "Scores")


@pytest.fixture(scope="session")
def notifications(prod: Path) -> Stack:
    return read(prod, "Notifications")
