"""The day's report on moto: its page needs nothing from elsewhere, its figures are the books', its metrics are published."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from closed_runs import closed
from keyed_tables import make_table
from moto import mock_aws
from programs_in_small import REVIEWS, RUN

from adapters.aws.attribute_values import encode_item
from adapters.aws.deliveries import Deliveries, delivery_keys
from adapters.aws.measures import Measures
from adapters.aws.responses import Responses
from adapters.aws.runs import RunLedger, row_key
from adapters.aws.work_files import WorkFiles
from adapters.files.report_page import ReportPage
from domain.solicitation.run import bucket_ids
from handlers.solicitation.complete import NAMESPACE
from handlers.solicitation.report import Reporter

AT = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
TEMPLATES = Path(__file__).parents[2] / "templates"
CAMPAIGN = "small-reviews.2026-11-20.US"


@pytest.fixture
def reporter(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    program = replace(REVIEWS, name="Reviews <of & things>")
    (tmp_path / f"{program.id}.json").write_text(json.dumps(program.to_json()))
    with mock_aws():
        dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
        make_table(dynamodb, "Runs")
        make_table(dynamodb, "Deliveries", {"GSI1": "ALL", "GSI2": "ALL"})
        make_table(dynamodb, "Responses", {"GSI1": "ALL"})
        for bucket in ("work", "outputs"):
            s3.create_bucket(Bucket=bucket)
        yield Reporter(
            programs=tmp_path,
            page=ReportPage(TEMPLATES),
            ledger=RunLedger(dynamodb, "Runs"),
            deliveries=Deliveries(dynamodb, "Deliveries"),
            responses=Responses(dynamodb, "Responses"),
            work=WorkFiles(s3, "work"),
            outputs=WorkFiles(s3, "outputs"),
            measures=Measures(boto3.client("cloudwatch"), NAMESPACE),
        )


def lived(reporter):
    """A day with a run, a campaign of four, two answers, and calls of the serving API."""
    dynamodb = reporter.ledger.dynamodb
    row = {
        **row_key(RUN.program, RUN.date, RUN.id),
        "status": "DONE",
        "run": RUN.to_json(),
        "result": closed(RUN.program),
    }
    dynamodb.put_item(TableName="Runs", Item=encode_item(row))
    scores = {bucket: [0.02, 0.99, 1.0] if bucket == "00" else [] for bucket in bucket_ids(REVIEWS.buckets)}
    for bucket, values in scores.items():
        reporter.work.write(RUN.work_key(bucket, "score"), ({"score": {"value": value}} for value in values))
    reporter.work.write(f"campaigns/{RUN.program}/2026-11-20/left-out.jsonl.gz", [{"reason": "over_limit"}])
    campaign = {"id": CAMPAIGN, "program": RUN.program, "date": "2026-11-20", "templateId": "t", "state": "SENDING"}
    counts = {"counts": {"selected": 4, "recipients": 4}, "slots": [{"at": "2026-11-20T15:00:00Z", "recipients": 4}]}
    reporter.deliveries.put_campaign({**campaign, **counts})
    for number, more in enumerate(
        [
            {"status": "SENT", "zone": "America/New_York"},
            {"status": "SENT", "zone": "America/New_York"},
            {"status": "SENT", "zone": "Europe/Berlin"},
            {"status": "SKIPPED", "reason": "no_address", "zone": "Europe/Berlin"},
        ]
    ):
        item = {"id": f"{number}" * 32, "campaign": CAMPAIGN, "customer": f"c{number}", "subject": "p1"}
        item |= {"sendAt": "2026-11-20T15:00:00Z", **more}
        dynamodb.put_item(TableName="Deliveries", Item=encode_item({**item, **delivery_keys(item)}))
    for shard, count in enumerate(({"sent": 2, "openedHuman": 1, "opened": 2}, {"sent": 1, "answered": 1})):
        keys = {"PK": f"CAMPAIGN#{CAMPAIGN}", "SK": f"COUNT#{shard}"}
        dynamodb.put_item(TableName="Deliveries", Item=encode_item({**keys, **count}))
    for customer, stars in (("c0", 5), ("c9", 4)):
        keys = {"PK": f"CUSTOMER#{customer}", "SK": "x", "GSI1PK": f"PROGRAM#{RUN.program}#DATE#2026-11-20#1"}
        said = {"GSI1SK": customer, "customer": customer, "subject": "p1", "channel": "email", "stars": stars}
        dynamodb.put_item(TableName="Responses", Item=encode_item({**keys, **said}))


def outputs(name):
    found = boto3.client("s3").get_object(Bucket="outputs", Key=f"reports/{RUN.program}/2026-11-20.{name}")
    return found["ContentType"], found["Body"].read().decode()


def figures(reporter):
    reporter.report(RUN.program, AT)
    lists = json.loads(outputs("json")[1])["figures"]
    return {figure["name"]: figure for found in lists.values() for figure in found}


def test_the_figures_are_the_books(reporter):
    lived(reporter)
    found = figures(reporter)
    assert found["E-mails sent"]["value"] == 3
    assert found["Open rate (people)"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert found["Conversion rate"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert found["Mean rating"]["value"] == 4.5
    assert found["Filter pass rate"]["value"] == round(8 / 18, 6)
    assert found["Serving latency, p99"]["value"] is None


def test_the_page_shows_each_part_and_asks_nobody_for_anything(reporter):
    lived(reporter)
    reporter.report(RUN.program, AT)
    kind, page = outputs("html")
    assert kind == "text/html; charset=utf-8"
    for words in (
        "Score distribution",
        "Sends by time zone",
        "Not sent, and why",
        "no_address",
        "over_limit",
        CAMPAIGN,
    ):
        assert words in page
    assert "Reviews &lt;of &amp; things&gt;" in page
    assert "<script" not in page
    asked = set(re.findall(r"""(?:src|href|url\()\s*=?\s*["']?(https?:[^"')\s]+)""", page))
    assert not asked
    assert set(re.findall(r"https?://[^\s\"'<)]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_a_score_of_one_falls_into_the_last_bin(reporter):
    lived(reporter)
    reporter.report(RUN.program, AT)
    bins = json.loads(outputs("json")[1])["scores"]
    assert (bins[0], bins[-1], sum(bins)) == (1, 2, 3)


def test_a_day_on_which_nothing_happened_has_a_report_too(reporter):
    found = figures(reporter)
    assert found["Batch duration"]["note"] == "no batch finished for this date"
    assert "No batch of this date" in outputs("html")[1]


def test_made_again_the_report_is_the_same_bytes(reporter):
    lived(reporter)
    reporter.report(RUN.program, AT)
    first = outputs("html")
    reporter.report(RUN.program, AT)
    assert outputs("html") == first


def test_serving_is_judged_over_all_its_routes(reporter):
    cloudwatch = boto3.client("cloudwatch")
    for route, calls, failed in (("channel", 3, 1), ("customer", 1, 0)):
        about = [{"Name": "Route", "Value": route}]
        for metric, values in (("ServeMilliseconds", [12.0] * calls), ("ServeFailed", [float(failed)])):
            for value in values:
                datum = {"MetricName": metric, "Dimensions": about, "Timestamp": AT, "Value": value}
                cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[datum])
    found = figures(reporter)
    assert found["Error rate"]["value"] == 0.25
    assert found["Availability"]["value"] == 0.75


def test_every_measured_figure_becomes_a_metric(reporter, capsys):
    lived(reporter)
    reporter.report(RUN.program, AT)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert {line["Figure"]: line["Daily"] for line in told}["Mean rating"] == [4.5]
    assert {line["Program"] for line in told} == {RUN.program}


def test_the_day_before_is_reported_on_again_since_late_zones_had_their_mails_after_its_report(reporter, capsys):
    lived(reporter)
    reporter.report(RUN.program, AT)
    late = {"PK": {"S": f"CAMPAIGN#{CAMPAIGN}"}, "SK": {"S": "COUNT#7"}, "sent": {"N": "40"}}
    reporter.ledger.dynamodb.put_item(TableName="Deliveries", Item=late)
    capsys.readouterr()
    reporter.report(RUN.program, AT + timedelta(days=1))
    lists = json.loads(outputs("json")[1])["figures"]
    assert {figure["name"]: figure["value"] for figure in lists["Delivery"]}["E-mails sent"] == 43
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [line["Daily"] for line in told if line["Figure"] == "E-mails sent"] == [[0.0]]  # of its own day alone
