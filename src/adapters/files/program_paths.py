"""A place in a program document in, the way people write it out (`filterChain.frequency-cap.order`), and the keys known there."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from adapters.files.program_schema import json_schema
from adapters.files.yaml_source import Path

# The key that names an item of a list, list by list.
IDS: Mapping[str, str] = {
    "marketplaces": "id",
    "dataConnectors": "connectorId",
    "featureGroups": "name",
    "scoringModels": "modelId",
    "filterChain": "filterId",
    "channels": "channelId",
}
# A filter's `parameters` and a connector's `config` need not be spelt out in a path.
TRANSPARENT = ("parameters", "config")
TAGS = ("filterId", "type")


def spoken(path: Path, document: Any) -> str:
    """The path with the ids of list items in place of their positions."""
    words: list[str] = []
    for step in path:
        document = _step(document, step)
        words.append(_id(document, words[-1]) or str(step) if isinstance(step, int) and words else str(step))
    return ".".join(words)


def located(loc: Sequence[int | str], document: Any) -> Path:
    """Pydantic's location as a path of the document: without the tags of unions and the marks of mapping keys."""
    path: list[int | str] = []
    for step in loc:
        if step == "[key]" or (isinstance(document, Mapping) and step in [document.get(tag) for tag in TAGS]):
            continue
        path.append(step)
        document = _step(document, step)
    return tuple(path)


def known_keys(path: Path, document: Any) -> tuple[str, ...]:
    """The keys that may stand in the mapping at this path."""
    schemas = _at(path, document)
    return tuple(dict.fromkeys(key for schema in schemas for key in schema.get("properties", ())))


def _id(item: Any, name: str) -> str | None:
    value = item.get(IDS.get(name, "")) if isinstance(item, Mapping) else item
    return value if isinstance(value, str) else None


def _step(document: Any, step: int | str) -> Any:
    if isinstance(document, Mapping):
        return document.get(step)
    return document[step] if isinstance(document, list) and isinstance(step, int) and step < len(document) else None


def _at(path: Path, document: Any) -> list[Mapping[str, Any]]:
    schemas = list(_alternatives(_schema(), document))
    for step in path:
        document = _step(document, step)
        below = [
            schema.get("items", {}) if isinstance(step, int) else schema.get("properties", {}).get(step, {})
            for schema in schemas
        ]
        schemas = [alternative for schema in below for alternative in _alternatives(schema, document)]
    return schemas


def _alternatives(schema: Mapping[str, Any], document: Any) -> Iterable[Mapping[str, Any]]:
    """The schemas a value may follow, references resolved; where a tag in the value decides, that one alone."""
    if "$ref" in schema:
        yield from _alternatives(_schema()["$defs"][schema["$ref"].rpartition("/")[2]], document)
        return
    mapping = schema.get("discriminator", {}).get("mapping", {})
    tag = document.get(schema["discriminator"]["propertyName"]) if mapping and isinstance(document, Mapping) else None
    if isinstance(tag, str) and tag in mapping:
        yield from _alternatives({"$ref": mapping[tag]}, document)
        return
    options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if not options:
        yield schema
    for option in options:
        yield from _alternatives(option, document)


@cache
def _schema() -> Mapping[str, Any]:
    return json_schema()
