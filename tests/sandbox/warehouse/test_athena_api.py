"""The stand-in speaks Athena's protocol as boto3 knows it, and SQL as Athena does."""

from threading import Event

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from stand_ins import reach

from sandbox.warehouse import WarehouseServer

TOKEN = "t" * 32


@pytest.fixture(scope="module")
def server():
    with WarehouseServer("http://127.0.0.1:9") as running:  # no test here writes to S3
        running.add("numbers", pa.table({"N": list(range(1500)), "Word": ["it's"] * 1499 + [None]}))
        running.add("plays", pa.table({"at": ["10/10/2017 21:25"]}), database="streaming")
        yield running


@pytest.fixture
def athena(server):
    server.faults.clear()
    return reach("athena", server.endpoint)


def execute(athena, sql, **more):
    """Start and wait; the execution as Athena describes it."""
    id = athena.start_query_execution(QueryString=sql, **more)["QueryExecutionId"]
    for _ in range(500):
        execution = athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution
        Event().wait(0.01)
    raise AssertionError("not ended after 5 s")


def rows(athena, sql, **more):
    execution = execute(athena, sql, **more)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution["QueryExecutionId"])
    return [[cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]


def test_only_the_first_page_has_a_header(athena):
    found = rows(athena, "SELECT N, Word FROM numbers ORDER BY N")
    assert found[0] == ["n", "word"]
    assert found[1:] == [*([str(n), "it's"] for n in range(1499)), ["1499", None]]


def test_column_names_are_folded_to_lower_case_even_when_quoted(athena):
    assert rows(athena, 'SELECT N AS "eventDate" FROM numbers LIMIT 1')[0] == ["eventdate"]


def test_two_columns_that_fold_to_one_name_are_refused(athena):
    status = execute(athena, 'SELECT N AS "a", N AS "A" FROM numbers')["Status"]
    assert (status["State"], "DUPLICATE_COLUMN_NAME" in status["StateChangeReason"]) == ("FAILED", True)


def test_parameters_stand_for_question_marks_in_order(athena):
    sql = "SELECT ? AS a, ? AS b, '?' AS c -- ?"
    assert rows(athena, sql, ExecutionParameters=["DATE '2026-11-19'", "'it''s'"])[1] == ["2026-11-19", "it's", "?"]


def test_a_parameter_too_few_fails_the_statement(athena):
    status = execute(athena, "SELECT ? AS a, ? AS b", ExecutionParameters=["1"])["Status"]
    assert "expected 2 but found 1" in status["StateChangeReason"]


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT date_parse(at, '%m/%d/%Y %H:%i') FROM plays", "2017-10-10 21:25:00.000"),
        ("SELECT try(date_parse('not a date', '%m/%d/%Y %H:%i'))", None),
        ("SELECT date_format(TIMESTAMP '2017-10-10 21:25:07', '%Y-%m-%dT%H:%i:%sZ')", "2017-10-10T21:25:07Z"),
        ("SELECT format_datetime(TIMESTAMP '2017-10-10 21:25:07', 'yyyy-MM-dd HH:mm')", "2017-10-10 21:25"),
        ("SELECT date_diff('day', DATE '2026-11-01', DATE '2026-11-19')", "18"),
        ("SELECT date_add('day', -1, DATE '2026-11-20')", "2026-11-19 00:00:00.000"),
        ("SELECT from_base(substr(lower(to_hex(md5(to_utf8('é')))), 1, 8), 16)", str(0x66DDCD97)),
        ("SELECT approx_distinct(N) > 1000 FROM numbers", "true"),
        ("SELECT array_join(array_agg(x ORDER BY x), '+') FROM (VALUES (2), (1)) AS t (x)", "1+2"),
        ("SELECT json_extract_scalar('{\"a\": {\"b\": 7}}', '$.a.b')", "7"),
        ("SELECT regexp_like('kettle', '^k.*e$')", "true"),
        ("SELECT count_if(N % 2 = 0) FROM awsdatacatalog.ecommerce.numbers", "750"),
    ],
)
def test_the_sql_of_athena_is_understood(athena, sql, value):
    assert rows(athena, sql, QueryExecutionContext={"Database": "streaming"})[1] == [value]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM nowhere", "TABLE_NOT_FOUND"),
        ("SELECT colour FROM numbers", "COLUMN_NOT_FOUND"),
        ("SELECT CAST('x' AS INTEGER)", "INVALID_CAST_ARGUMENT"),
        ("DROP TABLE numbers", "syntax error"),
        ("UNLOAD (SELECT 1) TO 's3://b/x/' WITH (formt = 'JSON')", "INVALID_PROPERTY"),
        ("UNLOAD (SELECT 1 TO 's3://b/x/'", "syntax error"),
    ],
)
def test_a_failed_statement_says_why_and_whose_fault_it_is(athena, sql, reason):
    status = execute(athena, sql)["Status"]
    assert status["State"] == "FAILED"
    assert reason in status["StateChangeReason"]
    assert (status["AthenaError"]["ErrorCategory"], status["AthenaError"]["Retryable"]) == (2, False)


def test_a_token_starts_one_statement_and_takes_no_other(athena):
    ids = {
        athena.start_query_execution(QueryString="SELECT 1", ClientRequestToken=TOKEN)["QueryExecutionId"] for _ in "ab"
    }
    assert len(ids) == 1
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        athena.start_query_execution(QueryString="SELECT 2", ClientRequestToken=TOKEN)


def test_statistics_count_the_rows_once_the_statement_has_ended(athena, server):
    server.faults.never_end("numbers")
    id = athena.start_query_execution(QueryString="SELECT * FROM numbers")["QueryExecutionId"]
    assert "Rows" not in athena.get_query_runtime_statistics(QueryExecutionId=id)["QueryRuntimeStatistics"]
    with pytest.raises(ClientError, match="not yet finished"):
        athena.get_query_results(QueryExecutionId=id)
    athena.stop_query_execution(QueryExecutionId=id)
    done = execute(athena, "SELECT * FROM numbers")["QueryExecutionId"]
    assert (
        athena.get_query_runtime_statistics(QueryExecutionId=done)["QueryRuntimeStatistics"]["Rows"]["OutputRows"]
        == 1500
    )


@pytest.mark.parametrize(
    ("fault", "code"), [("throttle", "ThrottlingException"), ("unavailable", "ServiceUnavailable")]
)
def test_faults_come_in_the_protocol_s_own_form(athena, server, fault, code):
    setattr(server.faults, fault, 1)
    with pytest.raises(ClientError) as raised:
        athena.list_query_executions()
    assert raised.value.response["Error"]["Code"] == code


def test_an_unknown_statement_is_an_invalid_request(athena):
    with pytest.raises(ClientError, match="was not found"):
        athena.get_query_execution(QueryExecutionId="no-such-id")


def test_a_long_statement_can_be_stopped_while_it_computes(athena):
    sql = "SELECT count(*) FROM numbers a, numbers b, numbers c, numbers d WHERE a.n + b.n + c.n + d.n = 7"
    id = athena.start_query_execution(QueryString=sql)["QueryExecutionId"]
    for _ in range(500):
        if athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"]["State"] == "RUNNING":
            athena.stop_query_execution(QueryExecutionId=id)
        state = athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"]["State"]
        if state == "CANCELLED":
            return
        Event().wait(0.01)
    raise AssertionError(f"still {state}")
