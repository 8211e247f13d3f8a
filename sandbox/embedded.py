"""The program `Ministack` starts: the emulator, corrected where tests cannot reach it from outside (each place says why)."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from ministack.core.lambda_runtime import Worker
from ministack.services import dynamodb, eventbridge, glue, kinesis, lambda_svc, s3, scheduler, stepfunctions

from sandbox.emulator_gaps import (
    all_of_them,
    at_their_own_time,
    expire_from_the_front,
    in_their_items_shard,
    telling_versions,
    updating_partitions,
)
from sandbox.errands import AT_ONCE, Errands


def main() -> None:
    eventbridge.start_scheduler = _no_timer
    scheduler.start_scheduler = _no_timer
    scheduler._list_schedules = all_of_them(scheduler._list_schedules)
    eventbridge._put_events = at_their_own_time(eventbridge._put_events)
    glue._handle_request_sync = updating_partitions(glue._handle_request_sync)
    kinesis._expire_records = expire_from_the_front
    dynamodb._fan_out_to_kinesis = in_their_items_shard
    s3._fire_s3_event = telling_versions(s3._fire_s3_event)
    # A machine waits for a moment of the sandbox's day: whoever started it says when that has come, the machine's clock does not
    stepfunctions._sleep_until = lambda moment: None
    errands = Errands()
    lambda_svc.invoke_async_with_retry = errands.add
    eventbridge._dispatch_to_lambda = errands.for_event
    of_queue = lambda_svc._sqs_esm_concurrency
    lambda_svc._sqs_esm_concurrency = lambda *mapping: min(AT_ONCE, of_queue(*mapping))
    # seconds to wait for a first line on stderr, for a further one, and at most: its 50 ms a call, spent on each call of
    # a function that logs to stdout, were most of the time of a warm call
    Worker._drain_stderr_bounded.__defaults__ = (0.001, 0.001, 0.25)
    lambda_svc._execute_function_warm = _naming_errors(lambda_svc._execute_function_warm)
    stepfunctions._execute_task = _unless_stopped(stepfunctions._execute_task)
    from ministack import app  # after the timers are gone: the app starts them

    app._handle_ready_request = errands.told(app._handle_ready_request)
    app.main()


def _no_timer() -> None:
    """In place of the threads that fire schedules and scheduled rules by the machine's clock."""


def _naming_errors(execute: Callable[..., Any]) -> Callable[..., Any]:
    """A function's error carries its exception's class, as on AWS, so that a machine can tell what to try again.

    The emulator calls every one Runtime.HandlerError; the class is in the last line of the traceback it logs.
    """

    def warm(function: Any, event: Any, request_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = execute(function, event, request_id)
        if answer.get("error") and answer["body"].get("errorType") == "Runtime.HandlerError":
            message = answer["body"]["errorMessage"]
            head = answer.get("log", "").rstrip().removesuffix(message).rstrip().removesuffix(":").splitlines()
            if head and head[-1].replace(".", "").replace("_", "").isalnum():
                answer["body"]["errorType"] = head[-1].rsplit(".", 1)[-1]
        return answer

    return warm


def _unless_stopped(execute: Callable[..., Any]) -> Callable[..., Any]:
    """The children of a map end when its execution was stopped or more of them failed than it tolerates, as on AWS.

    The emulator goes on to the last item.
    """

    def task(state: Any, given: Any, execution: dict[str, Any], context: Any) -> Any:
        run = stepfunctions._map_runs.get(execution.get("mapRunArn"))
        if run and (_stopped(run) or _lost(run)):
            raise stepfunctions._ExecutionError("States.Aborted", "The map run has ended.")
        return execute(state, given, execution, context)

    return task


def _stopped(run: dict[str, Any]) -> bool:
    parent = stepfunctions._executions.get(run["executionArn"])
    return bool(parent) and parent["status"] != "RUNNING"


def _lost(run: dict[str, Any]) -> bool:
    counts = run["executionCounts"]
    share = 100 * counts["failed"] / max(1, counts["total"])
    return bool(counts["failed"] > run["toleratedFailureCount"] and share > run["toleratedFailurePercentage"])


def _end_with_parent() -> None:
    """End when our input does: that is when the parent is gone, also one that was killed outright."""
    sys.stdin.buffer.read()
    os.killpg(os.getpgid(0), signal.SIGKILL)  # the workers too; whoever starts next sweeps our folder


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    main()
