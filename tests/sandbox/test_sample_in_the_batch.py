"""The batch itself, in one process, finds in a sample what the sample says it will, candidate by candidate and band by band."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import boto3
import pytest
from batch_world import batch_world

from adapters.aws import batch_items
from adapters.files.programs import load_program
from domain.solicitation.extraction import wire_name
from domain.solicitation.program import Program
from sandbox import history
from sandbox.sample import write_sample
from tests.sandbox.sample_in_sql import EXTRACTED, warehouse

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 20)


@contextmanager
def world_of(program_id: str, folder: Path, programs: Path):
    """The batch's functions with this program, and the sample's history, features and models in place."""
    program = replace(load_program(ROOT / "programs" / f"{program_id}.yaml"), buckets=3)  # few, to be quick
    with batch_world(programs, program) as world:
        past = [item for seed in history.seeds(folder) for item in history.items(seed)]
        batch_items.put(boto3.client("dynamodb"), "Customers", past)
        world.model.load(folder)
        world.features.load(folder)
        yield world


def unloaded(folder: Path, program: Program) -> list[dict[str, str]]:
    """What the warehouse would unload, without its engine: the extracted rows, mapped, as text."""
    sql = warehouse(folder, program.id)
    rows = sql.sql(EXTRACTED[program.id].format(day=DAY)).to_arrow_table().to_pylist()
    mapping = program.queries[0].mapping
    return [{wire_name(target): wire(row[source]) for source, target in mapping} for row in rows]


def wire(value) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, date):
        at = value if isinstance(value, datetime) else datetime.combine(value, time())
        return f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return str(value)


@pytest.mark.parametrize("program", ["product-reviews", "music-feedback"])
def test_a_run_finds_what_the_sample_says(tmp_path, program):
    folder = tmp_path / "sample"
    expected = write_sample(program, 400, 5, DAY, folder)
    with world_of(program, folder, tmp_path) as world:
        result = world.run(unloaded(folder, world.program), dryRun="look")
    scores = expected.pop("scores")
    assert {key: result[key] for key in expected if key != "seed"} == {k: v for k, v in expected.items() if k != "seed"}
    assert sum(result["scores"].values()) == expected["eligible"]
    for band, count in scores.items():
        assert abs(result["scores"][band] - count) <= 2, band
