"""What the tests of the sandbox share."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.files.programs import load_program
from domain.solicitation.program import Program

PROGRAMS = Path(__file__).parents[2] / "programs"


@pytest.fixture(scope="session")
def program() -> Program:
    """The shipped review program under another id and cap group, so that tests of tables need not spell out all of it."""
    return replace(load_program(PROGRAMS / "product-reviews.yaml"), id="reviews", cap_group="all")
