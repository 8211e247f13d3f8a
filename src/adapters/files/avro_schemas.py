"""The Avro schemas, read from `schemas/avro`: beside the code in a deployed function, above it in the project."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from domain.archive.kinds import KINDS

PLACES = [Path(__file__).parents[up] / "schemas" / "avro" for up in (2, 3)]
FOLDER = next((place for place in PLACES if place.is_dir()), PLACES[-1])

Schema = Mapping[str, Any]


@cache
def schema(kind: str) -> Schema:
    """As the file has it. FileNotFoundError: there is no such kind."""
    found: Schema = json.loads((FOLDER / f"{kind}.avsc").read_text())
    return found


def schemas() -> dict[str, Schema]:
    return {kind: schema(kind) for kind in KINDS}
