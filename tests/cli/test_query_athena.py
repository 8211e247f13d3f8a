"""The same questions to Athena and to a bucket's files give the same rows, through `ovation query`."""

import json

import pytest
import typer
from archived_rows import DAY, file, lagging, row
from archived_tables import catalogued
from typer.testing import CliRunner

from cli.archive_reading.local import LocalArchive
from cli.archive_reading.places import Bucket
from cli.query import query
from domain.archive.questions import QUESTIONS
from sandbox.warehouse import WarehouseServer

app = typer.Typer()
app.command()(query)
NAME, BUCKET, STACK = "archive_of_cli", "archive-of-cli", "ovation-cli-archive"
MORE = {
    "views": "SELECT (SELECT count(*) FROM demand_events) AS events, (SELECT count(*) FROM demand_current) AS current",
    "columns": "SELECT * FROM demand_events ORDER BY change.eventid",
    "sums": "SELECT sum(length(fanid)) AS whole, avg(1.5e0) AS half, max(isdeleted) AS told, max(phonenumber) AS none FROM demand",
    "times": "SELECT from_iso8601_timestamp(reference.timestamp) AS at FROM event WHERE partition_date > '2025'",
}


@pytest.fixture(scope="module")
def server(ministack):
    catalogued(ministack, NAME)
    s3 = ministack.client("s3")
    gone = row("demand", 8, name="REMOVE", fanId="f0", date={"requested": "2024-11-01T00:00:00Z"})
    for key, body in (
        file("demand", "a", *(lagging(n, s) for n, s in enumerate([30, 40, None, 65]))),
        file("demand", "b", lagging(1, 40)),
        file("demand", "c", gone, day="2024-11-01"),
        file("event", "a", row("event", 1, images=[{"url": 'https://x/?"', "width": 3}])),
    ):
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    told = {"ArchiveBucket": BUCKET, "ArchiveLedgerTable": "none", "GlueDatabase": NAME, "AthenaWorkgroup": NAME}
    template = {
        "Resources": {"Any": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in told.items()},
    }
    ministack.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    with WarehouseServer(ministack.endpoint, glue=True) as running:
        yield running


@pytest.fixture
def ask(ministack, server, monkeypatch, tmp_path):
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": ministack.region,
        "AWS_ENDPOINT_URL": ministack.endpoint,
        "AWS_ENDPOINT_URL_ATHENA": server.endpoint,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def say(sql, *options):
        return CliRunner().invoke(app, [sql, "--copies", str(tmp_path), *options])

    return say


@pytest.mark.parametrize("sql", [question.sql for question in QUESTIONS.values()] + list(MORE.values()))
def test_athena_and_this_machine_give_the_same_rows(ask, sql):
    ours = ask(sql, "--stack", STACK)
    assert ours.exit_code == 0, ours.output
    assert ours.stdout == ask(sql, "--stack", STACK, "--athena").stdout
    assert ours.stdout == ask(sql, "--bucket", BUCKET).stdout
    assert len(ours.stdout.splitlines()) > 1


def test_numbers_from_athena_are_numbers(ask):
    said = ask(
        "SELECT count(*) AS n, max(isdeleted) AS told, avg(3) AS mean FROM demand",
        "--athena",
        "--stack",
        STACK,
        "--format",
        "json",
    )
    assert json.loads(said.stdout) == [{"n": 6, "told": True, "mean": 3.0}]


def test_many_rows_come_from_athena_page_by_page(ask):
    said = ask("SELECT n FROM UNNEST(sequence(1, 2345)) AS t(n)", "--athena", "--stack", STACK)
    assert said.stdout.splitlines() == ["n", *map(str, range(1, 2346))]


@pytest.mark.parametrize(
    ("sql", "options", "code", "reason"),
    [
        ("SELECT nothing FROM demand", ("--athena", "--stack", STACK), 2, "COLUMN_NOT_FOUND"),
        ("MSCK REPAIR TABLE demand", ("--athena", "--stack", STACK), 2, "only one query"),
        ("SELECT 1 AS n", ("--athena", "--bucket", BUCKET), 2, "asks a stack's archive"),
        ("SELECT 1 AS n FROM sale", ("--bucket", "nobody-s"), 2, "NoSuchBucket"),
        ("SELECT 1 AS n", ("--stack", "nobody-s"), 2, "cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_told_with_the_reason(ask, sql, options, code, reason):
    said = ask(sql, *options)
    assert (said.exit_code, reason in said.stderr) == (code, True), said.output


def test_files_that_are_merged_while_they_are_read_are_looked_for_again(ministack, tmp_path):
    """A compaction comes between listing and reading, once."""

    s3, hooked, merged = ministack.client("s3"), ministack.client("s3"), []
    bucket = "archive-of-merging"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": ministack.region})
    old = [file("sale", name, row("sale", number)) for number, name in enumerate("ab")]
    for key, body in old:
        s3.put_object(Bucket=bucket, Key=key, Body=body)

    def merge(**told):
        if not merged:
            merged.append(told)
            key, body = file("sale", "compacted-a", row("sale", 0), row("sale", 1))
            s3.put_object(Bucket=bucket, Key=key, Body=body)
            for key, _ in old:
                s3.delete_object(Bucket=bucket, Key=key)

    hooked.meta.events.register("before-call.s3.GetObject", merge)
    rows = LocalArchive(Bucket(hooked, bucket), tmp_path).ask(
        f"SELECT count(*) AS n FROM sale WHERE partition_date = '{DAY}'"
    )
    assert (rows.to_pylist(), bool(merged)) == ([{"n": 2}], True)
