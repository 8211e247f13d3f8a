"""The batch's machine and its ledger in, an alarm while a batch works for longer than it may out; states alone, no function."""

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
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
    """Every start of the batch, or redrive, starts a second execution that waits `limit`, looks, and fails when it is not done.

    The batch's own metrics cannot tell: Step Functions reports an execution's time, and `complete` a run's, when it has ended.
    An execution lives on after its batch, until what follows it has been done; so the run's row in `runs` is asked as well.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        batch: sfn.StateMachine,
        runs: dynamodb.ITable,
        limit: Duration,
        stage: Stage,
        alarms: Alarms,
        unstarted: DeadLetters,
    ) -> None:
        super().__init__(scope, id)
        self._limit, self._runs = limit, runs
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
        wait = sfn.Wait(self, "Let it work", time=sfn.WaitTime.duration(self._limit))
        overdue = sfn.Fail(self, "Overdue", error="BatchOverdue")
        over = sfn.Succeed(self, "Over")
        status = "$.ledger.Item.status.S"
        has_ended = sfn.Condition.and_(sfn.Condition.is_present(status), sfn.Condition.string_equals(status, "DONE"))
        done = sfn.Choice(self, "Is the batch done?").when(has_ended, over).otherwise(overdue)
        dry = sfn.Choice(self, "Is it a dry run?", comment="Nothing follows a dry run.")
        dry.when(sfn.Condition.is_present("$.input.dryRun"), overdue).otherwise(self._ask_ledger().next(done))
        works = sfn.Choice(self, "Is it over?")
        works.when(sfn.Condition.string_equals("$.status", "RUNNING"), dry).otherwise(over)
        return wait.next(self._look(executions)).next(works)

    def _look(self, executions: str) -> sfn.INextable:
        look = tasks.CallAwsService(
            self,
            "Look",
            service="sfn",
            action="describeExecution",
            iam_action="states:DescribeExecution",
            iam_resources=[executions],
            parameters={"ExecutionArn.$": "$.execution"},
            result_selector={"status.$": "$.Status", "input.$": "States.StringToJson($.Input)"},
        )
        look.add_retry(errors=["States.TaskFailed"])
        return look

    def _ask_ledger(self) -> sfn.INextable:
        """The run's row, as `adapters.aws.runs` keys it; a program's id holds nothing that would be escaped."""
        day = "States.ArrayGetItem(States.StringSplit($.input.scheduledTime, 'T'), 0)"
        ask = tasks.CallAwsService(
            self,
            "Ask the ledger",
            service="dynamodb",
            action="getItem",
            iam_resources=[self._runs.table_arn],
            parameters={
                "TableName": self._runs.table_name,
                "ConsistentRead": True,
                "ProjectionExpression": "#status",
                "ExpressionAttributeNames": {"#status": "status"},
                "Key": {
                    "PK": {"S.$": "States.Format('PROGRAM#{}', $.input.program)"},
                    "SK": {"S.$": f"States.Format('DATE#{{}}', {day})"},
                },
            },
            result_path="$.ledger",
        )
        ask.add_retry(errors=["States.TaskFailed"])
        return ask

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
