"""CPU of one call for a channel's top 10 and top 100: the function as it is deployed against `Table.query` and `json.dumps`."""

import gc
import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import boto3
import orjson
import requests
from boto3.dynamodb.conditions import Key

from adapters.aws.attribute_values import Item, encode_item
from benchmarks import facts
from benchmarks.ours import RUN
from benchmarks.result import Line, paired
from benchmarks.wire import Reply, Wire
from domain.solicitation.stored import iso, storer
from sandbox.gateway import signed
from sandbox.runtime import Sandbox

STORED = 4_000
CALLS = {10: 100, 100: 30}  # a round, by how many candidates are asked for
ROUNDS = 5
GOAL = 2
MIN_SCORE = 0.5
NOW = RUN.started_at
ENVIRONMENT = {
    "CANDIDATES_TABLE": "Candidates",
    "CUSTOMERS_TABLE": "Customers",
    "DELIVERIES_TABLE": "Deliveries",
    "RESPONSES_TABLE": "Responses",
    "SUBJECTS_TABLE": "Subjects",
    "SCORE_CACHE_TABLE": "ScoreCache",
}


class Shards(Wire):
    """Answers a query of GSI1 as DynamoDB would: one shard, descending, cut to Limit and to the attributes asked for."""

    def __init__(self) -> None:
        super().__init__(lambda table, key: None, lambda record: {}, lambda row: 0.0)
        self.shards = shards()
        self.told: dict[bytes, bytes] = {}

    def _Query(self, request: Any, body: bytes) -> Reply:
        if body not in self.told:
            self.told[body] = self._page(orjson.loads(body))
        return 200, self.told[body]

    def _page(self, asked: dict[str, Any]) -> bytes:
        key, *bounds = (value["S"] for value in asked["ExpressionAttributeValues"].values())
        found = [item for item in self.shards[key] if item["GSI1SK"]["S"] >= bounds[0]]
        names = list(asked.get("ExpressionAttributeNames", {}).values())
        chosen = found[: asked["Limit"]]
        items = (
            [{name: item[name] for name in names if name in item} for item in chosen] if projected(asked) else chosen
        )
        more = {"LastEvaluatedKey": {"PK": chosen[-1]["PK"]}} if len(chosen) < len(found) else {}
        return orjson.dumps({"Items": items, "Count": len(items), "ScannedCount": len(items), **more})


def projected(asked: dict[str, Any]) -> bool:
    return "ProjectionExpression" in asked


@cache
def shards() -> dict[str, list[Item]]:
    """The index items of STORED candidates, as the batch stores them, best first in each shard."""
    store, found = storer(facts.program(), RUN), {}
    for number, row in enumerate(facts.rows(0, STORED)):
        score = {"value": round(number * 7919 % 10_007 / 10_007, 6), "fallback": False, "models": []}
        [item, *_] = store({**candidate(row), "score": score}).index
        found.setdefault(item["GSI1PK"], []).append(encode_item(item))
    for items in found.values():
        items.sort(key=lambda item: (item["GSI1SK"]["S"], item["PK"]["S"]), reverse=True)
    return found


def candidate(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "customer": row["customer"],
        "subject": row["subject"],
        "eventDate": "2026-11-19T00:00:00Z",
        "marketplace": row["marketplace"],
        "connector": "athena-deliveries",
        "context": [],
        "attributes": {"subjectName": row["subjectname"]},
    }


class Ours:
    """The deployed handler, its clients on the wire."""

    def __init__(self, wire: Wire, folder: Path) -> None:
        from handlers.solicitation import serve

        (folder / "product-reviews.json").write_bytes(orjson.dumps(facts.program().to_json()))
        os.environ.update(ENVIRONMENT, PROGRAMS=str(folder))
        wire.attach(serve.live()["served"].ranking.dynamodb)
        self.handler = serve.handler

    def call(self, top: int) -> str:
        answer = self.handler(event(top), None)
        assert answer["statusCode"] == 200, answer
        return answer["body"]


class Peer:
    """What one writes with boto3's Table. To be exact in one round it asks each shard for as many as are wanted."""

    def __init__(self, wire: Wire) -> None:
        resource = boto3.resource("dynamodb", region_name="eu-west-1")
        wire.attach(resource.meta.client)
        self.table = resource.Table("Candidates")

    def call(self, top: int) -> str:
        program, found = facts.program(), []
        for shard in range(program.serving_shards):
            key = f"PROGRAM#{program.id}#CHANNEL#email#{shard}"
            page = self.table.query(
                IndexName="GSI1",
                KeyConditionExpression=Key("GSI1PK").eq(key) & Key("GSI1SK").gte(f"{MIN_SCORE:.6f}"),
                ScanIndexForward=False,
                Limit=top,
            )
            found += [item for item in page["Items"] if item["expiresAt"] > NOW.timestamp()]
        found.sort(key=lambda item: (item["GSI1SK"], item["PK"]), reverse=True)
        return json.dumps({"candidates": found[:top]}, default=float)


def event(top: int) -> dict[str, Any]:
    path = "/programs/product-reviews/channels/email/candidates"
    return {
        "version": "2.0",
        "routeKey": "GET /programs/{program}/channels/{channel}/candidates",
        "rawPath": path,
        "rawQueryString": f"minScore={MIN_SCORE}&limit={top}",
        "headers": {"accept": "application/json"},
        "queryStringParameters": {"minScore": str(MIN_SCORE), "limit": str(top)},
        "requestContext": {
            "http": {"method": "GET", "path": path},
            "stage": "$default",
            "timeEpoch": int(NOW.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }


def measure() -> list[Line]:
    with TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        wire = Shards()
        ours, peer = Ours(wire, Path(folder)), Peer(wire)
        gc.freeze()  # or either side would pay for collections among the other's modules
        return [_line(wire, ours, peer, top) for top in CALLS]


def check() -> None:
    """Only compare what both sides answer."""
    with TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        wire = Shards()
        ours, peer = Ours(wire, Path(folder)), Peer(wire)
        for top in CALLS:
            _same_answers(ours, peer, top)


def _line(wire: Wire, ours: Ours, peer: Peer, top: int) -> Line:
    _same_answers(ours, peer, top)
    mine: list[float] = []
    theirs: list[float] = []
    for round in range(ROUNDS):
        sides = [(mine, ours.call), (theirs, peer.call)]
        for seconds, call in sides if round % 2 else reversed(sides):
            seconds.append(_cost(wire, call, top))
    return paired(
        f"serving, top {top} of {facts.program().serving_shards} shards", "CPU µs per call", mine, theirs, GOAL
    )


def _cost(wire: Wire, call: Callable[[int], str], top: int) -> float:
    """CPU microseconds a call, without what the stubbed wire took."""
    begun, outside = process_time(), wire.seconds
    for _ in range(CALLS[top]):
        call(top)
    return (process_time() - begun - (wire.seconds - outside)) / CALLS[top] * 1e6


def _same_answers(ours: Ours, peer: Peer, top: int) -> None:
    mine, theirs = json.loads(ours.call(top))["candidates"], json.loads(peer.call(top))["candidates"]
    assert len(mine) == top
    assert mine == [_as_ours(item) for item in theirs]


def _as_ours(item: dict[str, Any]) -> dict[str, Any]:
    renamed = {"customer": item["customerId"], "subject": item["subjectId"]}
    same = {name: item[name] for name in ("subjectName", "marketplace", "eventDate", "score")}
    return {**renamed, **same, "expiresAt": iso(datetime.fromtimestamp(item["expiresAt"], UTC))}


def p99(address: str, region: str, path: str, calls: int = 100) -> dict[str, float]:
    """Milliseconds of `calls` calls of a sandbox's serving API, one after the other: p50, p95, p99.

    The whole way, HTTP included, on one connection, each call signed. HTTPError: a call was refused or failed.
    """
    session = requests.Session()
    taken = []
    for _ in range(calls):
        headers = signed(f"{address}{path}", region)
        begun = perf_counter()
        session.get(f"{address}{path}", headers=headers, timeout=10).raise_for_status()
        taken.append((perf_counter() - begun) * 1000)
    cuts = quantiles(taken, n=100)
    return {"p50": round(median(taken), 1), "p95": round(cuts[94], 1), "p99": round(cuts[98], 1)}


if (
    __name__ == "__main__"
):  # with a sandbox running, and a batch run in it: python -m benchmarks.serving product-reviews
    running = Sandbox.attach().address
    for wanted in CALLS:
        path = f"/programs/{sys.argv[1]}/channels/email/candidates?limit={wanted}"
        print(f"top {wanted}: {p99(running.endpoints['serve'], running.region, path)} ms")
