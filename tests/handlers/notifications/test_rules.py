import json
from pathlib import Path

import pytest
import yaml

from adapters.files import rule_files
from domain.errors import Rejected
from domain.notifications.rules import READERS
from handlers.notifications import rules as loaded

ROOT = Path(__file__).parents[3]


def test_the_checkouts_own_files_are_the_rules():
    assert loaded.folder() == ROOT / "notifications"
    assert loaded.rules().suppression.countries == {"US", "CA"}
    assert loaded.rules() is loaded.rules()


def test_every_reader_has_its_file_and_takes_it():
    for name, of in READERS.items():
        of(yaml.safe_load((ROOT / f"notifications/{name}.yaml").read_text()))


def test_a_function_reads_what_was_compiled_beside_its_code(tmp_path, monkeypatch):
    for path, text in rule_files.compiled(ROOT / "notifications", READERS).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(text)
    monkeypatch.setattr(loaded, "_ASSET", tmp_path)
    assert loaded.folder() == tmp_path / "notifications"
    assert loaded.rules.__wrapped__() == loaded.rules()


def test_a_file_that_is_wrong_stops_whoever_compiles_it(tmp_path):
    (tmp_path / "suppression.yaml").write_text(json.dumps({"countries": ["us"]}))
    (tmp_path / "sale-types.yaml").write_text("types: []")
    with pytest.raises(Rejected, match=r"notifications/suppression.yaml: artists: must be a list"):
        rule_files.compiled(tmp_path, READERS)
