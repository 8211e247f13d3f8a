"""A bound query in, the UNLOAD statements out: mapped fields in their wire form, a hash bucket of the customer, gzip JSON lines."""

from collections.abc import Iterator, Mapping
from datetime import date

from sqlglot import exp

from adapters.aws.query_sql import Bound, bind
from adapters.aws.warehouse import Unload
from domain.solicitation.extraction import bucket_ranges, wire_name
from domain.solicitation.program import Connector, Engine, Query
from domain.solicitation.run import bucket_ids, bucket_width
from domain.solicitation.targets import CONTACT_TARGETS, TARGETS, Kind

KINDS: Mapping[str, Kind] = {**CONTACT_TARGETS, **TARGETS}
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


def unloads(query: Query, connector: Connector, day: date, buckets: int, folder: str) -> Iterator[Unload]:
    """The statements that unload the query's rows for the run of `day` below `folder` (`s3://…/`): `part-n/bucket=NN/…`.

    More buckets than one UNLOAD can write are several statements. Rejected: see `bind`.
    """
    bound = bind(query, connector.engine, day)
    rows = _bucketed(_wired(query, bound, connector.engine), query, connector.engine, buckets)
    ranges = bucket_ranges(buckets)
    for part, (first, last) in enumerate(ranges):
        selected = rows if len(ranges) == 1 else f"{rows}\nWHERE bucket BETWEEN '{first}' AND '{last}'"
        location = f"{folder}part-{part}/"
        sql = _athena(selected, location) if connector.engine == "athena" else _redshift(selected, location, connector)
        yield Unload(sql, bound.parameters, location, f"{folder}results/")


def _athena(select: str, location: str) -> str:
    """Athena: UNLOAD. The partition column is the last one of the select list."""
    return (
        f"UNLOAD (\n{select}\n) TO {_text(location, 'athena')}\n"
        "WITH (format = 'JSON', compression = 'gzip', partitioned_by = ARRAY['bucket'])"
    )


def _redshift(select: str, location: str, connector: Connector) -> str:
    """Redshift: UNLOAD. The whole select is one string literal, so it is quoted once more, as a whole."""
    role = connector.unload_role_arn
    return (
        f"UNLOAD ({_quoted(select)}) TO {_text(location, 'redshift')}\n"
        f"IAM_ROLE {_text(role, 'redshift') if role else 'default'}\n"
        "FORMAT AS JSON PARTITION BY (bucket) MANIFEST VERBOSE GZIP"
    )


def _wired(query: Query, bound: Bound, engine: Engine) -> str:
    """The inner query with each mapped column under its target's wire name, as text."""
    columns = ",\n  ".join(
        f"{_wire(KINDS[target], f'q.{_name(source, engine)}', engine)} AS {wire_name(target)}"
        for source, target in query.mapping
    )
    return f"SELECT\n  {columns}\nFROM (\n{bound.sql}\n) AS q"


def _bucketed(select: str, query: Query, engine: Engine, buckets: int) -> str:
    """All of it again with the bucket last; it equals `domain.solicitation.run.bucket_of`."""
    first, width = bucket_ids(buckets)[0], bucket_width(buckets)
    bucket = f"COALESCE(LPAD(CAST(MOD({HASH[engine]}, {buckets}) AS VARCHAR), {width}, '0'), '{first}')"
    names = ", ".join(wire_name(target) for _, target in query.mapping)
    return f"SELECT {names}, bucket FROM (\nSELECT w.*, {bucket} AS bucket FROM (\n{select}\n) AS w\n) AS b"  # noqa: S608


# The first 32 bits of md5 over the customer's UTF-8 text, as a number.
HASH: Mapping[Engine, str] = {
    "athena": "FROM_BASE(SUBSTR(LOWER(TO_HEX(MD5(TO_UTF8(w.customer)))), 1, 8), 16)",
    "redshift": "STRTOL(SUBSTRING(MD5(w.customer), 1, 8), 16)",
}


def _wire(kind: Kind, column: str, engine: Engine) -> str:
    """A column of any type in its wire form; a text that is no flag or instant travels as it is, so that only its row is rejected."""
    text = f"CAST({column} AS VARCHAR)"
    if kind == "flag":
        return _flag(text if engine == "athena" else _boolean_text(column))
    if kind == "instant":
        return f"COALESCE({INSTANT[engine].format(text=text)}, {text})"
    return text


def _flag(text: str) -> str:
    true, false = (", ".join(f"'{word}'" for word in words) for words in (TRUE, FALSE))
    return f"CASE WHEN LOWER({text}) IN ({true}) THEN '1' WHEN LOWER({text}) IN ({false}) THEN '0' ELSE {text} END"


def _boolean_text(column: str) -> str:
    """Redshift casts no boolean to text, but anything to SUPER, and that to JSON (`true`, `1`, `"yes"`)."""
    return f"TRIM('\"' FROM JSON_SERIALIZE(TRY_CAST({column} AS SUPER)))"


# By way of text, so that dates, timestamps with and without zone, and texts all take one road. Without a zone it is UTC.
INSTANT: Mapping[Engine, str] = {
    "athena": (
        "DATE_FORMAT(COALESCE(TRY_CAST({text} AS TIMESTAMP WITH TIME ZONE), TRY(FROM_ISO8601_TIMESTAMP({text})))"
        " AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%i:%sZ')"
    ),
    "redshift": (
        "TO_CHAR(TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC', 'YYYY-MM-DD') || 'T'"
        " || TO_CHAR(TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC', 'HH24:MI:SS') || 'Z'"
    ),
}


def _quoted(text: str) -> str:
    """Redshift reads a backslash in a literal as an escape, so it is doubled like the quote; line breaks stay."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _text(value: str, engine: Engine) -> str:
    return exp.Literal.string(value).sql(engine)


def _name(column: str, engine: Engine) -> str:
    return exp.to_identifier(column, quoted=True).sql(engine)
