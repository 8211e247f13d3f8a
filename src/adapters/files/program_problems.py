"""What pydantic says of a program document in, one problem a line out: file and line, key, value, and what would be right."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from adapters.files.nearest import nearest
from adapters.files.program_paths import known_keys, located, spoken
from adapters.files.yaml_source import Path, Source
from domain.errors import Rejected

ABSENT = object()
QUOTED = re.compile(r"'([^']*)'")
LONGEST = 80  # characters of a value that a message repeats


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a program file. `line` counts from 1, 0 for none; `value` is as written, empty for none."""

    file: str
    line: int
    key: str
    value: str
    reason: str

    def __str__(self) -> str:
        key = " = ".join(part for part in (self.key, self.value) if part)
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {key}{': ' if key else ''}{self.reason}"


class ProgramInvalid(Rejected):
    """Programs that cannot be used, each problem on a line of its own."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def problem(file: str, source: Source, path: Path, reason: str) -> Problem:
    """A problem at a path of the document: its line (or its parent's), its key in words and its value as written."""
    line = next((source.lines[path[:depth]] for depth in range(len(path), -1, -1) if path[:depth] in source.lines), 0)
    return Problem(file, line, spoken(path, source.document), _shown(_value(source.document, path)), reason)


def translate(error: ValidationError, file: str, source: Source) -> list[Problem]:
    """Every error pydantic found, in our words."""
    problems = []
    for found in error.errors(include_url=False):
        path = located(found["loc"], source.document)
        if found["type"].startswith("union_tag"):  # the key that tells which of several shapes an item has
            path = (*path, QUOTED.findall(found["ctx"]["discriminator"])[-1])
        problems.append(problem(file, source, path, _reason(found, path, source.document)))
    return problems


def _reason(error: Mapping[str, Any], path: Path, document: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is no known key{nearest(str(path[-1]), known_keys(path[:-1], document))}"
    if kind in ("missing", "union_tag_not_found"):
        return "is missing"
    if kind in ("union_tag_invalid", "literal_error"):
        known = QUOTED.findall(context.get("expected_tags") or context["expected"])
        return f"is unknown{nearest(str(_value(document, path)), known)}"
    if kind == "value_error":
        return str(context["error"])
    message = str(error["msg"])
    words = message.removeprefix("Input ").removeprefix("String ")
    return words[0].lower() + words[1:]


def _value(document: Any, path: Path) -> Any:
    try:
        for step in path:
            document = document[step]
    except (KeyError, IndexError, TypeError):
        return ABSENT
    return document


def _shown(value: Any) -> str:
    if value is ABSENT or isinstance(value, Mapping | list) or (isinstance(value, str) and "\n" in value):
        return ""
    text = "true" if value is True else "false" if value is False else "null" if value is None else repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
