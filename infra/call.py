"""A function and what it is told in, a machine's state that calls it out: tried again when that may help, and only then."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.function import PythonFunction
from infra.stages import Stage

ATTEMPTS = 3


class Call(tasks.LambdaInvoke):
    """`payload` None hands on the state's input, `result` None drops the answer; `last` lets nothing out of the state."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        function: PythonFunction,
        stage: Stage,
        payload: Mapping[str, str] | None = None,
        result: str | None = None,
        last: bool = False,
    ) -> None:
        super().__init__(
            scope,
            name,
            lambda_function=function,
            payload=sfn.TaskInput.from_object(dict(payload)) if payload else None,
            payload_response_only=True,
            result_path=result or sfn.JsonPath.DISCARD,
            output_path=sfn.JsonPath.DISCARD if last else None,
            retry_on_service_exceptions=False,
        )
        # The name of a handler's exception class: what can never succeed is not tried again.
        self.add_retry(errors=["Rejected"], max_attempts=0)
        self.add_retry(
            errors=["States.TaskFailed"],
            max_attempts=ATTEMPTS,
            interval=Duration.seconds(stage.retry_seconds),
            backoff_rate=2,
            jitter_strategy=sfn.JitterType.FULL,
        )
