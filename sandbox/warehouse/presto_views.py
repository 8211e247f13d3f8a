"""A view as the Glue catalogue keeps it for Athena in, its query and the columns it promises out."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.warehouse.dialects import EngineError

BEFORE, AFTER = "/* Presto View: ", " */"


@dataclass(frozen=True, slots=True)
class View:
    """`columns`: names and Athena's types, in their order; `database`: where tables are looked for that name none."""

    sql: str
    database: str
    columns: tuple[tuple[str, str], ...]


def decoded(table: Mapping[str, Any]) -> View | None:
    """None: it is no view. EngineError: it is one, and Athena could not read it."""
    if table.get("TableType") != "VIRTUAL_VIEW":
        return None
    text = table.get("ViewOriginalText", "").strip()
    try:
        told = json.loads(base64.b64decode(text.removeprefix(BEFORE).removesuffix(AFTER), validate=True))
        columns = tuple((column["name"], column["type"]) for column in told["columns"])
        view = View(told["originalSql"], told["schema"], columns)
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise EngineError(f"INVALID_VIEW: {table['Name']} is no view of Athena's: {error}") from error
    if not text.startswith(BEFORE) or "presto_view" not in table.get("Parameters", {}):
        raise EngineError(f"INVALID_VIEW: {table['Name']} is not marked as a view of Athena's")
    catalogued = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    if catalogued != [name for name, _ in columns]:
        raise EngineError(f"INVALID_VIEW: {table['Name']} has other columns in the catalogue than in its text")
    return view
