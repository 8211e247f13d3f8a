"""A subsystem's code and what it imports in, the fleet of its stack out: what all of its functions share."""

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alarms import Alarms
from infra.function import Fleet
from infra.stages import Stage


@dataclass(frozen=True)
class Package:
    """What functions are deployed from: the folder of our own code, and the one of what it imports."""

    code: Path
    layer: Path


@dataclass(frozen=True)
class Packages:
    """One a subsystem."""

    solicitation: Package
    archive: Package
    scores: Package
    notifications: Package


def fleet(scope: Construct, package: Package, stage: Stage, alarms: Alarms) -> Fleet:
    """One asset and one layer for all functions of `scope`."""
    layer = lambda_.LayerVersion(
        scope,
        "Layer",
        code=lambda_.Code.from_asset(str(package.layer)),
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
        compatible_architectures=[lambda_.Architecture.ARM_64],
        description="What the handlers import beside the runtime's own boto3",
    )
    return Fleet(lambda_.Code.from_asset(str(package.code)), [layer], stage, alarms)
