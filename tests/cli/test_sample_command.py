"""`ovation sample` writes a data folder and says what a run will find in it."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.sample import sample

app = typer.Typer()
app.command()(sample)


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_it_prints_what_a_run_will_find_as_json(tmp_path):
    out = tmp_path / "data"
    result = run("product-reviews", "--rows", 500, "--seed", 3, "--date", "2026-02-01", "--out", out, "--json")
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    assert printed == {**json.loads((out / "expected.json").read_text()), "folder": str(out)}
    assert (printed["date"], printed["extracted"], printed["eligible"]) == ("2026-02-01", 500, 200)
    assert {path.name for path in out.iterdir()} == {
        "contacts.parquet", "deliveries.parquet", "expected.json", "features", "history", "training",
    }  # fmt: skip


def test_it_prints_the_funnel_for_people(tmp_path):
    result = run("music-feedback", "--rows", 2_000, "--out", tmp_path / "data")
    assert result.exit_code == 0
    for text in ("2026-11-20", "2,000", "-500", "engagement", "200"):
        assert text in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["books", "--out", "{new}"], "product-reviews"),
        (["product-reviews", "--rows", "0", "--out", "{new}"], "--rows"),
        (["product-reviews", "--date", "20-11-2026", "--out", "{new}"], "--date"),
        (["product-reviews", "--out", "{full}"], "something"),
        (["product-reviews"], "--out"),
    ],
)
def test_what_cannot_be_written_exits_2_and_says_why(tmp_path, arguments, said):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    places = {"new": tmp_path / "new", "full": tmp_path / "full"}
    result = run(*[argument.format(**places) for argument in arguments])
    assert result.exit_code == 2
    assert said in result.output


def test_a_file_of_scores_says_what_a_load_of_it_will_find(tmp_path):
    result = run("scores", "--rows", 1_000, "--seed", 3, "--out", tmp_path, "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["rows"] == 1_000 == told["valid"] + told["invalid"]
    assert told["valid"] == told["out"] + told["combined"]
    assert told["reasons"]["unranked"] == 5
    assert len(Path(told["file"]).read_text().splitlines()) == 1_001
    again = run("scores", "--rows", 1_000, "--seed", 3, "--out", tmp_path / "again", "--json")
    assert Path(json.loads(again.stdout)["file"]).read_bytes() == Path(told["file"]).read_bytes()
    shown = run("scores", "--rows", 1_000, "--seed", 3, "--out", tmp_path).stdout
    assert "unranked" in shown
    assert "records" in shown


def test_a_warehouse_needs_to_be_told_where_to_be_written():
    result = run("product-reviews", "--rows", 500)
    assert result.exit_code == 2
    assert "--out" in result.output
