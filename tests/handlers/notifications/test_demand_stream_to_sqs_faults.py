"""The router dies, is asked again, and its queues turn messages away: nothing that is for somebody is lost."""

from contextlib import suppress
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError
from changed_rows import EVENT, OPENED, RUN, SALE, changed, emptied, notification, wanted
from crashes import Death, die
from notifications_world import GENERATION, OUTBOX, SHORT_URLS, STATE, notifications_world

from adapters.aws.batch_items import Backoff
from domain.notifications.keys import sale_demand_of, wanted_event
from handlers.notifications import demand_stream_to_sqs as router

THEIRS = {name: value for name, value in wanted("f9").items() if name != "saleDemandShard"}
BATCH = [
    changed(EVENT.row(), 11),
    changed(notification("f1"), 12),
    changed(wanted("f2"), 13),
    changed(notification("f3", "RETRY"), 14),
    changed(THEIRS, 15),
    changed(SALE.row(), 16),
]
CALLS = (
    10  # of one batch: links, outbox, wanted event, place in the index, mark, sales, generator; mark, sales, generator
)
AT_ONCE = Backoff(sleep=lambda seconds: None)


@pytest.fixture(scope="module")
def whole():
    with notifications_world(router) as world:
        yield world


@pytest.fixture
def world(whole):
    emptied(whole).put(RUN, table=STATE)
    whole.put(EVENT.row(), SALE.row(), THEIRS)
    return whole


def handle(records=BATCH):
    live = router.live()
    desk = live["desk"]
    queues = {name: replace(getattr(desk, name), backoff=AT_ONCE) for name in ("links", "outbox", "generator")}
    patient = replace(desk, **queues, demand=replace(desk.demand, backoff=AT_ONCE))
    return router.demand_stream_to_sqs(records, OPENED, **{**live, "desk": patient})


def assert_all_is_queued(world):
    assert {it["id"] for it in world.bodies(SHORT_URLS)} == {"Z7r9"}
    assert {it["pk"] for it in world.bodies(OUTBOX)} == {"fan:f1", "fan:f3"}
    told = world.bodies(GENERATION)
    assert {fan for it in told for fan in it.get("fanIds", ())} == {"f2", "f9"}
    assert {it["shard"] for it in told if "shard" in it} == set(range(10))
    assert world.rows("demand")[0]["saleDemandShard"] == sale_demand_of("f9", "Z7r9", "s1")
    assert world.row(wanted_event("Z7r9"), STATE)


def test_one_batch_asks_for_no_more_than_it_needs(world):
    assert handle() == {"in": 6, "out": 14, "failed": 0, "batchItemFailures": []}
    assert len(world.calls.made) == CALLS
    assert_all_is_queued(world)


@pytest.mark.parametrize(("when", "call"), [*(("before", call) for call in range(1, CALLS + 1)), ("after", CALLS)])
def test_whenever_it_dies_the_batch_that_comes_again_is_queued_whole(world, when, call):
    with suppress(Death), getattr(world.calls, when)(call, die):
        handle()
    assert handle()["failed"] == 0
    assert_all_is_queued(world)


@pytest.mark.parametrize("call", range(1, CALLS + 1))
@pytest.mark.parametrize("answered", [False, True], ids=["not done", "done and not told"])
def test_what_is_out_of_reach_comes_again_from_its_first_record_on(world, call, answered):
    def away():
        raise EndpointConnectionError(endpoint_url="https://aws")

    with (world.calls.after if answered else world.calls.before)(call, away):
        answer = handle()
    first = {1: "11", 2: "12"}.get(call, "13" if call < 8 else "16")
    assert answer["batchItemFailures"] == [{"itemIdentifier": first}]
    assert answer["failed"] == (2 if 1 < call < 8 else 1)
    again = [it for it in BATCH if int(it["dynamodb"]["SequenceNumber"]) >= int(first)]
    assert handle(again)["failed"] == 0
    assert_all_is_queued(world)


@pytest.fixture
def refusals():
    """Ids of entries that the coming SendMessageBatch turns away, one set a call."""
    planned: list[set[str]] = []
    call = BaseClient._make_api_call

    def made(client: Any, operation: str, params: Any) -> Any:
        if operation != "SendMessageBatch" or not planned:
            return call(client, operation, params)
        unwanted = planned.pop(0)
        taken = [it for it in params["Entries"] if it["Id"] not in unwanted]
        answer = call(client, operation, {**params, "Entries": taken}) if taken else {}
        failed = [{"Id": it, "Code": "InternalError", "SenderFault": False} for it in unwanted]
        return {**answer, "Failed": failed}

    with patch.object(BaseClient, "_make_api_call", made):
        yield planned


def test_messages_that_the_queue_turns_away_are_sent_again_alone(world, refusals):
    records = [changed(notification(f"f{number}"), number) for number in range(10)]
    refusals += [{"2", "7"}, {"7"}, {"7"}]
    assert handle(records)["out"] == 10
    assert sorted(it["pk"] for it in world.bodies(OUTBOX)) == [f"fan:f{number}" for number in range(10)]


def test_a_queue_that_never_takes_one_gives_the_errand_back_and_no_other(world, refusals):
    refusals += [set(), *[{"0"}] * 20]  # the first call is the short links'
    answer = handle()
    assert answer["batchItemFailures"] == [{"itemIdentifier": "12"}]
    refusals.clear()
    assert handle(BATCH[1:])["failed"] == 0
    assert_all_is_queued(world)


def test_a_right_that_is_missing_is_a_bug_and_no_failure_of_the_batch(world):
    def forbidden():
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "UpdateItem")

    with world.calls.before(3, forbidden), pytest.raises(ClientError):
        handle()


def test_a_record_without_a_number_gives_the_whole_batch_back(world):
    nameless = changed(notification(), 1)
    del nameless["dynamodb"]["SequenceNumber"]

    def away():
        raise EndpointConnectionError(endpoint_url="https://aws")

    with world.calls.before(1, away):
        assert handle([nameless])["batchItemFailures"] == [{"itemIdentifier": ""}]
