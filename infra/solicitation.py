"""Programs in, everything out that their days run on: the batch, the mails, the pages, the jobs."""

from collections.abc import Iterable, Mapping

from aws_cdk import ArnFormat, CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from domain.solicitation.program import Program
from domain.solicitation.sending import VISIBILITY
from infra.alarms import Alarms
from infra.analytics import Analytics
from infra.batch import BatchMachine
from infra.batch_functions import BatchFunctions
from infra.dashboard import BatchDashboard
from infra.delivery import join_up
from infra.delivery_dashboard import delivery_rows
from infra.delivery_functions import DeliveryFunctions
from infra.delivery_watch import DeliveryWatch
from infra.function import PythonFunction
from infra.jobs import JobSchedules
from infra.mail import Mail
from infra.nag import acknowledge, wildcards
from infra.one_time import OneTimeSchedules
from infra.outputs import grants, names
from infra.overdue import OverdueWatch
from infra.package import Package, fleet
from infra.parts import Parts
from infra.queue import DeadLetters, Outbox
from infra.retraining import RetrainMachine
from infra.schedules import BatchSchedules
from infra.stages import Stage
from infra.stores import Stores
from infra.training import Training
from infra.warehouses import Warehouses
from infra.watch import BATCH_LIMIT, BatchWatch
from infra.web_api import WebApi

# What could not be done, by what it was: starts of a batch, calls of one-time schedules, chunks of a list,
# what SES told, jobs.
LOST = ("UnstartedBatches", "LostReleases", "UnsentChunks", "LostMailEvents", "LostJobs")
SEND_ATTEMPTS = 8  # deliveries of one chunk, at least a visibility timeout apart


class SolicitationStack(Stack):
    """One machine for all programs' days; adding a program adds its schedules, its alarms and the rights its warehouse needs."""

    def __init__(
        self, scope: Construct, id: str, *, programs: Iterable[Program], package: Package, stage: Stage
    ) -> None:
        super().__init__(
            scope,
            id,
            stack_name=f"ovation-{stage.name}-solicitation",
            description="Ovation: who to ask for feedback, chosen and asked daily",
            termination_protection=stage.protected,
        )
        programs = list(programs)
        alarms = Alarms(self, "Alarms", stage=stage)
        lost = {id: DeadLetters(self, id, stage=stage, alarms=alarms) for id in LOST}
        staff = fleet(self, package, stage, alarms)
        parts = self._parts(programs, stage, lost)
        self.controls = parts.stores.controls
        batch = BatchFunctions(self, "Functions", stores=parts.stores, programs=programs, fleet=staff).by_stage
        delivery = DeliveryFunctions(self, parts=parts, fleet=staff).by_stage
        functions = {**batch, **delivery}
        join_up(delivery, parts, lost)
        machines = self._machines(functions, stage)
        self._watch_executions(batch["claim"], machines["Batch"].state_machine_name)
        self._schedule(machines, functions, programs, lost)
        self._watch(machines, functions, parts, stage, alarms, lost["UnstartedBatches"])
        self._draw(machines, functions, parts, lost["UnstartedBatches"])
        self._tell(parts, machines, Warehouses(programs, batch["extract"]))

    def _parts(self, programs: list[Program], stage: Stage, lost: Mapping[str, DeadLetters]) -> Parts:
        run_days = 1 + max((program.candidate_days for program in programs), default=13)
        stores = Stores(self, stage=stage, run_days=run_days)
        unsent = lost["UnsentChunks"]
        return Parts(
            programs=programs,
            stores=stores,
            outbox=Outbox(self, "Outbox", hidden=VISIBILITY, attempts=SEND_ATTEMPTS, unsent=unsent, stage=stage),
            one_time=OneTimeSchedules(self, "OneTime", stage=stage, lost=lost["LostReleases"]),
            mail=Mail(self, "Mail", stage=stage),
            serving=WebApi(self, "Serving", description="Who may be asked", rate=1000, burst=2000, stage=stage),
            pages=WebApi(self, "Pages", description="What people are asked", rate=500, burst=1000, stage=stage),
            analytics=Analytics(self, "Analytics", outputs=stores.outputs, stage=stage),
            training=Training(self, "Training", outputs=stores.outputs),
        )

    def _machines(self, functions: Mapping[str, PythonFunction], stage: Stage) -> dict[str, sfn.StateMachine]:
        return {
            "Batch": BatchMachine(self, "Batch", functions=functions, stage=stage).machine,
            "Retrain": RetrainMachine(self, "Retraining", retrain=functions["retrain"], stage=stage).machine,
        }

    def _schedule(
        self,
        machines: Mapping[str, sfn.StateMachine],
        functions: Mapping[str, PythonFunction],
        programs: list[Program],
        lost: Mapping[str, DeadLetters],
    ) -> None:
        batch, retraining = machines["Batch"], machines["Retrain"]
        BatchSchedules(self, "Schedules", programs=programs, machine=batch, dead_letters=lost["UnstartedBatches"])
        JobSchedules(self, "Jobs", programs=programs, functions=functions, retraining=retraining, lost=lost["LostJobs"])

    def _watch(
        self,
        machines: Mapping[str, sfn.StateMachine],
        functions: Mapping[str, PythonFunction],
        parts: Parts,
        stage: Stage,
        alarms: Alarms,
        unstarted: DeadLetters,
    ) -> None:
        OverdueWatch(
            self,
            "Overdue",
            batch=machines["Batch"],
            runs=parts.stores.runs,
            limit=BATCH_LIMIT,
            stage=stage,
            alarms=alarms,
            unstarted=unstarted,
        )
        BatchWatch(alarms).over(machines["Batch"], parts.programs)
        watch = DeliveryWatch(alarms, parts.programs)
        watch.over_mails(parts.outbox)
        watch.over_answers(parts.apis(), functions["publish_responses"])
        watch.over_jobs(functions, machines["Retrain"])

    def _draw(
        self,
        machines: Mapping[str, sfn.StateMachine],
        functions: Mapping[str, PythonFunction],
        parts: Parts,
        unstarted: DeadLetters,
    ) -> None:
        board = BatchDashboard(self, "Dashboard", programs=parts.programs)
        board.runs(machines["Batch"], unstarted)
        board.rows(delivery_rows(parts.enabled(), parts.outbox, parts.apis()))
        board.parts(functions, parts.stores.tables())

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

    def _tell(self, parts: Parts, machines: Mapping[str, sfn.StateMachine], warehouses: Warehouses) -> None:
        for name, value in names(parts, machines):
            CfnOutput(self, name, value=value)
        for number, words in enumerate(grants(parts, warehouses), start=1):
            CfnOutput(self, f"OwnerGrants{number}", value=words, description="What others must grant")
