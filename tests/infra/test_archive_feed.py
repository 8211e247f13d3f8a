"""What feeds the archive: the mapping from the stream, and the night's start of the compaction."""

import json

import pytest

from tests.infra.conftest import read
from tests.infra.roles import allowed


@pytest.fixture
def mapping(archive):
    [found] = archive.properties("AWS::Lambda::EventSourceMapping")
    return found


def test_the_archiver_reads_the_demand_tables_stream_from_its_beginning(archive, demand, mapping):
    assert archive.name_of(mapping["FunctionName"]) == "StreamArchiver"
    reference = mapping["EventSourceArn"]["Fn::GetStackOutput"]
    assert reference["StackName"] == "ovation-prod-demand"
    told = demand.template["Outputs"][reference["OutputName"]]["Value"]
    assert told == {"Fn::GetAtt": [*demand.all("AWS::Kinesis::Stream"), "Arn"]}
    assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_a_batch_has_up_to_a_thousand_records_of_twenty_seconds_two_of_them_a_shard_at_once(mapping):
    wanted = {"BatchSize": 1000, "MaximumBatchingWindowInSeconds": 20, "ParallelizationFactor": 2}
    assert {name: mapping[name] for name in wanted} == wanted


def test_nothing_is_filtered_for_a_filter_drops_what_is_no_json_without_a_word(mapping):
    assert "FilterCriteria" not in mapping


def test_what_fails_is_narrowed_down_tried_again_for_a_day_at_most_and_then_kept_in_the_bucket(archive, mapping):
    assert mapping["BisectBatchOnFunctionError"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["MaximumRetryAttempts"] == 200
    assert mapping["MaximumRecordAgeInSeconds"] == 24 * 3600
    assert archive.name_of(mapping["DestinationConfig"]["OnFailure"]["Destination"]) == "Archive"


def test_lambda_may_leave_there_with_the_archivers_rights_what_it_gave_up_on(archive):
    assert {("s3:ListBucket", "Archive"), ("s3:PutObject", "Archive/aws/lambda/*")} <= allowed(
        archive, "StreamArchiver"
    )


def test_the_mapping_is_made_only_once_the_rights_to_read_the_stream_are_there(archive):
    """Lambda looks at once: the function waits for its policy, and the mapping for the function."""
    [function] = [it for id, it in archive.all("AWS::Lambda::Function").items() if id.startswith("StreamArchiver")]
    assert any(id.startswith("StreamArchiverRoleDefaultPolicy") for id in function["DependsOn"])


def test_the_sandbox_collects_for_two_seconds_only(in_sandbox):
    [mapping] = read(in_sandbox, "Archive").properties("AWS::Lambda::EventSourceMapping")
    assert mapping["MaximumBatchingWindowInSeconds"] == 2


def test_the_compaction_starts_every_night_told_when_it_was_due_and_a_lost_start_is_put_aside(archive):
    [schedule] = archive.properties("AWS::Scheduler::Schedule")
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == ("cron(0 5 * * ? *)", "Etc/UTC")
    target = schedule["Target"]
    assert archive.name_of(target["Arn"]) == "Compact"
    assert json.loads(target["Input"]) == {"scheduledTime": "<aws.scheduler.scheduled-time>"}
    assert archive.name_of(target["DeadLetterConfig"]["Arn"]) == "LostJobs"
    [given_up] = archive.properties("AWS::Lambda::EventInvokeConfig")
    assert archive.name_of(given_up["FunctionName"]) == "Compact"
    assert archive.name_of(given_up["DestinationConfig"]["OnFailure"]["Destination"]) == "LostJobs"
