"""Where the command writes: results to standard output, everything else to standard error, and the meaning of its exit codes."""

import json
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

FAILED, BAD_INPUT, ALREADY_DONE = 1, 2, 3
out, err = Console(), Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for scripts.")]


def print_json(document: Any) -> None:
    typer.echo(json.dumps(document, indent=2))


def give_up(reason: object, code: int) -> NoReturn:
    """End with the reason on standard error."""
    err.print(f"[red]{code_name(code)}:[/] ", end="")
    err.print(str(reason), markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def code_name(code: int) -> str:
    return {FAILED: "failed", BAD_INPUT: "bad input", ALREADY_DONE: "already done"}[code]
