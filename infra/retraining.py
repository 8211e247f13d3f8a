"""The function that retrains in, the machine that leads each model of a program from step to step out."""

from aws_cdk import Duration
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.call import Call
from infra.function import PythonFunction
from infra.nag import acknowledge, wildcards
from infra.stages import Stage

LIMIT = Duration.hours(3)  # the mission's longest window for retraining
PAUSES = 6  # times the wait between two looks at the warehouse: training takes minutes
ROUND = {"program.$": "$.program", "scheduledTime.$": "$.scheduledTime"}


class RetrainMachine(Construct):
    """dataset → of each model: step after step, as the function says, until its end → close.

    An answer is the next step's event. A model that fails does not stop the others; `close` fails the round in the end.
    Started with a `step` of one `model` (an operator's `rollback`), the machine does that alone.
    """

    def __init__(self, scope: Construct, id: str, *, retrain: PythonFunction, stage: Stage) -> None:
        super().__init__(scope, id)
        self._retrain, self._stage = retrain, stage
        log_group = logs.LogGroup(self, "Logs", retention=stage.log_retention, removal_policy=stage.removal_policy)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_chainable(self._definition()),
            timeout=LIMIT,
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=True),
            removal_policy=stage.removal_policy,
        )
        versions = wildcards(self, [f"{retrain.function_arn}:*"], "A machine may call any version; there is one.")
        actions = {"AwsSolutions-IAM5[Resource::*]": "Log delivery and X-Ray actions take no resource."}
        acknowledge(self.machine, {**actions, **versions})

    def _definition(self) -> sfn.IChainable:
        models = sfn.Map(self, "Each model", items_path="$.round.models", result_path="$.outcomes", max_concurrency=1)
        models.item_processor(self._steps())
        close = self._call("Close", {**ROUND, "step": "close", "outcomes.$": "$.outcomes"})
        whole = self._call("Dataset", {**ROUND, "step": "dataset"}, "$.round")
        single = sfn.Pass(self, "That step alone", parameters={"models.$": "States.Array($)"}, result_path="$.round")
        asked = sfn.Choice(self, "Is one step asked for?")
        asked.when(sfn.Condition.is_present("$.step"), single.next(models)).otherwise(whole.next(models))
        models.next(close)
        return asked

    def _steps(self) -> sfn.IChainable:
        step = self._call("Step")
        failed = sfn.Pass(
            self,
            "Failed",
            parameters={"model.$": "$.model", "outcome": "FAILED", "reason.$": "$.failed.Error"},
        )
        step.add_catch(failed, errors=["States.ALL"], result_path="$.failed")
        pause = Duration.seconds(PAUSES * self._stage.wait_seconds)
        wait = sfn.Wait(self, "Let SageMaker work", time=sfn.WaitTime.duration(pause))
        after = sfn.Choice(self, "What comes next?")
        after.when(sfn.Condition.string_equals("$.step", "end"), sfn.Succeed(self, "Its end"))
        after.when(sfn.Condition.boolean_equals("$.wait", True), wait.next(step)).otherwise(step)
        return step.next(after)

    def _call(self, name: str, payload: dict[str, str] | None = None, result: str = "$") -> Call:
        return Call(self, name, function=self._retrain, stage=self._stage, payload=payload, result=result)
