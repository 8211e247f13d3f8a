"""The `ovation` command as a person or a script meets it: what it prints, what it leaves, and the codes it exits with."""

import gzip
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import typer

from cli.demo import Job, lived
from sandbox.runtime import Sandbox
from sandbox.sample import write_sample
from sandbox.synth import ROOT
from tests.ovation_command import COMMAND, ovation

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
REVIEWS, DAY = "product-reviews", "2026-11-21"
RESULT_KEYS = {
    "run_id", "program", "date", "extracted", "rejected", "duplicates", "candidates", "filters", "eligible", "scores", "stored", "seconds",
}  # fmt: skip


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the command finds a sandbox of its own, whose data no other test counts on, and keeps what it learns."""
    with Sandbox.start(state_dir=tmp_path_factory.mktemp("commands")) as running:
        yield running.folder


def test_a_run_and_its_explanation_agree(state: Path, tmp_path: Path) -> None:
    made = ovation(
        "sample",
        REVIEWS,
        "--rows",
        "300",
        "--seed",
        "3",
        "--date",
        DAY,
        "--out",
        tmp_path / "data",
        "--json",
        state=state,
    )
    wanted = json.loads(made.stdout)
    done = ovation("run", REVIEWS, "--date", DAY, "--warehouse", tmp_path / "data", "--json", state=state)
    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert result.keys() >= RESULT_KEYS
    assert {name: result[name] for name in ("extracted", "filters", "eligible")} == {
        name: wanted[name] for name in ("extracted", "filters", "eligible")
    }

    again = ovation("run", REVIEWS, "--date", DAY, "--json", state=state)
    assert again.returncode == 3
    assert json.loads(again.stdout).items() <= result.items()  # the run's own; export and campaigns follow it

    kept = state / "runs" / REVIEWS / DAY / "attempt-1"
    verdicts = [row for file in sorted(kept.glob("stages/*/verdicts.jsonl.gz")) for row in read(file)]
    assert len(verdicts) == sum(step["removed"] for step in result["filters"])
    told = ovation(
        "explain", REVIEWS, verdicts[0]["customer"], verdicts[0]["subject"], "--date", DAY, "--json", state=state
    )
    [story] = json.loads(told.stdout)
    assert story["reason"] == verdicts[0]["reason"]
    assert story["steps"][-1]["detail"] == f"removed by {verdicts[0]['filter']}"


def test_the_demo_shows_each_funnel_or_keeps_standard_output_for_json(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day, sandbox = date(2026, 11, 23), Sandbox.attach(state)
    expected = write_sample(REVIEWS, rows=100, seed=5, day=day, out=tmp_path / "data")
    job = Job(REVIEWS, day, tmp_path / "data", expected)
    result = lived(sandbox, job, tmp_path, as_json=True, folder=tmp_path)
    assert result["eligible"] == expected["eligible"]
    assert capsys.readouterr().out == ""
    other = Job(
        "music-feedback", day, tmp_path / "music", write_sample("music-feedback", 100, 5, day, tmp_path / "music")
    )
    lived(sandbox, other, tmp_path, as_json=False, folder=tmp_path)
    assert "music-feedback on 2026-11-23" in capsys.readouterr().out


def test_the_demo_fails_where_a_funnel_is_not_what_the_sample_was_made_for(state: Path, tmp_path: Path) -> None:
    day = date(2026, 11, 24)
    expected = write_sample(REVIEWS, rows=100, seed=5, day=day, out=tmp_path / "data")
    job = Job(REVIEWS, day, tmp_path / "data", {**expected, "eligible": expected["eligible"] + 1})
    with pytest.raises(typer.Exit) as ended:
        lived(Sandbox.attach(state), job, tmp_path, as_json=True, folder=tmp_path)
    assert ended.value.exit_code == 1


def test_what_if_prints_the_difference_and_stores_nothing(state: Path, samples: dict[str, Path]) -> None:
    setting = "filterChain.frequency-cap.maxRequestsPerMonth=1"
    words = ("run", REVIEWS, "--date", "2026-11-20", "--warehouse", samples[REVIEWS], "--set", setting, "--json")
    answer = json.loads(ovation(*words, state=state).stdout)
    by_step = {line["step"]: line["difference"] for line in answer["difference"]}
    assert by_step["removed by frequency-cap"] > 0
    assert by_step["eligible"] == -by_step["removed by frequency-cap"]
    assert (answer["before"]["stored"], answer["after"]["stored"]) == (0, 0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "product-review", "--date", DAY), "nearest: product-reviews"),
        (
            ("run", REVIEWS, "--date", DAY, "--set", "filterChain.frequency-cup.maxRequestsPerMonth=1"),
            "nearest: frequency-cap",
        ),
        (("run", REVIEWS, "--date", "yesterday"), "does not match the format"),
        (("run", REVIEWS, "--date", DAY, "--warehouse", "no-such-folder"), "does not exist"),
        (
            ("explain", REVIEWS, "nobody", "--date", "2020-01-01"),
            "no run of product-reviews on 2020-01-01 is known here",
        ),
    ],
)
def test_bad_input_says_what_where_and_what_to_do(state: Path, words: tuple[str, ...], says: str) -> None:
    done = ovation(*words, state=state)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("setting", [(), ("--set", "enabled=true")])
def test_a_disabled_program_is_not_run_and_says_so(tmp_path: Path, setting: tuple[str, ...]) -> None:
    asleep = tmp_path / "asleep.yaml"
    asleep.write_text(
        (ROOT / "programs/product-reviews.yaml").read_text().replace("enabled: true", "enabled: false", 1)
    )
    done = ovation("run", asleep, "--date", DAY, *setting, state=tmp_path)
    assert done.returncode == 2
    assert "product-reviews is disabled" in " ".join(done.stderr.split())


def test_without_a_sandbox_a_run_says_how_to_get_one(tmp_path: Path) -> None:
    done = ovation("run", REVIEWS, "--date", DAY, state=tmp_path)
    assert done.returncode == 2
    assert "start one with `ovation up`, or give --warehouse DIR" in " ".join(done.stderr.split())


def test_a_table_the_warehouse_lacks_fails_the_run_in_the_engines_words(state: Path, tmp_path: Path) -> None:
    text = (ROOT / "programs/product-reviews.yaml").read_text()
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("deliveries", "deliverys").replace("programId: product-reviews", "programId: other"))
    done = ovation("run", other, "--date", DAY, state=state)
    assert done.returncode == 1
    assert "deliverys" in done.stderr


def test_up_runs_until_down_and_leaves_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "OVATION_STATE": str(tmp_path)}
    with subprocess.Popen(
        [COMMAND, "up", "--json"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as up:
        try:
            assert up.stdout is not None
            address = json.loads(up.stdout.readline())
            assert address["endpoints"]["aws"].startswith("http://127.0.0.1:")
            down = ovation("down", "--json", state=tmp_path)
            assert (down.returncode, json.loads(down.stdout)) == (0, {"stopped": True})
            assert up.wait(60) == 0
        finally:
            if up.poll() is None:
                up.send_signal(signal.SIGINT)
    assert ovation("down", state=tmp_path).returncode == 2
    assert not (tmp_path / "sandbox.json").exists()


def read(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in gzip.open(path, "rt")]
