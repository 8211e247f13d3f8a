"""The functions of the batch and of what follows it in, the one state machine that runs every program's day out."""

from collections.abc import Mapping

from aws_cdk import ArnFormat, Duration, Fn, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.call import Call
from infra.follow_up import FollowUp
from infra.function import PythonFunction
from infra.nag import acknowledge, wildcards
from infra.stages import Stage

TIMEOUT = Duration.hours(
    23
)  # what follows the batch may wait till late in the day; tomorrow's run is another execution
RUN = {"run.$": "$.run"}
LABELS = ("Etl", "Deliver")  # of the two maps, in the ARNs of their children
CALLED = (
    *("claim", "extract", "etl", "gate", "filter", "score", "store", "contacts", "complete"),
    *("export", "campaign"),
)
BUCKET = {"run.$": "$.run", "bucket.$": "$.bucket"}


class BatchMachine(Construct):
    """claim → extract until done → etl of every bucket → gate → filter, score, store, contacts of every bucket → complete.

    Then, for a run that is meant: wait → export → wait → campaign. What fails fails the machine, so that a redrive repeats
    only what failed; the next claim takes a failed holder's run over.
    """

    def __init__(self, scope: Construct, id: str, *, functions: Mapping[str, PythonFunction], stage: Stage) -> None:
        super().__init__(scope, id)
        self._functions, self._stage = functions, stage
        log_group = logs.LogGroup(self, "Logs", retention=stage.log_retention, removal_policy=stage.removal_policy)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_chainable(self._definition()),
            timeout=TIMEOUT,
            tracing_enabled=True,
            # Executions carry run ids, S3 pointers and counts, never a candidate; so their data may be logged.
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=True),
            removal_policy=stage.removal_policy,
        )
        acknowledge(self.machine, self._findings())

    def _findings(self) -> dict[str, str]:
        """The wildcards of the role that CDK gives the machine."""
        name = Fn.select(6, Fn.split(":", self.machine.state_machine_arn))
        children = [
            Stack.of(self).format_arn(
                service="states",
                resource="execution",
                resource_name=execution,
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for execution in (f"{name}:*", *(f"{name}/{label}:*" for label in LABELS))
        ]
        versions = [f"{self._functions[name].function_arn}:*" for name in CALLED]
        return {
            "AwsSolutions-IAM5[Resource::*]": "Log delivery and X-Ray actions take no resource.",
            **wildcards(self, versions, "A machine may call any version of its functions; there is one."),
            **wildcards(
                self, children, "A Distributed Map starts, watches and redrives executions of its own machine."
            ),
        }

    def _definition(self) -> sfn.IChainable:
        named = sfn.Pass(self, "Name the execution", input_path="$$.Execution.Id", result_path="$.execution")
        claimed = sfn.Choice(self, "Is the run ours?")
        claimed.when(sfn.Condition.string_equals("$.outcome", "claimed"), self._run())
        claimed.otherwise(
            sfn.Succeed(self, "Nothing to do", comment="Another execution has the run, or its program is disabled.")
        )
        return named.next(self._task("Claim", None, result="$")).next(claimed)

    def _run(self) -> sfn.IChainable:
        unloaded = (
            self._each_bucket("Etl buckets", self._task("Etl", BUCKET, last=True))
            .next(self._task("Gate", RUN))
            .next(self._each_bucket("Deliver buckets", self._bucket_stages()))
            .next(self._task("Complete", RUN, result="$.result"))
            .next(FollowUp(self, functions=self._functions, stage=self._stage).states())
        )
        # `extract` waits inside itself for a while, so short statements need no second round.
        extract = self._task("Extract", RUN, result="$.extract")
        pause = Duration.seconds(self._stage.wait_seconds)
        wait = sfn.Wait(self, "Let the warehouse work", time=sfn.WaitTime.duration(pause))
        done = sfn.Choice(self, "Is everything unloaded?")
        done.when(sfn.Condition.string_equals("$.extract.status", "RUNNING"), wait.next(extract)).otherwise(unloaded)
        return extract.next(done)

    def _bucket_stages(self) -> sfn.Chain:
        wanted = sfn.Choice(self, "Are there contacts?")
        wanted.when(sfn.Condition.boolean_equals("$.contacts", True), self._task("Contacts", BUCKET, last=True))
        wanted.otherwise(sfn.Succeed(self, "Bucket done", output_path=sfn.JsonPath.DISCARD))
        return (
            self._task("Filter", BUCKET)
            .next(self._task("Score", BUCKET))
            .next(self._task("Store", BUCKET))
            .next(wanted)
        )

    def _each_bucket(self, name: str, child: sfn.IChainable) -> sfn.DistributedMap:
        """All buckets, each in a STANDARD execution of its own; one that fails fails the run.

        A map gathers its children's outputs before it drops them, 256 KiB at most: so every way through `child` ends in `{}`.
        """
        each = sfn.DistributedMap(
            self,
            name,
            items_path="$.buckets",
            item_selector={"run.$": "$.run", "bucket.$": "$$.Map.Item.Value", "contacts.$": "$.contacts"},
            max_concurrency=self._stage.map_concurrency,
            tolerated_failure_count=0,
            map_execution_type=sfn.StateMachineType.STANDARD,
            label=name.split()[0],
            result_path=sfn.JsonPath.DISCARD,
        )
        each.item_processor(child)
        return each

    def _task(
        self, name: str, payload: Mapping[str, str] | None, result: str | None = None, *, last: bool = False
    ) -> Call:
        """The call of the stage of that name."""
        function = self._functions[name.lower()]
        return Call(self, name, function=function, stage=self._stage, payload=payload, result=result, last=last)
