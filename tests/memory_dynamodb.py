"""DynamoDB in memory, for days of fifty thousand fans: what our adapters ask of its client, by its rules, in microseconds.

`test_memory_dynamodb.py` holds its answers against moto's. Items go in and out as DynamoDB types them and must not be changed by
whoever has them. An expression that it does not know is an error of the test.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from itertools import count
from threading import RLock
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError
from dynamo_expressions import condition, key_condition
from dynamo_updates import update
from memory_items import Item, Place, Table, stretch

from adapters.aws.batch_items import size_of

PAGE = 2**20  # bytes that a query looks at in one call


def one_at_a_time(call: Callable[..., Any]) -> Callable[..., Any]:
    """Handlers call in threads."""

    @wraps(call)
    def alone(self: "MemoryDynamoDB", **asked: Any) -> Any:
        with self.lock:
            return call(self, **asked)

    return alone


class NobodyListens:
    """botocore's events, which a client without a wire has none of."""

    def register(self, *about: Any) -> None: ...

    register_first = register_last = register


@dataclass
class MemoryDynamoDB:
    """A client. `changes` of streamed tables as their streams tell them, old and new images, until somebody takes them.

    `clock`: epoch seconds, for the changes; `calls` counts by operation.
    """

    tables: Mapping[str, Table]
    clock: Callable[[], float] = lambda: 0.0
    changes: list[Item] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    lock: Any = field(default_factory=RLock)
    meta: Any = field(default_factory=lambda: SimpleNamespace(events=NobodyListens()))
    _number: Any = field(default_factory=lambda: count(1))

    def take_changes(self) -> list[Item]:
        taken, self.changes = self.changes, []
        return taken

    @one_at_a_time
    def get_item(self, **asked: Any) -> Any:
        self.calls["GetItem"] += 1
        item = self.tables[asked["TableName"]].items.get(place_of(asked["Key"]))
        return {"Item": _projected(item, asked)} if item is not None else {}

    @one_at_a_time
    def put_item(self, **asked: Any) -> Any:
        self.calls["PutItem"] += 1
        return self._write(asked, place_of(asked["Item"]), lambda asked: asked["Item"])

    @one_at_a_time
    def delete_item(self, **asked: Any) -> Any:
        self.calls["DeleteItem"] += 1
        return self._write(asked, place_of(asked["Key"]), lambda asked: None)

    @one_at_a_time
    def update_item(self, **asked: Any) -> Any:
        self.calls["UpdateItem"] += 1
        return self._write(asked, place_of(asked["Key"]), self._updated)

    @one_at_a_time
    def batch_get_item(self, RequestItems: Mapping[str, Any], **_: Any) -> Any:
        self.calls["BatchGetItem"] += 1
        assert sum(len(it["Keys"]) for it in RequestItems.values()) <= 100
        answers = {}
        for name, asked in RequestItems.items():
            items = self.tables[name].items
            answers[name] = [_projected(items[at], asked) for key in asked["Keys"] if (at := place_of(key)) in items]
        return {"Responses": answers, "UnprocessedKeys": {}}

    @one_at_a_time
    def batch_write_item(self, RequestItems: Mapping[str, Any], **_: Any) -> Any:
        self.calls["BatchWriteItem"] += 1
        assert sum(map(len, RequestItems.values())) <= 25
        for table, requests in RequestItems.items():
            for request in requests:
                new = request["PutRequest"]["Item"] if "PutRequest" in request else None
                self._put(table, place_of(new or request["DeleteRequest"]["Key"]), new)
        return {"UnprocessedItems": {}}

    @one_at_a_time
    def transact_write_items(self, TransactItems: Sequence[Mapping[str, Any]], **_: Any) -> Any:
        self.calls["TransactWriteItems"] += 1
        assert len(TransactItems) <= 100
        entries = [next(iter(it.items())) for it in TransactItems]
        places = [place_of(asked.get("Key") or asked["Item"]) for _, asked in entries]
        held = [self._holds(asked, at) for (_, asked), at in zip(entries, places, strict=True)]
        if not all(held):
            raise _cancelled(held)
        for (kind, asked), at in zip(entries, places, strict=True):
            if kind != "ConditionCheck":
                new = {"Put": lambda it: it["Item"], "Update": self._updated, "Delete": lambda it: None}[kind](asked)
                self._put(asked["TableName"], at, new)
        return {}

    @one_at_a_time
    def query(self, **asked: Any) -> Any:
        self.calls["Query"] += 1
        table, names, values = self.tables[asked["TableName"]], _names(asked), asked["ExpressionAttributeValues"]
        (partition, value), sort = key_condition(asked["KeyConditionExpression"])
        index = asked.get("IndexName", "")
        keys = table.indexes[index] if index else ("PK", "SK")
        assert (names.get(partition, partition), sort and names.get(sort[0], sort[0])) in (
            (keys[0], keys[1]),
            (keys[0], None),
        )
        entries = table.sorted.get((index, values[value]["S"]), [])
        low, high = stretch(entries, sort, values)
        return self._page(table, keys, entries, low, high, asked)

    def get_paginator(self, operation: str) -> Any:
        return _Pages(getattr(self, operation))

    def _page(self, table: Table, keys: tuple[str, str], entries: list[Any], low: int, high: int, asked: Any) -> Any:
        forward = asked.get("ScanIndexForward", True)
        if "ExclusiveStartKey" in asked:
            start = asked["ExclusiveStartKey"]
            after = (start[keys[1]]["S"],) if keys[0] == "PK" else (start[keys[1]]["S"], *place_of(start))
            low, high = (
                (max(low, bisect_right(entries, after)), high)
                if forward
                else (low, min(high, bisect_left(entries, after)))
            )
        pk = (
            None
            if keys[0] != "PK"
            else asked["ExpressionAttributeValues"][key_condition(asked["KeyConditionExpression"])[0][1]]["S"]
        )
        picked, looked, bytes, last = [], 0, 0, None
        meets = condition(asked["FilterExpression"]) if "FilterExpression" in asked else None
        names, values = _names(asked), asked["ExpressionAttributeValues"]
        for number in range(low, high) if forward else range(high - 1, low - 1, -1):
            entry = entries[number]
            at = (pk, entry[0]) if pk is not None else (entry[1], entry[2])
            item = table.items[at]
            looked, bytes = looked + 1, bytes + size_of({"M": item})
            if meets is None or meets(item, names, values):
                picked.append(item)
            if looked == asked.get("Limit") or bytes >= PAGE:
                last = {name: item[name] for name in {"PK", "SK", *keys}}
                break
        answer: Item = {"Count": len(picked), "ScannedCount": looked, **({"LastEvaluatedKey": last} if last else {})}
        return (
            answer if asked.get("Select") == "COUNT" else {**answer, "Items": [_projected(it, asked) for it in picked]}
        )

    def _updated(self, asked: Any) -> Item:
        old = self.tables[asked["TableName"]].items.get(place_of(asked["Key"]), asked["Key"])
        if "UpdateExpression" not in asked:
            return dict(old)
        return update(asked["UpdateExpression"])(old, _names(asked), asked.get("ExpressionAttributeValues", {}))

    def _write(self, asked: Any, at: Place, made: Callable[[Any], Item | None]) -> Any:
        if not self._holds(asked, at):
            raise self._refused(asked, at)
        new = made(asked)
        old = self._put(asked["TableName"], at, new)
        told = {"ALL_OLD": old, "ALL_NEW": new}.get(asked.get("ReturnValues", "NONE"))
        assert asked.get("ReturnValues", "NONE") in ("NONE", "ALL_OLD", "ALL_NEW"), "not known here"
        return {"Attributes": told} if told else {}

    def _put(self, name: str, at: Place, new: Item | None) -> Item | None:
        table = self.tables[name]
        old = table.put(at, new)
        if table.streamed and new != old:
            self.changes.append(self._change(at, old, new))
        return old

    def _holds(self, asked: Any, at: Place) -> bool:
        if "ConditionExpression" not in asked:
            return True
        item = self.tables[asked["TableName"]].items.get(at, {})
        return bool(
            condition(asked["ConditionExpression"])(item, _names(asked), asked.get("ExpressionAttributeValues", {}))
        )

    def _refused(self, asked: Any, at: Place) -> ClientError:
        error: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"}}
        if asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
            item = self.tables[asked["TableName"]].items.get(at)
            error |= {"Item": item} if item else {}
        return ClientError(error, "DynamoDB")

    def _change(self, at: Place, old: Item | None, new: Item | None) -> Item:
        number = next(self._number)
        images = {name: it for name, it in (("OldImage", old), ("NewImage", new)) if it is not None}
        return {
            "eventID": f"{number:032x}",
            "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-west-1",
            "dynamodb": {
                "ApproximateCreationDateTime": self.clock(),
                "Keys": {"PK": {"S": at[0]}, "SK": {"S": at[1]}},
                "SequenceNumber": f"{number:021d}",
                "SizeBytes": 0,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                **images,
            },
        }


@dataclass(frozen=True)
class _Pages:
    call: Callable[..., Any]

    def paginate(self, **asked: Any) -> Iterator[Any]:
        page = self.call(**asked)
        yield page
        while last := page.get("LastEvaluatedKey"):
            page = self.call(**{**asked, "ExclusiveStartKey": last})
            yield page


def place_of(key: Mapping[str, Any]) -> Place:
    return key["PK"]["S"], key["SK"]["S"]


def _names(asked: Any) -> Mapping[str, str]:
    return asked.get("ExpressionAttributeNames", {})


def _projected(item: Item, asked: Any) -> Item:
    """Of the attributes at the top alone."""
    if "ProjectionExpression" not in asked:
        return item
    names = _names(asked)
    wanted = [names.get(it.strip(), it.strip()) for it in asked["ProjectionExpression"].split(",")]
    return {name: item[name] for name in wanted if name in item}


def _cancelled(held: Sequence[bool]) -> ClientError:
    reasons = [{"Code": "None" if it else "ConditionalCheckFailed"} for it in held]
    error: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
        "CancellationReasons": reasons,
    }
    return ClientError(error, "TransactWriteItems")
