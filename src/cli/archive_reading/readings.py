"""An analyst's query in, the ways to read it out: as Athena would, and as Hive and Spark would, which the mission's texts are in."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sandbox.warehouse.dialects import EngineError, one_query

DIALECTS = ("athena", "spark")
HIVE_TIMES = "%Y-%m-%d %H:%M:%S"  # what UNIX_TIMESTAMP takes a text for that it is told nothing about
ISO_EPOCH = "iso_epoch(moment) AS epoch(CAST(moment AS TIMESTAMPTZ))"  # a macro: seconds, with their fractions


@dataclass(frozen=True, slots=True)
class Reading:
    """`query` names tables alone: databases and catalogues are left out of it."""

    query: exp.Query
    sql: str  # in DuckDB's words


def readings(sql: str) -> Iterator[Reading]:
    """The likelier first. EngineError: it is no single query in any of them; as Athena would say it."""
    refusal: EngineError | None = None
    understood = False
    for dialect in DIALECTS:
        try:
            query = one_query(sql, dialect)
        except EngineError as error:
            refusal = refusal or error
            continue
        understood = True
        for table in query.find_all(exp.Table):
            table.set("catalog", None)
            table.set("db", None)
        yield Reading(query, query.transform(_iso).sql("duckdb", comments=False))
    if refusal and not understood:
        raise refusal


def _iso(node: exp.Expr) -> exp.Expr:
    """The archive's times are ISO 8601, which Hive's function would make nothing of."""
    if isinstance(node, exp.StrToUnix) and node.text("format").replace("strict", "") == HIVE_TIMES:
        return exp.func("iso_epoch", node.this)
    return node
