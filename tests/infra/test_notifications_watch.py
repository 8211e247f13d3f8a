"""What wakes people about reminders, what they see, and where everything lies and for how long."""

import json
from collections import Counter

import pytest

from infra.stages import PROD
from tests.infra.test_alarms import dimensions
from tests.infra.test_storage import STATEFUL, lifetimes

NAMESPACE = "Ovation/Notifications"


@pytest.fixture(scope="module")
def alarms(notifications):
    """By metric; those of an expression by what it is called."""
    found = {}
    for alarm in notifications.properties("AWS::CloudWatch::Alarm"):
        [name] = (
            [alarm["MetricName"]]
            if "MetricName" in alarm
            else [it["Label"] for it in alarm["Metrics"] if "Label" in it]
        )
        found.setdefault(name, []).append(alarm)
    return found


@pytest.mark.parametrize(
    "metric",
    [
        *("WindowsNotMet", "WindowsLost", "SalesMissed"),
        *("Expired", "StatusesParked", "VendorFailures", "EventsOverdue"),
    ],
)
def test_what_our_functions_tell_is_known_from_the_first_on(alarms, metric):
    [alarm] = alarms[metric]
    assert (alarm["Namespace"], alarm["Threshold"], alarm["Statistic"]) == (NAMESPACE, 1, "Sum")


def test_a_backlog_is_held_against_the_time_that_is_left_to_the_sale(notifications, alarms):
    [alarm] = alarms["seconds"]
    [told] = [it for it in alarm["Metrics"] if "Expression" in it]
    [waiting] = [it for it in alarm["Metrics"] if "MetricStat" in it]
    assert told["Expression"] == "waiting / 100"  # parts a second
    dimension = waiting["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
    assert notifications.name_of(dimension) == "notificationOutbox"
    assert alarm["Threshold"] == 25 * 60


def test_fewer_deliveries_than_promised_are_known(alarms):
    [alarm] = alarms["delivered"]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0.95, "LessThanThreshold")
    [rate] = [it["Expression"] for it in alarm["Metrics"] if "Expression" in it]
    every = "FILL(delivered, 0) + FILL(failed, 0) + FILL(expired, 0)"
    assert rate == f"IF({every} > 0, FILL(delivered, 0) / ({every}), 1)"  # also where not a single one was delivered


def test_a_scheduler_that_does_not_run_is_known(notifications, alarms):
    [alarm] = [it for it in alarms["Invocations"] if it["TreatMissingData"] == "breaching"]
    assert notifications.name_of(dimensions(alarm)["FunctionName"]) == "NotificationScheduler"


def test_a_reader_that_is_two_minutes_behind_is_known(notifications, alarms):
    ages = alarms["IteratorAge"]
    readers = {notifications.name_of(dimensions(it)["FunctionName"]) for it in ages}
    assert readers == {"DemandStreamToSqs", "SmsStatusConsumer"}
    assert {it["Threshold"] for it in ages} == {120_000}


@pytest.mark.parametrize("metric", ["OnFailureDestinationDeliveredEventCount", "DroppedEventCount"])
def test_the_first_record_that_lambda_gives_up_on_is_known_on_every_stream(notifications, alarms, metric):
    mappings = notifications.all("AWS::Lambda::EventSourceMapping")
    streams = {id for id, it in mappings.items() if "StartingPosition" in it["Properties"]}
    assert {dimensions(it)["EventSourceMappingUUID"]["Ref"] for it in alarms[metric]} == streams


def test_dead_letters_of_every_queue_are_known(notifications, alarms):
    queues = notifications.all("AWS::SQS::Queue")
    dead = {id for id, it in queues.items() if "RedrivePolicy" not in it["Properties"]}
    assert len(dead) == 4
    visible = alarms["ApproximateNumberOfMessagesVisible"]
    assert {dimensions(it)["QueueName"]["Fn::GetAtt"][0] for it in visible} == dead


def test_every_function_raises_alarms_on_errors_throttles_and_slow_calls(notifications, alarms):
    for id in notifications.all("AWS::Lambda::Function"):
        for metric in ("Errors", "Throttles", "Duration"):
            assert [it for it in alarms[metric] if dimensions(it) == {"FunctionName": {"Ref": id}}], (id, metric)


def test_every_alarm_speaks_to_the_topic_and_says_what_it_means(notifications):
    [topic] = notifications.all("AWS::SNS::Topic")
    for alarm in notifications.properties("AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
        assert alarm["AlarmDescription"]


def test_the_dashboard_shows_reminders_their_time_and_the_backlog(notifications):
    [board] = notifications.properties("AWS::CloudWatch::Dashboard")
    text = json.dumps(board["DashboardBody"])
    for name in (
        "Delivered",
        "DeliverySeconds",
        "Delivery rate",
        "Backlog",
        "SalesInWindow",
        "ShortUrlsOwn",
        "EventHits",
        "IteratorAge",
    ):
        assert name in text


def test_prod_keeps_every_stateful_resource_when_its_stack_goes(notifications):
    resources = notifications.all(*STATEFUL, "AWS::Kinesis::Stream", "AWS::SecretsManager::Secret")
    kinds = Counter(it["Type"].rpartition(":")[2] for it in resources.values())
    assert kinds == {"Table": 1, "Bucket": 1, "Queue": 7, "Key": 1, "LogGroup": 14, "Stream": 1, "Secret": 2}
    assert {(it["DeletionPolicy"], it["UpdateReplacePolicy"]) for it in resources.values()} == {("Retain", "Retain")}


def test_what_is_put_aside_goes_after_the_stages_days(notifications):
    days = PROD.reminding.kept_days
    assert lifetimes(notifications, "Notifications") == {"parked/": days, "aws/lambda/": days}
