"""Program files in, what they say or what is wrong with them out: `ovation programs list`, `validate` and `schema`."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from adapters.files.program_problems import Problem, ProgramInvalid
from adapters.files.program_schema import json_schema
from adapters.files.programs import Loaded, load, load_all, program_files, program_hash

app = typer.Typer(name="programs", help="The solicitation programs: one YAML file each.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option("--folder", help="Where the programs are.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
PROGRAMS = Path("programs")


@app.command("list")
def list_programs(folder: Folder = PROGRAMS, as_json: AsJson = False) -> None:
    """List the programs and their examples. Exit code 1: some cannot be used; the others are listed."""
    loaded, problems = _each(_files(folder))
    rows = [{"file": str(file), **_described(item)} for file, item in loaded]
    if as_json:
        typer.echo(json.dumps({"programs": rows, "problems": [asdict(problem) for problem in problems]}, indent=2))
    else:
        Console().print(_table(rows))
        _complain(problems)
    raise typer.Exit(1 if problems else 0)


@app.command()
def validate(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Program files; all programs and examples if none.")
    ] = None,
    folder: Folder = PROGRAMS,
    as_json: AsJson = False,
) -> None:
    """Check program files as a whole. Exit code 1: some cannot be used; each problem is named with file, line, key and value."""
    paths = files or _files(folder)
    loaded, problems = _each(paths)
    if not problems:
        try:
            load_all(paths)  # two files of one id
        except ProgramInvalid as invalid:
            problems = list(invalid.problems)
    warnings = [warning for _, item in loaded for warning in item.warnings]
    if as_json:
        typer.echo(json.dumps(_verdict(loaded, problems, warnings), indent=2))
    else:
        _complain(problems)
        for warning in warnings:
            typer.echo(f"warning: {warning}", err=True)
        for file, item in loaded:
            typer.echo(f"{file}: {item.program.id} is valid ({program_hash(item.program)})")
    raise typer.Exit(1 if problems else 0)


@app.command()
def schema(as_json: AsJson = True) -> None:
    """Print the JSON Schema of a program file, with or without --json."""
    typer.echo(json.dumps(json_schema(), indent=2))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise typer.BadParameter(f"there is no folder {folder}")
    examples = folder / "examples"
    return program_files(folder) + (program_files(examples) if examples.is_dir() else [])


def _each(paths: Iterable[Path]) -> tuple[list[tuple[Path, Loaded]], list[Problem]]:
    loaded: list[tuple[Path, Loaded]] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            loaded.append((path, load(path)))
        except ProgramInvalid as invalid:
            problems.extend(invalid.problems)
    return loaded, problems


def _described(item: Loaded) -> dict[str, Any]:
    program = item.program
    return {
        "program": program.id,
        "name": program.name,
        "enabled": program.enabled,
        "engines": sorted({connector.engine for connector in program.connectors}),
        "marketplaces": [place.id for place in program.marketplaces],
        "filters": [step.id for step in program.filters],
        "channels": [channel.id for channel in program.channels],
        "schedules": dict(program.schedules),
        "hash": program_hash(program),
    }


def _verdict(
    loaded: Sequence[tuple[Path, Loaded]], problems: Sequence[Problem], warnings: Sequence[Problem]
) -> dict[str, Any]:
    return {
        "valid": not problems,
        "programs": [
            {"file": str(file), "program": item.program.id, "hash": program_hash(item.program)} for file, item in loaded
        ],
        "problems": [asdict(problem) for problem in problems],
        "warnings": [asdict(warning) for warning in warnings],
    }


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table()
    for heading in ("program", "on", "engine", "marketplaces", "filters", "batch (UTC)"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "program")
    for row in rows:
        batch = row["schedules"]["batch"].removeprefix("cron(").removesuffix(")")
        places, filters = " ".join(row["marketplaces"]), "\n".join(row["filters"])
        table.add_row(
            row["program"], "yes" if row["enabled"] else "no", ", ".join(row["engines"]), places, filters, batch
        )
    return table


def _complain(problems: Iterable[Problem]) -> None:
    for problem in problems:
        typer.echo(str(problem), err=True)
