"""A statement in Athena's or Redshift's SQL in, the same statement for DuckDB out."""

from collections.abc import Collection, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

# What sqlglot leaves untranslated, in DuckDB's own words.
MACROS = (
    "from_base(digits, base) AS CASE WHEN base = 16 THEN CAST('0x' || digits AS BIGINT) ELSE error('only base 16') END",
    "at_timezone(moment, zone) AS moment AT TIME ZONE zone",
    "json_serialize(value) AS CAST(value AS VARCHAR)",
    "format_datetime(moment, pattern) AS strftime(moment, replace(replace(replace(replace(replace(replace("
    "pattern, 'yyyy', '%Y'), 'MM', '%m'), 'dd', '%d'), 'HH', '%H'), 'mm', '%M'), 'ss', '%S'))",
)


class EngineError(Exception):
    """The engine refuses or fails a statement; the text is what it would say."""


def to_duckdb(sql: str, dialect: str, parameters: Sequence[str], schemas: Collection[str]) -> str:
    """One query, with literals in place of its `?`. Schemas nobody loaded, and catalogs, are left out of table names.

    EngineError: it does not parse, or has another number of `?` than there are parameters.
    """
    tree = one_query(sql, dialect)
    try:
        values = [sqlglot.parse_one(parameter, dialect=dialect) for parameter in parameters]
    except SqlglotError as error:
        raise EngineError(f"syntax error: {str(error).splitlines()[0]}") from error
    marks = list(tree.find_all(exp.Placeholder))
    if len(marks) != len(values):
        raise EngineError(f"Incorrect number of parameters: expected {len(marks)} but found {len(values)}")
    for mark, value in zip(marks, values, strict=True):
        mark.replace(value)
    for table in tree.find_all(exp.Table):
        table.set("catalog", None)
        if table.db.lower() not in schemas:
            table.set("db", None)
    return tree.transform(_semi_structured).sql("duckdb", comments=False)


def in_duckdb(sql: str, dialect: str, database: str | None = None) -> str:
    """One query; tables that name no database get `database`. EngineError: it does not parse."""
    tree = one_query(sql, dialect)
    within = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        table.set("catalog", None)
        if database and not table.db and table.name.lower() not in within:
            table.set("db", exp.to_identifier(database, quoted=True))
    return tree.sql("duckdb", comments=False)


def tables_of(sql: str, dialect: str, database: str) -> list[tuple[str, str]]:
    """Database and name, in lower case, of all that a query may read; none of one that does not parse, as the engine says so."""
    try:
        tree = one_query(sql, dialect)
    except EngineError:
        return []
    return sorted({(table.db.lower() or database, table.name.lower()) for table in tree.find_all(exp.Table)})


def one_query(sql: str, dialect: str) -> exp.Query:
    """EngineError: it does not parse, is something else, or is more than one."""
    try:
        trees = [tree for tree in sqlglot.parse(sql, dialect=dialect) if tree is not None]
    except SqlglotError as error:
        raise EngineError(f"syntax error: {str(error).splitlines()[0]}") from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise EngineError("syntax error: only one query at a time is understood here")
    return trees[0]


def quoted(name: str) -> str:
    """An identifier of DuckDB, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _semi_structured(node: exp.Expr) -> exp.Expr:
    """Redshift's SUPER is DuckDB's JSON."""
    if isinstance(node, exp.Cast | exp.TryCast) and node.to.is_type(exp.DataType.Type.SUPER):
        return exp.func("TO_JSON", node.this)
    return node
