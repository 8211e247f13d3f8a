"""DynamoDB in memory answers as moto does, call by call, over thousands of random calls of the kinds our adapters make."""

import json
import random
from decimal import Decimal

import boto3
import pytest
from botocore.exceptions import ClientError
from memory_dynamodb import MemoryDynamoDB
from memory_items import Table
from moto import mock_aws
from notifications_world import DEMAND, INDEXES, REGION, STATE, make_demand_table

FANS = [f"fan:{number}" for number in range(4)]
PLACES = [f"demand#e-{number}" for number in range(4)]
UNTOLD = {"ResponseMetadata", "ScannedCount", "LastEvaluatedKey", "ConsumedCapacity", "ItemCollectionMetrics"}
STATUSES = ("CREATED", "RETRY", "SENDING", "DELIVERED")


def text(value):
    return {"S": value}


def number(value):
    return {"N": str(value)}


class Dice:
    """Random requests, the same for the same seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def key(self):
        return {"PK": text(self.pick(FANS)), "SK": text(self.pick(PLACES))}

    def item(self):
        item = {
            **self.key(),
            "status": {"M": {"id": text(self.pick(STATUSES)), "date": text("d")}},
            "rev": number(self.few()),
        }
        if self.few():
            item |= {"unsettledShard": text("unsettled#1"), "unsettledSince": text(f"2026-{self.few()}")}
        if self.few():
            item |= {"date": {"M": {"created": text("2026")}}, "tags": {"SS": sorted({"a", self.pick("abc")})}}
        if self.few():
            item |= {"saleDemandShard": text("e-s#1"), "fanId": text(f"{self.few()}"), "errors": {"L": [text("x")]}}
        return item

    def few(self):
        return self.random.randrange(4)

    def conditioned(self):
        rev, status = number(self.few()), text(self.pick(STATUSES))
        return self.pick([
            {},
            {"ConditionExpression": "attribute_not_exists(PK)"},
            {"ConditionExpression": "attribute_not_exists(#pk) OR (#status.#id = :expired AND rev = :rev)",
             "ExpressionAttributeNames": {"#pk": "PK", "#status": "status", "#id": "id"},
             "ExpressionAttributeValues": {":expired": status, ":rev": rev}},
            {"ConditionExpression": "attribute_exists(#pk) AND #rev = :rev",
             "ExpressionAttributeNames": {"#pk": "PK", "#rev": "rev"}, "ExpressionAttributeValues": {":rev": rev}},
            {"ConditionExpression": "NOT (rev < :rev) AND (#status.id IN (:a, :b) OR rev BETWEEN :zero AND :rev)",
             "ExpressionAttributeNames": {"#status": "status"},
             "ExpressionAttributeValues": {":rev": rev, ":a": status, ":b": text("RETRY"), ":zero": number("0.0")}},
            {"ConditionExpression": "rev <> :rev AND (begins_with(SK, :sk) OR contains(tags, :tag)"
             " OR (attribute_exists(tags) AND size(tags) > :one))",
             "ExpressionAttributeValues": {":rev": rev, ":sk": text("demand#e-1"), ":tag": text("b"), ":one": number(1)}},
            {"ConditionExpression": "attribute_not_exists(#date.#created) OR errors[0] = :x OR attribute_type(rev, :t)",
             "ExpressionAttributeNames": {"#date": "date", "#created": "created"},
             "ExpressionAttributeValues": {":x": text("x"), ":t": text("S")}},
        ])  # fmt: skip

    def change(self):
        values = {":n": number(self.few()), ":t": text(f"{self.few()}")}
        names = {"#date": "date", "#d": "day", "#s": "unsettledSince"}
        change, used = self.pick([
            ("SET rev = :n", ":n"),
            ("SET rev = if_not_exists(rev, :n) + :n", ":n"),
            ("SET rev = rev - :n", ":n"),
            ("SET #s = :t, unsettledShard = :u REMOVE errors", ":t :u #s"),
            ("SET #date.#d = :t", ":t #date #d"),
            ("SET #date.#d = if_not_exists(#date.#d, :t), rev = :n", ":t :n #date #d"),
            ("SET errors = list_append(if_not_exists(errors, :none), :list)", ":none :list"),
            ("REMOVE #s, #date.#d", "#s #date #d"),
            ("ADD rev :n, tags :set", ":n :set"),
            ("DELETE tags :set", ":set"),
        ])  # fmt: skip
        values |= {
            ":u": text("unsettled#2"),
            ":none": {"L": []},
            ":list": {"L": [number(1)]},
            ":set": {"SS": ["b", "c"]},
        }
        return {
            "UpdateExpression": change,
            "ExpressionAttributeNames": {name: it for name, it in names.items() if name in used.split()},
            "ExpressionAttributeValues": {name: it for name, it in values.items() if name in used.split()},
        }

    def request(self):
        """(operation, what is asked)"""
        kind = self.random.random()
        table = {"TableName": DEMAND}
        if kind < 0.25:
            told = self.pick([{}, {"ReturnValues": "ALL_OLD"}])
            return "put_item", {**table, "Item": self.item(), **self.conditioned(), **told}
        if kind < 0.6:
            told = self.pick([{}, {"ReturnValues": "ALL_NEW"}, {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}])
            return "update_item", {**table, "Key": self.key(), **merged(self.change(), self.conditioned()), **told}
        if kind < 0.7:
            return "delete_item", {**table, "Key": self.key(), **self.conditioned()}
        if kind < 0.75:
            keys = [self.key()]
            return "batch_get_item", {"RequestItems": {DEMAND: {"Keys": keys, "ConsistentRead": True}}}
        if kind < 0.8:
            puts = {it["SK"]["S"] + it["PK"]["S"]: {"PutRequest": {"Item": it}} for it in (self.item(), self.item())}
            return "batch_write_item", {"RequestItems": {DEMAND: list(puts.values())}}
        if kind < 0.87:
            return "transact_write_items", {"TransactItems": self.entries(table)}
        return "query", {**table, **self.asked(), **self.pick([{}, {"ScanIndexForward": False}, {"Select": "COUNT"}])}

    def entries(self, table):
        found, change = {}, self.change()
        while any(
            it in change["UpdateExpression"] for it in (".#d", " - ")
        ):  # may fail, which moto tells in its own words
            change = self.change()
        for entry in (
            {"Put": {**table, "Item": self.item(), **self.conditioned()}},
            {"Update": {**table, "Key": self.key(), **merged(change, self.conditioned())}},
            {"Delete": {**table, "Key": self.key(), **self.conditioned()}},
            {"ConditionCheck": {**table, "Key": self.key(), "ConditionExpression": "attribute_exists(PK)"}},
        ):
            [asked] = entry.values()
            at = asked.get("Key") or {name: asked["Item"][name] for name in ("PK", "SK")}
            found[json.dumps(at)] = entry
        return list(found.values())

    def asked(self):
        rev = {"FilterExpression": "rev >= :rev"}
        value = {":p": text(self.pick(FANS)), ":s": text(self.pick(PLACES)), ":rev": number(1)}
        condition, index, used = self.pick([
            ("PK = :p", {}, ":p"), ("PK = :p AND begins_with(SK, :s)", {}, ":p :s"), ("PK = :p AND SK > :s", {}, ":p :s"),
            ("PK = :p AND SK BETWEEN :s AND :t", {}, ":p :s :t"), ("PK = :p AND SK <= :s", {}, ":p :s"),
            ("PK = :p AND SK <= :s", rev, ":p :s :rev"),
            ("unsettledShard = :u AND unsettledSince < :m", {"IndexName": "unsettled"}, ":u :m"),
            ("saleDemandShard = :d AND fanId > :f", {"IndexName": "saleDemands", **rev}, ":d :f :rev"),
            ("saleDemandShard = :d", {"IndexName": "saleDemands"}, ":d"),
        ])  # fmt: skip
        value |= {":t": text("demand#e-2"), ":u": text("unsettled#1"), ":m": text("2026-2"), ":d": text("e-s#1")}
        value |= {":f": text("1")}
        values = {name: it for name, it in value.items() if name in used.split()}
        return {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, **index}


def merged(change, condition):
    both = {**change, **condition}
    for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        if told := {**change.get(name, {}), **condition.get(name, {})}:
            both[name] = told
        else:
            both.pop(name, None)
    return both


def answered(client, operation, asked):
    """What it answered, in a form in which equal answers are equal."""
    try:
        answer = getattr(client, operation)(**asked)
    except ClientError as error:
        reasons = [it["Code"] for it in error.response.get("CancellationReasons", ())]
        return error.response["Error"]["Code"], reasons, plain(error.response.get("Item"))
    told = {name: it for name, it in answer.items() if name not in UNTOLD}
    found = told.pop("Items", None)
    rows = sorted(json.dumps(plain(it), sort_keys=True) for it in found or ())
    return json.dumps({name: plain(it) for name, it in told.items()}, sort_keys=True), rows


def plain(value):
    """Numbers by their worth, sets in order."""
    if isinstance(value, dict):
        if set(value) == {"N"}:
            return {"N": str(Decimal(value["N"]).normalize())}
        return {name: sorted(it) if name == "SS" else plain(it) for name, it in value.items()}
    return [plain(it) for it in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def moto():
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        client = boto3.Session(region_name=REGION).client("dynamodb")
        yield client


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_calls_are_answered_alike_and_leave_the_same(moto, seed):
    if DEMAND in moto.list_tables()["TableNames"]:
        moto.delete_table(TableName=DEMAND)
    make_demand_table(moto)
    memory, dice, kinds = MemoryDynamoDB({DEMAND: Table(INDEXES)}), Dice(seed), set()
    for step in range(500):
        operation, asked = dice.request()
        ours, theirs = answered(memory, operation, asked), answered(moto, operation, asked)
        assert ours == theirs, f"step {step}: {operation} {json.dumps(asked)}"
        kinds.add((operation, ours[0] if operation != "query" else bool(ours[1])))
    assert {"ConditionalCheckFailedException", "ValidationException", "TransactionCanceledException"} <= {
        it for _, it in kinds
    }
    assert ("query", True) in kinds
    left = moto.scan(TableName=DEMAND)["Items"]
    assert {json.dumps(plain(it), sort_keys=True) for it in left} == {
        json.dumps(plain(it), sort_keys=True) for it in memory.tables[DEMAND].items.values()
    }


def test_pages_hold_as_many_as_asked_for_and_go_on_in_order():
    memory = MemoryDynamoDB({STATE: Table(INDEXES)})
    for fan in range(25):
        row = {"PK": text(f"fan:{fan}"), "SK": text("x"), "saleDemandShard": text("e-s#1"), "fanId": text(f"{fan:03d}")}
        memory.put_item(TableName=STATE, Item=row)
    asked = {
        "TableName": STATE,
        "IndexName": "saleDemands",
        "KeyConditionExpression": "saleDemandShard = :d",
        "ExpressionAttributeValues": {":d": text("e-s#1")},
        "Limit": 10,
    }
    for forward in (True, False):
        pages = list(memory.get_paginator("query").paginate(**asked, ScanIndexForward=forward))
        fans = [it["fanId"]["S"] for page in pages for it in page["Items"]]
        assert [len(page["Items"]) for page in pages] == [10, 10, 5]
        assert fans == sorted(fans, reverse=not forward)


def test_changes_tell_old_and_new_and_what_changes_nothing_tells_nothing():
    memory = MemoryDynamoDB({DEMAND: Table(INDEXES, streamed=True)})
    item = {"PK": text("fan:1"), "SK": text("x"), "rev": number(1)}
    memory.put_item(TableName=DEMAND, Item=item)
    memory.put_item(TableName=DEMAND, Item=dict(item))
    bumped = {"UpdateExpression": "SET rev = rev + :one", "ExpressionAttributeValues": {":one": number(1)}}
    memory.update_item(TableName=DEMAND, Key={"PK": text("fan:1"), "SK": text("x")}, **bumped)
    memory.delete_item(TableName=DEMAND, Key={"PK": text("fan:1"), "SK": text("x")})
    told = [
        (it["eventName"], *(it["dynamodb"].get(image, {}).get("rev") for image in ("OldImage", "NewImage")))
        for it in memory.take_changes()
    ]
    assert told == [("INSERT", None, number(1)), ("MODIFY", number(1), number(2)), ("REMOVE", number(2), None)]
    assert not memory.changes
