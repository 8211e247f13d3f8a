"""What wakes people about scores, what they see, and where everything lies and for how long."""

import json
from collections import Counter

import pytest

from infra.stages import PROD
from tests.infra.test_alarms import dimensions
from tests.infra.test_storage import STATEFUL, lifetimes

NAMESPACE = "Ovation/Scores"
WATCHED = {"scoreFiles", "fanlistFiles", "entryRetryQueue"}
READERS = {"LoadScoresToDynamodb", "SaveEntryScoring", "ProcessSavedScores"}


@pytest.fixture(scope="module")
def alarms(scores):
    """By metric."""
    found = {}
    for alarm in scores.properties("AWS::CloudWatch::Alarm"):
        found.setdefault(alarm["MetricName"], []).append(alarm)
    return found


@pytest.mark.parametrize(
    ("metric", "threshold", "statistic"),
    [
        ("RejectedFiles", 1, "Sum"),
        ("InvalidShare", 5, "Maximum"),
        ("CountDrift", 1, "Sum"),
        ("VerdictsIncomplete", 1, "Sum"),
        ("EntriesParked", 1, "Sum"),
    ],
)
def test_what_our_functions_tell_is_known_from_the_first_on(alarms, metric, threshold, statistic):
    [alarm] = alarms[metric]
    assert (alarm["Namespace"], alarm["Threshold"], alarm["Statistic"]) == (NAMESPACE, threshold, statistic)


def test_a_reader_that_is_an_hour_behind_is_known(scores, alarms):
    ages = alarms["IteratorAge"]
    assert {scores.name_of(dimensions(it)["FunctionName"]) for it in ages} == READERS
    assert {(it["Threshold"], it["Statistic"]) for it in ages} == {(3_600_000, "Maximum")}


@pytest.mark.parametrize("metric", ["OnFailureDestinationDeliveredEventCount", "DroppedEventCount"])
def test_the_first_record_that_lambda_gives_up_on_is_known_on_every_stream(scores, alarms, metric):
    mappings = scores.all("AWS::Lambda::EventSourceMapping")
    streams = {id for id, it in mappings.items() if "StartingPosition" in it["Properties"]}
    told = {dimensions(it)["EventSourceMappingUUID"]["Ref"] for it in alarms[metric]}
    assert told == streams


def test_dead_letters_of_every_queue_are_known(scores, alarms):
    queues = scores.all("AWS::SQS::Queue")
    dead = {id for id, it in queues.items() if "RedrivePolicy" not in it["Properties"]}
    assert len(dead) == 5
    visible = alarms["ApproximateNumberOfMessagesVisible"]
    told = {json.dumps(dimensions(it)["QueueName"]["Fn::GetAtt"][0]).strip('"') for it in visible}
    assert told == dead


def test_a_file_fanlist_or_entry_that_waits_for_a_quarter_of_an_hour_is_known_and_a_verdict_waits_on_purpose(
    scores, alarms
):
    oldest = alarms["ApproximateAgeOfOldestMessage"]
    assert {scores.name_of(dimensions(it)["QueueName"]) for it in oldest} == WATCHED
    assert {it["Threshold"] for it in oldest} == {900}


def test_what_is_tried_again_and_again_is_known_though_its_age_is_told_no_more(scores, alarms):
    """AWS leaves a message that was received three times out of the oldest one's age."""
    tried = alarms["ApproximateNumberOfMessagesNotVisible"]
    assert {scores.name_of(dimensions(it)["QueueName"]) for it in tried} == WATCHED
    assert {(it["Threshold"], it["Statistic"], it["Period"]) for it in tried} == {(1, "Minimum", 900)}


def test_every_function_raises_alarms_on_errors_throttles_and_slow_calls(scores, alarms):
    for id in scores.all("AWS::Lambda::Function"):
        for metric in ("Errors", "Throttles", "Duration"):
            assert [it for it in alarms[metric] if dimensions(it) == {"FunctionName": {"Ref": id}}], (id, metric)


def test_every_alarm_speaks_to_the_topic_and_says_what_it_means(scores):
    [topic] = scores.all("AWS::SNS::Topic")
    for alarm in scores.properties("AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
        assert alarm["AlarmDescription"]


def test_the_dashboard_shows_rows_counts_slack_and_the_entry_service(scores):
    [board] = scores.properties("AWS::CloudWatch::Dashboard")
    text = json.dumps(board["DashboardBody"])
    for name in ("RowsIn", "InvalidShare", "CountDrift", "SlackPosts", "EntriesInserted", "IteratorAge"):
        assert name in text


def test_prod_keeps_every_stateful_resource_when_its_stack_goes(scores):
    resources = scores.all(*STATEFUL, "AWS::Kinesis::Stream", "AWS::SecretsManager::Secret")
    kinds = Counter(it["Type"].rpartition(":")[2] for it in resources.values())
    assert kinds == {"Table": 1, "Bucket": 1, "Queue": 9, "Key": 1, "LogGroup": 7, "Stream": 2, "Secret": 1}
    assert {(it["DeletionPolicy"], it["UpdateReplacePolicy"]) for it in resources.values()} == {("Retain", "Retain")}


def test_files_of_people_go_after_the_stages_days_and_so_does_what_was_refused_of_them(scores):
    files, errors = PROD.scoring.file_days, PROD.scoring.error_days
    assert lifetimes(scores, "Scoring") == {
        "scrubbed/": files,
        "fanlist/scored/": files,
        "errors/": errors,
        "aws/lambda/": errors,
        "entry-retries/": errors,
    }


def test_watermarks_end_by_themselves(scores):
    table = scores.one("AWS::DynamoDB::Table", "Scores")
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}


def test_a_list_of_millions_of_fans_has_room_to_be_ranked(scores):
    assert scores.one("AWS::Lambda::Function", "SaveFanlistScores")["EphemeralStorage"] == {"Size": 2048}
