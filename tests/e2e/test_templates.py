"""The daily batch, end to end: schedule, machine, functions, warehouse, models and tables as they deploy."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.solicitation.program import Program
from sandbox.batch import BatchFailed, scheduled_at
from sandbox.clock import ScheduleClock
from sandbox.runtime import Sandbox
from sandbox.synth import ASSEMBLY, ROOT
from sandbox.tables import clear
from sandbox.timeline import VirtualClock
from tests.e2e.conftest import DAY, ROWS

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

Items = dict[tuple[str, str], dict[str, Any]]
REVIEWS = "product-reviews"
COUNTED = ("extracted", "candidates", "filters", "eligible", "scores")


def expected(folder: Path) -> dict[str, Any]:
    """The funnel the sample was built for, in the words of a run's result."""
    said: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    return {name: value for name, value in said.items() if name not in ("seed", "rows")}


def candidates(sandbox: Sandbox, program: str | None = None) -> Items:
    """Every stored item, base and index items alike, of one program or of all."""
    pages = (
        sandbox.client("dynamodb").get_paginator("scan").paginate(TableName=sandbox.address.names["candidates_table"])
    )
    found = {(item["PK"]["S"], item["SK"]["S"]): item for page in pages for item in page["Items"]}
    return {key: item for key, item in found.items() if program is None or key[1].startswith(f"PROGRAM#{program}#")}


def forget_runs(sandbox: Sandbox) -> None:
    """As if no batch had ever run; what a data folder told stays."""
    for table in ("candidates_table", "score_cache_table", "runs_table"):
        clear(sandbox.client("dynamodb"), sandbox.address.names[table])


def until(true: Callable[[], bool]) -> None:
    for _ in range(1200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("still not so after a minute")


def test_a_virtual_night_runs_every_program_at_its_time_and_mixes_nothing(
    sandbox: Sandbox, programs: dict[str, Program], samples: dict[str, Path]
) -> None:
    clock = ScheduleClock(sandbox.client, VirtualClock(datetime(2026, 11, 19, 12, tzinfo=UTC)))
    fired = clock.run_until(
        datetime(2026, 11, 20, 12, tzinfo=UTC)
    )  # both start in the same minute and run side by side
    batches = [it for it in fired if it.firing.target["Arn"] == sandbox.address.names["machine"]]
    assert {it.at for it in batches} == {scheduled_at(program, DAY) for program in programs.values()}
    results = [sandbox.batch.watch(it.started) for it in batches if it.started]
    by_program = {result["program"]: result for result in results}
    for program, folder in samples.items():
        wanted = expected(folder)
        assert {name: by_program[program][name] for name in wanted} == wanted
        stored = candidates(sandbox, program)
        assert sum("#CHANNEL#" not in sk for _, sk in stored) == by_program[program]["stored"]
    assert len(candidates(sandbox)) == sum(len(candidates(sandbox, program)) for program in samples)


def test_a_second_start_for_the_same_day_ends_as_a_duplicate(sandbox: Sandbox, programs: dict[str, Program]) -> None:
    before = candidates(sandbox)
    assert sandbox.run_batch(programs[REVIEWS], DAY)["outcome"] == "duplicate"
    assert candidates(sandbox) == before


def test_a_dry_run_of_a_changed_program_counts_but_stores_nothing(
    sandbox: Sandbox, programs: dict[str, Program], samples: dict[str, Path]
) -> None:
    before = candidates(sandbox)
    open_to_all = replace(programs[REVIEWS], filters=(), buckets=2)
    result = sandbox.run_batch(open_to_all, DAY, dry_run="no-filters", deployed=False)
    assert (result["candidates"], result["eligible"], result["stored"]) == (ROWS, ROWS, 0)
    assert candidates(sandbox) == before


@pytest.fixture(scope="module")
def undisturbed(sandbox: Sandbox, programs: dict[str, Program]) -> Items:
    """What a run stores that nothing befell; the night above has left it, where that ran."""
    sandbox.run_batch(programs[REVIEWS], DAY)
    return candidates(sandbox, REVIEWS)


@pytest.mark.parametrize("stage", ["etl", "store"])
def test_a_run_stopped_on_its_way_and_started_again_stores_the_same_items(
    sandbox: Sandbox, programs: dict[str, Program], samples: dict[str, Path], undisturbed: Items, stage: str
) -> None:
    program = programs[REVIEWS]
    forget_runs(sandbox)
    first = sandbox.batch.start(program.id, scheduled_at(program, DAY))
    until(lambda: sandbox.batch.done(_input(sandbox, first)).get(stage, 0) > 0)
    sandbox.batch.stop(first)
    with pytest.raises(BatchFailed, match="ABORTED"):
        sandbox.batch.watch(first)
    again = sandbox.run_batch(program, DAY)
    wanted = expected(samples[REVIEWS])
    assert {name: again[name] for name in wanted} == wanted
    assert candidates(sandbox, REVIEWS) == undisturbed


def _input(sandbox: Sandbox, execution: str) -> dict[str, Any]:
    found = sandbox.client("stepfunctions").describe_execution(executionArn=execution)
    given: dict[str, Any] = json.loads(found["input"])
    return given


def test_a_query_the_warehouse_refuses_fails_the_run_in_its_own_words(
    sandbox: Sandbox, programs: dict[str, Program]
) -> None:
    program = programs[REVIEWS]
    query = replace(program.queries[0], sql=program.queries[0].sql.replace("deliveries", "no_such_table"))
    with pytest.raises(BatchFailed, match=r"Extract: Rejected: .*no_such_table"):
        sandbox.run_batch(replace(program, id="broken", queries=(query,)), DAY, deployed=False)


def test_another_process_finds_the_sandbox_and_runs_in_it(sandbox: Sandbox, programs: dict[str, Program]) -> None:
    attached = Sandbox.attach(sandbox.folder)
    assert attached.address == sandbox.address
    result = attached.run_batch(replace(programs[REVIEWS], buckets=2), DAY, dry_run="attached", deployed=False)
    assert result["candidates"] == ROWS


def test_throttled_services_and_half_answers_cost_nothing(sandbox: Sandbox, programs: dict[str, Program]) -> None:
    stand_ins = sandbox.stand_ins
    clear(sandbox.client("dynamodb"), sandbox.address.names["score_cache_table"])  # else no model would be asked
    stand_ins.warehouse.faults.throttle = stand_ins.sagemaker.faults.throttle = (
        2  # one call fewer than the program tries
    )
    stand_ins.feature_store.faults.half_unprocessed = 3
    few = replace(programs[REVIEWS], buckets=2)
    result = sandbox.run_batch(few, DAY, dry_run="outage", deployed=False)
    plain = sandbox.run_batch(few, DAY, dry_run="no-outage", deployed=False)
    assert (stand_ins.sagemaker.faults.throttle, stand_ins.feature_store.faults.half_unprocessed) == (0, 0)
    assert {name: result[name] for name in COUNTED} == {name: plain[name] for name in COUNTED}


def test_candidates_live_as_long_as_their_program_says(sandbox: Sandbox, programs: dict[str, Program]) -> None:
    program = programs[REVIEWS]
    sandbox.run_batch(program, DAY)
    stored = candidates(sandbox, REVIEWS)
    over = scheduled_at(program, DAY) + timedelta(days=program.candidate_days)
    sandbox.sweep(over - timedelta(seconds=1))
    assert candidates(sandbox, REVIEWS) == stored != {}
    sandbox.sweep(over)
    assert candidates(sandbox, REVIEWS) == {}


@pytest.mark.parametrize("subsystem", ["solicitation", "archive", "scores"])
def test_every_function_imports_from_its_asset_alone(sandbox: Sandbox, subsystem: str) -> None:
    # Workers run the project's own environment, so a module left out of the asset could be found beside it.
    assets = [folder for folder in (ROOT / ASSEMBLY).glob("asset.*") if (folder / "handlers" / subsystem).is_dir()]
    stages = [
        path.stem
        for path in (ROOT / "src/handlers" / subsystem).glob("*.py")
        if path.stem != "__init__" and not path.stem.endswith("settings")
    ]
    program = (
        "import importlib, sys; sys.path.insert(0, sys.argv[1])\n"
        f"for stage in sys.argv[2:]: importlib.import_module(f'handlers.{subsystem}.{{stage}}').handler\n"
        "ours = [m for n, m in sys.modules.items() if n.split('.')[0] in ('handlers', 'adapters', 'domain', 'cli', 'sandbox')]\n"
        "print(*[m.__file__ for m in ours if m.__file__ and not m.__file__.startswith(sys.argv[1])])\n"
    )
    [asset] = assets
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(asset), *stages], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")
