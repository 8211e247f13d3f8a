"""The processes and servers behind a sandbox: all of them up, or none of them left."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sandbox.control import Address, Control, forget
from sandbox.deploy import Deployed, deploy, readdress
from sandbox.dispatching import dispatching
from sandbox.gateway import Gateway
from sandbox.history import Histories
from sandbox.measuring import Measuring
from sandbox.ministack import Ministack
from sandbox.neighbours import Neighbours, introduce
from sandbox.settling import Settling
from sandbox.stand_ins import StandIns
from sandbox.synth import ROOT, synthesise
from sandbox.tables import clear
from sandbox.timeline import DayClock, HurriedClock
from sandbox.ttl import sweep
from sandbox.vendors import Vendors

# Wait states and retry pauses take a tenth of their time; no result depends on the machine's clock.
SERVER = {"SFN_WAIT_SCALE": "0.1"}
FUNCTIONS = {"AWS_EC2_METADATA_DISABLED": "true"}
MODELS = ROOT / "build" / "models"
MACHINE = "BatchMachine"  # the stack's output
NAMED = ("_TABLE", "_BUCKET", "_BUS")  # settings that name a resource
TOLD = ("_table", "_bucket", "_stream")  # and outputs that do: no function may be told of it
BUCKET = re.compile(r"https://[^/]+\.s3\.[^/]+/?")  # a bucket's own address


class Host:
    """Owned by the process that started it. `state_dir` holds the address file. `clock` is the time of all servers in it."""

    def __init__(self, state_dir: Path) -> None:
        self.clock = DayClock()
        self.doors: Mapping[str, Callable[..., Any]] = {
            "load": self.load,
            "settle": self.settle,
            "clock": self.tell,
            "sweep": self.sweep,
            "measure": self.measure,
        }
        self.control = Control(self.doors)
        self._state_dir = state_dir
        self._running = ExitStack()
        self._loading = Lock()

    def start(self, on_step: Callable[[str], None]) -> Address:
        """Bring everything up; where to find it. What has come up by the time of an error stops with `stop`."""
        on_step("synthesising the templates")
        assembly = synthesise()
        on_step("starting the embedded AWS and the stand-ins")
        self._aws = self._running.enter_context(Ministack(environment=SERVER))
        self.stand_ins = StandIns.start(self._aws, MODELS, self.clock)
        self._running.callback(self.stand_ins.stop)
        self.neighbours = Neighbours.start()
        self._running.callback(self.neighbours.stop)
        self.vendors = Vendors.start(self.clock)
        self._running.callback(self.vendors.stop)
        on_step("deploying")
        stacks = deploy(assembly, self._aws, {**FUNCTIONS, **self.stand_ins.environment()})
        known = {**self.neighbours.tokens(), **self.vendors.tokens()}
        introduce(stacks, self._aws.client("secretsmanager"), known)
        self.gateway = Gateway.start(self._aws, self.clock)
        self._running.callback(self.gateway.stop)
        readdress(stacks, self._aws, self._addressed)
        self.vendors.serve(stacks, self._aws)
        return self._serve(stacks)

    def load(self, folder: str) -> None:
        """A data folder's tables, models, features and history. Raises FileNotFoundError and what a malformed file raises."""
        place = Path(folder)
        if not place.is_dir():
            raise FileNotFoundError(f"{folder} is no folder")
        with self._loading:
            self.stand_ins.load(place)
            if self._histories.load(place):
                clear(self._aws.client("dynamodb"), self._scores)  # they are another model's, under the same version

    def tell(self, begin: str | None = None, advance: str | None = None) -> str:
        """The time as ISO text, after a new day was begun or the time moved on where that is asked."""
        if begin:
            self.clock.begin(datetime.fromisoformat(begin))
        if advance:
            self.clock.advance_to(datetime.fromisoformat(advance))
        return self.clock.now().isoformat()

    def settle(self) -> None:
        """Wait until nothing is under way, SES's own events included. Raises NotSettled."""
        told = -1
        while told != (told := len(self.stand_ins.ses.events())):
            self._settling.settle()

    def measure(self) -> int:
        """Put the metrics that were logged since the last time, as measured now; how many values."""
        return self._measuring.take(self.clock.now())

    def sweep(self, now: str) -> dict[str, int]:
        """Delete what has expired by then, as DynamoDB does; the streams tell that it was no one's own deletion."""
        return sweep(
            self._aws.client("dynamodb"), self._expiring, datetime.fromisoformat(now), self.streams.expiries.note
        )

    def stop(self) -> None:
        """A second call does nothing."""
        self._running.close()

    def _addressed(self, setting: str) -> str:
        """Where this machine serves what a function's setting is the address of; anything else stays as it is."""
        if BUCKET.fullmatch(setting):
            return self._aws.endpoint
        return self.vendors.addressed(self.neighbours.addressed(self.gateway.addressed(setting)))

    def _serve(self, stacks: Sequence[Deployed]) -> Address:
        """What runs in this process beside the servers, and the way in for others."""
        names = deployed_names(stacks, self._aws)
        self._histories = Histories(self._aws.client("dynamodb"), names["customers_table"])
        self._scores = names["score_cache_table"]
        self._expiring = {table: attribute for stack in stacks for table, attribute in stack.expiring().items()}
        clock = HurriedClock()
        self.streams = self._running.enter_context(dispatching(stacks, self._aws, clock))
        self._settling = Settling(self._aws, self.streams, clock)
        self._measuring = Measuring(self._aws.client("logs"), self._aws.client("cloudwatch"))
        self._running.enter_context(self.control)
        self._running.callback(forget, self._state_dir)
        return self._address(names)

    def _address(self, names: dict[str, str]) -> Address:
        endpoints = {
            "aws": self._aws.endpoint,
            **self.stand_ins.endpoints(),
            **self.neighbours.endpoints(),
            **self.vendors.endpoints(),
            **self.gateway.urls,
        }
        door = self.control
        return Address(os.getpid(), door.endpoint, door.token, self._aws.region, endpoints, names, self._expiring)


def deployed_names(stacks: Sequence[Deployed], aws: Ministack) -> dict[str, str]:
    """The resources by the names the functions' settings or the stacks' outputs give them, and the batch `machine`."""
    names: dict[str, str] = {}
    for stack in stacks:
        for _, function in stack.resources("AWS::Lambda::Function"):
            found = aws.client("lambda").get_function_configuration(FunctionName=function)
            variables = found.get("Environment", {}).get("Variables", {})
            names |= {key.lower(): value for key, value in variables.items() if key.endswith(NAMED)}
        told = {snake(name): value for name, value in stack.outputs.items()}
        names |= {name: value for name, value in told.items() if name.endswith(TOLD)}
        if MACHINE in stack.outputs:
            names["machine"] = stack.outputs[MACHINE]
    return names


def snake(name: str) -> str:
    """`DemandTable` as `demand_table`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
