"""A Glue table in, the files of its partitions out: as the catalogue lists them, or as Athena projects them without it."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sandbox.warehouse.dialects import EngineError
from sandbox.warehouse.objects import Found, listed

RANGE = re.compile(r"NOW(?:([+-])(\d+)(YEARS?|MONTHS?|WEEKS?|DAYS?))?")
DAYS = {"YEAR": 365.25, "MONTH": 30.4375, "WEEK": 7, "DAY": 1}
Table = Mapping[str, Any]


def files_of(glue: Any, s3: Any, database: str, table: Table) -> Iterator[Found]:
    """Every file that a query of the whole table reads. EngineError: a projection that is not understood."""
    keys = keys_of(table)
    location = table["StorageDescriptor"]["Location"]
    if not keys:
        yield from (Found(*each, ()) for each in listed(s3, location))
    elif table.get("Parameters", {}).get("projection.enabled", "").lower() == "true":
        yield from _projected(s3, table, keys)
    else:
        for partition in catalogued(glue, database, table["Name"]):
            for each in listed(s3, partition["StorageDescriptor"]["Location"]):
                yield Found(*each, tuple(partition["Values"]))


def keys_of(table: Table) -> list[str]:
    return [key["Name"] for key in table.get("PartitionKeys", ())]


def catalogued(glue: Any, database: str, name: str) -> Iterator[Mapping[str, Any]]:
    for page in glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name):
        yield from page["Partitions"]


def in_folders(s3: Any, table: Table) -> dict[tuple[str, ...], str]:
    """The places of partitions named as Hive does (`key=value/`), by their values: what MSCK REPAIR TABLE looks for."""
    location = table["StorageDescriptor"]["Location"].rstrip("/") + "/"
    folders = re.compile("/".join(f"{re.escape(key)}=([^/]+)" for key in keys_of(table)) + "/")
    start = len(location) - len("s3://")
    found = {}
    for bucket, key, _ in listed(s3, location):
        if match := folders.match(f"{bucket}/{key}", start):
            found[match.groups()] = location + match[0]
    return found


def _projected(s3: Any, table: Table, keys: list[str]) -> Iterator[Found]:
    told = table["Parameters"]
    folders = "".join(f"{key}=${{{key}}}/" for key in keys)
    template = told.get("storage.location.template", table["StorageDescriptor"]["Location"].rstrip("/") + "/" + folders)
    wanted = [_range(told, key) for key in keys]
    pattern = re.compile(re.sub(r"\\\$\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template.rstrip("/"))) + "/")
    for each in listed(s3, template.partition("${")[0]):
        found = pattern.match(f"s3://{each[0]}/{each[1]}")
        if found and all(holds(found[key]) for key, holds in zip(keys, wanted, strict=True)):
            yield Found(*each, tuple(found[key] for key in keys))


def _range(told: Mapping[str, str], key: str) -> Callable[[str], bool]:
    """Whether the projection comes to a value. Only days are understood here, which is what the archive has."""
    kind, form = told.get(f"projection.{key}.type"), told.get(f"projection.{key}.format")
    if (kind, form) != ("date", "yyyy-MM-dd"):
        raise EngineError(f"INVALID_TABLE_PROPERTY: a projection of {key} by {kind} {form} is not understood here")
    first, last = (_day(edge.strip()) for edge in told[f"projection.{key}.range"].split(","))
    return lambda value: _is_day(value) and first <= value <= last


def _day(edge: str) -> str:
    found = RANGE.fullmatch(edge)
    if found is None:
        return edge
    days = float(found[2] or 0) * DAYS[(found[3] or "DAY").rstrip("S")]
    moved = datetime.now(UTC).date().toordinal() + round(days if found[1] != "-" else -days)
    return date.fromordinal(moved).isoformat()


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
