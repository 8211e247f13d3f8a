"""A program document and one `path=value` in, the changed document out; items of lists go by their ids.

`filterChain.frequency-cap.maxRequestsPerMonth=2`, `minScore=0.6`, `channels.email.enabled=false`.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from adapters.files.nearest import nearest
from adapters.files.program_paths import IDS, TRANSPARENT, known_keys
from adapters.files.yaml_source import Path, read_scalar
from domain.errors import Rejected


def override(document: Mapping[str, Any], assignment: str) -> dict[str, Any]:
    """A changed copy, the value read as YAML would read it; whether it makes a program, `load_document` says.

    Rejected: no `=`, or a word of the path that names nothing there; the text has the nearest word that does.
    """
    words, equals, value = assignment.partition("=")
    if not equals or not words.strip():
        raise Rejected(f"{assignment}: write path=value, as in filterChain.frequency-cap.maxRequestsPerMonth=2")
    changed = deepcopy(dict(document))
    path: Path = ()
    for word in words.strip().split("."):
        try:
            path = _step(changed, path, word)
        except Rejected as reason:
            raise Rejected(f"{assignment}: {word} {reason}") from reason
    _put(changed, path, read_scalar(value.strip()))
    return changed


def _step(document: dict[str, Any], path: Path, word: str) -> Path:
    """One word further. Rejected: there is nothing of that name."""
    here = _get(document, path)
    if isinstance(here, list):
        return (*path, _item(here, str(path[-1]), word))
    if here is not None and not isinstance(here, dict):
        raise Rejected(f"cannot be found: {'.'.join(map(str, path))} holds a value, not keys")
    keys = known_keys(path, document)
    inner = next((key for key in TRANSPARENT if key in keys), None)
    below = known_keys((*path, inner), document) if inner else ()
    if inner and word not in keys and word in below:
        return (*path, inner, word)
    if keys and word not in keys:
        raise Rejected(f"is no known key{nearest(word, [*keys, *below])}")
    return (*path, word)


def _item(items: list[Any], name: str, word: str) -> int:
    key = IDS.get(name, "")
    ids = [str(item.get(key)) if isinstance(item, dict) else str(item) for item in items]
    if word not in ids:
        raise Rejected(f"is none of {name}{nearest(word, ids)}")
    position = ids.index(word)
    if key and isinstance(items[position], str):
        items[position] = {key: items[position]}  # a marketplace written as a bare id
    return position


def _get(document: Any, path: Path) -> Any:
    for step in path:
        document = document.get(step) if isinstance(document, dict) else document[step]
        if document is None:
            return None
    return document


def _put(document: Any, path: Path, value: Any) -> None:
    for step in path[:-1]:
        if isinstance(document, dict) and document.get(step) is None:
            document[step] = {}
        document = document[step]
    document[path[-1]] = value
