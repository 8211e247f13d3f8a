"""The scheduler's mark goes only forward; a sale's demand is read page by page, or counted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from memory_dynamodb import MemoryDynamoDB
from memory_items import Table
from notifications_world import DEMAND, INDEXES, NOT_SERVED, STATE, notifications_world
from sale_fans import OPENED, PUBLIC, STARTS, fan, of_shard

from adapters.aws.attribute_values import encode_item
from adapters.aws.sale_demand import SaleDemand
from adapters.aws.sale_index import SaleIndex
from adapters.aws.scheduler_mark import SchedulerMark
from adapters.aws.session import QUICK, Config, client, dynamodb
from domain.errors import Unavailable
from domain.notifications.windows import Window

HALF = timedelta(minutes=30)


@pytest.fixture
def world():
    with notifications_world() as world:
        yield world


def test_the_first_claim_covers_from_its_own_time_on(world):
    mark = SchedulerMark(dynamodb(), STATE)
    assert mark.claimed() is None
    assert mark.claim(OPENED, STARTS) == (OPENED, None)
    assert mark.claimed() == STARTS


def test_a_claim_whose_run_died_is_given_again_from_where_the_last_run_ended(world):
    mark = SchedulerMark(dynamodb(), STATE)
    mark.claim(OPENED, STARTS)
    assert mark.claim(STARTS, STARTS + HALF) == (OPENED, None)
    mark.done(STARTS + HALF, ["Z7r9/pub"])
    assert mark.claim(STARTS + HALF, STARTS + 2 * HALF) == (STARTS + HALF, {"Z7r9/pub"})


def test_nothing_goes_back(world):
    mark = SchedulerMark(dynamodb(), STATE)
    mark.claim(STARTS, STARTS + HALF)
    mark.done(STARTS + HALF, [])
    assert mark.claim(OPENED, STARTS) == (STARTS + HALF, set())
    mark.done(STARTS, ["Z7r9/pub"])
    assert mark.claim(OPENED, STARTS) == (STARTS + HALF, set())
    assert mark.claimed() == STARTS + HALF


def test_a_run_of_very_many_sales_is_not_looked_back_upon(world):
    mark = SchedulerMark(dynamodb(), STATE)
    for number in (3_000, 3_001):
        mark.done(OPENED + number * HALF, [f"Z7r9jZ1A7/{it:050}" for it in range(number)])
        told = mark.claim(OPENED, STARTS).told
        assert (len(told) if told is not None else None) == (number if number == 3_000 else None)


def test_claims_at_once_end_where_the_latest_does():
    table = MemoryDynamoDB({STATE: Table()})
    mark = SchedulerMark(table, STATE)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda n: mark.claim(OPENED + n * HALF, OPENED + (n + 1) * HALF), range(20)))
    assert mark.claimed() == OPENED + 20 * HALF


def test_a_table_out_of_reach_is_unavailable(world, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", NOT_SERVED)
    nowhere = client("dynamodb", QUICK.merge(Config(retries={"total_max_attempts": 1})))
    for call in (
        lambda: SchedulerMark(nowhere, STATE).claim(OPENED, STARTS),
        lambda: SchedulerMark(nowhere, STATE).claimed(),
        lambda: list(SaleIndex(nowhere, DEMAND).starting(Window(OPENED, STARTS))),
        lambda: list(SaleDemand(nowhere, DEMAND).pages("e", "s", 0)),
    ):
        with pytest.raises(Unavailable):
            call()


def test_demand_is_read_from_behind_a_fan_on_in_pages_and_only_what_a_reminder_needs(world):
    names = of_shard(4, 5)
    world.put(*(fan(name, "sms", "email", locale="fr-ca", market="TM_CA") for name in names))
    demand = SaleDemand(dynamodb(), DEMAND, page=2)
    pages = list(demand.pages("Z7r9", "pub", 4, names[0]))
    assert [[row["fanId"] for row in page] for page in pages] == [names[1:3], names[3:5]]
    assert pages[0][0].keys() == {"fanId", "contactMethod", "phoneNumber", "email", "locale", "marketId"}
    assert list(demand.pages("Z7r9", "pub", 5)) == [[]]


def test_fans_are_counted_by_way_of_contact_over_all_shards_and_pages():
    table = MemoryDynamoDB({DEMAND: Table(INDEXES)})
    for number in range(30):
        row = fan(f"f{number}", *(("sms",), ("email",), ("sms", "email"))[number % 3])
        table.put_item(
            TableName=DEMAND, Item=encode_item({**row, "artistName": "x" * 100_000})
        )  # more than a page of 1 MB
    assert SaleDemand(table, DEMAND).audience("Z7r9", "pub") == {"sms": 20, "email": 20}
    assert SaleDemand(table, DEMAND).audience("Z7r9", "other") == {}


def test_single_fans_are_found_and_who_waits_for_a_sale(world):
    world.put(fan("ann"), fan("bea", sale="pre"))
    demand = SaleDemand(dynamodb(), DEMAND)
    assert [row["fanId"] for row in demand.of_fans("Z7r9", "pub", ["ann", "bea"])] == ["ann"]
    assert demand.waiting("Z7r9", "pre", ["ann", "bea"]) == {"bea"}


def test_sales_are_found_over_pages():
    table = MemoryDynamoDB({DEMAND: Table(INDEXES)})
    for number in range(15):
        row = {**PUBLIC.row(), "SK": f"sale#{number}", "name": "x" * 100_000}
        table.put_item(TableName=DEMAND, Item=encode_item(row))
    assert len(list(SaleIndex(table, DEMAND).starting(Window(OPENED, STARTS)))) == 15
