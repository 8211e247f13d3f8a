"""The whole system on one machine: the synthesised templates on an embedded AWS, stand-ins beside it, and batches run on them."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from domain.solicitation.program import Program
from sandbox.batch import BatchMachine, Progress, scheduled_at
from sandbox.control import Address
from sandbox.dispatching import LONGEST_CALL
from sandbox.host import Host
from sandbox.neighbours import Neighbours
from sandbox.stand_ins import StandIns
from sandbox.synth import ROOT
from sandbox.vendors import Vendors

STATE = Path(
    os.environ.get("OVATION_STATE", ROOT / ".ovation")
)  # the running sandbox's address, and what commands keep


@dataclass
class Sandbox:
    """One running sandbox, started here (then it stops here) or attached to.

    `with Sandbox.start() as sandbox: sandbox.load(folder); sandbox.run_batch(program, day)`
    """

    address: Address
    folder: Path
    _host: Host | None = field(default=None, repr=False)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def start(
        cls, warehouse: Path | None = None, state_dir: Path = STATE, on_step: Callable[[str], None] = lambda step: None
    ) -> Self:
        """Synthesise, start, deploy, load `warehouse` (a data folder), and leave the address in `state_dir` for others.

        `on_step` hears what is being done. Raises SynthError, DeployError, RepairError.
        """
        host = Host(state_dir)
        try:
            sandbox = cls(host.start(on_step), state_dir, host)
            sandbox.address.write(state_dir)
            if warehouse is not None:
                on_step(f"loading {warehouse}")
                sandbox.load(warehouse)
        except BaseException:  # Ctrl-C too: nothing may keep running
            host.stop()
            raise
        return sandbox

    @classmethod
    def attach(cls, state_dir: Path = STATE) -> Self:
        """The sandbox another process keeps running. Raises NotRunning."""
        return cls(Address.read(state_dir), state_dir)

    def load(self, folder: Path) -> None:
        """Tables, history, features and models of a data folder. Replaces what an earlier folder told of the same programs."""
        self._ask("load", folder=str(folder.resolve()))

    def run_batch(
        self,
        program: Program,
        day: date,
        *,
        rerun: bool = False,
        dry_run: str | None = None,
        deployed: bool = True,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> dict[str, Any]:
        """Run the program's batch for that UTC date as its schedule would; the machine's output.

        Not `deployed`: the program as given here runs, not the one of its id in the templates. Export and campaign do not wait for
        their time of day. Raises BatchFailed.
        """
        options = {
            "rerun": rerun,
            "dryRun": dry_run,
            "programHash": None if deployed else self.batch.publish(program),
            "immediately": True,
        }
        execution = self.batch.start(program.id, scheduled_at(program, day), **options)
        return self.batch.watch(execution, on_progress)

    def sweep(self, now: datetime) -> dict[str, int]:
        """Delete what has expired by a virtual time, as DynamoDB would; how many items went, by table."""
        gone: dict[str, int] = self._ask("sweep", now=now.isoformat())
        return gone

    def settle(self) -> None:
        """Wait until nothing is under way: calls of functions, queues that feed them, streams, events. Raises RuntimeError."""
        self._ask("settle")

    def measure(self) -> int:
        """Put the metrics that functions logged since the last time into CloudWatch, as measured now; how many values."""
        count: int = self._ask("measure")
        return count

    def now(self) -> datetime:
        """The sandbox's time: the machine's, until a day is begun."""
        return datetime.fromisoformat(self._ask("clock"))

    def begin(self, moment: datetime) -> None:
        """Begin a day: from now on time stands still, until it is moved. It may lie before the last one."""
        self._ask("clock", begin=moment.isoformat())

    def advance_to(self, moment: datetime) -> datetime:
        """Move the time of the day forward. Raises ValueError, attached RuntimeError, for a step backwards."""
        return datetime.fromisoformat(self._ask("clock", advance=moment.isoformat()))

    @property
    def stand_ins(self) -> StandIns:
        """Their faults can be set, and their calls counted, in the process that started the sandbox."""
        assert self._host, "attached, not started here"
        return self._host.stand_ins

    @property
    def neighbours(self) -> Neighbours:
        """The owner's other services; as `stand_ins`."""
        assert self._host, "attached, not started here"
        return self._host.neighbours

    @property
    def vendors(self) -> Vendors:
        """Whom reminders speak to; as `stand_ins`."""
        assert self._host, "attached, not started here"
        return self._host.vendors

    @cached_property
    def batch(self) -> BatchMachine:
        names = self.address.names
        return BatchMachine(self.client, names["machine"], names["runs_table"], names["work_bucket"])

    def client(self, service: str) -> Any:
        """A boto3 client of the sandbox's services, stand-ins included."""
        if service not in self._clients:
            self._clients[service] = boto3.client(  # type: ignore[call-overload]
                service,
                endpoint_url=self.address.endpoints.get(service, self.address.endpoints["aws"]),
                region_name=self.address.region,
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106
                # A function that is asked again while it is at work would work twice at once.
                config=Config(s3={"addressing_style": "path"}, read_timeout=LONGEST_CALL),
            )
        return self._clients[service]

    def wait(self) -> None:
        """Return when another process asks this sandbox to stop."""
        assert self._host, "attached, not started here"
        self._host.control.stopping.wait()

    def call(self, stage: str, event: Mapping[str, Any]) -> Any:
        """Call a deployed function by its stage's name; its answer. RuntimeError: it failed, in its own words."""
        functions = self.client("lambda")
        for page in functions.get_paginator("list_functions").paginate():
            for found in page["Functions"]:
                if found["Handler"].split(".")[-2] == stage:
                    answer = functions.invoke(FunctionName=found["FunctionName"], Payload=json.dumps(event).encode())
                    said = json.load(answer["Payload"])
                    if "FunctionError" in answer:
                        raise RuntimeError(f"{stage}: {said.get('errorType')}: {said.get('errorMessage')}")
                    return said
        raise LookupError(f"no function of stage {stage} is deployed")

    def _ask(self, door: str, **arguments: Any) -> Any:
        """Have it done in the process that started the sandbox."""
        if self._host:
            return self._host.doors[door](**arguments)
        return self.address.call(door, **arguments)

    def stop(self) -> None:
        """End everything that was started; attached: ask the process that started it to."""
        if self._host:
            self._host.stop()
        else:
            self.address.call("stop")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._host:
            self.stop()
