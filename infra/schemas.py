"""The project's folder in, the archive's Avro schemas out: as values for the tables, as files for the functions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain.archive.kinds import KINDS

FOLDER = "schemas/avro"

Schema = Mapping[str, Any]


def avro_documents(project: Path) -> dict[str, bytes]:
    """The files, by their path in the project and in the functions' asset."""
    names = [f"{FOLDER}/{kind}.avsc" for kind in KINDS]
    return {name: (project / name).read_bytes() for name in names}


def avro_schemas(project: Path) -> dict[str, Schema]:
    """By kind."""
    documents = avro_documents(project)
    return {kind: json.loads(documents[f"{FOLDER}/{kind}.avsc"]) for kind in KINDS}
