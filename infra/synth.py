"""Programs and a stage's name in, a cloud assembly out."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import App, Tags, Validations
from aws_cdk.cx_api import CloudAssembly
from cdk_nag import AwsSolutionsChecks

from domain.solicitation.compiled import compile_program
from domain.solicitation.program import Program
from infra.archive import ArchiveStack
from infra.asset import code_asset
from infra.demand import DemandStack
from infra.layer import layer, placeholder
from infra.mail_templates import template_files
from infra.notifications import NotificationsStack
from infra.notifications_api import Contract
from infra.package import Package, Packages
from infra.reminder_documents import reminder_documents
from infra.schemas import Schema, avro_documents
from infra.scores import ScoresStack
from infra.services import Reminders, Services
from infra.solicitation import SolicitationStack
from infra.stages import STAGES, Stage

PROJECT = Path(__file__).parents[1]


def context(project: Path) -> dict[str, Any]:
    """cdk.json's own context, which plain Python would not see, and over it what the CDK command line adds."""
    settings: dict[str, Any] = json.loads((project / "cdk.json").read_text())["context"]
    given: dict[str, Any] = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    return settings | given


def stage_of(context: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Stage:
    """`-c stage=prod`, else OVATION_STAGE, else dev. KeyError names the stages there are."""
    name = context.get("stage") or environment.get("OVATION_STAGE") or "dev"
    if name not in STAGES:
        raise KeyError(f"no stage {name!r}; there are: {', '.join(STAGES)}")
    return STAGES[name]


def synth(
    programs: Sequence[Program],
    *,
    stage: Stage,
    packages: Packages,
    schemas: Mapping[str, Schema],
    context: Mapping[str, Any],
    outdir: Path,
    checked: bool = True,
) -> CloudAssembly:
    """Write the templates and stage the assets. RuntimeError: a policy is broken; the report is in `outdir`."""
    app = App(outdir=str(outdir), context=dict(context), analytics_reporting=False)
    build(app, programs, packages=packages, schemas=schemas, stage=stage)
    if checked:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app.synth()


def build(
    app: App, programs: Sequence[Program], *, packages: Packages, schemas: Mapping[str, Schema], stage: Stage
) -> None:
    """All stacks of one stage."""
    solicitation = SolicitationStack(app, "Solicitation", programs=programs, package=packages.solicitation, stage=stage)
    demand = DemandStack(app, "Demand", stage=stage)
    ArchiveStack(app, "Archive", demand=demand, schemas=schemas, package=packages.archive, stage=stage)
    services = Services.of({"services": app.node.try_get_context("services")})
    ScoresStack(app, "Scores", services=services, package=packages.scores, stage=stage)
    NotificationsStack(
        app,
        "Notifications",
        demand=demand,
        controls=solicitation.controls,
        reminders=Reminders.of({"reminders": app.node.try_get_context("reminders")}),
        contract=Contract.of(PROJECT / "schemas/graphql"),
        package=packages.notifications,
        stage=stage,
    )
    Tags.of(app).add("application", "ovation")
    Tags.of(app).add("stage", stage.name)


def packaged(programs: Sequence[Program], stage: Stage, project: Path) -> Packages:
    """Each subsystem's code asset with the documents it reads, and its layer; the sandbox goes without one.

    Rejected: a program names a template that is not there.
    """
    compiled = {f"programs/{program.id}.json": compile_program(program) for program in programs}
    documents = compiled | template_files(programs, project / "templates") | scripts(project / "src/training")

    def package(subsystem: str, documents: Mapping[str, bytes], group: str) -> Package:
        layers = project / "build/layers"
        return Package(
            code=code_asset(subsystem, documents, source=project / "src", into=project / "build/asset"),
            layer=layer(group, into=layers, project=project) if stage.bundled else placeholder(layers),
        )

    return Packages(
        solicitation=package("solicitation", documents, "handlers"),
        archive=package("archive", avro_documents(project), "archive"),
        scores=package("scores", {}, "scores"),
        notifications=package("notifications", reminder_documents(project), "notifications"),
    )


def scripts(folder: Path) -> dict[str, bytes]:
    """The code that trains, as documents: SageMaker runs it, not our functions."""
    return {f"{folder.name}/{path.name}": path.read_bytes() for path in folder.glob("*.py")}
