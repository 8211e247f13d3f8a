"""MSCK REPAIR TABLE and SHOW PARTITIONS in, the lines that Athena answers out; new partitions into the Glue catalogue."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.warehouse.catalogue import Catalogue, Table
from sandbox.warehouse.dialects import EngineError
from sandbox.warehouse.partitions import catalogued, in_folders, keys_of

STATEMENT = re.compile(r"\s*(MSCK\s+REPAIR\s+TABLE|SHOW\s+PARTITIONS)\s+([\w.`\"]+)\s*;?\s*", re.IGNORECASE)
AT_ONCE = 100  # partitions a call (Glue: BatchCreatePartition)


def lines_of(sql: str, database: str, catalogue: Catalogue) -> list[str] | None:
    """None: it is another kind of statement. EngineError: there is no such table."""
    found = STATEMENT.fullmatch(sql)
    if found is None:
        return None
    schema, _, name = re.sub(r"[`\"]", "", found[2]).lower().rpartition(".")
    table = catalogue.table(schema or database, name)
    if table is None or not keys_of(table):
        raise EngineError(f"FAILED: SemanticException table {name} is not found, or is not a partitioned table")
    answer = DOING[found[1].split()[0].upper()]
    return list(answer(catalogue, schema or database, table))


def _show(catalogue: Catalogue, database: str, table: Table) -> Iterator[str]:
    """Those that somebody added: a projection's are none of the catalogue's."""
    for partition in catalogued(catalogue.glue, database, table["Name"]):
        yield _spelt(table, partition["Values"], "/")


def _repair(catalogue: Catalogue, database: str, table: Table) -> Iterator[str]:
    known = {tuple(partition["Values"]) for partition in catalogued(catalogue.glue, database, table["Name"])}
    missing = {values: place for values, place in in_folders(catalogue.s3, table).items() if values not in known}
    if missing:
        named = "\t".join(f"{table['Name']}:{_spelt(table, values, '/')}" for values in sorted(missing))
        yield f"Partitions not in metastore:\t{named}"
    for start in range(0, len(missing), AT_ONCE):
        batch = sorted(missing.items())[start : start + AT_ONCE]
        inputs = [
            {"Values": [*values], "StorageDescriptor": {**table["StorageDescriptor"], "Location": place}}
            for values, place in batch
        ]
        catalogue.glue.batch_create_partition(DatabaseName=database, TableName=table["Name"], PartitionInputList=inputs)
        for values, _ in batch:
            yield f"Repair: Added partition to metastore {table['Name']}:{_spelt(table, values, '/')}"


def _spelt(table: Table, values: Any, between: str) -> str:
    return between.join(f"{key}={value}" for key, value in zip(keys_of(table), values, strict=True))


DOING: Mapping[str, Callable[[Catalogue, str, Table], Iterator[str]]] = {"MSCK": _repair, "SHOW": _show}
