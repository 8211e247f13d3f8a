"""Program files in, programs out, or everything that is wrong with them at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from adapters.files import program_checks, program_defaults
from adapters.files.program_compiler import compiled
from adapters.files.program_problems import Problem, ProgramInvalid, problem, translate
from adapters.files.program_schema import ProgramFile
from adapters.files.yaml_source import Source, read_yaml
from domain.solicitation.compiled import compile_program, program_hash
from domain.solicitation.program import Program

__all__ = [
    "Loaded",
    "ProgramInvalid",
    "compile_program",
    "load",
    "load_all",
    "load_document",
    "load_program",
    "load_programs",
    "program_files",
    "program_hash",
    "read_document",
]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A program that can be used, and what its owner should know of it."""

    program: Program
    warnings: tuple[Problem, ...]


def load_program(path: Path) -> Program:
    """One program. ProgramInvalid (a Rejected): the file cannot be used; it lists every problem with file, line, key and value."""
    return load(path).program


def load_programs(folder: Path) -> tuple[Program, ...]:
    """The programs of a folder's `*.yaml`, by id; not of its subfolders. ProgramInvalid: the problems of all files together."""
    return tuple(item.program for item in load_all(program_files(folder)))


def program_files(folder: Path) -> list[Path]:
    """The program files of a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))


def load_all(paths: Iterable[Path]) -> tuple[Loaded, ...]:
    """All these files, by program id. ProgramInvalid: the problems of all of them, two files of one id among these."""
    problems: list[Problem] = []
    loaded: dict[str, list[tuple[Path, Loaded]]] = defaultdict(list)
    for path in paths:
        try:
            item = load(path)
            loaded[item.program.id].append((path, item))
        except ProgramInvalid as invalid:
            problems.extend(invalid.problems)
    for id, items in loaded.items():
        first = items[0][0]
        problems.extend(
            Problem(str(path), 1, "programId", repr(id), f"is also the id of {first}") for path, _ in items[1:]
        )
    if problems:
        raise ProgramInvalid(problems)
    return tuple(items[0][1] for _, items in sorted(loaded.items()))


def load(path: Path) -> Loaded:
    """One program and its warnings. ProgramInvalid as for `load_program`."""
    return _load(_source(path), str(path))


def read_document(path: Path) -> dict[str, Any]:
    """A program file's own keys and values, for `program_override.override`. ProgramInvalid: it is no YAML mapping."""
    source = _source(path)
    if flaws := _flaws(source, str(path)):
        raise ProgramInvalid(flaws)
    document: dict[str, Any] = source.document
    return document


def load_document(document: Mapping[str, Any], name: str) -> Program:
    """The program of a document that comes from no file; `name` stands for the file in messages. ProgramInvalid as above."""
    return _load(Source(dict(document), {}, ()), name).program


def _source(path: Path) -> Source:
    try:
        return read_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ProgramInvalid([Problem(str(path), 0, "", "", "there is no such file")]) from error
    except UnicodeDecodeError as error:
        raise ProgramInvalid([Problem(str(path), 0, "", "", "is not UTF-8")]) from error
    except OSError as error:
        raise ProgramInvalid([Problem(str(path), 0, "", "", f"cannot be read: {error.strerror}")]) from error


def _flaws(source: Source, file: str) -> list[Problem]:
    flaws = [problem(file, source, flaw.path, flaw.reason) for flaw in source.flaws]
    if not flaws and not isinstance(source.document, dict):
        return [Problem(file, 0, "", "", "holds no mapping of keys to values")]
    return flaws


def _load(source: Source, file: str) -> Loaded:
    problems = _flaws(source, file)
    if not isinstance(source.document, dict):
        raise ProgramInvalid(problems)
    warnings: list[Problem] = []
    try:
        parsed = ProgramFile.model_validate(program_defaults.complete(source.document))
    except ValidationError as error:
        raise ProgramInvalid([*problems, *translate(error, file, source)]) from error
    for path, reason, warning in program_checks.check(parsed, _mapped_by_default(source.document)):
        (warnings if warning else problems).append(problem(file, source, path, reason))
    if problems:
        raise ProgramInvalid(problems)
    return Loaded(compiled(parsed), tuple(warnings))


def _mapped_by_default(document: Mapping[str, Any]) -> frozenset[int]:
    return frozenset(
        index for index, connector in enumerate(document["dataConnectors"]) if "fieldMapping" not in connector
    )
