"""Candidates on a real table: together with their index items, or not at all."""

from dataclasses import replace

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from candidates_table import make_candidates_table, whole
from moto import mock_aws
from programs_in_small import READY, REVIEWS, RUN

from adapters.aws.attribute_values import encode_item
from adapters.aws.batch_items import Backoff
from adapters.aws.candidates import CandidateTable
from adapters.aws.quick_bodies import quicken
from adapters.aws.session import QUICK
from domain.errors import Unavailable
from domain.solicitation.program import Channel
from domain.solicitation.stored import storer

CHANNELS = (*REVIEWS.channels, Channel("voice", "voice", {}))
ACCESS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
AT_ONCE = Backoff(tries=4, sleep=lambda seconds: None)


@pytest.fixture(params=["moto", "ministack"])
def dynamodb(request):
    """The same rules on two DynamoDBs that share no code."""
    if request.param == "ministack":
        aws = request.getfixturevalue("ministack")
        client = quicken(boto3.client("dynamodb", endpoint_url=aws.endpoint, config=QUICK, **ACCESS))
        make_candidates_table(client, "Candidates")
        yield client
        client.delete_table(TableName="Candidates")
        return
    with mock_aws():
        client = quicken(boto3.client("dynamodb", config=QUICK, **ACCESS))
        make_candidates_table(client, "Candidates")
        yield client


@pytest.fixture
def table(dynamodb):
    return CandidateTable(dynamodb, "Candidates", AT_ONCE)


def stored(customer="c1", score=0.7, channels=CHANNELS):
    scored = {"value": score, "fallback": False, "models": [["m", "1", score]], "missing": []}
    return storer(replace(REVIEWS, channels=channels), RUN)({**READY.to_row(), "customer": customer, "score": scored})


def standing(table, candidate):
    return table.standing([candidate])[candidate.key]


def test_a_candidate_is_one_base_item_and_one_item_a_channel(table, dynamodb):
    candidates = [stored(f"c{n}") for n in range(30)]
    assert table.create(candidates) == 90
    items = whole(dynamodb, "Candidates")
    assert items == {(i["PK"], i["SK"]): i for c in candidates for i in (c.base, *c.index)}


def test_standing_tells_of_base_items_only_what_a_decision_needs(table):
    table.create([stored("c1")])
    found = table.standing([stored("c1"), stored("c2")])
    assert list(found) == [stored("c1").key]
    assert "customerId" not in found[stored("c1").key]
    assert found[stored("c1").key]["channels"] == ["email", "voice"]


def test_the_index_serves_a_channel_best_score_first(table, dynamodb):
    table.create([stored(f"c{n}", score=n / 100) for n in range(100)])
    served = [
        item
        for shard in range(4)
        for item in dynamodb.query(
            TableName="Candidates",
            IndexName="GSI1",
            KeyConditionExpression="GSI1PK = :pk",
            ExpressionAttributeValues=encode_item({":pk": f"PROGRAM#small-reviews#CHANNEL#email#{shard}"}),
            ScanIndexForward=False,
        )["Items"]
    ]
    best = sorted(served, key=lambda item: item["GSI1SK"]["S"], reverse=True)
    assert [item["customerId"]["S"] for item in best] == [f"c{n}" for n in reversed(range(100))]


@pytest.mark.parametrize("calls_before_the_cut", [0, 1, 2, 3])
def test_a_base_item_is_never_there_without_its_index_items(table, dynamodb, calls_before_the_cut):
    candidates = [stored(f"c{n}") for n in range(30)]  # 60 index items in 3 calls, then 30 base items in 2
    cut_off_after(dynamodb, calls_before_the_cut)
    with pytest.raises(KeyboardInterrupt):
        table.create(candidates)
    items = whole(dynamodb, "Candidates")
    for candidate in candidates:
        if candidate.key in items:
            assert all((item["PK"], item["SK"]) in items for item in candidate.index)


def cut_off_after(client, calls):
    left = iter(range(calls))

    def cut(**_):
        if next(left, None) is None:
            raise KeyboardInterrupt

    client.meta.events.register("before-call.dynamodb.BatchWriteItem", cut)


def test_a_replacement_moves_the_score_and_keeps_the_birthday(table, dynamodb):
    table.create([stored(score=0.7)])
    assert table.replace(stored(score=0.9), {**standing(table, stored()), "createdAt": "2026-11-01T02:00:00Z"}) == 3
    items = whole(dynamodb, "Candidates")
    base = items[stored().key]
    assert (base["score"], base["version"], base["createdAt"]) == (0.9, 2, "2026-11-01T02:00:00Z")
    assert {item["GSI1SK"].split("#")[0] for key, item in items.items() if key != stored().key} == {"0.900000"}


def test_a_dropped_channel_leaves_the_index(table, dynamodb):
    table.create([stored()])
    table.replace(stored(channels=CHANNELS[:1]), standing(table, stored()))
    assert {item.get("channel") for item in whole(dynamodb, "Candidates").values()} == {None, "email"}


@pytest.mark.parametrize("change", ["SET #status = :word", "SET version = version + :one", "DELETE"])
def test_a_candidate_that_moved_on_is_left_as_it_is(table, dynamodb, change):
    table.create([stored(score=0.7)])
    seen = standing(table, stored())
    alter(dynamodb, stored(), change)
    before = whole(dynamodb, "Candidates")
    assert table.replace(stored(score=0.9), seen) == 0
    assert whole(dynamodb, "Candidates") == before


def alter(client, candidate, change):
    key = encode_item(dict(zip(("PK", "SK"), candidate.key, strict=True)))
    if change == "DELETE":
        client.delete_item(TableName="Candidates", Key=key)
    elif "status" in change:
        client.update_item(
            TableName="Candidates",
            Key=key,
            UpdateExpression=change,
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=encode_item({":word": "CONSUMED"}),
        )
    else:
        client.update_item(
            TableName="Candidates",
            Key=key,
            UpdateExpression=change,
            ExpressionAttributeValues=encode_item({":one": 1}),
        )


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
def test_a_conflict_between_transactions_is_unavailable(table, dynamodb, reason):
    refuse_transactions(dynamodb, reason)
    with pytest.raises(Unavailable, match=reason):
        table.replace(stored(), stored().base)


def test_a_transaction_refused_for_another_reason_is_a_bug(table, dynamodb):
    refuse_transactions(dynamodb, "ValidationError")
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        table.replace(stored(), stored().base)


def refuse_transactions(client, reason):
    def answer(request, **_):
        response = AWSResponse(request.url, 400, {}, None)
        response._content = (
            b'{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "cancelled",'
            b' "CancellationReasons": [{"Code": "None"}, {"Code": "%s"}]}' % reason.encode()
        )
        return response

    client.meta.events.register_first("before-send.dynamodb.TransactWriteItems", answer)
