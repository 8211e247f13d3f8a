"""What wakes people about the archive: errors, changes that wait, and records that nobody has."""

import json

import pytest

from tests.infra.test_alarms import dimensions

NAMESPACE = "Ovation/Archive"


@pytest.fixture(scope="module")
def alarms(archive):
    """By metric."""
    found = {}
    for alarm in archive.properties("AWS::CloudWatch::Alarm"):
        found.setdefault(alarm["MetricName"], []).append(alarm)
    return found


def test_more_than_five_errors_in_five_minutes_are_known(alarms):
    [errors] = alarms["ArchiveErrors"]
    assert (errors["Namespace"], dimensions(errors)) == (NAMESPACE, {})
    assert (errors["Period"], errors["EvaluationPeriods"], errors["Statistic"]) == (300, 1, "Sum")
    assert (errors["Threshold"], errors["ComparisonOperator"]) == (6, "GreaterThanOrEqualToThreshold")
    assert errors["TreatMissingData"] == "notBreaching"


def test_changes_that_wait_for_a_minute_and_for_two_are_known(archive, alarms):
    ages = alarms["IteratorAge"]
    assert sorted(it["Threshold"] for it in ages) == [60_000, 120_000]
    assert {archive.name_of(dimensions(it)["FunctionName"]) for it in ages} == {"StreamArchiver"}
    assert {it["Statistic"] for it in ages} == {"Maximum"}


@pytest.mark.parametrize("metric", ["OnFailureDestinationDeliveredEventCount", "DroppedEventCount"])
def test_the_first_record_that_lambda_gives_up_on_is_known(archive, alarms, metric):
    [alarm] = alarms[metric]
    [mapping] = archive.all("AWS::Lambda::EventSourceMapping")
    assert dimensions(alarm) == {"EventSourceMappingUUID": {"Ref": mapping}}
    assert (alarm["Threshold"], alarm["Statistic"], alarm["Namespace"]) == (1, "Sum", "AWS/Lambda")


def test_the_mapping_counts_its_events_or_those_alarms_would_be_silent(archive):
    [mapping] = archive.properties("AWS::Lambda::EventSourceMapping")
    assert mapping["MetricsConfig"] == {"Metrics": ["EventCount"]}


def test_a_given_up_record_that_could_not_be_kept_either_is_known(archive, alarms):
    [alarm] = alarms["DestinationDeliveryFailures"]
    assert archive.name_of(dimensions(alarm)["FunctionName"]) == "StreamArchiver"
    assert alarm["Threshold"] == 1


def test_a_stream_with_too_few_shards_is_known_by_readers_and_writers(alarms):
    for metric in ("ReadProvisionedThroughputExceeded", "WriteProvisionedThroughputExceeded"):
        [alarm] = alarms[metric]
        assert alarm["Namespace"] == "AWS/Kinesis"


def test_every_alarm_speaks_to_the_topic_and_says_what_it_means(archive):
    [topic] = archive.all("AWS::SNS::Topic")
    for alarm in archive.properties("AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
        assert alarm["AlarmDescription"]
        assert "MetricName" in alarm


def test_every_function_raises_alarms_on_errors_throttles_and_slow_calls(archive, alarms):
    for id in archive.all("AWS::Lambda::Function"):
        for metric in ("Errors", "Throttles", "Duration"):
            assert [it for it in alarms[metric] if dimensions(it) == {"FunctionName": {"Ref": id}}], (id, metric)


def test_the_dashboard_shows_records_files_errors_and_how_late_they_are(archive):
    [board] = archive.properties("AWS::CloudWatch::Dashboard")
    text = json.dumps(board["DashboardBody"])
    for name in ("ArchivedRecords", "ArchiveFiles", "ArchiveErrors", "SkippedRows", "IteratorAge"):
        assert name in text


def test_a_date_that_is_not_compacted_is_known(alarms):
    for metric in ("PartitionsLeft", "PartitionsUnreadable"):
        [alarm] = alarms[metric]
        assert (alarm["Namespace"], alarm["Threshold"], alarm["Statistic"]) == (NAMESPACE, 1, "Sum")
