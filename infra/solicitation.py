"""Programs in, everything the daily batch runs on out."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import ArnFormat, CfnOutput, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from domain.solicitation.program import Program
from infra.alarms import Alarms
from infra.batch import BatchMachine
from infra.batch_functions import BatchFunctions, Stores
from infra.bucket import PrivateBucket
from infra.dashboard import BatchDashboard
from infra.function import Fleet, PythonFunction
from infra.nag import acknowledge, wildcards
from infra.overdue import OverdueWatch
from infra.queue import DeadLetters
from infra.schedules import BatchSchedules
from infra.stages import Stage
from infra.table import KeyedTable
from infra.warehouses import Warehouses
from infra.watch import BATCH_LIMIT, BatchWatch


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
        stores = self._stores(stage, 1 + max((program.candidate_days for program in programs), default=13))
        functions = self._functions(stores, programs, package, stage, alarms)
        batch = BatchMachine(self, "Batch", functions=functions, stage=stage).machine
        self._watch_executions(functions["claim"], batch.state_machine_name)
        unstarted = DeadLetters(self, "UnstartedBatches", stage=stage, alarms=alarms)
        BatchSchedules(self, "Schedules", programs=programs, machine=batch, dead_letters=unstarted)
        OverdueWatch(self, "Overdue", batch=batch, limit=BATCH_LIMIT, stage=stage, alarms=alarms, unstarted=unstarted)
        BatchWatch(alarms).over(batch, programs)
        board = BatchDashboard(self, "Dashboard", programs=programs)
        board.runs(batch, unstarted)
        board.parts(functions, stores.tables())
        self._outputs(stores, batch.state_machine_arn, Warehouses(programs, functions["extract"]))

    def _stores(self, stage: Stage, run_days: int) -> Stores:
        """`run_days`: a rerun takes back what an earlier attempt stored by that attempt's files, so they outlive candidates."""
        candidates = KeyedTable(self, "Candidates", stage=stage, expires="expiresAt")
        candidates.index("GSI1", dynamodb.ProjectionType.ALL)
        candidates.index("GSI2", dynamodb.ProjectionType.KEYS_ONLY)
        work = PrivateBucket(self, "Work", stage=stage, keep_days={"runs/": run_days, "contacts/": 1})
        acknowledge(
            work,
            {
                "AwsSolutions-S1": "Work files live for days and only our own functions touch them; CloudTrail data events say more."
            },
        )
        return Stores(
            candidates=candidates,
            customers=KeyedTable(self, "Customers", stage=stage),
            score_cache=KeyedTable(self, "ScoreCache", stage=stage, expires="expiresAt"),
            runs=KeyedTable(self, "Runs", stage=stage),
            work=work,
        )

    def _functions(
        self, stores: Stores, programs: list[Program], package: Package, stage: Stage, alarms: Alarms
    ) -> dict[str, PythonFunction]:
        layer = lambda_.LayerVersion(
            self,
            "Layer",
            code=lambda_.Code.from_asset(str(package.layer)),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[lambda_.Architecture.ARM_64],
            description="What the handlers import beside the runtime's own boto3",
        )
        fleet = Fleet(lambda_.Code.from_asset(str(package.code)), [layer], stage, alarms)
        return BatchFunctions(self, "Functions", stores=stores, programs=programs, fleet=fleet).by_stage

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

    def _outputs(self, stores: Stores, machine_arn: str, warehouses: Warehouses) -> None:
        for name, table in stores.tables().items():
            CfnOutput(self, f"{name}Table", value=table.table_name)
        CfnOutput(self, "WorkBucket", value=stores.work.bucket_name)
        CfnOutput(self, "BatchMachine", value=machine_arn)
        for number, words in enumerate(warehouses.to_be_granted(stores.work.bucket_name), start=1):
            CfnOutput(self, f"OwnerGrants{number}", value=words, description="What a warehouse's owner must grant")
