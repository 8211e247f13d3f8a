"""The folder `notifications` in, its YAML checked and compiled to JSON for the asset, and read back from there out."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from domain.errors import Rejected

FOLDER = "notifications"
# By the file's name: what makes domain values of its document. It raises Rejected with the key and what is wrong with it.
Reader = Callable[[Mapping[str, Any]], Any]


def compiled(folder: Path, readers: Mapping[str, Reader]) -> dict[str, bytes]:
    """Each file as JSON by its path in the asset. Rejected: a file is missing, is no YAML, or its reader wants it otherwise."""
    return {
        f"{FOLDER}/{name}.json": orjson.dumps(_checked(folder / f"{name}.yaml", of)) for name, of in readers.items()
    }


@cache
def read(folder: Path, name: str) -> Any:
    """A file's document: compiled, as functions have it, or the YAML of the project itself."""
    made = folder / f"{name}.json"
    return orjson.loads(made.read_bytes()) if made.is_file() else _document(folder / f"{name}.yaml")


def _checked(file: Path, of: Reader) -> Any:
    document = _document(file)
    try:
        of(document)
    except Rejected as reason:
        raise Rejected(f"{FOLDER}/{file.name}: {reason}") from reason
    return document


def _document(file: Path) -> Any:
    import yaml  # not in the functions' layer: they have JSON

    try:
        found = yaml.safe_load(file.read_text())
    except FileNotFoundError:
        raise Rejected(f"{FOLDER}/{file.name} is missing") from None
    except yaml.YAMLError as error:
        raise Rejected(f"{FOLDER}/{file.name}: {error}") from error
    if not isinstance(found, dict):
        raise Rejected(f"{FOLDER}/{file.name}: must be a mapping of keys")
    return found
