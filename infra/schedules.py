"""Programs in, one EventBridge schedule an enabled program out; what cannot be started lands in a dead-letter queue."""

from collections.abc import Iterable

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from domain.solicitation.program import Program
from infra.queue import DeadLetters


class BatchSchedules(Construct):
    """Each starts the machine at its program's own time, in UTC, with that time as input.

    A start that is delivered twice ends as a duplicate; one that fails is tried again for an hour.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        programs: Iterable[Program],
        machine: sfn.IStateMachine,
        dead_letters: DeadLetters,
    ) -> None:
        super().__init__(scope, id)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            description="Start the batch, or put the start that failed aside",
        )
        for program in programs:
            if program.enabled:
                self._schedule(program, machine, dead_letters, role)

    def _schedule(
        self, program: Program, machine: sfn.IStateMachine, dead_letters: DeadLetters, role: iam.Role
    ) -> None:
        scheduler.Schedule(
            self,
            program.id,
            description=f"Batch of {program.name}"[:512],
            schedule=scheduler.ScheduleExpression.expression(program.schedules["batch"], TimeZone.ETC_UTC),
            time_window=scheduler.TimeWindow.off(),
            target=targets.StepFunctionsStartExecution(
                machine,
                input=scheduler.ScheduleTargetInput.from_object(
                    {"program": program.id, "scheduledTime": scheduler.ContextAttribute.scheduled_time}
                ),
                role=role,
                dead_letter_queue=dead_letters,
                max_event_age=Duration.hours(1),
                retry_attempts=10,
            ),
        )
