"""A function's name and an event -> its answer, from a deployed Lambda or from a handler in this process."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from domain.errors import Unavailable
from sandbox.streams.responses import Invocation

Handler = Callable[[dict[str, Any], Any], Any]
Invoke = Callable[[str, dict[str, Any]], Invocation]


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda tells a handler about its call, as far as Powertools reads it."""

    function_name: str
    invoked_function_arn: str
    aws_request_id: str
    memory_limit_in_mb: int = 128
    function_version: str = "$LATEST"


def invoke_deployed(client: Any) -> Invoke:
    """Call functions through a boto3 Lambda client; throttling raises Unavailable.

    The client should make one attempt, with a read timeout above the functions' own: a retry of boto3 would be a call
    that the mapping's rules know nothing of.
    """

    def invoke(function: str, event: dict[str, Any]) -> Invocation:
        try:
            answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        except client.exceptions.TooManyRequestsException as error:
            raise Unavailable(f"{function} is throttled") from error
        payload = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            return Invocation(error=str(payload))
        return Invocation(response=payload)

    return invoke


def invoke_handlers(handlers: Mapping[str, Handler]) -> Invoke:
    """Call handlers of this process, by function name; events and answers pass through JSON as on Lambda."""

    def invoke(function: str, event: dict[str, Any]) -> Invocation:
        context = Context(function, f"arn:aws:lambda:eu-west-1:000000000000:function:{function}", str(uuid4()))
        handler = handlers[function]
        try:
            answer = json.dumps(handler(json.loads(json.dumps(event)), context))
        except Exception as error:  # noqa: BLE001  a Lambda runtime reports whatever a function raises
            return Invocation(error=repr(error))
        return Invocation(response=json.loads(answer))

    return invoke
