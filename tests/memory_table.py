"""One DynamoDB table in memory, for thousands of histories: what the counts ask of it, by DynamoDB's rules, and a hook at each call.

`test_exact_counts_world.py` holds its answers against moto's. An expression that it does not know is an AssertionError.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, Any]
Place = tuple[str, str]


@dataclass
class MemoryTable:
    """A client of one table. `at_call` is told the number of each call, `before` its operation and `after` it: it may raise, or act."""

    items: dict[Place, Item] = field(default_factory=dict)
    at_call: Callable[[int, str], None] = lambda number, side: None
    made: list[str] = field(default_factory=list)  # the operations of all calls
    page: int = 1000  # items that a Scan looks at in one call

    @property
    def calls(self) -> int:
        return len(self.made)

    def batch_get_item(self, RequestItems: Mapping[str, Any]) -> Any:
        [(table, asked)] = RequestItems.items()
        assert asked["ConsistentRead"]
        assert len(asked["Keys"]) <= 100
        number = self._begin("BatchGetItem")
        found = [dict(self.items[place(key)]) for key in asked["Keys"] if place(key) in self.items]
        self.at_call(number, "after")
        return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def transact_write_items(self, TransactItems: Sequence[Mapping[str, Any]]) -> None:
        asked = {place(it["Update"]["Key"]): it["Update"] for it in TransactItems}
        assert len(asked) == len(TransactItems) <= 100
        number = self._begin("TransactWriteItems")
        held = [holds(it.get("ConditionExpression"), self.items.get(at, {}), it) for at, it in asked.items()]
        if not all(held):
            raise cancelled("None" if it else "ConditionalCheckFailed" for it in held)
        for at, it in asked.items():
            self.items[at] = {**it["Key"], **updated(self.items.get(at, {}), it)}
        self.at_call(number, "after")

    def scan(self, **asked: Any) -> Any:
        assert asked["ConsistentRead"]
        assert (asked["Segment"], asked["TotalSegments"]) == (0, 1)
        number = self._begin("Scan")
        after = place(asked["ExclusiveStartKey"]) if "ExclusiveStartKey" in asked else ("", "")
        rest = sorted(at for at in self.items if at > after)
        wanted = asked["ProjectionExpression"].replace("#", "").split(", ")
        found = [self.items[at] for at in rest[: self.page] if holds(asked["FilterExpression"], self.items[at], asked)]
        answer: Item = {"Items": [{name: it[name] for name in wanted if name in it} for it in found]}
        if len(rest) > self.page:
            pk, sk = rest[self.page - 1]
            answer["LastEvaluatedKey"] = {"PK": text(pk), "SK": text(sk)}
        self.at_call(number, "after")
        return answer

    def _begin(self, operation: str) -> int:
        self.made.append(operation)
        number = self.calls
        self.at_call(number, f"before {operation}")
        return number


def place(key: Mapping[str, Any]) -> Place:
    return key["PK"]["S"], key["SK"]["S"]


def text(value: str) -> dict[str, str]:
    return {"S": value}


def refusal(code: str, **more: Any) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 400}, **more}
    return ClientError(answer, "TransactWriteItems")


def cancelled(codes: Iterable[str]) -> ClientError:
    return refusal("TransactionCanceledException", CancellationReasons=[{"Code": it} for it in codes])


def holds(expression: str | None, item: Item, asked: Mapping[str, Any]) -> bool:
    """Terms of `attribute_not_exists(#a)`, `#a = :b` and `begins_with(#a, :b)`, with AND or OR between all of them."""
    if expression is None:
        return True
    if " OR " in expression:
        return any(holds(term, item, asked) for term in expression.split(" OR "))
    return all(_term(term, item, asked) for term in expression.split(" AND "))


def _term(term: str, item: Item, asked: Mapping[str, Any]) -> bool:
    name = asked["ExpressionAttributeNames"][re.search(r"#\w+", term)[0]]  # type: ignore[index]
    if term.startswith("attribute_not_exists("):
        return name not in item
    value = asked["ExpressionAttributeValues"][re.search(r":\w+", term)[0]]  # type: ignore[index]
    if term.startswith("begins_with("):
        return item.get(name, text(""))["S"].startswith(value["S"])
    assert re.fullmatch(r"#\w+ = :\w+", term), term
    return bool(item.get(name) == value)


def updated(item: Item, asked: Mapping[str, Any]) -> Item:
    """SET #a = :b and ADD #a :b, in any order."""
    new = dict(item)
    names, values = asked["ExpressionAttributeNames"], asked["ExpressionAttributeValues"]
    for kind, clauses in re.findall(r"(SET|ADD) (.*?)(?= SET | ADD |$)", asked["UpdateExpression"]):
        for clause in clauses.split(", "):
            found = re.fullmatch(r"(#\w+) = (:\w+)" if kind == "SET" else r"(#\w+) (:\w+)", clause)
            assert found, clause
            name, value = names[found[1]], values[found[2]]
            new[name] = value if kind == "SET" else {"N": str(int(new.get(name, {"N": "0"})["N"]) + int(value["N"]))}
    return new
