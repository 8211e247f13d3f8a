"""The program `Ministack` starts: the emulator, corrected where tests cannot reach it from outside (each place says why)."""

import contextvars
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ministack.core.lambda_runtime import Worker
from ministack.services import eventbridge, lambda_svc, scheduler, stepfunctions

AT_ONCE = 2  # asynchronous calls, and batches of one queue; what runs beside another of its function is a process more
PAUSES = (0.2, 1.0, None)  # seconds after a failed attempt; AWS makes three, minutes apart
MANY = "100000"
BUSY = "/_ministack/busy"


def main() -> None:
    eventbridge.start_scheduler = _no_timer
    scheduler.start_scheduler = _no_timer
    scheduler._list_schedules = _all_of_them(scheduler._list_schedules)
    eventbridge._put_events = _at_their_own_time(eventbridge._put_events)
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


class Errands:
    """Asynchronous calls of functions: a few at a time, in order, tried again; and how many are still to be done.

    The emulator starts a thread, and so a process, for each at once, and does not try those of EventBridge again.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, "errand")
        self._left = 0
        self._lock = threading.Lock()

    def add(self, function: Any, event: Any) -> None:
        with self._lock:
            self._left += 1
        self._pool.submit(contextvars.copy_context().run, self._run, function, event)

    def for_event(self, arn: str, payload: str) -> None:
        """An EventBridge rule's target."""
        function, config, _ = lambda_svc._get_func_record_for_ref(arn)
        if function and config:
            self.add(lambda_svc._execution_record_for_config(function, config), json.loads(payload))

    def told(self, ready: Callable[[str, str], Any]) -> Callable[[str, str], Any]:
        """Answer also for what is under way: calls waiting or running, of whatever kind."""

        def handle(path: str, request_id: str) -> Any:
            if path != BUSY:
                return ready(path, request_id)
            running, _ = lambda_svc.executions_in_flight()
            batches = sum(lambda_svc._esm_inflight.values())
            body = json.dumps({"errands": self._left, "running": running, "batches": batches})
            return 200, {"Content-Type": "application/json"}, body.encode()

        return handle

    def _run(self, function: Any, event: Any) -> None:
        try:
            self._attempt(function, event)
        finally:
            with self._lock:
                self._left -= 1

    def _attempt(self, function: Any, event: Any) -> None:
        for pause in PAUSES:
            answer = lambda_svc._execute_function(function, event)
            if not answer.get("error"):
                return
            if pause:
                time.sleep(pause)
        config = function.get("config") or function
        settings = function.get("event_invoke_config") or {}
        lost = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if lost := lost or (config.get("DeadLetterConfig") or {}).get("TargetArn"):
            lambda_svc._route_async_failure(lost, config.get("FunctionName"), event, answer)


def _at_their_own_time(put: Callable[..., Any]) -> Callable[..., Any]:
    """Events keep the time their sender gave them, as on AWS, and our stand-ins may speak for AWS's services.

    The emulator stamps them with the machine's time.
    """
    told = threading.local()
    machine = eventbridge._now_ts
    eventbridge._now_ts = lambda: getattr(told, "time", None) or machine()

    def put_events(data: dict[str, Any], allow_aws_source: bool = True) -> Any:
        entries = data.get("Entries", [])
        if len(entries) > 10 or not any(entry.get("Time") for entry in entries):
            return put(data, allow_aws_source=True)
        failed, results = 0, []
        for entry in entries:
            told.time = entry.get("Time")
            try:
                status, headers, body = put({"Entries": [entry]}, allow_aws_source=True)
            finally:
                told.time = None
            answer = json.loads(body)
            failed += answer["FailedEntryCount"]
            results += answer["Entries"]
        return status, headers, json.dumps({"FailedEntryCount": failed, "Entries": results}).encode()

    return put_events


def _all_of_them(listing: Callable[..., Any]) -> Callable[..., Any]:
    """All schedules in one page: the emulator forgets those beyond the hundredth."""
    return lambda query: listing({**query, "MaxResults": MANY})


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
