"""The embedded AWS: one ministack process on a free port of 127.0.0.1, gone without a trace when stopped."""

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-west-1"
START_SECONDS = 30  # measured 0.3 s idle; generous for a loaded machine
COSTLY = ("PYTHONDONTWRITEBYTECODE",)  # every cold start of a function would compile boto3 anew: 0.7 s instead of 0.3 s
HOME_PREFIX = "ovation-aws-"  # then the id of the process that started it
PROGRAM = Path(__file__).with_name("embedded.py")


class Ministack:
    """A ministack server of our own; use it as a context manager, or `start()` and `stop()` it.

    It also stops on interpreter exit (so on Ctrl-C too), and ends only the processes it started.
    `environment` is added to the server's, for example AWS_ENDPOINT_URL_ATHENA for the deployed functions.
    """

    def __init__(self, *, region: str = REGION, environment: dict[str, str] | None = None) -> None:
        self.region = region
        self.port = 0
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._home = Path()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What the server has printed so far."""
        return (self._home / "log").read_text(errors="replace")

    def start(self) -> "Ministack":
        """Start the server and wait until it answers. RuntimeError, with its log, when it does not."""
        self.port = free_port()
        sweep_homes()
        self._home = Path(tempfile.mkdtemp(prefix=f"{HOME_PREFIX}{os.getpid()}-"))
        with (self._home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(PROGRAM)],  # -P: this folder's modules are not its top level modules
                env=self._server_environment(),
                cwd=self._home,
                stdin=subprocess.PIPE,  # never written to: its end tells the server that we are gone, however we went
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its workers share its process group, so stopping takes all of them
            )
        atexit.register(self.stop)
        self._await_health()
        return self

    def stop(self) -> None:
        """End the server, its workers and its files; a second call does nothing."""
        atexit.unregister(self.stop)
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError):  # all of it has ended already
            os.killpg(
                process.pid, signal.SIGKILL
            )  # it has nothing to save, and taking leave of its workers takes seconds
        process.wait()
        assert process.stdin is not None
        process.stdin.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def client(self, service: str, **kwargs: Any) -> Any:
        """A boto3 client of this server."""
        return boto3.client(service, **{**self._access(), **kwargs})  # type: ignore[call-overload]

    def resource(self, service: str, **kwargs: Any) -> Any:
        """A boto3 resource of this server."""
        return boto3.resource(service, **self._access(), **kwargs)  # type: ignore[call-overload]

    def _access(self) -> dict[str, Any]:
        return {
            "endpoint_url": self.endpoint,
            "region_name": self.region,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": Config(s3={"addressing_style": "path"}, retries={"mode": "standard"}),
        }

    def _server_environment(self) -> dict[str, str]:
        home = str(self._home)
        kept = {name: value for name, value in os.environ.items() if name not in COSTLY}
        return {
            **kept,
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",  # it would listen on every interface
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "TMPDIR": home,
            "STATE_DIR": f"{home}/state",
            "S3_DATA_DIR": f"{home}/s3",
            "LOG_LEVEL": "WARNING",
            **self._environment,
        }

    def _await_health(self) -> None:
        assert self._process is not None
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2):  # noqa: S310
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        said = self.log
        self.stop()
        raise RuntimeError(f"ministack did not start on port {self.port}:\n{said}")

    def __enter__(self) -> "Ministack":
        return self if self._process else self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def sweep_homes() -> None:
    """Remove the folders of servers whose parent was killed before it could."""
    for home in Path(tempfile.gettempdir()).glob(f"{HOME_PREFIX}*-*"):
        owner = home.name.removeprefix(HOME_PREFIX).split("-")[0]
        if owner.isdecimal() and not _lives(int(owner)):
            shutil.rmtree(home, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
