"""The batch's machine in, an alarm while one of its executions works for longer than it may out; states alone, no function."""

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.alarms import Alarms
from infra.nag import acknowledge, wildcards
from infra.queue import DeadLetters
from infra.stages import Stage


class OverdueWatch(Construct):
    """Every start of the batch, or redrive, starts a second execution that waits `limit`, looks, and fails when it still runs.

    The batch's own metrics cannot tell: Step Functions reports an execution's time, and `complete` a run's, when it has ended.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        batch: sfn.StateMachine,
        limit: Duration,
        stage: Stage,
        alarms: Alarms,
        unstarted: DeadLetters,
    ) -> None:
        super().__init__(scope, id)
        self._limit = limit
        watcher = self._machine(batch, stage)
        self._start(watcher, batch, unstarted)
        alarms.at_least(
            1,
            watcher.metric_failed(period=Duration.minutes(5)),
            id="BatchOverdue",
            says=f"A batch still runs {limit.to_human_string()} after its start: the failed execution's input names it.",
        )

    def _machine(self, batch: sfn.StateMachine, stage: Stage) -> sfn.StateMachine:
        log_group = logs.LogGroup(self, "Logs", retention=stage.log_retention, removal_policy=stage.removal_policy)
        executions = self._executions(batch)
        machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_chainable(self._definition(executions)),
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=True),
            removal_policy=stage.removal_policy,
        )
        reasons = wildcards(self, [executions], "Any execution of the batch may be late.")
        acknowledge(
            machine, {"AwsSolutions-IAM5[Resource::*]": "Log delivery and X-Ray actions take no resource.", **reasons}
        )
        return machine

    def _definition(self, executions: str) -> sfn.IChainable:
        look = tasks.CallAwsService(
            self,
            "Look",
            service="sfn",
            action="describeExecution",
            iam_action="states:DescribeExecution",
            iam_resources=[executions],
            parameters={"ExecutionArn.$": "$.execution"},
            result_selector={"status.$": "$.Status"},
        )
        look.add_retry(errors=["States.TaskFailed"])
        over = sfn.Choice(self, "Is it over?")
        over.when(
            sfn.Condition.string_equals("$.status", "RUNNING"), sfn.Fail(self, "Overdue", error="BatchOverdue")
        ).otherwise(sfn.Succeed(self, "Over"))
        return sfn.Wait(self, "Let it work", time=sfn.WaitTime.duration(self._limit)).next(look).next(over)

    def _start(self, watcher: sfn.StateMachine, batch: sfn.StateMachine, unstarted: DeadLetters) -> None:
        started = events.EventPattern(
            source=["aws.states"],
            detail_type=["Step Functions Execution Status Change"],
            # The children of its maps belong to machines of other names (name/label), so they do not match.
            detail={"stateMachineArn": [batch.state_machine_arn], "status": ["RUNNING"]},
        )
        told = events.RuleTargetInput.from_object({"execution": events.EventField.from_path("$.detail.executionArn")})
        target = targets.SfnStateMachine(watcher, input=told, dead_letter_queue=unstarted)
        events.Rule(self, "Started", description="A batch has begun", event_pattern=started, targets=[target])

    def _executions(self, batch: sfn.StateMachine) -> str:
        return Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{batch.state_machine_name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
