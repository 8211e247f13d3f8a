"""What a person calls a program in, the program as its file stands now out, with what `--set` changes."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters.files.nearest import nearest
from adapters.files.program_override import override
from adapters.files.programs import load_document, load_program, program_files, read_document
from domain.errors import Rejected
from domain.solicitation.program import Program

ProgramName = Annotated[str, typer.Argument(help="A program's id, or its file.")]
Day = Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="D, the run's UTC date.")]
FOLDERS = (Path("programs"), Path("programs/examples"))


def chosen(name: str, assignments: Sequence[str] = ()) -> Program:
    """A program by its id or its file. Rejected: there is none, or the file or an assignment is not valid."""
    path = file_of(name)
    if not assignments:
        return load_program(path)
    document = read_document(path)
    for assignment in assignments:
        document = override(document, assignment)
    return load_document(document, f"{path} with {', '.join(assignments)}")


def file_of(name: str) -> Path:
    """A file given as a path, else `programs/NAME.yaml` or an example."""
    given = Path(name)
    if given.suffix in (".yaml", ".yml"):
        if not given.is_file():
            raise Rejected(f"there is no file {given}")
        return given
    known = {path.stem: path for folder in FOLDERS if folder.is_dir() for path in program_files(folder)}
    if name not in known:
        raise Rejected(f"no program {name!r}{nearest(name, known)}")
    return known[name]
