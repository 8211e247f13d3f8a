"""Partial responses, bisection, retries, ages and on-failure destinations, on both emulators and kinds of stream."""

import json
from datetime import timedelta

import pytest
from stream_rig import NOON, Function, failing, number, reporting, values

from domain.errors import Unavailable

HOUR = timedelta(hours=1)
PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def only_once(answer):
    """Answer like this the first time, and with success from then on."""
    spent = []

    def wrapped(event):
        if spent:
            return None
        spent.append(True)
        return answer(event)

    return wrapped


def test_delivery_resumes_at_the_lowest_failed_number(cloud):
    arn, function = cloud.stream(), Function(only_once(reporting(4, 2)))
    cloud.put(arn, *range(6))
    cloud.dispatcher(arn, function, **PARTIAL).drain(ahead=HOUR)
    assert function.batches == [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5]]


def test_what_lies_before_the_lowest_failed_number_is_checkpointed(cloud):
    arn, function = cloud.stream(), Function(reporting(2))
    cloud.put(arn, *range(4))
    dispatcher = cloud.dispatcher(arn, function, **PARTIAL)
    dispatcher.drain()
    again = Function()
    cloud.dispatcher(arn, again, dispatcher.checkpoints).drain()
    assert again.batches == [[2, 3]]


@pytest.mark.parametrize(
    "response",
    [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}],
    ids=["null", "empty", "no failures", "null failures"],
)
def test_an_empty_response_is_success(cloud, response):
    arn, function = cloud.stream(), Function(lambda event: response)
    cloud.put(arn, 1, 2)
    cloud.dispatcher(arn, function, **PARTIAL).drain(ahead=HOUR)
    assert function.batches == [[1, 2]]


@pytest.mark.parametrize(
    "response",
    [
        {"batchItemFailures": [{"itemIdentifier": "7"}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"item": "1"}]},
        {"batchItemFailures": ["1"]},
        {"batchItemFailures": "1"},
        "done",
    ],
    ids=["unknown number", "empty number", "null number", "bad key", "no object", "no list", "no response object"],
)
def test_an_unknown_number_or_a_malformed_response_fails_the_whole_batch(cloud, response):
    arn, function = cloud.stream(), Function(only_once(lambda event: response))
    cloud.put(arn, 101, 102, 103)
    cloud.dispatcher(arn, function, **PARTIAL).drain(ahead=HOUR)
    assert function.batches == [[101, 102, 103], [101, 102, 103]]


def test_an_unknown_number_among_known_ones_fails_the_whole_batch(cloud):
    def answer(event):
        return {"batchItemFailures": [{"itemIdentifier": number(event, 2)}, {"itemIdentifier": "7"}]}

    arn, function = cloud.stream(), Function(only_once(answer))
    cloud.put(arn, 1, 2)
    cloud.dispatcher(arn, function, **PARTIAL).drain(ahead=HOUR)
    assert function.batches == [[1, 2], [1, 2]]


def test_a_failure_report_counts_for_nothing_where_it_is_not_switched_on(cloud):
    arn, function = cloud.stream(), Function(reporting(1))
    cloud.put(arn, 1, 2)
    cloud.dispatcher(arn, function).drain(ahead=HOUR)
    assert function.batches == [[1, 2]]


def test_a_partial_failure_uses_up_a_retry(cloud):
    arn, function, bucket = cloud.stream(), Function(reporting(1)), cloud.bucket()
    cloud.put(arn, *range(3))
    cloud.dispatcher(arn, function, MaximumRetryAttempts=2, **PARTIAL, **to_s3(bucket)).drain(ahead=HOUR)
    assert function.batches == [[0, 1, 2], [1, 2], [1, 2]]
    [(_, record)] = cloud.failures(bucket)
    assert values(json.loads(record["payload"])) == [1, 2]
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert "functionError" not in record["responseContext"]


def test_bisection_finds_the_poison_record_and_splits_use_up_no_retry(cloud):
    arn, function, bucket = cloud.stream(), Function(failing(5)), cloud.bucket()
    cloud.put(arn, *range(8))
    cloud.dispatcher(arn, function, BisectBatchOnFunctionError=True, MaximumRetryAttempts=1, **to_s3(bucket)).drain(
        ahead=HOUR
    )
    assert function.batches == [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [4, 5],
        [4],
        [5],
        [5],  # the one retry
        [6, 7],
    ]
    [(_, record)] = cloud.failures(bucket)
    assert values(json.loads(record["payload"])) == [5]


def test_without_bisection_the_whole_batch_is_given_up(cloud):
    arn, function, bucket = cloud.stream(), Function(failing(1)), cloud.bucket()
    cloud.put(arn, *range(5))
    cloud.dispatcher(arn, function, BatchSize=3, MaximumRetryAttempts=1, **to_s3(bucket)).drain(ahead=HOUR)
    assert function.batches == [[0, 1, 2], [0, 1, 2], [3, 4]]
    [(_, record)] = cloud.failures(bucket)
    assert values(json.loads(record["payload"])) == [0, 1, 2]


def test_with_a_partial_response_the_batch_is_cut_at_the_returned_number(cloud):
    arn, function, bucket = cloud.stream(), Function(reporting(3)), cloud.bucket()
    cloud.put(arn, *range(6))
    cloud.dispatcher(
        arn, function, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0, **PARTIAL, **to_s3(bucket)
    ).drain(ahead=HOUR)
    assert function.batches == [[0, 1, 2, 3, 4, 5], [3, 4, 5], [3], [4, 5]]
    [(_, record)] = cloud.failures(bucket)
    assert values(json.loads(record["payload"])) == [3]


@pytest.mark.parametrize("attempts", [0, 1, 3])
def test_a_batch_is_tried_once_and_then_as_often_as_retries_are_allowed(cloud, attempts):
    arn, function = cloud.stream(), Function(failing(1))
    cloud.put(arn, 1)
    cloud.dispatcher(arn, function, MaximumRetryAttempts=attempts).drain(ahead=HOUR)
    assert function.batches == [[1]] * (1 + attempts)


def test_endless_retries_end_when_the_record_expires_in_the_stream(cloud):
    arn, function, bucket = cloud.stream(), Function(failing(1)), cloud.bucket()
    cloud.put(arn, 1, 2)
    dispatcher = cloud.dispatcher(arn, function, BatchSize=1, **to_s3(bucket))
    dispatcher.drain(ahead=timedelta(minutes=5))
    cloud.clock.advance_to(NOON + timedelta(hours=24))
    dispatcher.drain()
    assert len(function.batches) > 8
    assert set(map(tuple, function.batches)) == {(1,)}
    cloud.clock.advance(61)
    dispatcher.drain()
    [record, other] = [record for _, record in cloud.failures(bucket)]  # the other grew too old waiting behind it
    assert record["requestContext"]["condition"] == other["requestContext"]["condition"] == "RecordAgeExceeded"


def test_a_record_older_than_allowed_is_discarded_and_younger_ones_go_on(cloud):
    arn, function, bucket = cloud.stream(), Function(failing(1)), cloud.bucket()
    dispatcher = cloud.dispatcher(arn, function, BatchSize=2, MaximumRecordAgeInSeconds=60, **to_s3(bucket))
    cloud.put(arn, 1)
    dispatcher.drain()
    cloud.clock.advance(40)
    cloud.put(arn, 2)
    dispatcher.drain()
    cloud.clock.advance(21)
    dispatcher.drain()
    assert function.batches[-1] == [2]
    [(_, record)] = cloud.failures(bucket)
    assert record["requestContext"]["condition"] == "RecordAgeExceeded"
    assert values(json.loads(record["payload"])) == [1]


def test_a_record_exactly_as_old_as_allowed_is_still_sent(cloud):
    arn, tried = cloud.stream(), []

    def invoke(name, event):
        tried.append(cloud.clock.now())
        raise Unavailable("throttled")

    dispatcher = cloud.dispatcher(arn, None, invoke=invoke, MaximumRecordAgeInSeconds=60)
    cloud.put(arn, 1)
    dispatcher.drain()
    cloud.clock.advance(60)
    dispatcher.drain()
    assert len(tried) == 2
    cloud.clock.advance(1)
    dispatcher.drain()
    assert len(tried) == 2
    assert dispatcher.counts("reader")["discarded"] == 1


def test_a_discard_to_s3_holds_the_records_themselves_under_lambdas_key(cloud):
    arn, function, bucket = cloud.stream(), Function(failing(1)), cloud.bucket()
    cloud.put(arn, 0, 1)
    dispatcher = cloud.dispatcher(arn, function, MaximumRetryAttempts=1, **to_s3(bucket))
    dispatcher.drain(ahead=HOUR)
    [(key, record)] = cloud.failures(bucket)
    shard = record[info(cloud)]["shardId"]
    name = record["requestContext"]["requestId"]
    assert key == f"aws/lambda/{dispatcher.mappings[0].uuid}/{shard}/2026/11/20/2026-11-20T12.00.01-{name}"
    assert json.loads(record["payload"]) == function.calls[-1]
    arrival = "2026-11-20T12:00:00.000Z" if cloud.kind == "kinesis" else "2026-11-20T12:00:00Z"
    region, account = arn.split(":")[3:5]
    assert record == {
        "requestContext": {
            "requestId": name,
            "functionArn": f"arn:aws:lambda:{region}:{account}:function:reader",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 2,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-11-20T12:00:01.000Z",
        info(cloud): {
            "shardId": shard,
            "startSequenceNumber": number(function.calls[0], 0),
            "endSequenceNumber": number(function.calls[0], 1),
            "approximateArrivalOfFirstRecord": arrival,
            "approximateArrivalOfLastRecord": arrival,
            "batchSize": 2,
            "streamArn": arn,
        },
        "payload": record["payload"],
    }


def test_a_discard_to_a_queue_tells_where_the_records_were_and_not_what(cloud):
    arn, function, sqs = cloud.stream(), Function(failing(1)), cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.fresh("failures"))["QueueUrl"]
    target = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    cloud.put(arn, 1)
    cloud.dispatcher(arn, function, MaximumRetryAttempts=0, **to(target)).drain()
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert_metadata_only(cloud, json.loads(message["Body"]), function)


def test_a_discard_to_a_topic_tells_where_the_records_were_and_not_what(cloud):
    arn, function, sqs = cloud.stream(), Function(failing(1)), cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.fresh("listener"))["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = cloud.client("sns").create_topic(Name=cloud.fresh("failures"))["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    cloud.put(arn, 1)
    cloud.dispatcher(arn, function, MaximumRetryAttempts=0, **to(topic)).drain()
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert_metadata_only(cloud, json.loads(json.loads(message["Body"])["Message"]), function)


def assert_metadata_only(cloud, record, function):
    assert "payload" not in record
    assert record[info(cloud)]["startSequenceNumber"] == number(function.calls[0], 1)
    assert record[info(cloud)]["batchSize"] == 1


def test_a_discard_of_what_was_never_sent_has_no_response(cloud):
    arn, bucket = cloud.stream(), cloud.bucket()

    def invoke(name, event):
        raise Unavailable("throttled")

    cloud.put(arn, 1)
    cloud.dispatcher(arn, None, invoke=invoke, MaximumRecordAgeInSeconds=60, **to_s3(bucket)).drain(ahead=HOUR)
    [(_, record)] = cloud.failures(bucket)
    assert "responseContext" not in record
    assert record["requestContext"]["approximateInvokeCount"] == 0


def test_the_shard_goes_on_after_a_discard_without_a_destination(cloud):
    arn, function = cloud.stream(), Function(failing(1))
    cloud.put(arn, 1, 2)
    cloud.dispatcher(arn, function, BatchSize=1, MaximumRetryAttempts=0).drain()
    assert function.batches == [[1], [2]]


def test_a_discard_is_checkpointed_past(cloud):
    arn, bucket = cloud.stream(), cloud.bucket()
    cloud.put(arn, 1, 2)
    first = cloud.dispatcher(arn, Function(failing(1, 2)), MaximumRetryAttempts=0, **to_s3(bucket))
    first.drain()
    again = Function()
    cloud.dispatcher(arn, again, first.checkpoints).drain()
    assert again.calls == []
    assert len(cloud.failures(bucket)) == 1


def to(arn):
    return {"DestinationConfig": {"OnFailure": {"Destination": arn}}}


def to_s3(bucket):
    return to(f"arn:aws:s3:::{bucket}")


def info(cloud):
    return "KinesisBatchInfo" if cloud.kind == "kinesis" else "DDBStreamBatchInfo"
