"""What is unsettled is found shard by shard, the oldest first; and how full the outbox is."""

import pytest
from notifications_world import DEMAND, OUTBOX, QUEUE_URL, notifications_world, own
from status_records import after, notification, refusing

from adapters.aws.outbox import Outbox
from adapters.aws.session import QUICK, client
from adapters.aws.unsettled import Unsettled
from domain.errors import Unavailable
from domain.notifications.keys import shard_of


@pytest.fixture
def world():
    with notifications_world() as world:
        yield world


def in_shard(shard, count):
    fans = (f"fan-{n}" for n in range(10_000))
    return [fan for fan in fans if shard_of(f"fan:{fan}") == shard][:count]


def test_those_that_stood_the_longest_come_first_page_by_page(world):
    fans = in_shard(4, 5)
    world.put(*(notification(fan, at=after(-n)) for n, fan in enumerate(fans)))
    world.put(notification(in_shard(5, 1)[0], at=after(-60)), notification(fans[0], "email", "SENT", at=after(-60)))
    pages = [*Unsettled(client("dynamodb", QUICK), DEMAND, page=2).pages(4, after(-1))]
    assert [len(page) for page in pages] == [2, 2] or [len(page) for page in pages] == [2, 2, 0]
    assert [row["fanId"] for page in pages for row in page] == fans[:0:-1]  # the first is too young


def test_an_empty_shard_has_nothing(world):
    assert [row for page in Unsettled(own("dynamodb"), DEMAND).pages(0, after(0)) for row in page] == []


def test_an_index_out_of_reach_is_unavailable(world):
    with refusing("Query"), pytest.raises(Unavailable):
        [*Unsettled(own("dynamodb"), DEMAND).pages(0, after(0))]


def test_an_outbox_tells_how_many_messages_it_holds(world):
    outbox = Outbox(client("sqs", QUICK), QUEUE_URL + OUTBOX)
    assert outbox.waiting() == 0
    outbox.send([{"n": n} for n in range(3)])
    outbox.send([{"n": 3}], delay_seconds=900)
    assert outbox.waiting() == 4
    with refusing("GetQueueAttributes"), pytest.raises(Unavailable):
        outbox.waiting()
