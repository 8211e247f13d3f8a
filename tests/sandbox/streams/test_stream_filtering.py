"""Which records of a real stream a mapping's filters let through, and that the others are left behind for good."""

import json

import pytest
from stream_rig import Function, values


def filters(*patterns):
    return {"FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}}


def test_a_kinesis_filter_looks_into_the_decoded_json(kinesis):
    arn, function = kinesis.kinesis(), Function()
    kinesis.put(arn, {"type": "sale", "n": 1}, {"type": "event", "n": 2}, {"type": "sale", "n": 30})
    kinesis.dispatcher(arn, function, **filters({"data": {"type": ["sale"], "n": [{"numeric": ["<", 10]}]}})).drain()
    assert function.batches == [[{"type": "sale", "n": 1}]]


def test_one_matching_filter_of_five_is_enough(kinesis):
    arn, function = kinesis.kinesis(), Function()
    kinesis.put(arn, *[{"n": n} for n in range(7)])
    kinesis.dispatcher(arn, function, **filters(*[{"data": {"n": [n]}} for n in range(5)])).drain()
    assert function.batches == [[{"n": n} for n in range(5)]]


def test_six_filters_are_an_error(kinesis):
    with pytest.raises(ValueError, match="6 filters; AWS takes 5"):
        kinesis.dispatcher(kinesis.kinesis(), Function(), **filters(*[{"data": {"n": [n]}} for n in range(6)]))


@pytest.mark.parametrize("pattern", [{"data": {"n": [1]}}, {"data": {"other": [{"exists": False}]}}])
def test_data_that_is_not_json_matches_no_pattern_on_data(kinesis, pattern):
    arn, function = kinesis.kinesis(), Function()
    kinesis.client("kinesis").put_record(StreamARN=arn, Data=b"\xff not json", PartitionKey="a")
    kinesis.client("kinesis").put_record(StreamARN=arn, Data=b"17", PartitionKey="a")
    kinesis.put(arn, {"n": 1}, key="a")
    kinesis.dispatcher(arn, function, **filters(pattern)).drain()
    assert function.batches == [[{"n": 1}]]


def test_a_kinesis_filter_without_data_looks_at_the_partition_key(kinesis):
    arn, function = kinesis.kinesis(), Function()
    kinesis.put(arn, 1, key="a")
    kinesis.put(arn, 2, key="b")
    kinesis.dispatcher(arn, function, **filters({"partitionKey": ["b"]})).drain()
    assert function.batches == [[2]]


def test_plain_text_is_no_pattern_for_kinesis_data(kinesis):
    with pytest.raises(ValueError, match="matched as JSON"):
        kinesis.dispatcher(kinesis.kinesis(), Function(), **filters({"data": ["text"]}))


def test_a_table_filter_looks_at_the_change_and_its_images(tables):
    arn, function = tables.table(), Function()
    tables.put(arn, 1, key="a")
    tables.put(arn, 2, key="a")
    tables.put(arn, 2, key="b")
    pattern = {"eventName": ["MODIFY"], "dynamodb": {"NewImage": {"n": {"N": ["2"]}}}}
    tables.dispatcher(arn, function, **filters(pattern)).drain()
    assert [(e["Records"][0]["eventName"], values(e)) for e in function.calls] == [("MODIFY", [2])]


def test_a_filtered_record_is_checkpointed_past(cloud):
    arn, nobody = cloud.stream(), Function()
    cloud.put(arn, 1, 2, 3)
    pattern = {"partitionKey": ["nobody"]} if cloud.kind == "kinesis" else {"eventName": ["REMOVE"]}
    first = cloud.dispatcher(arn, nobody, **filters(pattern))
    first.drain()
    again = Function()
    cloud.dispatcher(arn, again, first.checkpoints).drain()
    assert nobody.calls == again.calls == []


def test_filtered_records_do_not_count_towards_a_batch(kinesis):
    arn, function = kinesis.kinesis(), Function()
    kinesis.put(arn, *[{"n": n % 2, "i": n} for n in range(12)])
    kinesis.dispatcher(arn, function, BatchSize=3, **filters({"data": {"n": [1]}})).drain()
    assert [[record["i"] for record in batch] for batch in function.batches] == [[1, 3, 5], [7, 9, 11]]
