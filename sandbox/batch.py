"""A program and a day in, the execution of the deployed batch machine started, watched and its result or its failure out."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from adapters.aws.run_programs import keep_program
from adapters.aws.runs import RunLedger
from adapters.aws.work_files import WorkFiles
from domain.solicitation.compiled import program_hash
from domain.solicitation.program import Program
from domain.solicitation.run import Run, run_id
from sandbox.clock import next_fire

POLL_SECONDS = 0.25
PROGRESS_SECONDS = 1.0  # the ledger is read at most so often


class BatchFailed(RuntimeError):
    """The execution did not succeed; the message names the state, the error and its cause."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`done`: finished buckets by stage; empty until the first bucket has finished its first stage."""

    execution: str
    seconds: float
    done: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchMachine:
    """The deployed machine and what its runs leave behind. `aws(service)` gives a boto3 client."""

    aws: Callable[[str], Any]
    machine: str
    runs_table: str
    work_bucket: str

    def publish(self, program: Program) -> str:
        """Put a program that is not deployed where a run finds it; the hash to start it with."""
        hash = program_hash(program)
        keep_program(WorkFiles(self.aws("s3"), self.work_bucket), hash, program.to_json())
        return hash

    def start(self, program: str, at: datetime, **options: Any) -> str:
        """Start the machine as the schedule would at `at`; the execution's ARN. Options: rerun, dryRun, programHash."""
        given = {name: value for name, value in options.items() if value}
        document = {"program": program, "scheduledTime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", **given}
        states = self.aws("stepfunctions")
        return str(states.start_execution(stateMachineArn=self.machine, input=json.dumps(document))["executionArn"])

    def stop(self, execution: str) -> None:
        self.aws("stepfunctions").stop_execution(executionArn=execution, error="Stopped", cause="by the operator")

    def watch(self, execution: str, on_progress: Callable[[Progress], None] | None = None) -> dict[str, Any]:
        """Wait for the execution; its output. Raises BatchFailed."""
        states, began = self.aws("stepfunctions"), time.monotonic()
        told = began
        while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            if on_progress and time.monotonic() - told >= PROGRESS_SECONDS:
                told = time.monotonic()
                on_progress(Progress(execution, told - began, self.done(json.loads(found["input"]))))
            time.sleep(POLL_SECONDS)
        if found["status"] != "SUCCEEDED":
            raise BatchFailed(f"{found['status']}: {_reason(states, execution) or found.get('cause', '')}")
        output: dict[str, Any] = json.loads(found["output"])
        return output

    def done(self, given: Mapping[str, Any]) -> dict[str, int]:
        """Finished buckets by stage, of the run that this input of the machine is about."""
        ledger = RunLedger(self.aws("dynamodb"), self.runs_table)
        program, day = given["program"], datetime.fromisoformat(given["scheduledTime"]).date()
        row = ledger.row(program, day, run_id(program, day, given.get("dryRun")))
        stages = ledger.buckets(Run.from_json(row["run"])).values() if row else ()
        return dict(Counter(stage for bucket in stages for stage in bucket))


def scheduled_at(program: Program, day: date) -> datetime:
    """When the program's batch runs on that UTC date; midnight where its schedule skips the day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    fires = next_fire(program.schedules["batch"], "UTC", midnight - timedelta(microseconds=1))
    return fires if fires and fires.date() == day else midnight


def _reason(states: Any, execution: str) -> str:
    """The first failure below this execution: of a child of its maps, else of its own last state."""
    for run in states.list_map_runs(executionArn=execution)["mapRuns"]:
        failed = states.list_executions(mapRunArn=run["mapRunArn"], statusFilter="FAILED")["executions"]
        for child in sorted(failed, key=lambda child: child["stopDate"]):
            found = states.describe_execution(executionArn=child["executionArn"])
            if found.get("error") == "States.Aborted":  # it ended because another had failed
                continue
            bucket = json.loads(found["input"]).get("bucket")
            return f"bucket {bucket}: {_told(found.get('error'), found.get('cause'))}"
    entered = ""
    told = ""
    for event in states.get_execution_history(executionArn=execution, maxResults=1000)["events"]:
        entered = event.get("stateEnteredEventDetails", {}).get("name", entered)
        details = next((value for key, value in event.items() if key.endswith("FailedEventDetails")), None)
        if details:
            told = f"{entered}: {_told(details.get('error'), details.get('cause'))}"
    return told


def _told(error: str | None, cause: str | None) -> str:
    """A function's own error type and message instead of Step Functions' wrapping, where there are such."""
    try:
        inside = json.loads(cause or "")
        return f"{inside['errorType']}: {inside['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return f"{error}: {cause}"
