"""Workers who share a send rate through one item: what is granted is logged, and nobody's grant is forgotten."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from keyed_tables import make_table
from send_world import ACCESS

from adapters.aws.batch_items import Backoff
from adapters.aws.rate_window import RateWindow
from adapters.aws.session import QUICK
from domain.errors import Unavailable
from domain.solicitation.pacing import GUARD, HORIZON, LEAD

NOW = 1_795_186_800.0
AT = round(NOW * 1000)


@pytest.fixture
def dynamodb(ministack):
    client = boto3.client("dynamodb", endpoint_url=ministack.endpoint, config=QUICK, **ACCESS)
    make_table(client, "Controls")
    yield client
    client.delete_table(TableName="Controls")


class Time:
    def __init__(self):
        self.now = NOW

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def window(dynamodb, time, **more):
    return RateWindow(dynamodb, "Controls", clock=time.clock, sleep=time.sleep, **more)


def test_workers_at_once_are_granted_the_rate_together_not_each(dynamodb):
    patient = Backoff(tries=200, base=0.001, most=0.01)
    shared = window(dynamodb, Time(), backoff=patient)
    with ThreadPoolExecutor(8) as pool:
        grants = list(pool.map(lambda n: shared.book(5, 10.0), range(8)))
    by_instant = Counter()
    for grant in grants:
        by_instant[grant.at] += grant.count
    assert by_instant == {AT + LEAD + n * (1000 + GUARD): 10 for n in range(4)}


def test_a_worker_waits_for_its_instant_and_learns_when_it_came_too_late(dynamodb):
    time = Time()
    shared = window(dynamodb, time)
    assert shared.wait(shared.book(1, 1.0))
    assert time.now == pytest.approx(NOW + LEAD / 1000)
    late = shared.book(1, 1.0)
    time.now = late.at / 1000 + 0.5
    assert not shared.wait(late)


def test_what_takes_more_than_a_second_is_granted_whole(dynamodb):
    time = Time()
    shared = window(dynamodb, time)
    grants = [shared.book(2, 1.0, least=2) for _ in range(3)]
    assert [grant.count for grant in grants] == [2, 2, 2]
    assert [grant.at - AT - LEAD for grant in grants] == [0, 2000 + GUARD, 2 * (2000 + GUARD)]


def test_who_would_have_to_wait_long_asks_again_until_patience_ends(dynamodb):
    time = Time()
    shared = window(dynamodb, time)
    for _ in range(4):
        assert shared.book(1, 1.0).at <= time.now * 1000 + HORIZON
    assert shared.book(1, 1.0, patience=0.5) is None
    assert shared.book(1, 1.0, patience=30.0) is not None


def test_a_rate_that_is_asked_for_by_too_many_is_unavailable(dynamodb):
    time = Time()
    shared = window(dynamodb, time, backoff=Backoff(tries=3, sleep=lambda seconds: None))

    def always_faster(params, **_):
        params["ConditionExpression"] = "attribute_exists(nothing)"

    dynamodb.meta.events.register("before-parameter-build.dynamodb.PutItem", always_faster)
    with pytest.raises(Unavailable, match="too many"):
        shared.book(1, 1.0)
