"""Whole templates against the last ones that were looked at. `UPDATE_SNAPSHOTS=1 pytest tests/infra` accepts the new ones."""

import json
import os
import re

import pytest

from tests.infra.conftest import read
from tests.infra.templates import SNAPSHOTS


def normal(template):
    """Without the hashes of assets, which change with every line of code."""
    text = json.dumps(template, indent=1, sort_keys=True)
    return re.sub(r"\b[0-9a-f]{64}\b", "asset", text) + "\n"


@pytest.mark.parametrize("name", ["Solicitation", "Demand", "Archive", "Scores", "Notifications"])
def test_the_template_is_the_one_that_was_looked_at(prod, name):
    found, snapshot = normal(read(prod, name).template), SNAPSHOTS / f"{name}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        snapshot.write_text(found)
    assert found == snapshot.read_text(), "look at the difference; if it is meant: UPDATE_SNAPSHOTS=1"
