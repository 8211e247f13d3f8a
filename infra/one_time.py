"""A stage in, what one-time schedules are made with out: a group, the role that calls `release`, and a place for lost calls."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.function import PythonFunction
from infra.queue import DeadLetters
from infra.stages import Stage


class OneTimeSchedules(Construct):
    """`campaign` makes one a slot of local time, `send` one for what must wait till tomorrow; each is deleted after its call."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage, lost: DeadLetters) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        self._lost = lost
        self.group = scheduler.ScheduleGroup(
            self, "Group", schedule_group_name=f"ovation-{stage.name}-campaigns", removal_policy=stage.removal_policy
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
            ),
            description="Release the mails of one slot, or put the call that failed aside",
        )
        self.role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[lost.queue_arn]))

    def call(self, release: PythonFunction) -> None:
        """Let the schedules call this function, and no other."""
        self.role.add_to_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[release.function_arn])
        )

    def settings(self, release: PythonFunction) -> dict[str, str]:
        """The fields of `ScheduleSettings`."""
        return {
            "schedule_group": self.group.schedule_group_name,
            "schedule_role": self.role.role_arn,
            "release_function": release.function_arn,
            "lost_schedules_queue": self._lost.queue_arn,
        }

    def made_by(self, function: PythonFunction, *verbs: str) -> None:
        """Allow scheduler verbs (`CreateSchedule`) in the group, and handing the role to the scheduler alone."""
        schedules = Stack.of(self).format_arn(
            service="scheduler",
            resource="schedule",
            resource_name=f"{self.group.schedule_group_name}/*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        function.allow(
            [f"scheduler:{verb}" for verb in verbs], [schedules], "Schedules are named by campaign and instant."
        )
        function.may_pass(self.role, "scheduler.amazonaws.com")
