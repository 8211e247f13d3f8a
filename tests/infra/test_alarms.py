"""What wakes people: the mission's windows, runs that fail or stay away, and metrics that somebody publishes."""

import json

import pytest
from aws_lambda_powertools.metrics import Metrics

from handlers.solicitation.complete import publish_metrics
from infra.watch import NAMESPACE, daily

HOUR = 3600


def dimensions(alarm):
    return {it["Name"]: it["Value"] for it in alarm.get("Dimensions", ())}


def batch_alarms(stack):
    return [alarm for alarm in stack.properties("AWS::CloudWatch::Alarm") if alarm.get("Namespace") == NAMESPACE]


def test_every_alarm_speaks_to_the_topic_and_says_what_it_means(stack):
    [topic] = stack.all("AWS::SNS::Topic")
    for alarm in stack.properties("AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
        assert alarm["AlarmDescription"]
        assert "MetricName" in alarm  # metric maths is what the embedded AWS cannot take


def test_each_stage_has_the_seeds_window(stack):
    windows = {
        (it["Program"], it["Stage"]): alarm["Threshold"] / 60
        for alarm in batch_alarms(stack)
        if "Stage" in (it := dimensions(alarm))
    }
    reviews = {("reviews", "etl"): 15, ("reviews", "filter"): 10, ("reviews", "score"): 20, ("reviews", "store"): 15}
    music = {("music", "etl"): 30, ("music", "filter"): 15, ("music", "score"): 20, ("music", "store"): 15}
    assert windows == reviews | music


def test_a_batch_past_two_hours_is_known(stack):
    slow = [it for it in batch_alarms(stack) if it["MetricName"] == "BatchSeconds" and it["Statistic"] == "Maximum"]
    assert {(dimensions(alarm)["Program"], alarm["Threshold"]) for alarm in slow} == {
        ("reviews", 2 * HOUR),
        ("music", 2 * HOUR),
    }


def test_a_daily_batch_that_stays_away_is_known_two_hours_after_a_day(stack):
    [late] = [alarm for alarm in batch_alarms(stack) if alarm["TreatMissingData"] == "breaching"]
    assert dimensions(late) == {"Program": "reviews"}  # music runs on Mondays only
    assert (late["Period"], late["EvaluationPeriods"]) == (HOUR, 26)
    assert (late["Statistic"], late["Threshold"], late["ComparisonOperator"]) == ("SampleCount", 1, "LessThanThreshold")


@pytest.mark.parametrize(
    ("cron", "every_day"),
    [
        ("cron(0 2 * * ? *)", True),
        ("cron(0 2 ? * * *)", True),
        ("cron(0 2 ? * MON *)", False),
        ("cron(0 2 1 * ? *)", False),
    ],
)
def test_a_cron_is_daily_when_nothing_picks_days(cron, every_day):
    assert daily(cron) is every_day


def test_executions_that_do_not_reach_their_end_are_known(stack):
    machine = [alarm for alarm in stack.properties("AWS::CloudWatch::Alarm") if alarm["Namespace"] == "AWS/States"]
    assert {alarm["MetricName"] for alarm in machine} == {"ExecutionsFailed", "ExecutionsAborted", "ExecutionsTimedOut"}
    assert {alarm["Threshold"] for alarm in machine} == {1}


def test_a_start_that_was_put_aside_is_known(stack):
    [alarm] = [alarm for alarm in stack.properties("AWS::CloudWatch::Alarm") if alarm["Namespace"] == "AWS/SQS"]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["Threshold"] == 1


def test_complete_publishes_what_the_alarms_and_the_dashboard_look_at(stack, capsys):
    counts = dict.fromkeys(("extracted", "rejected", "duplicates", "candidates", "eligible", "stored"), 1)
    seconds = dict.fromkeys(("etl", "filter", "score", "store"), 1.0)
    Metrics.clear_metrics(Metrics(namespace=NAMESPACE))
    publish_metrics({"program": "reviews", "seconds": 1.0, "stage_seconds": seconds, **counts})
    published = {
        (metric["Name"], tuple(sorted((name, line[name]) for name in names)))
        for line in map(json.loads, capsys.readouterr().out.splitlines())
        for about in line["_aws"]["CloudWatchMetrics"]
        if about["Namespace"] == NAMESPACE
        for names in about["Dimensions"]
        for metric in about["Metrics"]
    }
    watched = {
        (alarm["MetricName"], tuple(sorted(dimensions(alarm).items())))
        for alarm in batch_alarms(stack)
        if dimensions(alarm)["Program"] == "reviews"
    }
    assert watched == {(name, about) for name, about in published if name in ("BatchSeconds", "StageSeconds")}
    shown = {(name, about) for name, about in graphed(stack) if ("Program", "reviews") in about}
    assert shown == published


def graphed(stack):
    """Metrics of our namespace on the dashboard, as (name, dimensions)."""
    [board] = stack.properties("AWS::CloudWatch::Dashboard")
    body = json.loads("".join(it if isinstance(it, str) else "x" for it in board["DashboardBody"]["Fn::Join"][1]))
    for widget in body["widgets"]:
        for namespace, name, *about in widget["properties"].get("metrics", ()):
            if namespace == NAMESPACE:
                names = [text for text in about if isinstance(text, str)]
                yield name, tuple(sorted(zip(names[::2], names[1::2], strict=True)))
