"""The processes and servers behind a sandbox: all of them up, or none of them left."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Lock

from sandbox.control import Address, Control, forget
from sandbox.deploy import Deployed, deploy
from sandbox.dispatching import dispatching
from sandbox.history import Histories
from sandbox.ministack import Ministack
from sandbox.stand_ins import StandIns
from sandbox.synth import ROOT, synthesise
from sandbox.tables import clear

# Wait states and retry pauses take a tenth of their time; no result depends on the machine's clock.
SERVER = {"SFN_WAIT_SCALE": "0.1"}
FUNCTIONS = {"AWS_EC2_METADATA_DISABLED": "true"}
MODELS = ROOT / "build" / "models"


class Host:
    """Owned by the process that started it. `state_dir` holds the address file."""

    def __init__(self, state_dir: Path) -> None:
        self.control = Control(self.load)
        self._state_dir = state_dir
        self._running = ExitStack()
        self._loading = Lock()

    def start(self, on_step: Callable[[str], None]) -> Address:
        """Bring everything up; where to find it. What has come up by the time of an error stops with `stop`."""
        on_step("synthesising the templates")
        assembly = synthesise()
        on_step("starting the embedded AWS and the stand-ins")
        self._aws = self._running.enter_context(Ministack(environment=SERVER))
        self.stand_ins = StandIns.start(self._aws.endpoint, MODELS)
        self._running.callback(self.stand_ins.stop)
        on_step("deploying")
        stacks = deploy(assembly, self._aws, {**FUNCTIONS, **self.stand_ins.environment()})
        names = deployed_names(stacks, self._aws)
        self._histories = Histories(self._aws.client("dynamodb"), names["customers_table"])
        self._scores = names["score_cache_table"]
        self.streams = self._running.enter_context(dispatching(stacks, self._aws))
        self._running.enter_context(self.control)
        self._running.callback(forget, self._state_dir)
        expiring = {table: attribute for stack in stacks for table, attribute in stack.expiring().items()}
        return self._address(names, expiring)

    def load(self, folder: Path) -> None:
        """A data folder's tables, models, features and history. Raises FileNotFoundError and what a malformed file raises."""
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is no folder")
        with self._loading:
            self.stand_ins.load(folder)
            if self._histories.load(folder):
                clear(self._aws.client("dynamodb"), self._scores)  # they are another model's, under the same version

    def stop(self) -> None:
        """A second call does nothing."""
        self._running.close()

    def _address(self, names: dict[str, str], expiring: dict[str, str]) -> Address:
        warehouse = self.stand_ins.warehouse.endpoint
        endpoints = {
            "aws": self._aws.endpoint,
            "athena": warehouse,
            "redshift-data": warehouse,
            "sagemaker-runtime": self.stand_ins.sagemaker.endpoint,
            "sagemaker-featurestore-runtime": self.stand_ins.feature_store.endpoint,
        }
        door = self.control
        return Address(os.getpid(), door.endpoint, door.token, self._aws.region, endpoints, names, expiring)


def deployed_names(stacks: list[Deployed], aws: Ministack) -> dict[str, str]:
    """The resources by the names the functions' settings give them, and the batch `machine`."""
    names: dict[str, str] = {}
    [solicitation] = [stack for stack in stacks if any(stack.resources("AWS::StepFunctions::StateMachine"))]
    for _, function in solicitation.resources("AWS::Lambda::Function"):
        found = aws.client("lambda").get_function_configuration(FunctionName=function)
        variables = found.get("Environment", {}).get("Variables", {})
        names |= {key.lower(): value for key, value in variables.items() if key.endswith(("_TABLE", "_BUCKET", "_BUS"))}
    names["machine"] = solicitation.outputs["BatchMachine"]
    return names
