"""A function and when it is due in, one start each time out: told when it was due, tried again for a while, and then put aside."""

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra.function import PythonFunction
from infra.nag import acknowledge, wildcards
from infra.queue import DeadLetters


class Scheduled(Construct):
    """`job` names it, `says` what it does, `at` is a cron or rate expression in UTC; a start that fails for `patience` goes to `lost`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        job: str,
        says: str,
        at: str,
        function: PythonFunction,
        lost: DeadLetters,
        patience: Duration | None = None,
    ) -> None:
        super().__init__(scope, id)
        function.gives_up_to(lost)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            description=f"Start the {job.lower()}, or put the start that failed aside",
        )
        versions = [f"{function.function_arn}:*"]
        acknowledge(role, wildcards(self, versions, "A schedule may call any version of its function; there is one."))
        told = {"scheduledTime": scheduler.ContextAttribute.scheduled_time}
        scheduler.Schedule(
            self,
            job,
            description=says,
            schedule=scheduler.ScheduleExpression.expression(at, TimeZone.ETC_UTC),
            time_window=scheduler.TimeWindow.off(),
            target=targets.LambdaInvoke(
                function,
                input=scheduler.ScheduleTargetInput.from_object(told),
                role=role,
                dead_letter_queue=lost,
                max_event_age=patience or Duration.hours(1),
                retry_attempts=10,
            ),
        )
