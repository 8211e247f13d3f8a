"""One sandbox for all end-to-end tests: the real templates, functions, stand-ins and sample data."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from adapters.files.programs import load_programs
from domain.solicitation.program import Program
from sandbox.runtime import Sandbox
from sandbox.sample import write_sample
from sandbox.synth import ROOT

DAY = date(2026, 11, 20)
ROWS = 500


@pytest.fixture(scope="session")
def programs() -> dict[str, Program]:
    return {program.id: program for program in load_programs(ROOT / "programs")}


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory, programs: dict[str, Program]) -> dict[str, Path]:
    """A data folder a program, whose funnel is known."""
    root = tmp_path_factory.mktemp("samples")
    for program in programs:
        write_sample(program, rows=ROWS, seed=7, day=DAY, out=root / program)
    return {program: root / program for program in programs}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory, samples: dict[str, Path]) -> Iterator[Sandbox]:
    with Sandbox.start(state_dir=tmp_path_factory.mktemp("state")) as running:
        for folder in samples.values():
            running.load(folder)
        yield running
