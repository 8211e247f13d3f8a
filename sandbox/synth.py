"""The project's sources in, an up-to-date cloud assembly for the sandbox out; synthesised again only when a source changed."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]
ASSEMBLY = Path("build/cdk.sandbox.out")
SOURCES = (
    "app.py",
    "cdk.json",
    "uv.lock",
    "infra",
    "schemas",
    "templates",
    "src/handlers",
    "src/domain",
    "src/adapters",
    "src/training",
)
LEFT_OUT = ("__pycache__", "examples")


class SynthError(RuntimeError):
    """The app did not synthesise; the message is what it printed."""


def synthesise(root: Path = ROOT) -> Path:
    """The assembly's folder. Processes that ask at the same time wait for the first one."""
    assembly = root / ASSEMBLY
    with _alone(assembly.with_suffix(".lock")):
        key = sources_key(root)
        if not _is(assembly, key):
            _synthesise(root, assembly, key)
    return assembly


def sources_key(root: Path = ROOT) -> str:
    """Changes with every byte and name of what the templates and assets are made from."""
    digest = sha256(sys.version.encode())
    for path in sorted(_files(root)):
        digest.update(f"{os.path.relpath(path, root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for name in (*SOURCES, os.environ.get("OVATION_PROGRAMS", "programs")):  # as app.py reads it
        place = root / name
        found = [place] if place.is_file() else place.rglob("*")
        yield from (path for path in found if path.is_file() and not set(path.relative_to(place).parts) & set(LEFT_OUT))


def _is(assembly: Path, key: str) -> bool:
    mark = assembly / ".key"
    return mark.is_file() and mark.read_text() == key


def _synthesise(root: Path, assembly: Path, key: str) -> None:
    draft = assembly.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    environment = {"OVATION_STAGE": "sandbox", "CDK_VALIDATION": "false", "CDK_OUTDIR": str(draft)}
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SynthError(f"app.py ended with {done.returncode}:\n{done.stdout}{done.stderr}".rstrip())
    (draft / ".key").write_text(key)
    shutil.rmtree(assembly, ignore_errors=True)
    draft.rename(assembly)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # let go when the file is closed, also by a crash
        yield
