"""YAML text in, its document and the line of every key out; scalars are read by YAML 1.2's core rules.

PyYAML on its own reads YAML 1.1, where `10:00` is the number 600 and the country code `NO` is false.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]
DEEPEST = 20  # no program nests as deep; an alias that contains itself does


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with the text itself, and where."""

    line: int
    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """A document as written, where each of its keys stands (`lines`, from 1), and the keys written twice."""

    document: Any
    lines: Mapping[Path, int]
    flaws: tuple[Flaw, ...]


class _Core(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  PyYAML's own class attribute


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Core.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))
_Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def read_yaml(text: str) -> Source:
    """Read one document. Text that is no YAML gives an empty document and the flaw."""
    try:
        return _read(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        flaw = Flaw(mark.line + 1 if mark else 1, (), f"is no YAML: {error.problem or error.context}")
    except yaml.reader.ReaderError as error:
        flaw = Flaw(1, (), f"is no YAML: {error.reason}")
    return Source(None, {}, (flaw,))


def _read(text: str) -> Source:
    loader = _Core(text)
    node = loader.get_single_node()
    if node is None:
        return Source(None, {}, ())
    lines: dict[Path, int] = {}
    flaws: list[Flaw] = []
    _walk(node, (), lines, flaws)
    return Source(loader.construct_document(node), lines, tuple(flaws))


def read_scalar(text: str) -> Any:
    """One value as it would be read behind a key: `2` a number, `true` a flag, `[a, b]` a list, `10:00` a text."""
    source = read_yaml(text)
    return text if source.flaws else source.document


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], flaws: list[Flaw]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if len(path) > DEEPEST:
        return
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, flaws)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                flaws.append(Flaw(line, (*path, name), f"is written twice, first in line {seen[name]}"))
            seen.setdefault(name, line)
            lines[*path, name] = line
            _walk(value, (*path, name), lines, flaws)
