"""A program, a number of rows and a seed in, a data folder out: warehouse tables, history, features, training, and what to expect."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from shutil import rmtree
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa

from domain.errors import Rejected
from sandbox.sample import deliveries, plays, seeds
from sandbox.sample.blueprint import MUSIC, REVIEWS, Blueprint
from sandbox.sample.columns import write
from sandbox.sample.crowd import NO_BAND
from sandbox.sample.funnel import scaled
from sandbox.sample.past import EARLIER, remember
from sandbox.sample.propensity import TRAINING_ROWS, Features, aim, training
from sandbox.sample.scene import Scene, stage

SAMPLES: dict[str, tuple[Blueprint, ModuleType]] = {
    REVIEWS.program: (REVIEWS, deliveries),
    MUSIC.program: (MUSIC, plays),
}
EXPECTED = "expected.json"


def write_sample(
    program: str, rows: int, seed: int, day: date, out: Path, on_step: Callable[[str], None] = lambda step: None
) -> dict[str, Any]:
    """Write the sample whose query extracts `rows` rows in a run of `day`; returns what `expected.json` says.

    The same arguments give the same bytes. Rejected: no sample for that program, a bad number, or a folder that holds something else.
    """
    _check(program, rows, seed)
    plan, kind = SAMPLES[program]
    _clear(out)
    on_step("people")
    scene = stage(plan, scaled(program, rows), day, seed, kind.PREFIXES, EARLIER)
    subjects: Features = kind.subject_features(scene, np.random.default_rng([seed, 3]))
    on_step("warehouse")
    for name, table in kind.tables(scene, subjects, seed).items():
        write(table, out / f"{name}.parquet")
    on_step("history")
    _write_history(scene, seed, out)
    on_step("features")
    _write_features(scene, subjects, kind, seed, out)
    on_step("training")
    _write_training(subjects, kind, seed, out)
    expected = {"program": program, "date": day.isoformat(), "seed": seed, **scene.funnel.to_json()}
    (out / EXPECTED).write_text(json.dumps(expected, indent=2) + "\n")
    return expected


def _check(program: str, rows: int, seed: int) -> None:
    if program not in SAMPLES:
        raise Rejected(f"no sample for program {program!r}; there are {', '.join(sorted(SAMPLES))}")
    if rows < 1 or seed < 0:
        raise Rejected(f"rows must be at least 1 and the seed at least 0, not {rows} and {seed}")


def _clear(out: Path) -> None:
    """Make the folder, or empty an earlier sample's. Rejected: it holds something else."""
    out.mkdir(parents=True, exist_ok=True)
    if not any(out.iterdir()):
        return
    if not (out / EXPECTED).exists():
        raise Rejected(f"{out} holds something that is no sample; name an empty or new folder")
    for file in (*out.glob("*.parquet"), out / EXPECTED):
        file.unlink()
    for folder in ("history", "features", "training"):
        rmtree(out / folder, ignore_errors=True)


def _write_history(scene: Scene, seed: int, out: Path) -> None:
    start = scene.plan.started_at(scene.day)
    rng = np.random.default_rng([seed, 4])
    past = remember(scene.crowd, scene.subject, scene.subjects, start, scene.plan.window_days, rng)
    names = scene.people.slice(0, scene.crowd.customers), scene.things
    seeds.write(seeds.lines(past, scene.crowd, names, scene.plan, start, seed), out / "history" / "customers.jsonl.gz")


def _write_features(scene: Scene, subjects: Features, kind: ModuleType, seed: int, out: Path) -> None:
    rng = np.random.default_rng([seed, 5])
    band = np.full(len(scene.people), NO_BAND)
    band[: scene.crowd.customers] = scene.crowd.band
    customers = aim(kind.TRUTHS, kind.customer_features(len(scene.people), rng), band, rng)
    for group, ids, features in (
        (scene.plan.customer_group, scene.people, customers),
        (scene.plan.subject_group, scene.things, subjects),
    ):
        write(pa.table({"record_id": ids, **features}), out / "features" / f"{group}.parquet")


def _write_training(subjects: Features, kind: ModuleType, seed: int, out: Path) -> None:
    rng = np.random.default_rng([seed, 6])
    asked = rng.integers(0, len(next(iter(subjects.values()))), TRAINING_ROWS)
    about = {name: values[asked] for name, values in subjects.items()}
    nobody = np.full(TRAINING_ROWS, NO_BAND)
    customers = aim(kind.TRUTHS, kind.customer_features(TRAINING_ROWS, rng), nobody, rng)
    for truth in kind.TRUTHS:
        write(training(truth, customers, about, rng), out / "training" / f"{truth.endpoint}.parquet")
