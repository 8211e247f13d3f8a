"""The program a run was claimed with: kept in the work bucket under its hash, so that a deploy half-way changes nothing."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from adapters.aws.work_files import WorkFiles
from domain.errors import Rejected
from domain.solicitation.program import Program


def key_of(program_hash: str) -> str:
    return f"programs/{program_hash}.json"


@lru_cache(maxsize=16)
def load_program(files: WorkFiles, program_hash: str) -> Program:
    """The program a run was claimed with, read once per process and hash."""
    return Program.from_json(files.read_json(key_of(program_hash)))


def keep_program(files: WorkFiles, program_hash: str, document: Any) -> None:
    files.write_json(key_of(program_hash), document)


def deployed_program(folder: Path, program: str) -> Any:
    """The compiled document the function was deployed with. Rejected: there is none of that id; the text names those there are."""
    path = folder / f"{program}.json"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.json")))
        raise Rejected(f"no program {program!r} is deployed; there are: {known}")
    return orjson.loads(path.read_bytes())


def deployed_programs(folder: Path) -> dict[str, Program]:
    """All programs the function was deployed with, by id."""
    found = (Program.from_json(orjson.loads(path.read_bytes())) for path in sorted(folder.glob("*.json")))
    return {program.id: program for program in found}
