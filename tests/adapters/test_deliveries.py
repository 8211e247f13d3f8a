"""Campaigns and deliveries on a real table: written once, found by campaign, customer and day, counted in shards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import boto3
import pytest
from candidates_table import make_candidates_table
from moto import mock_aws

from adapters.aws.attribute_values import encode_item
from adapters.aws.deliveries import Deliveries, count_shard

ACCESS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
CAMPAIGN = {
    "id": "small.2026-11-20.US",
    "program": "small",
    "date": "2026-11-20",
    "state": "PLANNED",
    "slots": [{"at": "2026-11-20T15:00:00Z", "chunks": 1}, {"at": "2026-11-20T18:00:00Z", "chunks": 1}],
}
INDEXES = {"GSI1": "ALL", "GSI2": "ALL"}


@pytest.fixture(params=["moto", "ministack"])
def deliveries(request):
    """The same rules on two DynamoDBs that share no code."""
    if request.param == "ministack":
        client = boto3.client("dynamodb", endpoint_url=request.getfixturevalue("ministack").endpoint, **ACCESS)
        make_candidates_table(client, "Deliveries", INDEXES)
        yield Deliveries(client, "Deliveries")
        client.delete_table(TableName="Deliveries")
        return
    with mock_aws():
        client = boto3.client("dynamodb", **ACCESS)
        make_candidates_table(client, "Deliveries", INDEXES)
        yield Deliveries(client, "Deliveries")


def delivery(id="0" * 32, customer="c1", subject="p1", **more):
    named = {"id": id, "campaign": CAMPAIGN["id"], "customer": customer, "subject": subject}
    return {**named, "sendAt": "2026-11-20T15:00:00Z", "status": "HOLDOUT", **more}


def test_a_campaign_is_written_once_and_found_by_its_day(deliveries):
    assert deliveries.put_campaign(CAMPAIGN)
    assert not deliveries.put_campaign({**CAMPAIGN, "state": "DONE"})
    assert deliveries.campaign(CAMPAIGN["id"]).items() >= CAMPAIGN.items()
    assert [one["id"] for one in deliveries.campaigns("small", date(2026, 11, 20))] == [CAMPAIGN["id"]]
    assert list(deliveries.campaigns("small", date(2026, 11, 21))) == []
    assert list(deliveries.campaigns("smal", date(2026, 11, 20))) == []
    assert deliveries.campaign("small.2026-11-20.UK") is None


@pytest.mark.parametrize(
    ("states", "stands"),
    [
        (["SCHEDULED", "SENDING", "DONE"], "DONE"),
        (["SENDING", "SCHEDULED"], "SENDING"),  # a schedule fired before the planner was through
        (["STOPPED", "SENDING"], "STOPPED"),
        (["STOPPED", "SCHEDULED"], "STOPPED"),
        (["SCHEDULED", "SENDING", "SENDING"], "SENDING"),
        (["DONE"], "PLANNED"),
    ],
)
def test_a_state_follows_only_those_it_may(deliveries, states, stands):
    deliveries.put_campaign(CAMPAIGN)
    for state in states:
        moved = deliveries.move_campaign(CAMPAIGN["id"], state)
    assert deliveries.campaign(CAMPAIGN["id"])["state"] == stands
    assert moved == (states[-1] == stands)


def test_a_campaign_that_is_not_there_is_not_moved_into_being(deliveries):
    assert not deliveries.move_campaign("none", "STOPPED")
    assert deliveries.campaign("none") is None


def test_a_slot_is_noted_by_its_place_and_leaves_the_others_alone(deliveries):
    deliveries.put_campaign(CAMPAIGN)
    deliveries.note_slot(CAMPAIGN["id"], 1, {"schedule": "once-1", "firesAt": None})
    first, second = deliveries.campaign(CAMPAIGN["id"])["slots"]
    assert first == CAMPAIGN["slots"][0]
    assert second == {**CAMPAIGN["slots"][1], "schedule": "once-1", "firesAt": None}


def test_a_delivery_is_written_once_and_found_by_campaign_and_customer(deliveries):
    assert deliveries.put_delivery(delivery(customer="c#1"))
    assert not deliveries.put_delivery(delivery(customer="c#1", status="SENT"))
    deliveries.put_delivery(delivery("1" * 32, "c#1", "p2", sendAt="2026-11-19T15:00:00Z"))
    deliveries.put_delivery(delivery("2" * 32, "c", "p2"))
    assert deliveries.get("0" * 32)["status"] == "HOLDOUT"
    assert deliveries.get("f" * 32) is None
    assert [one["id"][0] for one in deliveries.of_customer("c#1")] == ["1", "0"]
    assert [one["id"][0] for one in deliveries.of_campaign(CAMPAIGN["id"])] == ["2", "0", "1"]
    assert set(deliveries.known(["0" * 32, "1" * 32, "f" * 32])) == {"0" * 32, "1" * 32}


def test_a_skipped_delivery_is_counted_once_however_often_it_is_written(deliveries):
    ids = [f"{digit:x}" * 32 for digit in range(16)]
    for id in [*ids, *ids]:
        deliveries.put_skipped(delivery(id, subject=id, status="SKIPPED"))
    assert deliveries.counts(CAMPAIGN["id"]) == {"skipped": 16}
    assert {count_shard(id) for id in ids} == {f"COUNT#{shard}" for shard in range(8)}


def test_a_delivery_that_stands_is_not_skipped(deliveries):
    deliveries.put_delivery(delivery(status="SENT"))
    assert not deliveries.put_skipped(delivery(status="SKIPPED"))
    assert deliveries.get("0" * 32)["status"] == "SENT"
    assert deliveries.counts(CAMPAIGN["id"]) == {}


@pytest.mark.parametrize("deliveries", ["ministack"], indirect=True)  # moto's transactions are not safe across threads
def test_two_writers_of_one_delivery_at_once_count_it_once(deliveries):
    with ThreadPoolExecutor(4) as writers:
        first = list(writers.map(lambda _: deliveries.put_skipped(delivery(status="SKIPPED")), range(8)))
    assert first.count(True) == 1
    assert deliveries.counts(CAMPAIGN["id"]) == {"skipped": 1}


def test_counters_are_summed_over_their_shards_and_nothing_else_of_them_is(deliveries):
    for shard, counted in (("0", {"sent": 2, "opened": 1}), ("7", {"sent": 3})):
        key = {"PK": f"CAMPAIGN#{CAMPAIGN['id']}", "SK": f"COUNT#{shard}"}
        deliveries.dynamodb.put_item(TableName="Deliveries", Item=encode_item({**key, **counted, "expiresAt": 9}))
    deliveries.put_campaign(CAMPAIGN)
    assert deliveries.counts(CAMPAIGN["id"]) == {"sent": 5, "opened": 1}
    assert deliveries.counts("none") == {}
