"""A way into a running sandbox for other processes: doors, and stop; known by an address file in the state folder."""

import json
import os
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from sandbox.aws_http import AwsError, AwsServer, Faults, Reply, Request

FILE = "sandbox.json"
LOAD_SECONDS = 600  # half a million rows and their history


class NotRunning(RuntimeError):
    """No sandbox answers where the address file points, or there is no such file."""


@dataclass(frozen=True, slots=True)
class Address:
    """All that another process needs. `names` are the deployed resources by role; `endpoints` the servers by service;
    `expiring` the tables with time to live, and the attribute that holds the epoch second.
    """

    pid: int
    control: str
    token: str
    region: str
    endpoints: Mapping[str, str]
    names: Mapping[str, str]
    expiring: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Only the owner may read it: the token opens the door."""
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w") as out:
            json.dump(asdict(self), out, indent=2)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The address of a sandbox that answers. NotRunning otherwise; what a dead one left behind is removed."""
        try:
            address = cls(**json.loads((folder / FILE).read_text()))
        except FileNotFoundError:
            raise NotRunning(f"no sandbox is running ({folder / FILE} is not there)") from None
        try:
            address.call("health", timeout=5)
        except NotRunning:
            forget(folder)
            raise
        return address

    def call(self, verb: str, timeout: float = LOAD_SECONDS, **arguments: Any) -> Any:
        """Ask the running sandbox. NotRunning: it does not answer. RuntimeError: it could not do it; its own words."""
        request = urllib.request.Request(  # noqa: S310  our own address
            f"{self.control}/{verb}", orjson.dumps(arguments), {"authorization": self.token}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
                return orjson.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{verb}: {error.read().decode()}") from error
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            raise NotRunning(f"the sandbox of process {self.pid} does not answer at {self.control}") from error


def forget(folder: Path) -> None:
    (folder / FILE).unlink(missing_ok=True)


class Control(AwsServer):
    """Opens the `doors`, answers `health`, and sets `stopping` when asked to stop; only to callers that know the token.

    A door is called with a JSON document's members, and what it returns is the answer.
    """

    def __init__(self, doors: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(Faults())
        self.token = secrets.token_urlsafe()
        self.stopping = threading.Event()
        self._doors = {"health": dict, "stop": self.stopping.set, **doors}

    def answer(self, request: Request) -> Reply:
        if not secrets.compare_digest(request.headers.get("authorization", ""), self.token):
            raise AwsError(403, "AccessDenied", "the token of the address file is needed")
        door = self._doors.get(request.path.removeprefix("/"))
        if door is None:
            raise AwsError(404, "NotFound", f"no door {request.path}")
        try:
            return Reply(orjson.dumps(door(**orjson.loads(request.body or b"{}"))))
        except (OSError, ValueError, RuntimeError) as reason:  # what a malformed file raises, too
            raise AwsError(400, "Refused", str(reason)) from reason
