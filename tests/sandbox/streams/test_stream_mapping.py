"""CloudFormation properties of a mapping, read and refused as AWS does."""

import json

import pytest

from sandbox.streams import Mapping

KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream/scores"
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/Demand/stream/2026-11-20T00:00:00.000"
LEAST = {"EventSourceArn": KINESIS, "FunctionName": "reader", "StartingPosition": "LATEST"}


def test_unnamed_settings_take_aws_defaults():
    mapping = Mapping.from_template(LEAST)
    assert mapping == Mapping(uuid=mapping.uuid, function="reader", stream_arn=KINESIS, starting_position="LATEST")
    assert (mapping.batch_size, mapping.max_retries, mapping.max_age, mapping.parallelization) == (100, -1, -1, 1)
    assert (mapping.bisect, mapping.partial_response, mapping.on_failure, mapping.enabled) == (False, False, None, True)


def test_every_setting_is_read():
    mapping = Mapping.from_template(
        LEAST
        | {
            "BatchSize": 500,
            "MaximumBatchingWindowInSeconds": 5,
            "ParallelizationFactor": 2,
            "MaximumRetryAttempts": 3,
            "MaximumRecordAgeInSeconds": 3600,
            "BisectBatchOnFunctionError": "true",
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::failures"}},
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps({"data": {"n": [1]}})}]},
            "Enabled": False,
        },
        uuid="u",
    )
    assert len(mapping.filters) == 1
    assert mapping == Mapping(
        uuid="u",
        function="reader",
        stream_arn=KINESIS,
        starting_position="LATEST",
        batch_size=500,
        batching_window=5,
        parallelization=2,
        filters=mapping.filters,
        partial_response=True,
        bisect=True,
        max_retries=3,
        max_age=3600,
        on_failure="arn:aws:s3:::failures",
        enabled=False,
    )


def test_one_stream_and_function_always_have_the_same_uuid():
    assert Mapping.from_template(LEAST).uuid == Mapping.from_template(LEAST | {"BatchSize": 5}).uuid
    assert Mapping.from_template(LEAST).uuid != Mapping.from_template(LEAST | {"FunctionName": "other"}).uuid


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BatchSize", 0),
        ("BatchSize", 10_001),
        ("MaximumBatchingWindowInSeconds", 301),
        ("ParallelizationFactor", 11),
        ("MaximumRetryAttempts", -2),
        ("MaximumRetryAttempts", 10_001),
        ("MaximumRecordAgeInSeconds", 59),
        ("MaximumRecordAgeInSeconds", 604_801),
        ("TumblingWindowInSeconds", 901),
        ("StartingPosition", "EARLIEST"),
        ("StartingPosition", None),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        Mapping.from_template(LEAST | {name: value})


def test_a_table_stream_cannot_start_at_a_timestamp():
    with pytest.raises(ValueError, match="StartingPosition is AT_TIMESTAMP"):
        Mapping.from_template(LEAST | {"EventSourceArn": TABLE, "StartingPosition": "AT_TIMESTAMP"})


def test_a_timestamp_to_start_at_has_to_be_given():
    with pytest.raises(ValueError, match="StartingPositionTimestamp"):
        Mapping.from_template(LEAST | {"StartingPosition": "AT_TIMESTAMP"})
