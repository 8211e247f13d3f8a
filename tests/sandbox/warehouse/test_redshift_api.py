"""The stand-in speaks the Redshift Data API as boto3 knows it, and SQL as Redshift does."""

from threading import Event

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from stand_ins import reach

from domain.solicitation.run import bucket_of
from sandbox.warehouse import WarehouseServer

PLACE = {
    "Database": "streaming",
    "ClusterIdentifier": "music",
    "SecretArn": "arn:aws:secretsmanager:eu-west-1:1:secret:x",
}


@pytest.fixture(scope="module")
def server():
    with WarehouseServer("http://127.0.0.1:9") as running:  # no test here writes to S3
        running.add("numbers", pa.table({"N": list(range(1500)), "Word": ["it's"] * 1499 + [None]}))
        yield running


@pytest.fixture
def redshift(server):
    server.faults.clear()
    return reach("redshift-data", server.endpoint)


def execute(redshift, sql):
    id = redshift.execute_statement(Sql=sql, **PLACE)["Id"]
    for _ in range(500):
        described = redshift.describe_statement(Id=id)
        if described["Status"] in ("FINISHED", "FAILED", "ABORTED"):
            return described
        Event().wait(0.01)
    raise AssertionError("not ended after 5 s")


def records(redshift, sql):
    described = execute(redshift, sql)
    assert described["Status"] == "FINISHED", described
    return [
        row
        for page in redshift.get_paginator("get_statement_result").paginate(Id=described["Id"])
        for row in page["Records"]
    ]


def test_results_are_typed_and_paged(redshift):
    found = records(
        redshift,
        "SELECT n, word, n > 0 AS big, n / 2.0::float AS half, n + 1.5::decimal(4,1) AS sum FROM numbers ORDER BY n",
    )
    assert len(found) == 1500
    assert found[1] == [
        {"longValue": 1}, {"stringValue": "it's"}, {"booleanValue": True}, {"doubleValue": 0.5}, {"stringValue": "2.5"},
    ]  # fmt: skip
    assert found[1499][1] == {"isNull": True}


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT TO_CHAR(TIMESTAMP '2017-10-10 21:25:07', 'YYYY-MM-DD HH24:MI:SS')", "2017-10-10 21:25:07"),
        ("SELECT TO_CHAR(TO_TIMESTAMP('10/10/2017 21:25', 'MM/DD/YYYY HH24:MI'), 'YYYY-MM-DD')", "2017-10-10"),
        ("SELECT CAST(DATEADD(day, -7, DATE '2026-11-20') AS VARCHAR)", "2026-11-13 00:00:00"),
        ("SELECT CAST(DATE '2026-11-20' - 7 AS VARCHAR)", "2026-11-13"),
        ("SELECT NVL(NULL, 'x') || DECODE(2, 1, 'a', 2, 'b')", "xb"),
        ("SELECT LISTAGG(word, '+') FROM (SELECT word FROM numbers LIMIT 2)", "it's+it's"),
        ("SELECT JSON_SERIALIZE(TRY_CAST(TRUE AS SUPER))", "true"),
        (r"SELECT 'back\\slash and it\'s'", "back\\slash and it's"),
        ("SELECT ':x and ?'", ":x and ?"),
        (
            "SELECT LPAD(CAST(MOD(STRTOL(SUBSTRING(MD5('ann'), 1, 8), 16), 64) AS VARCHAR), 2, '0')",
            bucket_of("ann", 64),
        ),
    ],
)
def test_the_sql_of_redshift_is_understood(redshift, sql, value):
    assert records(redshift, sql) == [[{"stringValue": value}]]


def test_a_failure_is_told_as_the_cluster_s_own_error(redshift):
    described = execute(redshift, "SELECT * FROM nowhere")
    assert described["Status"] == "FAILED"
    assert described["Error"].startswith("ERROR: ")
    assert "nowhere" in described["Error"]


@pytest.mark.parametrize(
    "sql",
    ["UNLOAD (SELECT 1) TO 's3://b/x'", "UNLOAD ('SELECT 1') TO 's3://b/x' IAM_ROLE default FORMAT JSON SPEED 9"],
)
def test_an_unload_out_of_grammar_fails(redshift, sql):
    assert "syntax error" in execute(redshift, sql)["Error"]


def test_cluster_or_workgroup_must_be_named_and_not_both(redshift):
    for place in ({}, {"ClusterIdentifier": "music", "WorkgroupName": "music"}):
        with pytest.raises(ClientError) as raised:
            redshift.execute_statement(Sql="SELECT 1", Database="streaming", **place)
        assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_a_client_token_starts_one_statement(redshift):
    ids = {redshift.execute_statement(Sql="SELECT 1", ClientToken="t", **PLACE)["Id"] for _ in "ab"}
    assert len(ids) == 1


def test_a_cancelled_statement_is_aborted_and_cannot_be_cancelled_again(redshift, server):
    server.faults.never_end()
    id = redshift.execute_statement(Sql="SELECT 1", **PLACE)["Id"]
    assert redshift.cancel_statement(Id=id)["Status"] is True
    for _ in range(500):
        if redshift.describe_statement(Id=id)["Status"] == "ABORTED":
            break
        Event().wait(0.01)
    with pytest.raises(ClientError, match="ABORTED"):
        redshift.cancel_statement(Id=id)


def test_the_two_engines_do_not_see_each_other_s_statements(redshift, server):
    id = redshift.execute_statement(Sql="SELECT 1", **PLACE)["Id"]
    with pytest.raises(ClientError, match="was not found"):
        reach("athena", server.endpoint).get_query_execution(QueryExecutionId=id)
