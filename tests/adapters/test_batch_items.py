"""Batches against a real table: nothing asked for twice is lost or doubled, and patience has an end."""

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from adapters.aws import batch_items
from adapters.aws.attribute_values import encode_value
from adapters.aws.batch_items import Backoff
from adapters.aws.quick_bodies import quicken
from domain.errors import Rejected, Unavailable


@pytest.fixture(params=[lambda client: client, quicken], ids=["plain", "quick"])
def client(request, monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        client = request.param(boto3.client("dynamodb", config=config))
        client.create_table(
            TableName="Things",
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.fixture
def waits():
    return []


@pytest.fixture
def backoff(waits):
    return Backoff(tries=4, base=1.0, most=3.0, chance=lambda: 0.5, sleep=waits.append)


def things(count, **more):
    return [{"PK": f"THING#{number}", "SK": "-", "number": number, **more} for number in range(count)]


def keys(items):
    return [{"PK": item["PK"], "SK": item["SK"]} for item in items]


def stored(client):
    pages = client.get_paginator("scan").paginate(TableName="Things", ConsistentRead=True)
    return sorted(int(item["number"]["N"]) for page in pages for item in page["Items"])


def calls(client, operation):
    """How many entries each call of the operation carried."""
    sizes = []

    def note(params, **_):
        [asked] = params["RequestItems"].values()
        sizes.append(len(asked["Keys"] if isinstance(asked, dict) else asked))

    client.meta.events.register(f"provide-client-params.dynamodb.{operation}", note)
    return sizes


def drop_writes(client, share, times=10**9):
    """The table takes only part of each write and hands the rest back, as a throttled one does."""
    held = {}
    left = {"times": times}

    def keep_back(params, **_):
        [(table, requests)] = params["RequestItems"].items()
        done = len(requests) - int(len(requests) * share) if left["times"] else len(requests)
        left["times"] = max(0, left["times"] - 1)
        held["left"] = {table: requests[done:]} if requests[done:] else {}
        return {"RequestItems": {table: requests[: max(done, 1)]}}  # a call must carry something

    client.meta.events.register("provide-client-params.dynamodb.BatchWriteItem", keep_back)
    client.meta.events.register(
        "after-call.dynamodb.BatchWriteItem", lambda parsed, **_: parsed.update(UnprocessedItems=held["left"])
    )


def test_items_are_written_25_a_call_and_read_100_keys_a_call(client):
    writes, reads = calls(client, "BatchWriteItem"), calls(client, "BatchGetItem")
    assert batch_items.put(client, "Things", iter(things(130))) == 130
    found = list(batch_items.get(client, "Things", keys(things(140)), consistent=True))
    assert sorted(item["number"] for item in found) == list(range(130))
    assert (writes, reads) == ([25] * 5 + [5], [100, 40])


def test_a_key_asked_for_twice_comes_once(client):
    batch_items.put(client, "Things", things(3))
    assert len(list(batch_items.get(client, "Things", keys(things(3)) * 2))) == 3


def test_nothing_asked_for_costs_no_call(client):
    writes, reads = calls(client, "BatchWriteItem"), calls(client, "BatchGetItem")
    assert batch_items.put(client, "Things", []) == 0
    assert list(batch_items.get(client, "Things", [])) == []
    assert (writes, reads) == ([], [])


def test_only_the_attributes_asked_for_come_back(client):
    batch_items.put(client, "Things", things(1, status="new", size=2))
    [item] = batch_items.get(client, "Things", keys(things(1)), attributes=("PK", "status"))
    assert item == {"PK": "THING#0", "status": "new"}


def test_half_of_the_items_unprocessed_each_time_are_all_written_in_the_end(client, backoff, waits):
    drop_writes(client, share=0.5)
    batch_items.put(client, "Things", things(60), backoff=backoff)
    assert stored(client) == list(range(60))
    assert waits


def test_waits_grow_from_zero_to_at_most_the_ceiling(client, backoff, waits):
    drop_writes(client, share=1.0, times=3)
    batch_items.put(client, "Things", things(2), backoff=backoff)
    assert waits == [1.0, 1.5, 1.5]  # half of 2, of min(3, 4), of min(3, 8)
    assert stored(client) == [0, 1]


def test_items_unprocessed_beyond_patience_are_unavailable_and_counted(client, backoff, waits):
    drop_writes(client, share=1.0)
    with pytest.raises(Unavailable, match="Things: 7 of 7 left unprocessed 4 times"):
        batch_items.put(client, "Things", things(7), backoff=backoff)
    assert len(waits) == 3


def test_unprocessed_keys_are_asked_for_again(client, backoff):
    batch_items.put(client, "Things", things(40))
    reads = calls(client, "BatchGetItem")
    keep_keys_back(client, share=0.5, times=3)
    found = list(batch_items.get(client, "Things", keys(things(40)), backoff=backoff))
    assert sorted(item["number"] for item in found) == list(range(40))
    assert reads == [40, 20, 10, 5]


def test_keys_unprocessed_beyond_patience_are_unavailable(client, backoff):
    keep_keys_back(client, share=1.0, times=10**9)
    with pytest.raises(Unavailable, match="Things: 3 of 3 left unprocessed"):
        list(batch_items.get(client, "Things", keys(things(3)), backoff=backoff))


def keep_keys_back(client, share, times):
    """The answer holds only part of what was asked for, as one cut at 16 MB does."""
    asked, left = {}, {"times": times}

    def note(params, **_):
        asked.update(params["RequestItems"])

    def cut(parsed, **_):
        [(table, request)] = asked.items()
        if not left["times"]:
            return
        left["times"] -= 1
        back = request["Keys"][: int(len(request["Keys"]) * share)]
        found = parsed["Responses"].get(table, [])
        parsed["Responses"][table] = [i for i in found if {"PK": i["PK"], "SK": i["SK"]} not in back]
        parsed["UnprocessedKeys"] = {table: {**request, "Keys": back}}

    client.meta.events.register("provide-client-params.dynamodb.BatchGetItem", note)
    client.meta.events.register("after-call.dynamodb.BatchGetItem", cut)


def test_a_throttled_table_is_unavailable(client):
    refuse(client, "ProvisionedThroughputExceededException")
    with pytest.raises(Unavailable, match="Things: ProvisionedThroughputExceededException"):
        batch_items.put(client, "Things", things(1))
    with pytest.raises(Unavailable, match="Things: ProvisionedThroughputExceededException"):
        list(batch_items.get(client, "Things", keys(things(1))))


def test_an_item_above_400_kb_is_rejected_by_its_key(client):
    refuse(client, "ValidationException")
    with pytest.raises(Rejected, match="THING#0/- is larger than 400 KB"):
        batch_items.put(client, "Things", things(1, text="x" * 400 * 1024))


def test_a_call_refused_for_another_reason_is_a_bug(client):
    refuse(client, "ValidationException")
    with pytest.raises(ClientError, match="ValidationException"):
        batch_items.put(client, "Things", things(1, text="x" * 400_000))


def refuse(client, error):
    """Every call is answered by this error, on the wire."""

    def answer(request, **_):
        response = AWSResponse(request.url, 400, {}, None)
        response._content = f'{{"__type": "{error}", "message": "no"}}'.encode()
        return response

    client.meta.events.register_first("before-send.dynamodb.*", answer)


@pytest.mark.parametrize(
    ("value", "size"),
    [("é", 2), (True, 1), (None, 1), (b"abc", 3), (["a", "b"], 7), ({"ab": "c"}, 7), ({"a", "bc"}, 3), (12, 3)],
)
def test_sizes_are_counted_as_dynamodb_counts_them(value, size):
    assert batch_items.size_of(encode_value(value)) == size
