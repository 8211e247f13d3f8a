"""A dependency group of uv.lock in, the folder of a Lambda layer out: wheels for arm64, built without Docker."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from uv import find_uv_bin

from infra.asset import settle

BUILDER = "2"  # raise it when the way of building changes
PYTHON = "3.13"
PLATFORM = "aarch64-manylinux_2_28"  # Amazon Linux 2023, which Lambda runs from 3.12 on
BUDGET_MB = 40  # unzipped; Lambda allows 250 for code and all layers
LANGUAGES = (
    "de",
    "en",
    "fr",
    "ja",
    "root",
)  # those of our templates, with all their regions; babel brings a thousand locales
FROM_RUNTIME = ("boto3", "botocore", "s3transfer")  # half of them in a layer would shadow the runtime's pair


def layer(group: str, *, into: Path = Path("build/layers"), project: Path = Path()) -> Path:
    """Build the layer of a dependency group, or find it built: the folder is named by its locked content."""
    return build_layer(locked(group, project), name=group, into=into)


def locked(group: str, project: Path = Path()) -> str:
    """The group's requirements with versions and hashes, as uv.lock has them."""
    skip = [word for package in FROM_RUNTIME for word in ("--no-emit-package", package)]
    return uv(
        *("export", "--frozen", "--quiet", "--project", str(project.resolve()), "--only-group", group),
        *("--no-emit-project", "--no-header", "--no-annotate", *skip),
    )


def build_layer(lock: str, *, name: str, into: Path) -> Path:
    """Install a hashed lock for the functions' platform. RuntimeError: uv's own words; AssertionError: over the budget."""
    python = interpreter()
    key = hashlib.sha256("\0".join((lock, PLATFORM, PYTHON, BUILDER, "pyc" if python else "")).encode()).hexdigest()[
        :16
    ]
    folder = into / f"{name}-{key}"
    if not folder.exists():
        into.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=into))
        install(lock, draft / "python")
        prune(draft / "python")
        if python:
            compile_all(python, draft / "python")
        assert size_mb(draft) < BUDGET_MB, f"layer {name}: {size_mb(draft):.1f} MB unzipped, budget {BUDGET_MB}"
        settle(draft, folder)
    return folder


def install(lock: str, target: Path) -> None:
    target.mkdir()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write(lock)
        requirements.flush()
        uv(
            *("pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"),
            *("--link-mode", "copy", "--python-platform", PLATFORM, "--python-version", PYTHON),
            *("--target", str(target), "--requirements", requirements.name),
        )


def prune(target: Path) -> None:
    """Drop what no function needs: tests, caches, scripts, other languages, and the lists of files with this machine's dates."""
    for file in target.glob("babel/locale-data/*.dat"):
        if file.stem.partition("_")[0] not in LANGUAGES:
            file.unlink()
    for unwanted in ("**/__pycache__", "**/tests", "bin", ".lock", "*.dist-info/RECORD", "*.dist-info/direct_url.json"):
        for path in sorted(target.glob(unwanted)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def compile_all(python: str, target: Path) -> None:
    """Add bytecode that is used unchecked: imports cost half as much, and equal sources give equal bytes."""
    run(python, "-m", "compileall", "-q", "-s", str(target), "--invalidation-mode", "unchecked-hash", str(target))


def interpreter() -> str | None:
    """A Python of the functions' version on this machine, if there is one; bytecode is its own."""
    try:
        return uv("python", "find", "--no-python-downloads", "--system", PYTHON).strip()
    except RuntimeError:  # none, or pyenv's shim for a version that is installed but not selected
        pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
        return next(map(str, sorted(pyenv.glob(f"versions/{PYTHON}.*/bin/python"))), None)


def placeholder(into: Path = Path("build/layers")) -> Path:
    """A layer of nothing, for the sandbox: its functions see the project's own environment."""
    folder = into / "none" / "python"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README").write_text("The sandbox runs functions in the project's own environment.\n")
    return folder.parent


def size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def uv(*arguments: str) -> str:
    return run(find_uv_bin(), *arguments)


def run(*command: str) -> str:
    """The command's output. RuntimeError: what it printed when it failed."""
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - our own words, no shell
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} failed:\n{done.stderr or done.stdout}")
    return done.stdout
