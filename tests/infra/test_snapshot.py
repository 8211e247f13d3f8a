"""The whole template against the last one that was looked at. `UPDATE_SNAPSHOTS=1 pytest tests/infra` accepts the new one."""

import json
import os
import re

from tests.infra.templates import SNAPSHOT


def normal(template):
    """Without the hashes of assets, which change with every line of code."""
    text = json.dumps(template, indent=1, sort_keys=True)
    return re.sub(r"\b[0-9a-f]{64}\b", "asset", text) + "\n"


def test_the_template_is_the_one_that_was_looked_at(stack):
    found = normal(stack.template)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(found)
    assert found == SNAPSHOT.read_text(), "look at the difference; if it is meant: UPDATE_SNAPSHOTS=1"
