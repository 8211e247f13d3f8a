"""Programs in, everything the daily batch runs on out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import ArnFormat, CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from domain.solicitation.program import Program
from infra.alarms import Alarms
from infra.analytics import Analytics
from infra.batch import FOLLOWING, BatchMachine
from infra.batch_functions import BatchFunctions
from infra.dashboard import BatchDashboard
from infra.delivery import join_up
from infra.delivery_functions import SEND_TIMEOUT, DeliveryFunctions
from infra.function import Fleet, PythonFunction
from infra.mail import Mail
from infra.nag import acknowledge, wildcards
from infra.one_time import OneTimeSchedules
from infra.overdue import OverdueWatch
from infra.parts import Parts
from infra.queue import DeadLetters, Outbox
from infra.schedules import BatchSchedules
from infra.stages import Stage
from infra.stores import Stores
from infra.training import Training
from infra.warehouses import Warehouses
from infra.watch import BATCH_LIMIT, BatchWatch
from infra.web_api import WebApi

# What could not be done, by what it was: starts of a batch, calls of one-time schedules, chunks of a list, what SES told.
LOST = ("UnstartedBatches", "LostReleases", "UnsentChunks", "LostMailEvents")
SEND_ATTEMPTS = 8  # deliveries of one chunk, at least a visibility timeout apart


@dataclass(frozen=True)
class Package:
    """What functions are deployed from: the folder of our own code, and the one of what it imports."""

    code: Path
    layer: Path


class SolicitationStack(Stack):
    """One machine for all programs; adding a program adds a schedule, its alarms and the rights its warehouse needs."""

    def __init__(
        self, scope: Construct, id: str, *, programs: Iterable[Program], package: Package, stage: Stage
    ) -> None:
        super().__init__(
            scope,
            id,
            stack_name=f"ovation-{stage.name}-solicitation",
            description="Ovation: who to ask for feedback, chosen daily",
            termination_protection=stage.protected,
        )
        programs = list(programs)
        alarms = Alarms(self, "Alarms", stage=stage)
        stores = Stores(
            self, stage=stage, run_days=1 + max((program.candidate_days for program in programs), default=13)
        )
        fleet = self._fleet(package, stage, alarms)
        lost = {id: DeadLetters(self, id, stage=stage, alarms=alarms) for id in LOST}
        parts = self._parts(programs, stores, stage, lost)
        serving = WebApi(self, "Serving", description="Who may be asked", rate=1000, burst=2000, stage=stage)
        functions = BatchFunctions(self, "Functions", stores=stores, programs=programs, fleet=fleet).by_stage
        delivery = DeliveryFunctions(self, parts=parts, fleet=fleet).by_stage
        join_up(delivery, parts, serving, lost["LostMailEvents"], lost["LostReleases"])
        batch = BatchMachine(
            self, "Batch", functions={**functions, **{name: delivery[name] for name in FOLLOWING}}, stage=stage
        ).machine
        self._watch_executions(functions["claim"], batch.state_machine_name)
        unstarted = lost["UnstartedBatches"]
        BatchSchedules(self, "Schedules", programs=programs, machine=batch, dead_letters=unstarted)
        OverdueWatch(
            self,
            "Overdue",
            batch=batch,
            runs=stores.runs,
            limit=BATCH_LIMIT,
            stage=stage,
            alarms=alarms,
            unstarted=unstarted,
        )
        BatchWatch(alarms).over(batch, programs)
        board = BatchDashboard(self, "Dashboard", programs=programs)
        board.runs(batch, unstarted)
        board.parts({**functions, **delivery}, stores.tables())
        self._outputs(parts, serving, batch.state_machine_arn, Warehouses(programs, functions["extract"]))

    def _parts(self, programs: list[Program], stores: Stores, stage: Stage, lost: Mapping[str, DeadLetters]) -> Parts:
        return Parts(
            programs=programs,
            stores=stores,
            outbox=Outbox(
                self, "Outbox", timeout=SEND_TIMEOUT, attempts=SEND_ATTEMPTS, unsent=lost["UnsentChunks"], stage=stage
            ),
            one_time=OneTimeSchedules(self, "OneTime", stage=stage, lost=lost["LostReleases"]),
            mail=Mail(self, "Mail", stage=stage),
            pages=WebApi(
                self,
                "Pages",
                description="What people are asked, and what they answer",
                rate=500,
                burst=1000,
                stage=stage,
            ),
            analytics=Analytics(self, "Analytics", outputs=stores.outputs, stage=stage),
            training=Training(self, "Training", outputs=stores.outputs),
        )

    def _fleet(self, package: Package, stage: Stage, alarms: Alarms) -> Fleet:
        layer = lambda_.LayerVersion(
            self,
            "Layer",
            code=lambda_.Code.from_asset(str(package.layer)),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[lambda_.Architecture.ARM_64],
            description="What the handlers import beside the runtime's own boto3",
        )
        return Fleet(lambda_.Code.from_asset(str(package.code)), [layer], stage, alarms)

    def _watch_executions(self, claim: PythonFunction, machine_name: str) -> None:
        """Let `claim` see whether a run's holder still works. A policy apart: the machine itself needs `claim` first."""
        executions = self.format_arn(
            service="states",
            resource="execution",
            resource_name=f"{machine_name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        assert claim.role is not None
        policy = iam.Policy(
            self,
            "ClaimSeesExecutions",
            statements=[iam.PolicyStatement(actions=["states:DescribeExecution"], resources=[executions])],
            roles=[claim.role],
        )
        acknowledge(policy, wildcards(policy, [executions], "Any execution of this machine may hold a run."))

    def _outputs(self, parts: Parts, serving: WebApi, machine_arn: str, warehouses: Warehouses) -> None:
        stores = parts.stores
        for name, table in stores.tables().items():
            CfnOutput(self, f"{name}Table", value=table.table_name)
        for name, bucket in stores.buckets().items():
            CfnOutput(self, f"{name}Bucket", value=bucket.bucket_name)
        for name, value in {
            "BatchMachine": machine_arn,
            "ServingUrl": serving.url,
            "PagesUrl": parts.pages.url,
            "OutboxUrl": parts.outbox.queue_url,
            "ScheduleGroup": parts.one_time.group.schedule_group_name,
            "LinkKeysSecret": parts.mail.link_keys.secret_arn,
            "GlueDatabase": parts.analytics.database,
            "AthenaWorkgroup": parts.analytics.workgroup,
        }.items():
            CfnOutput(self, name, value=value)
        for number, words in enumerate(warehouses.to_be_granted(stores.work.bucket_name), start=1):
            CfnOutput(self, f"OwnerGrants{number}", value=words, description="What a warehouse's owner must grant")
