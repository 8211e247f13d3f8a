"""A payload for a deployed function in, what it returns out, or how it failed."""

import json
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any

from botocore.config import Config

from sandbox.ministack import Ministack

TIMEOUT = 30  # seconds of a request (AWS: AppSync quotas)
AT_ONCE = 2  # calls of functions; each that runs beside another is a process more
Invoke = Callable[[str, Any], Any]


class FunctionFailed(Exception):
    """The function raised, or did not end in time; the text is its own."""


def calls_of(aws: Ministack) -> Invoke:
    """Call the functions of an embedded AWS, by name or ARN."""
    once = Config(read_timeout=TIMEOUT, retries={"total_max_attempts": 1}, max_pool_connections=AT_ONCE)
    client, turn = aws.client("lambda", config=once), BoundedSemaphore(AT_ONCE)

    def invoke(function: str, payload: Any) -> Any:
        with turn:
            answer = client.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
        told = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise FunctionFailed(str((told or {}).get("errorMessage", "")))
        return told

    return invoke
