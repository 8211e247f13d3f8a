"""Rows as they are truly written, on an emulator's table and stream, delivered by Lambda's rules: the counts are exact all the same."""

import io
import logging
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from counting_actors import standing
from scores_world import TABLE, ScoresWorld, own, scores_world

from adapters.aws.score_table import ScoreTable
from adapters.aws.session import dynamodb
from domain.scores.accounting import of_load
from domain.scores.keys import FAN, MEMBER, counted_row, counts_row, fan_row
from domain.scores.scored import Scored
from handlers.scores import process_saved_scores, reconcile_counts
from sandbox.streams import Dispatcher, Mapping, invoke_handlers
from sandbox.timeline import VirtualClock

NAME, LOADS = "process_saved_scores", ("3fa2c1d0e5b7", "9bd0aa41c2f6")
FIGURES = ("verified", "rejected", "selected", "unscored", "fans")
MINUTES = timedelta(minutes=10)
FANS_ONLY = {"dynamodb": {"Keys": {"SK": {"S": [{"anything-but": {"prefix": "meta:"}}]}}}}

MAPPING = {
    "FunctionName": NAME,
    "StartingPosition": "TRIM_HORIZON",
    "BatchSize": 100,
    "TumblingWindowInSeconds": 60,
    "BisectBatchOnFunctionError": True,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "FilterCriteria": {"Filters": [{"Pattern": FANS_ONLY}]},
}


@dataclass
class Delivered:
    """`put`: the records of each load that were given to the table, by load, fan and part.

    The clock stamps changes when they are first read, so a batch takes all there are.
    """

    world: ScoresWorld
    clock: VirtualClock
    dispatcher: Dispatcher = field(init=False)
    fault: Any = None  # what happens in the next call of the function
    put: set[tuple[str, Any, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        mapping = Mapping.from_template({**MAPPING, "EventSourceArn": stream_of_changes()})
        self.dispatcher = Dispatcher([mapping], invoke_handlers({NAME: self.handler}), own, self.clock)

    def handler(self, event: dict[str, Any], context: Any) -> Any:
        """moto tells of an item that an update has made twice, first with nothing but its keys; DynamoDB does not."""
        event["Records"] = [it for it in event["Records"] if set(it["dynamodb"].get("NewImage", ())) != {"PK", "SK"}]
        fault, self.fault = self.fault, None
        with fault or nullcontext(), redirect_stdout(io.StringIO()):
            return process_saved_scores.handler(event, context)

    def load(self, chance: Random) -> None:
        """Some records of one part of a load; any of them may have been given before."""
        load, part = chance.choice(LOADS), chance.randrange(3)
        keys = [fan_row(chance.choice((FAN, MEMBER)), str(chance.randrange(6)), "a") for _ in range(4)]
        records = [self._scored(key, load, part) for key in dict.fromkeys(keys)]
        with self.world.calls.own():
            table = ScoreTable(dynamodb(), TABLE, at_once=1)
            assert all(it.status != "failed" for it in table.upsert(records, self.clock.now()))
        self.put |= {(load, it.key, part) for it in records}

    def decide(self, chance: Random) -> None:
        """A neighbour's verdict, or nobody's any more."""
        key = fan_row(FAN, str(chance.randrange(6)), "a").attributes()
        verdict = chance.choice(({"BOOL": True}, {"BOOL": False}, {"NULL": True}))
        told = {"UpdateExpression": "SET verdict = :it", "ExpressionAttributeValues": {":it": verdict}}
        with self.world.calls.own():
            own("dynamodb").update_item(TableName=TABLE, Key={name: {"S": it} for name, it in key.items()}, **told)

    def deliver(self, chance: Random) -> None:
        """All that is due, with a failure at some call: before it, or when nobody knows any more that it was done."""
        fails = chance.choice((self.world.calls.before, self.world.calls.after))
        call = chance.randint(1, 4)
        self.fault = fails(call, failing)
        self.dispatcher.drain()
        self.clock.advance(chance.choice((1, 5, 70)))

    def settle(self) -> None:
        self.fault = None
        self.dispatcher.drain(ahead=MINUTES)

    def reconcile(self) -> dict[str, Any]:
        with redirect_stdout(io.StringIO()):
            told = reconcile_counts.reconcile_counts(
                {"campaignId": "a"}, self.clock.now, self.clock.advance, **reconcile_counts.live()
            )
        [campaign] = told["campaigns"]
        return campaign

    def counts(self) -> dict[str, int]:
        item = self.world.item(counts_row("a")) or {}
        return {name: item.get(name, 0) for name in FIGURES}

    def truth(self) -> dict[str, int]:
        rows = own("dynamodb").scan(TableName=TABLE)["Items"]
        found = [standing(row) for row in rows if row["SK"]["S"] == "campaign:a"]
        return {name: sum(it[name] for it in found) for name in FIGURES}

    def _scored(self, key: Any, load: str, part: int) -> Scored:
        """What a part of a load says of a fan is always the same."""
        says = Random(f"{key} {load} {part}")
        content = {"campaignId": "a", "score": says.choice((0.2, 0.9)), "isVerified": says.random() < 0.6}
        version = f"2026-11-2{LOADS.index(load)}T00:00:00.000000Z"
        return Scored(key=key, content=content, load=load, version=version, part=part, rank=part)


def failing() -> None:
    raise RuntimeError("the function was ended")


@pytest.fixture
def delivered():
    levels = [(it, it.level) for it in map(logging.getLogger, (NAME, "reconcile_counts"))]
    for logger, _ in levels:
        logger.setLevel(logging.CRITICAL + 1)
    with scores_world(process_saved_scores, reconcile_counts) as world:
        clock = VirtualClock(datetime(2026, 11, 20, 12, tzinfo=UTC))
        yield Delivered(world, clock)
    for logger, level in levels:
        logger.setLevel(level)


def stream_of_changes() -> str:
    view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    table = own("dynamodb").update_table(TableName=TABLE, StreamSpecification=view)["TableDescription"]
    return str(table["LatestStreamArn"])


@pytest.mark.parametrize("seed", range(4))
def test_what_was_written_is_what_was_counted(delivered, seed):
    chance = Random(seed)
    for _ in range(14):
        chance.choice((delivered.load, delivered.load, delivered.decide, delivered.deliver))(chance)
    delivered.settle()
    assert delivered.counts() == delivered.truth()
    for load in LOADS:
        out = len([one for one in delivered.put if one[0] == load])
        counted = delivered.world.item(counted_row("a", load)) or {}
        assert all(it.holds for it in of_load({"in": out, "valid": out, "out": out}, counted))


def test_a_repair_between_the_writing_and_the_counting_counts_nothing_twice(delivered):
    chance = Random(5)
    for _ in range(3):
        delivered.load(chance)
    delivered.fault = delivered.world.calls.before(1, failing)
    delivered.dispatcher.step()
    delivered.clock.advance(5)
    repair = delivered.reconcile()
    assert (repair["repaired"], repair["drift"] > 0) == (True, True)
    delivered.load(chance)
    delivered.settle()
    assert delivered.counts() == delivered.truth()
    assert delivered.reconcile()["drift"] == 0
