"""When the templates are made again, and when not."""

from pathlib import Path

import pytest

from sandbox.synth import SynthError, sources_key, synthesise

APP = """
import os, sys
from pathlib import Path
out = Path(os.environ["CDK_OUTDIR"])
out.mkdir(parents=True)
(out / "manifest.json").write_text(os.environ["OVATION_STAGE"] + os.environ["CDK_VALIDATION"])
with Path("runs").open("a") as runs:
    runs.write("x")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "programs" / "examples").mkdir(parents=True)
    (tmp_path / "programs" / "one.yaml").write_text("programId: one")
    return tmp_path


def runs(project: Path) -> int:
    return len((project / "runs").read_text())


def test_it_is_made_for_the_sandbox_and_kept_while_nothing_changes(project: Path) -> None:
    folder = synthesise(project)
    assert (folder / "manifest.json").read_text() == "sandboxfalse"
    assert (synthesise(project), runs(project)) == (folder, 1)


@pytest.mark.parametrize(
    "change", ["programs/one.yaml", "programs/two.yaml", "src/handlers/etl.py", "cdk.json", "app.py"]
)
def test_any_source_that_changes_makes_it_again(project: Path, change: str) -> None:
    synthesise(project)
    (project / change).parent.mkdir(parents=True, exist_ok=True)
    with (project / change).open("a") as file:
        file.write("\n")
    synthesise(project)
    assert runs(project) == 2


def test_what_is_not_deployed_does_not_count(project: Path) -> None:
    before = sources_key(project)
    (project / "programs" / "examples" / "other.yaml").write_text("programId: other")
    (project / "README.md").write_text("hello")
    assert sources_key(project) == before


def test_another_folder_of_programs_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sources_key(project)
    monkeypatch.setenv("OVATION_PROGRAMS", "programs/examples")
    empty = sources_key(project)
    (project / "programs" / "examples" / "other.yaml").write_text("programId: other")
    assert len({before, empty, sources_key(project)}) == 3


def test_a_failure_tells_what_the_app_printed_and_keeps_nothing(project: Path) -> None:
    (project / "app.py").write_text("import sys; sys.exit('one.yaml: programId is missing')")
    with pytest.raises(SynthError, match=r"app.py ended with 1:\none.yaml: programId is missing"):
        synthesise(project)
    (project / "app.py").write_text(APP)
    assert (synthesise(project) / "manifest.json").is_file()
