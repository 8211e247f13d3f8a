"""CPU a score row costs from a load's record to its write: read, fold and conditional update, against boto3's Table.update_item."""

import gc
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from time import process_time
from typing import Any

import boto3
import orjson
from botocore.config import Config

from adapters.aws.attribute_values import decode_item, decode_value
from adapters.aws.batch_items import KEYS_A_READ, chunks
from adapters.aws.quick_bodies import quicken
from adapters.aws.score_table import AT_ONCE, ScoreTable
from adapters.aws.session import QUICK
from benchmarks.result import Line, paired
from benchmarks.wire import Reply, Wire
from domain.scores.keys import FAN, fan_row
from domain.scores.marks import CREATED, UPDATED, Mark, marked, write_marks
from domain.scores.scored import Scored

TABLE = "Scores"
NOW = datetime(2026, 2, 13, 10, 5, tzinfo=UTC)
ROWS, ROUNDS = 1_000, 5
CPU = "CPU µs per row"
GOAL = 1.6
CREDENTIALS = {
    "aws_access_key_id": "x",
    "aws_secret_access_key": "x",
    "aws_session_token": "x" * 700,
    "region_name": "eu-west-1",
}

Row = dict[str, Any]
Rows = dict[tuple[str, str], Row]
Side = Callable[[Sequence[Scored], Rows], None]


def measure() -> list[Line]:
    wire = Rewritten()
    mine, theirs = ours(wire), peer(wire)
    check(wire, mine, theirs)
    gc.freeze()
    wire.kept = None
    lines = []
    for name, standing, records in _scenes(ROWS):
        wire.rows = standing
        costs: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for seconds, side in zip(costs, (mine, theirs), strict=True):
                begun, outside = process_time(), wire.seconds
                side(records, standing)
                seconds.append((process_time() - begun - (wire.seconds - outside)) / ROWS * 1e6)
        lines.append(paired(f"scores, {name}", CPU, *costs, goal=GOAL))
    return lines


def check(wire: "Rewritten | None" = None, *sides: Side) -> None:
    """Only compare what both sides leave in the table."""
    wire = wire or Rewritten()
    for name, standing, records in _scenes(150):
        left = []
        for side in sides or (ours(wire), peer(wire)):
            wire.rows, wire.kept = standing, {}
            side(records, standing)
            left.append(wire.kept)
        assert len(left[0]) == len(records), f"{name}: not every row was written"
        different = [key for key in left[0] if left[0][key] != left[1].get(key)]
        assert not different, f"{name}: {left[0][different[0]]} is not {left[1].get(different[0])}"


class Rewritten(Wire):
    """A table that holds `rows`; what writes would make of them is kept, if wanted."""

    def __init__(self) -> None:
        super().__init__(lambda table, key: self.rows.get((key["PK"], key["SK"])), lambda _: {}, lambda _: 0.0)
        self.rows: Rows = {}
        self.kept: Rows | None = None

    def _UpdateItem(self, request: Any, body: bytes) -> Reply:
        if self.kept is not None:
            asked = orjson.loads(body)
            key = decode_item(asked["Key"])
            place = key["PK"], key["SK"]
            self.kept[place] = _updated(asked, {**self.rows.get(place, {}), **key})
        return 200, b"{}"


def _updated(asked: Row, row: Row) -> Row:
    """The item as the request makes it, whatever its condition: both sides ask for one that holds."""
    names, values = asked["ExpressionAttributeNames"], asked["ExpressionAttributeValues"]
    found = re.fullmatch(r"SET (?P<sets>.*?)(?: REMOVE (?P<removes>.*))?", asked["UpdateExpression"])
    assert found
    assert asked["ConditionExpression"]
    for path, value in re.findall(r"(#[\w.#]+) = (:\w+)", found["sets"]):
        *into, name = (names[part] for part in path.split("."))
        if into:
            row[into[0]] = {**row[into[0]], name: decode_value(values[value])}
        else:
            row[name] = decode_value(values[value])
    assert not found["removes"], "neither side has anything to take away here"
    return row


def ours(wire: Wire) -> Side:
    config = QUICK.merge(Config(max_pool_connections=AT_ONCE))
    client = quicken(boto3.client("dynamodb", config=config, **CREDENTIALS))
    table = ScoreTable(wire.attach(client), TABLE)

    def side(records: Sequence[Scored], standing: Rows) -> None:
        statuses = {it.status for it in table.upsert(records, NOW)}
        assert statuses <= {CREATED, UPDATED}

    return side


def peer(wire: Wire) -> Side:
    """The usual writing: one update_item a row, its values as Decimals, under a condition; where rows stand it reads them, by hundreds."""
    resource = boto3.resource("dynamodb", **CREDENTIALS)
    wire.attach(resource.meta.client)
    table = resource.Table(TABLE)

    def side(records: Sequence[Scored], standing: Rows) -> None:
        for chunk in chunks(records, KEYS_A_READ):
            was = _usual_read(resource, chunk) if standing else {}
            for record in chunk:
                table.update_item(**_usual_update(record, was.get(tuple(record.key))))

    return side


def _usual_read(resource: Any, records: Sequence[Scored]) -> Rows:
    asked = {TABLE: {"Keys": [record.key.attributes() for record in records], "ConsistentRead": True}}
    found = resource.batch_get_item(RequestItems=asked)["Responses"][TABLE]
    return {(row["PK"], row["SK"]): row for row in found}


def _usual_update(record: Scored, was: Row | None) -> Row:
    marks = (Mark("0" * 12, CREATED, frozenset({0})),) if was else ()
    own = {
        **record.content,
        "events": record.events,
        "origin": {"nudetect": record.nudetect},
        "rank": record.rank,
        "loadVersion": record.version,
        "loads": write_marks(marked(marks, record.load, record.part, UPDATED if was else CREATED)),
        "updated": NOW.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    own = json.loads(json.dumps(own), parse_float=Decimal)  # a Table takes no floats
    own = {name: value for name, value in own.items() if was is None or was.get(name) != value}
    values = {f":{name}": value for name, value in own.items()}
    return {
        "Key": record.key.attributes(),
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in own),
        "ConditionExpression": "#loads = :was" if was else "attribute_not_exists(PK)",
        "ExpressionAttributeNames": {f"#{name}": name for name in own},
        "ExpressionAttributeValues": values | ({":was": was["loads"]} if was else {}),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _scenes(rows: int) -> Iterator[tuple[str, Rows, list[Scored]]]:
    yield "rows made by a first file", {}, [_record(number, 1) for number in range(rows)]
    yield (
        "rows of which a newer file changes the score",
        _standing(rows),
        [_record(number, 2) for number in range(rows)],
    )


def _standing(rows: int) -> Rows:
    """As a first file has left them."""
    wire = Rewritten()
    wire.kept = {}
    ours(wire)([_record(number, 0) for number in range(rows)], {})
    return wire.kept


def _record(number: int, file: int) -> Scored:
    fan, score = f"{number:032X}", round((number * 37 % 1000 + file) / 1003, 6)
    content = {"score": score, "isVerified": score >= 0.5, "registrationScore": 0.41, "tags": ["long-time fan"]}
    return Scored(
        key=fan_row(FAN, fan, "campaign-123"),
        content={**content, "memberId": f"{number:09}", "campaignId": "campaign-123", "globalUserId": fan},
        load=f"{file}" * 12,
        version=f"2026-02-13T1{file}:00:00.000000Z#2026-02-13T1{file}:04:12.000000Z#{number:032X}",
        part=0,
        rank=0,
        nudetect={"score": 0.12, "scoreBand": "low"},
        events={"0": {"market": "New York", "score": score, "isVerified": score >= 0.5}},
    )


if __name__ == "__main__":
    for line in measure():
        print(line.cells())
