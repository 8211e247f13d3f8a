"""Whatever order statuses come in, in whatever batches, and whatever fails meanwhile: the rows end as if nothing had."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from crashes import Death
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_dynamodb import MemoryDynamoDB
from memory_items import Table
from notifications_world import DEMAND, INDEXES, STATE
from status_records import after, by_kinesis, demand, notification, status

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.demand_dates import DemandDates
from adapters.aws.notification_rows import NotificationRows
from adapters.aws.opt_out_list import OptOutList
from adapters.files import rule_files
from domain.notifications.classifying import SendingRules
from domain.notifications.keys import Key
from domain.notifications.status_events import read
from domain.notifications.statuses import moved, seen
from handlers.notifications import sms_status_consumer as stage
from handlers.notifications.noting.desk import Desk
from handlers.notifications.rules import folder

ROWS = [notification(f"fan-{n}") for n in range(3)]
WORDS = ("queued", "sent", "failed", "delivered")
RULES = SendingRules.of(rule_files.read(folder(), "sending"))
TOLD = st.builds(
    lambda row, word, at: status(row, word, at), st.sampled_from(ROWS), st.sampled_from(WORDS), st.integers(1, 9)
)
FAULTS = st.dictionaries(st.integers(1, 60), st.sampled_from(["throttled", "unanswered", "death"]), max_size=6)


@pytest.fixture(autouse=True, scope="module")
def quiet():
    with patch.dict(os.environ, {"POWERTOOLS_METRICS_DISABLED": "true"}):
        level = stage.logger.log_level
        stage.logger.setLevel("CRITICAL")
        yield
        stage.logger.setLevel(level)


@dataclass
class Failing:
    """A client whose n-th call fails: before its effect, after it, or with the process."""

    real: MemoryDynamoDB
    faults: dict[int, str]
    made: list[str] = field(default_factory=list)

    def __getattr__(self, name):
        def call(**asked):
            self.made.append(name)
            fault = self.faults.get(len(self.made))
            if fault == "throttled":
                raise ClientError({"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {}}, name)
            answer = getattr(self.real, name)(**asked)
            if fault == "death":
                raise Death
            if fault == "unanswered":
                raise ReadTimeoutError(endpoint_url="dynamodb")
            return answer

        return call


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TOLD, max_size=14), st.lists(st.integers(1, 5), min_size=14, max_size=14), FAULTS, st.integers(0, 8))
def test_every_history_ends_as_if_nothing_had_failed(told, sizes, faults, late):
    """`late`: after which batch the sender writes down that it has sent them all."""
    tables = MemoryDynamoDB({DEMAND: Table(INDEXES), STATE: Table()})
    for row in (*ROWS, *(demand(row["fanId"]) for row in ROWS)):
        tables.put_item(TableName=DEMAND, Item=encode_item(row))
    calls, rows = Failing(tables, faults), NotificationRows(tables, DEMAND)
    desk = Desk(NotificationRows(calls, DEMAND), DemandDates(calls, DEMAND), OptOutList(calls, STATE), RULES)
    batches = [*cut(told, sizes), *[[]] * 9]
    for number, batch in enumerate(batches):
        if number == late:
            sent(rows)
        deliver(batch, desk)
    for row in ROWS:
        ours = [it for it in told if it["messageId"] == row["messageId"]]
        whole = seen(moved(row, "TRIGGERED", after(0), lease=None), [read(it).sighting for it in ours])
        assert {**item(tables, row), "rev": 0} == {**whole, "rev": 0}
        delivered = whole["status"]["id"] == "DELIVERED"
        dates = item(tables, demand(row["fanId"]))["date"]
        assert ("notified" in dates) == delivered
        assert ("triggered" in dates) >= any(it["status"] != "failed" for it in told_before(batches[:late], row))


def told_before(batches, row):
    """What is told of a notification before its sender says anything."""
    return [it for batch in batches for it in batch if it["messageId"] == row["messageId"]]


def cut(told, sizes):
    rest = list(told)
    for size in sizes:
        if rest:
            yield rest[:size]
        rest = rest[size:]


def sent(rows):
    for row in rows.read(Key(row["PK"], row["SK"]) for row in ROWS).values():
        assert rows.write(row, moved(row, "TRIGGERED", after(0), lease=None))


def deliver(batch, desk):
    """As Lambda does: again from the first on that is left, and all of it when the process dies."""
    left = batch
    while left:
        with suppress(Death):
            answer = stage.sms_status_consumer(by_kinesis(*left)["Records"], desk=desk, strays=None)
            failed = [it["itemIdentifier"] for it in answer["batchItemFailures"]]
            numbers = [it["kinesis"]["sequenceNumber"] for it in by_kinesis(*left)["Records"]]
            left = left[numbers.index(failed[0]) :] if failed else []


def item(tables, row):
    key = encode_item({"PK": row["PK"], "SK": row["SK"]})
    return decode_item(tables.get_item(TableName=DEMAND, Key=key, ConsistentRead=True)["Item"])
