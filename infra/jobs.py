"""Programs and the jobs' functions in, one EventBridge schedule a program and job out, told the program and the time it was due."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from domain.solicitation.program import Program
from infra.function import PythonFunction
from infra.nag import acknowledge, wildcards
from infra.queue import DeadLetters

CALLED = ("playlists", "report", "cleanup")  # each is one call of its function
RETRAIN = "retrain"  # a machine


class JobSchedules(Construct):
    """A job runs for the programs that give it a time, in UTC; a program that is not enabled has none.

    A start that fails is tried again for an hour, and then put aside, like a call that failed in its function three times.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        programs: Iterable[Program],
        functions: Mapping[str, PythonFunction],
        retraining: sfn.IStateMachine,
        lost: DeadLetters,
    ) -> None:
        super().__init__(scope, id)
        self._functions, self._retraining, self._lost = functions, retraining, lost
        self._role = self._made_role()
        for name in CALLED:
            functions[name].gives_up_to(lost)
        for program, job, cron in jobs_of(programs):
            scheduler.Schedule(
                self,
                f"{program.id}-{job}",
                description=f"{job.capitalize()} of {program.name}"[:512],
                schedule=scheduler.ScheduleExpression.expression(cron, TimeZone.ETC_UTC),
                time_window=scheduler.TimeWindow.off(),
                target=self._target(program, job),
            )

    def _made_role(self) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            description="Start the day's jobs, or put the start that failed aside",
        )
        versions = [f"{self._functions[name].function_arn}:*" for name in CALLED]
        acknowledge(role, wildcards(self, versions, "A schedule may call any version of its function; there is one."))
        return role

    def _target(self, program: Program, job: str) -> scheduler.IScheduleTarget:
        told = {"program": program.id, "scheduledTime": scheduler.ContextAttribute.scheduled_time}
        how: dict[str, Any] = {
            "input": scheduler.ScheduleTargetInput.from_object(told),
            "role": self._role,
            "dead_letter_queue": self._lost,
            "max_event_age": Duration.hours(1),
            "retry_attempts": 10,
        }
        if job == RETRAIN:
            return targets.StepFunctionsStartExecution(self._retraining, **how)
        return targets.LambdaInvoke(self._functions[job], **how)


def jobs_of(programs: Iterable[Program]) -> Iterator[tuple[Program, str, str]]:
    """Each enabled program's jobs with their crons; what follows the batch in its own run is not among them."""
    for program in programs:
        for job, cron in program.schedules.items() if program.enabled else ():
            if job in (*CALLED, RETRAIN):
                yield program, job, cron
