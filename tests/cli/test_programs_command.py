"""`ovation programs`: what a person and a script get, and the exit code."""

import json
import os

import pytest
from typer.testing import CliRunner

from adapters.files.program_schema import json_schema
from cli.programs import app

BROKEN = "programId: broken\nminscore: 1\n"


@pytest.fixture
def folder(tmp_path, pytestconfig):
    """The programs and their examples, as in a checkout."""
    for file in (pytestconfig.rootpath / "programs").rglob("*.yaml"):
        to = tmp_path / "programs" / file.relative_to(pytestconfig.rootpath / "programs")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(file.read_bytes())
    before = os.getcwd()
    os.chdir(tmp_path)
    yield tmp_path / "programs"
    os.chdir(before)


def ovation(*words):
    return CliRunner().invoke(app, [*map(str, words)], env={"COLUMNS": "120"})


def test_list_names_every_program(folder):
    answer = ovation("list")
    assert answer.exit_code == 0
    for id in ("product-reviews", "music-feedback", "olist-reviews"):
        assert id in answer.stdout


def test_list_for_scripts_is_json(folder):
    answer = json.loads(ovation("list", "--json").stdout)
    assert [row["program"] for row in answer["programs"]][:2] == ["music-feedback", "product-reviews"]
    assert answer["programs"][0]["engines"] == ["redshift"]
    assert answer["problems"] == []


def test_list_shows_the_good_ones_beside_the_broken(folder):
    (folder / "broken.yaml").write_text(BROKEN)
    answer = ovation("list")
    assert answer.exit_code == 1
    assert "product-reviews" in answer.stdout
    assert "broken.yaml:2: minscore = 1: is no known key; nearest: minScore" in answer.stderr


def test_validate_is_silent_on_stderr_and_0_when_all_is_well(folder):
    answer = ovation("validate")
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert len(answer.stdout.splitlines()) == len(list(folder.rglob("*.yaml")))


def test_validate_names_each_problem_and_is_1(folder):
    (folder / "broken.yaml").write_text(BROKEN)
    answer = ovation("validate", folder / "broken.yaml", "--json")
    told = json.loads(answer.stdout)
    assert (answer.exit_code, told["valid"], told["programs"]) == (1, False, [])
    assert {"file": str(folder / "broken.yaml"), "line": 2, "key": "minscore"}.items() <= told["problems"][-1].items()


def test_validate_sees_an_id_that_two_files_share(folder):
    (folder / "copy.yaml").write_bytes((folder / "product-reviews.yaml").read_bytes())
    answer = ovation("validate")
    assert answer.exit_code == 1
    assert "is also the id of" in answer.stderr


def test_a_folder_that_is_not_there_is_a_wrong_call(folder):
    assert ovation("list", "--folder", "nowhere").exit_code == 2


def test_schema_prints_the_schema():
    assert json.loads(ovation("schema").stdout) == json_schema()
