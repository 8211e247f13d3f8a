"""An analyst's query and an archive's stack in, Athena's answer out."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from botocore.exceptions import ClientError

from adapters.aws.faults import aws_calls
from domain.errors import Rejected
from sandbox.warehouse.dialects import EngineError, one_query

PAUSES = (0.1, 0.2, 0.5, 1.0)  # seconds between looks; the last one again and again
TYPES: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), pa.int64()),
    **dict.fromkeys(("float", "real", "double"), pa.float64()),
}  # all else stays the text that Athena writes


def ask(athena: Any, sql: str, *, workgroup: str, database: str) -> pa.Table:
    """The rows of one query. Rejected: it is none, or Athena refuses or fails it; its own words. Unavailable."""
    try:
        one_query(sql, "athena")
    except EngineError as error:
        raise Rejected(str(error)) from error
    try:
        with aws_calls("ask Athena"):
            context = {"WorkGroup": workgroup, "QueryExecutionContext": {"Database": database}}
            id = athena.start_query_execution(QueryString=sql, **context)["QueryExecutionId"]
            _wait(athena, id)
            return _rows(athena, id)
    except ClientError as error:
        raise Rejected(f"Athena: {error.response['Error'].get('Message', error)}") from error


def _wait(athena: Any, id: str) -> None:
    look = threading.Event()
    try:
        for pause in _pauses():
            status = athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return
            if status["State"] in ("FAILED", "CANCELLED"):
                raise Rejected(f"Athena: {status.get('StateChangeReason') or status['State']}")
            look.wait(pause)
    except KeyboardInterrupt:
        athena.stop_query_execution(QueryExecutionId=id)  # what it reads from now on would be paid for in vain
        raise


def _pauses() -> Iterator[float]:
    yield from PAUSES
    while True:
        yield PAUSES[-1]


def _rows(athena: Any, id: str) -> pa.Table:
    lines: list[list[str | None]] = []
    for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=id):
        told = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        lines += [[cell.get("VarCharValue") for cell in line["Data"]] for line in page["ResultSet"]["Rows"]]
    columns = [
        pa.array([line[place] for line in lines[1:]], pa.string()).cast(TYPES.get(column["Type"], pa.string()))
        for place, column in enumerate(told)
    ]  # the first line holds the names
    return pa.table(columns, [column["Name"] for column in told])
