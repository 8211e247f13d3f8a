"""What feeds scores: files to queues, queues and streams to functions, and the night's recount."""

import json

import pytest

from tests.infra.conftest import read

STREAMED = ("LoadScoresToDynamodb", "SaveEntryScoring", "ProcessSavedScores")


@pytest.fixture
def streamed(scores):
    """Mappings of streams, by function."""
    found = [it for it in scores.properties("AWS::Lambda::EventSourceMapping") if "StartingPosition" in it]
    return {scores.name_of(it["FunctionName"]): it for it in found}


@pytest.fixture
def queued(scores):
    """Mappings of queues: function and queue."""
    found = [it for it in scores.properties("AWS::Lambda::EventSourceMapping") if "StartingPosition" not in it]
    return {(scores.name_of(it["FunctionName"]), scores.name_of(it["EventSourceArn"])): it for it in found}


@pytest.mark.parametrize(
    ("rule", "prefix", "queue"),
    [("Scrubbed", "scrubbed/", "scoreFiles"), ("Fanlists", "fanlist/scored/", "fanlistFiles")],
)
def test_a_dropped_file_becomes_a_message_and_an_event_that_cannot_be_told_is_put_aside(scores, rule, prefix, queue):
    found = scores.one("AWS::Events::Rule", rule)
    bucket = scores.all("AWS::S3::Bucket")
    assert found["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [{"Ref": next(iter(bucket))}]}, "object": {"key": [{"prefix": prefix}]}},
    }
    [target] = found["Targets"]
    assert scores.name_of(target["Arn"]) == queue
    assert scores.name_of(target["DeadLetterConfig"]["Arn"]) == "LostEvents"


def test_the_bucket_tells_event_bridge_and_keeps_the_versions_that_events_name(scores):
    bucket = scores.one("AWS::S3::Bucket", "Scoring")
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_every_queue_has_its_function_which_names_the_messages_that_failed(queued):
    assert set(queued) == {
        ("LoadScoresToStream", "scoreFiles"),
        ("SaveFanlistScores", "fanlistFiles"),
        ("VerdictReporter", "verdictReporterQueue"),
        ("SaveEntryScoring", "entryRetryQueue"),
    }
    assert all(it["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for it in queued.values())
    assert queued["LoadScoresToStream", "scoreFiles"]["BatchSize"] == 1
    assert queued["VerdictReporter", "verdictReporterQueue"]["BatchSize"] == 10


def test_a_message_stays_hidden_for_longer_than_its_function_can_run(scores, queued):
    timeouts = {id[:-8]: it["Properties"]["Timeout"] for id, it in scores.all("AWS::Lambda::Function").items()}
    for function, queue in queued:
        assert scores.one("AWS::SQS::Queue", queue)["VisibilityTimeout"] > timeouts[function]


def test_a_verdict_may_be_looked_at_twice_as_often_as_it_takes_to_its_deadline(scores):
    settings = scores.one("AWS::Lambda::Function", "VerdictReporter")["Environment"]["Variables"]
    looks = 2 * int(settings["DEADLINE_SECONDS"]) // int(settings["RETRY_SECONDS"])
    assert scores.one("AWS::SQS::Queue", "verdictReporterQueue")["RedrivePolicy"]["maxReceiveCount"] == looks == 240


@pytest.mark.parametrize("function", STREAMED)
def test_what_a_stream_carries_is_narrowed_down_tried_again_for_a_day_and_then_kept_in_the_bucket(
    scores, streamed, function
):
    mapping = streamed[function]
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (200, 24 * 3600)
    assert scores.name_of(mapping["DestinationConfig"]["OnFailure"]["Destination"]) == "Scoring"
    assert mapping["MetricsConfig"] == {"Metrics": ["EventCount"]}


def test_who_counts_is_told_its_shard_by_a_tumbling_window_and_never_of_our_own_rows(scores, streamed):
    mapping = streamed["ProcessSavedScores"]
    assert mapping["TumblingWindowInSeconds"] == 30
    assert "ParallelizationFactor" not in mapping  # one batch of a shard at a time: its watermark is one
    [only] = mapping["FilterCriteria"]["Filters"]
    assert json.loads(only["Pattern"]) == {"dynamodb": {"Keys": {"SK": {"S": [{"anything-but": {"prefix": "meta:"}}]}}}}


def test_the_stream_of_scores_is_read_whole_by_both_and_in_one_lane_by_the_one_that_keeps_a_watermark(scores, streamed):
    saved, entries = streamed["LoadScoresToDynamodb"], streamed["SaveEntryScoring"]
    assert "FilterCriteria" not in saved
    assert "FilterCriteria" not in entries
    assert saved["ParallelizationFactor"] == 4
    assert "ParallelizationFactor" not in entries
    assert scores.name_of(saved["EventSourceArn"]) == scores.name_of(entries["EventSourceArn"]) == "scoresStream"


def test_the_tables_stream_has_one_reader_and_carries_both_images(scores):
    [reader] = [
        it
        for it in scores.properties("AWS::Lambda::EventSourceMapping")
        if it["EventSourceArn"].get("Fn::GetAtt", ["", ""])[1] == "StreamArn"
    ]
    assert scores.name_of(reader["FunctionName"]) == "ProcessSavedScores"
    assert scores.one("AWS::DynamoDB::Table", "Scores")["StreamSpecification"] == {
        "StreamViewType": "NEW_AND_OLD_IMAGES"
    }


def test_every_campaign_is_recounted_at_night(scores):
    [schedule] = scores.properties("AWS::Scheduler::Schedule")
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == (
        "cron(30 4 * * ? *)",
        "Etc/UTC",
    )
    assert scores.name_of(schedule["Target"]["Arn"]) == "ReconcileCounts"
    assert json.loads(schedule["Target"]["Input"]) == {"scheduledTime": "<aws.scheduler.scheduled-time>"}


def test_the_owners_services_are_told_in_cdk_json(scores):
    settings = scores.one("AWS::Lambda::Function", "SaveEntryScoring")["Environment"]["Variables"]
    assert settings["ENTRY_SERVICE_URL"] == "https://entries.example.com"
    assert settings["ENTRY_PATH"] == "/campaigns/{campaignId}/scoring"


def test_the_sandbox_looks_again_after_seconds(in_sandbox):
    found = read(in_sandbox, "Scores").one("AWS::Lambda::Function", "VerdictReporter")["Environment"]["Variables"]
    assert (found["RETRY_SECONDS"], found["QUIET_SECONDS"]) == ("2", "1")
