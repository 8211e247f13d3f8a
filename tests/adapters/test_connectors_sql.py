"""What becomes of an owner's query before a warehouse sees it."""

import pytest
from small_warehouse import CONNECTORS, D

from adapters.aws.query_sql import bind
from adapters.aws.unload_sql import unloads
from domain.errors import Rejected
from domain.solicitation.program import Query

MAPPING = (("a", "customer"),)


def bound(sql, engine="athena"):
    return bind(Query("q", "lake", sql, MAPPING), engine, D)


@pytest.mark.parametrize(
    ("written", "bound_to"),
    [
        ("SELECT a FROM t WHERE d = YESTERDAY", "SELECT a FROM t WHERE d = DATE '2026-11-19'"),
        ("SELECT a FROM t WHERE d = yesterday", "SELECT a FROM t WHERE d = DATE '2026-11-19'"),
        ("SELECT a FROM t WHERE d = CURRENT_DATE", "SELECT a FROM t WHERE d = DATE '2026-11-20'"),
        ("SELECT a FROM t WHERE d = current_date()", "SELECT a FROM t WHERE d = DATE '2026-11-20'"),
        ("SELECT a FROM t WHERE d >= CURRENT_DATE - 7", "SELECT a FROM t WHERE d >= DATE '2026-11-20' - 7"),
        ("SELECT a, t.yesterday FROM t", "SELECT a, t.yesterday FROM t"),
        ('SELECT a, "YESTERDAY" FROM t', 'SELECT a, "YESTERDAY" FROM t'),
        ("SELECT a, d AS yesterday FROM t", "SELECT a, d AS yesterday FROM t"),
        ("SELECT a FROM yesterday", "SELECT a FROM yesterday"),
        ("SELECT a, 'CURRENT_DATE YESTERDAY ?' AS é FROM t", "SELECT a, 'CURRENT_DATE YESTERDAY ?' AS é FROM t"),
        ("SELECT a FROM t -- YESTERDAY ?\nWHERE d = 1;;", "SELECT a FROM t -- YESTERDAY ?\nWHERE d = 1"),
        ("WITH w AS (SELECT a, '😀' AS b FROM t WHERE d = YESTERDAY) SELECT a FROM w",
         "WITH w AS (SELECT a, '😀' AS b FROM t WHERE d = DATE '2026-11-19') SELECT a FROM w"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("engine", ["athena", "redshift"])
def test_dates_are_bound_and_all_else_stays_as_written(written, bound_to, engine):
    assert bound(written, engine).sql == bound_to
    assert bound(written, engine).parameters == ()


SQL = "SELECT a, '?' AS b FROM t /* ? */ WHERE d = ? OR d < ? -- ?"


def test_athena_keeps_its_question_marks_and_gets_a_typed_value_for_each():
    assert bound(SQL).sql == SQL
    assert bound(SQL).parameters == ("DATE '2026-11-19'", "DATE '2026-11-19'")


def test_redshift_gets_typed_literals_in_the_text():
    assert bound(SQL, "redshift").parameters == ()
    assert bound(SQL, "redshift").sql == (
        "SELECT a, '?' AS b FROM t /* ? */ WHERE d = DATE '2026-11-19' OR d < DATE '2026-11-19' -- ?"
    )


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("SELECT a FROM", "query q, line 1, column 13: Expected table name"),
        ("SELECT a\nFROM t WHERE (", "query q, line 2"),
        ("SELECT 'a", "query q: "),
        ("", "query q: it must be one SELECT and nothing else"),
        ("SELECT a FROM t; DROP TABLE t", "one SELECT"),
        ("DELETE FROM t", "one SELECT"),
        ("SELECT a INTO u FROM t", "one SELECT"),
        ("SELECT a FROM t WHERE d < now()", "query q: NOW would give another result"),
        ("SELECT a FROM t WHERE d < CURRENT_TIMESTAMP", "query q: CURRENT_TIMESTAMP would"),
        ("SELECT a FROM t WHERE d < localtimestamp", "query q: LOCALTIMESTAMP would"),
        ("SELECT a FROM t WHERE d < GETDATE()", "query q: GETDATE would"),
        ("SELECT a FROM t WHERE d < SYSDATE", "query q: SYSDATE would"),
        ("SELECT a FROM t WHERE d < CAST('today' AS DATE)", "query q: .*today.* would"),
        ("SELECT a FROM t WHERE rand() < 0.5", "query q: RAND would"),
        ("SELECT a FROM t WHERE d = :day", "no parameter 'day'"),
        ("SELECT b FROM t", "the field mapping reads a, which the query does not select"),
    ],
)
@pytest.mark.parametrize("engine", ["athena", "redshift"])
def test_a_query_that_cannot_run_the_same_way_twice_or_at_all_is_rejected_with_its_name(sql, complaint, engine):
    with pytest.raises(Rejected, match=complaint):
        bound(sql, engine)


def test_a_column_called_like_a_clock_is_a_column():
    assert bound("SELECT a FROM t WHERE now > 1 AND t.current_date = 2").sql.count("DATE '") == 0


def test_the_unload_of_redshift_quotes_the_select_once():
    query = Query("q", "streams", r"SELECT a FROM t WHERE b = 'it''s' AND c = 'x\\y'", MAPPING)
    [unload] = unloads(query, CONNECTORS["redshift"], D, 4, "s3://lake/q/")
    assert r"b = ''it''''s'' AND c = ''x\\\\y''" in unload.sql
    assert unload.sql.endswith(
        "TO 's3://lake/q/part-0/'\nIAM_ROLE 'arn:aws:iam::123456789012:role/unload'\n"
        "FORMAT AS JSON PARTITION BY (bucket) MANIFEST VERBOSE GZIP"
    )


def test_the_unload_of_athena_names_format_compression_and_partition():
    [unload] = unloads(Query("q", "lake", "SELECT a FROM t", MAPPING), CONNECTORS["athena"], D, 4, "s3://lake/q/")
    assert unload.sql.startswith("UNLOAD (\nSELECT customer, bucket FROM")
    assert unload.sql.endswith(
        "TO 's3://lake/q/part-0/'\nWITH (format = 'JSON', compression = 'gzip', partitioned_by = ARRAY['bucket'])"
    )
    assert unload.results == "s3://lake/q/results/"
