"""Calls of functions that nobody waits for in, done a few at a time out; a part of the program that `Ministack` starts."""

import contextvars
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ministack.services import lambda_svc

AT_ONCE = 2  # asynchronous calls, and batches of one queue; what runs beside another of its function is a process more
PAUSES = (0.2, 1.0, None)  # seconds after a failed attempt; AWS makes three, minutes apart
BUSY = "/_ministack/busy"


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
