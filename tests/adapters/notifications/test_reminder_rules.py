"""A bad rule of reminders is told by file, key and reason, before anything is deployed."""

import json
import shutil
from pathlib import Path

import pytest

from adapters.files.reminder_rules import reminder_rules
from domain.errors import Rejected
from infra.reminder_documents import reminder_documents

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(ROOT / "notifications", tmp_path / "notifications"))


def test_the_projects_own_rules_are_as_they_must_be_and_all_of_them_are_deployed():
    found = reminder_rules(ROOT / "notifications")
    deployed = {path: it for path, it in reminder_documents(ROOT).items() if path.startswith("notifications/")}
    assert {path: json.loads(it) for path, it in found.items()} == {
        path: json.loads(it) for path, it in deployed.items()
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("suppression.yaml", "countries:", "contries:", "suppression.yaml: "),
        ("sending.yaml", "attempts:", "atempts:", "sending.yaml: "),
        ("messages.yaml", "budgetParts:", "budget:", "messages.yaml: "),
        ("suppression.yaml", "countries:", "countries: [US\n", "suppression.yaml"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(folder, file, old, new, told):
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    with pytest.raises(Rejected, match=told):
        reminder_rules(folder)


def test_a_missing_file_is_named(folder):
    (folder / "sending.yaml").unlink()
    with pytest.raises(Rejected, match=r"sending\.yaml is missing"):
        reminder_rules(folder)


def test_a_file_that_is_no_mapping_is_named(folder):
    (folder / "sale-types.yaml").write_text("- a list")
    with pytest.raises(Rejected, match="must be a mapping"):
        reminder_rules(folder)
