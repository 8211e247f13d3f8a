"""Objects of the archive are put, listed and deleted, and what S3 does not do is Unavailable; a batch is delivered side by side."""

import json
from dataclasses import replace
from threading import Barrier

import pytest
from archive_world import BUCKET, Fault, archive_world, change, demand, denied, internal, out_of_reach, own

from adapters.aws.archive_bucket import A_FEW_TRIES
from adapters.aws.archive_delivery import deliver
from adapters.aws.batch_items import Backoff
from adapters.files.kind_writers import kind_writers
from domain.archive.batch import Arrival, Batch, sort_out
from domain.archive.parked import Parked, document, key_of
from domain.errors import Unavailable
from handlers.archive import stream_archiver

PARKED = Parked("code", "message", "code", ("{}",), "2026-11-20T12:00:00.000000Z", "shard", ("1",))


@pytest.fixture
def world():
    with archive_world() as world:
        yield world


@pytest.fixture
def bucket(world):
    """The archiver's own, but that it waits for nothing."""
    return replace(stream_archiver.live()["bucket"], backoff=Backoff(tries=3, sleep=world.waited.append))


def head(key):
    return own("s3").head_object(Bucket=BUCKET, Key=key)


def test_an_object_is_put_under_its_key_and_read_again(bucket):
    bucket.put("replays/p.json", b"{}")
    bucket.put("data/x", b"\0", kind="avro/binary")
    assert bucket.read("replays/p.json") == b"{}"
    assert (head("replays/p.json")["ContentType"], head("data/x")["ContentType"]) == ("application/json", "avro/binary")


def test_what_is_parked_is_its_document_under_its_key(bucket):
    bucket.park(PARKED)
    assert json.loads(bucket.read(key_of(PARKED))) == document(PARKED)


def test_what_is_not_there_is_unavailable(bucket):
    with pytest.raises(Unavailable):
        bucket.read("data/none")


@pytest.mark.parametrize("error", [internal, out_of_reach, denied])
def test_a_put_is_tried_a_few_times_and_then_is_unavailable(world, bucket, error):
    world.faults.append(Fault("", error))
    with pytest.raises(Unavailable):
        bucket.put("data/x", b"")
    assert len(world.keys) == 3
    assert len(world.waited) == 2


def test_waits_are_full_jitter_below_a_bound_that_doubles():
    waited = []
    chances = iter([0.0, 1.0, 0.5])
    wait = replace(A_FEW_TRIES, chance=lambda: next(chances), sleep=waited.append).wait
    for tried in range(3):
        wait(tried)
    assert waited == [0.0, 0.2, 0.2]


def test_the_archivers_own_client_tries_once_a_put(bucket):
    config = bucket.s3.meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}
    slowest = A_FEW_TRIES.tries * (config.connect_timeout + config.read_timeout) + A_FEW_TRIES.tries * A_FEW_TRIES.most
    assert 2 * slowest < 60  # a file and then its error, within the function's minute


def test_keys_are_listed_page_by_page(bucket):
    for n in range(7):
        bucket.put(f"data/{n}", b"")
    bucket.put("errors/0", b"")

    def small_pages(params, **_):
        params["MaxKeys"] = 3

    bucket.s3.meta.events.register("before-parameter-build.s3.ListObjectsV2", small_pages)
    try:
        assert list(bucket.keys("data/")) == [f"data/{n}" for n in range(7)]
        assert list(bucket.keys("nothing/")) == []
    finally:
        bucket.s3.meta.events.unregister("before-parameter-build.s3.ListObjectsV2", small_pages)


def test_any_number_of_keys_is_deleted_and_none_of_them_has_to_be_there(bucket):
    for n in (0, 999, 1000, 2100):
        bucket.put(f"data/{n}", b"")
    bucket.delete(f"data/{n}" for n in range(1, 2101))
    bucket.delete([])
    assert list(bucket.keys("")) == ["data/0"]


def batch_of(*changes, parked=()):
    arrivals = [
        Arrival(str(n), it if isinstance(it, bytes) else json.dumps(it).encode(), 1795176000.5)
        for n, it in enumerate(changes)
    ]
    return sort_out([*arrivals, *parked], source="shard", parse=json.loads, writers=kind_writers())


def test_what_is_delivered_is_told_with_what_is_not(world, bucket):
    world.faults += [Fault("data/demand/partition_date=2026-11-19", internal), Fault("errors/", denied)]
    batch = batch_of(
        change("a", demand("1")), change("b", demand("2", requested="2026-11-19")), b"bad", change("c", demand("3"))
    )
    delivered = deliver(batch, bucket)
    assert [file.numbers for file in delivered.files] == [("0", "3")]
    assert delivered.errors == []
    assert sorted(delivered.failed) == ["1", "2"]


def test_an_empty_batch_is_delivered_without_a_call(world, bucket):
    delivered = deliver(Batch("shard"), bucket)
    assert (delivered.files, delivered.errors, delivered.failed, world.keys) == ([], [], (), [])


def test_puts_are_on_their_way_at_the_same_time(world, bucket):
    """Four puts that each wait for the others would never end one by one."""
    together = Barrier(4, timeout=10)

    def meet(**_):
        together.wait()

    bucket.s3.meta.events.register("before-call.s3.PutObject", meet)
    try:
        days = [change(str(n), demand(str(n), requested=f"2026-11-1{n}")) for n in range(3)]
        delivered = deliver(batch_of(*days, b"bad"), bucket)
    finally:
        bucket.s3.meta.events.unregister("before-call.s3.PutObject", meet)
    assert (len(delivered.files), len(delivered.errors)) == (3, 1)


def test_a_bug_in_one_put_fails_the_whole_delivery(world, bucket):
    world.faults.append(Fault("errors/", lambda key: ZeroDivisionError(key)))
    with pytest.raises(ZeroDivisionError):
        deliver(batch_of(change("a", demand("1")), b"bad"), bucket)
