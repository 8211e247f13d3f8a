"""A subsystem's handlers in, the folder its functions are deployed from out: the modules they import, and nothing else."""

import ast
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

SOURCE = Path("src")


def code_asset(
    subsystem: str, documents: Mapping[str, bytes], *, source: Path = SOURCE, into: Path = Path("build/asset")
) -> Path:
    """Stage the modules that `handlers.<subsystem>` reaches by import, and `documents` by their path in the asset.

    The folder is named by its content, so equal input gives the same folder and no two builds meet in one.
    """
    files = {str(path.relative_to(source)): path.read_bytes() for path in modules(subsystem, source)} | dict(documents)
    folder = into / f"{subsystem}-{digest(files)}"
    if not folder.exists():
        place(files, folder)
    return folder


def modules(subsystem: str, source: Path = SOURCE) -> list[Path]:
    """The files behind `handlers/<subsystem>/*.py`: themselves, what they import of ours, and the packages around them."""
    found: set[Path] = set()
    stems = sorted(path.stem for path in (source / "handlers" / subsystem).glob("*.py"))
    ahead = [file for stem in stems for file in files_of(f"handlers.{subsystem}.{stem}", source)]
    while ahead:
        path = ahead.pop()
        if path not in found:
            found.add(path)
            ahead += [file for name in imports(path) for file in files_of(name, source)]
    return sorted(found)


def imports(path: Path) -> Iterator[str]:
    """Every dotted name that a module may import: `from a.b import c` gives `a.b` and `a.b.c`."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def files_of(name: str, source: Path) -> Iterator[Path]:
    """The files that importing `name` reads, outer packages first; none when it is not ours."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        place = source.joinpath(*parts[:end])
        yield from (file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file())


def digest(files: Mapping[str, bytes]) -> str:
    """Sixteen characters that change with any name or byte."""
    total = hashlib.sha256()
    for name, content in sorted(files.items()):
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()[:16]


def place(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files elsewhere, then move them in at once: a reader never sees half a folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent))
    for name, content in files.items():
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        (draft / name).write_bytes(content)
    settle(draft, folder)


def settle(draft: Path, folder: Path) -> None:
    """Rename a finished draft to its name; where another build was faster, drop ours: the content is the same."""
    draft.chmod(0o755)
    try:
        os.replace(draft, folder)
    except OSError:
        if not folder.exists():
            raise
        shutil.rmtree(draft)
