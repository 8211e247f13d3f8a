"""The quick client and botocore's own say and hear the same."""

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from candidates_table import make_candidates_table, whole
from moto import mock_aws

from adapters.aws.attribute_values import encode_item
from adapters.aws.quick_bodies import quicken
from adapters.aws.session import QUICK

ITEM = {
    "PK": "CUSTOMER#é",
    "SK": "-",
    "number": 0.734512,
    "none": None,
    "list": ["a", {"b": True}],
    "set": {"x", "y"},
    "quote": '"\\\n\u2028',
}


@pytest.fixture
def clients(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        slow, quick = boto3.client("dynamodb"), quicken(boto3.client("dynamodb", config=QUICK))
        for table in ("Slow", "Quick"):
            make_candidates_table(slow, table)
        yield slow, quick


def write(client, table, item):
    return client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": encode_item(item)}}]})


def read(client, table):
    key = encode_item({"PK": ITEM["PK"], "SK": "-"})
    answer = client.batch_get_item(RequestItems={table: {"Keys": [key], "ConsistentRead": True}})
    return answer["Responses"][table]


@pytest.mark.parametrize("more", [{}, {"bytes": b"\x00\xff"}, {"sets": {b"a", b"b"}}])
def test_both_write_and_read_the_same(clients, more):
    slow, quick = clients
    write(slow, "Slow", {**ITEM, **more})
    write(quick, "Quick", {**ITEM, **more})
    assert whole(slow, "Quick") == whole(slow, "Slow")
    assert read(quick, "Quick") == read(slow, "Quick") == read(slow, "Slow")


def test_both_query_the_same_and_lead_on_from_page_to_page(clients):
    slow, quick = clients
    for number in range(3):
        write(slow, "Slow", {**ITEM, "SK": f"{number}", "bytes": b"\x00" if number == 1 else None})
    asked = {
        "TableName": "Slow",
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :a AND :z",
        "ExpressionAttributeValues": encode_item({":pk": ITEM["PK"], ":a": "0", ":z": "2"}),
        "ScanIndexForward": False,
        "ConsistentRead": True,
        "Limit": 1,
    }
    start, seen = {}, []
    for _ in range(3):
        mine, theirs = quick.query(**asked, **start), slow.query(**asked, **start)
        assert {**mine, "ResponseMetadata": None} == {**theirs, "ResponseMetadata": None}
        seen += [item["SK"]["S"] for item in mine["Items"]]
        start = {"ExclusiveStartKey": mine.get("LastEvaluatedKey")}
    assert seen == ["2", "1", "0"]


def updated(client, table, **condition):
    return client.update_item(
        TableName=table,
        Key=encode_item({"PK": ITEM["PK"], "SK": "-"}),
        UpdateExpression="SET #number = :number, bytes = :bytes REMOVE quote",
        ExpressionAttributeNames={"#number": "number"},
        ExpressionAttributeValues=encode_item({":number": 0.25, ":bytes": b"\x00\xff"} | condition),
        **({"ConditionExpression": "PK = :pk"} if condition else {}),
        ReturnValues="ALL_NEW",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


def test_both_update_the_same_and_bring_what_it_has_become(clients):
    slow, quick = clients
    for client, table in ((slow, "Slow"), (quick, "Quick")):
        write(slow, table, ITEM)
        assert updated(client, table)["Attributes"]["number"] == {"N": "0.25"}
    assert updated(quick, "Quick")["Attributes"] == updated(slow, "Slow")["Attributes"]
    assert whole(slow, "Quick") == whole(slow, "Slow")


def test_a_lost_condition_brings_the_item_as_it_stands(clients):
    slow, quick = clients
    write(slow, "Quick", ITEM)
    with pytest.raises(ClientError, match="ConditionalCheckFailed") as lost:
        updated(quick, "Quick", **{":pk": "another"})
    assert lost.value.response["Item"] == encode_item(ITEM)


def test_the_answer_still_carries_what_was_left_undone_and_the_metadata(clients):
    answer = write(clients[1], "Quick", ITEM)
    assert answer["UnprocessedItems"] == {}
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_errors_are_still_botocores(clients):
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        read(clients[1], "Missing")


def test_a_failed_attempt_is_sent_again_with_the_same_body(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    retrying = Config(parameter_validation=False, retries={"mode": "standard", "total_max_attempts": 2})
    client = quicken(boto3.client("dynamodb", region_name="eu-west-1", config=retrying))
    sent = answers(client, [(500, b"{}"), (200, b'{"UnprocessedItems": {}}')])
    write(client, "Quick", ITEM)
    assert len(sent) == 2
    assert sent[0] == sent[1]


def answers(client, replies):
    sent, left = [], iter(replies)

    def answer(request, **_):
        sent.append(bytes(request.body))
        status, body = next(left)
        response = AWSResponse(request.url, status, {}, None)
        response._content = body
        return response

    client.meta.events.register_first("before-send.dynamodb.*", answer)
    return sent
