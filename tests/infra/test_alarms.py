"""What wakes people: the mission's windows, runs that fail or stay away, and metrics that somebody publishes."""

import json

import pytest
from closed_runs import closed, published

from infra.run_metrics import NAMESPACE, STAGES
from infra.watch import daily

HOUR = 3600
VISIBLE = "ApproximateNumberOfMessagesVisible"


def dimensions(alarm):
    return {it["Name"]: it["Value"] for it in alarm.get("Dimensions", ())}


MACHINES = ("BatchMachine", "RetrainingMachine")
BATCH = ("BatchSeconds", "StageSeconds", "FallbackShare")


def our_alarms(stack):
    return [alarm for alarm in stack.properties("AWS::CloudWatch::Alarm") if alarm["Namespace"] == NAMESPACE]


def batch_alarms(stack):
    return [alarm for alarm in our_alarms(stack) if alarm["MetricName"] in BATCH]


def test_the_topic_takes_what_cloudwatch_publishes(stack):
    [policy] = stack.all("AWS::SNS::TopicPolicy").values()
    allowed = [it for it in policy["Properties"]["PolicyDocument"]["Statement"] if it["Effect"] == "Allow"]
    assert [(it["Action"], it["Principal"]) for it in allowed] == [
        ("sns:Publish", {"Service": "cloudwatch.amazonaws.com"})
    ]


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


def test_executions_that_do_not_reach_their_end_are_known_and_one_that_takes_too_long_while_it_works(stack):
    machines = [alarm for alarm in stack.properties("AWS::CloudWatch::Alarm") if alarm["Namespace"] == "AWS/States"]
    thresholds = {
        (stack.name_of(dimensions(alarm)["StateMachineArn"]), alarm["MetricName"]): alarm["Threshold"]
        for alarm in machines
    }
    ended = [(machine, f"Executions{word}") for machine in MACHINES for word in ("Failed", "Aborted", "TimedOut")]
    assert thresholds == {
        **dict.fromkeys(ended, 1),
        ("OverdueMachine", "ExecutionsFailed"): 1,
        ("RetrainingMachine", "ExecutionTime"): 2 * HOUR * 1000,
    }


def test_whatever_was_put_aside_is_known_by_its_first_message(stack):
    alarms = [it for it in stack.properties("AWS::CloudWatch::Alarm") if it["MetricName"] == VISIBLE]
    queues = {stack.name_of({"Fn::GetAtt": dimensions(alarm)["QueueName"]["Fn::GetAtt"]}) for alarm in alarms}
    assert queues == {id[:-8] for id in stack.all("AWS::SQS::Queue")} - {"Outbox"}
    assert {alarm["Threshold"] for alarm in alarms} == {1}


def test_a_run_that_fell_back_on_its_scores_is_known_program_by_program(stack):
    fell_back = [it for it in batch_alarms(stack) if it["MetricName"] == "FallbackShare"]
    assert {(dimensions(alarm)["Program"], alarm["Threshold"]) for alarm in fell_back} == {
        ("reviews", 0.1),
        ("music", 0.1),
    }
    assert {alarm["ComparisonOperator"] for alarm in fell_back} == {"GreaterThanOrEqualToThreshold"}


@pytest.mark.parametrize("program", ["reviews", "music"])
def test_complete_publishes_what_the_alarms_and_the_dashboard_look_at(stack, capsys, monkeypatch, program):
    for name, value in stack.one("AWS::Lambda::Function", "Complete")["Environment"]["Variables"].items():
        if isinstance(value, str):  # Powertools takes a further dimension, or silence, from its environment
            monkeypatch.setenv(name, value)
    emitted = {(it["namespace"], it["name"], pairs(it["about"])) for it in published(closed(program), capsys)}
    watched = {
        (alarm["Namespace"], alarm["MetricName"], pairs(dimensions(alarm)))
        for alarm in batch_alarms(stack)
        if dimensions(alarm)["Program"] == program
    }
    assert {(name, dict(about).get("Stage")) for _, name, about in watched} == {
        ("BatchSeconds", None),
        ("FallbackShare", None),
        *(("StageSeconds", stage) for stage in STAGES),
    }
    assert watched <= emitted
    names = {name for _, name, _ in emitted}
    assert {it for it in graphed(stack) if it[1] in names and ("Program", program) in it[2]} == emitted


def pairs(names_and_values):
    return tuple(sorted(names_and_values.items()))


def graphed(stack):
    """Metrics of our namespace on the dashboard, as (namespace, name, dimensions)."""
    [board] = stack.properties("AWS::CloudWatch::Dashboard")
    body = json.loads("".join(it if isinstance(it, str) else "x" for it in board["DashboardBody"]["Fn::Join"][1]))
    for widget in body["widgets"]:
        for namespace, name, *about in widget["properties"].get("metrics", ()):
            if namespace == NAMESPACE:
                names = [text for text in about if isinstance(text, str)]
                yield namespace, name, tuple(sorted(zip(names[::2], names[1::2], strict=True)))
