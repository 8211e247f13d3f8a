"""Features over real HTTP: every id is answered, found absent, or known to be unread."""

import time

import pytest
from stand_ins import keep_features, reach

from adapters.aws.batch_items import Backoff
from adapters.aws.feature_store import ONE_TRY, FeatureStore, quick, record
from domain.errors import Rejected
from domain.solicitation.breaker import ERRORS_IN_A_ROW, OPEN_SECONDS
from domain.solicitation.program import FeatureGroup
from sandbox.feature_store import FeatureStoreServer

GROUP = FeatureGroup("customers", "customer", ("engagement", "genre"))
IDS = [f"c{number}" for number in range(8)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    records = {id: {"engagement": number / 10, "genre": "jazz", "age": 40} for number, id in enumerate(IDS)}
    records["c3"]["genre"] = None
    records["c4"]["engagement"] = float("nan")
    with FeatureStoreServer() as running:
        running.load(keep_features(tmp_path_factory.mktemp("features"), customers=records))
        yield running


@pytest.fixture
def waits():
    return []


@pytest.fixture
def store(server, waits):
    server.calls.clear()
    backoff = Backoff(base=1.0, most=8.0, chance=lambda: 0.5, sleep=waits.append)
    yield FeatureStore(quick(reach("sagemaker-featurestore-runtime", server.endpoint, ONE_TRY)), backoff)
    server.faults.throttle = server.faults.unavailable = server.faults.half_unprocessed = (
        server.faults.record_errors
    ) = 0


def calls(server):
    return server.calls["/BatchGetRecord"]


def test_records_come_by_id_with_the_features_asked_for(store, server):
    fetched = store.records(GROUP, ["c1", "c2"], attempts=3)
    assert fetched.records == {"c1": {"engagement": 0.1, "genre": "jazz"}, "c2": {"engagement": 0.2, "genre": "jazz"}}
    assert fetched.unread == frozenset()
    assert calls(server) == 1


def test_an_id_without_a_record_is_absent_not_unread(store, server):
    fetched = store.records(GROUP, ["c1", "nobody"], attempts=3)
    assert set(fetched.records) == {"c1"}
    assert fetched.unread == frozenset()
    assert calls(server) == 1


def test_a_feature_that_is_null_or_nan_is_left_out(store):
    fetched = store.records(GROUP, ["c3", "c4"], attempts=1)
    assert fetched.records == {"c3": {"engagement": 0.3}, "c4": {"genre": "jazz"}}


def test_a_collection_feature_is_one_text():
    assert record([{"FeatureName": "genres", "ValueAsStringList": ["rock", "jazz"]}]) == {"genres": "rock,jazz"}


def test_half_of_the_identifiers_unprocessed_are_asked_for_again(store, server, waits):
    server.faults.half_unprocessed = 3
    fetched = store.records(GROUP, IDS, attempts=4)
    assert set(fetched.records) == set(IDS)
    assert fetched.unread == frozenset()
    assert waits == [1.0, 2.0, 4.0]  # half of 2, 4 and 8: full jitter


def test_identifiers_still_unprocessed_in_the_end_are_unread_and_the_others_are_kept(store, server):
    server.faults.half_unprocessed = 2
    fetched = store.records(GROUP, IDS, attempts=2)
    assert fetched.unread == {"c3", "c7"}
    assert set(fetched.records) == set(IDS) - {"c3", "c7"}


@pytest.mark.parametrize("fault", ["throttle", "unavailable", "record_errors"])
def test_a_call_that_fails_is_made_again(store, server, fault):
    setattr(server.faults, fault, 2)
    fetched = store.records(GROUP, ["c1"], attempts=3)
    assert set(fetched.records) == {"c1"}
    assert calls(server) == 3


@pytest.mark.parametrize("fault", ["throttle", "unavailable", "record_errors"])
def test_a_store_out_of_reach_leaves_all_ids_unread_after_the_last_try(store, server, fault):
    setattr(server.faults, fault, 99)
    fetched = store.records(GROUP, ["c1", "c2"], attempts=3)
    assert (fetched.records, fetched.unread) == ({}, {"c1", "c2"})
    assert calls(server) == 3


def test_a_group_that_does_not_exist_is_rejected_by_name(store):
    with pytest.raises(Rejected, match="feature group ghosts: ResourceNotFound"):
        store.records(FeatureGroup("ghosts", "customer", ("engagement",)), ["c1"], attempts=3)


def test_a_store_that_goes_on_failing_is_left_alone_until_a_probe_is_answered(store, server):
    server.faults.unavailable = 99
    for _ in range(4):
        assert store.records(GROUP, ["c1"], attempts=3).unread == {"c1"}
    assert calls(server) == ERRORS_IN_A_ROW
    server.faults.unavailable = 0
    assert store.records(GROUP, ["c1"], attempts=3).unread == {"c1"}
    store.fuse.clock = lambda: time.monotonic() + OPEN_SECONDS
    assert store.records(GROUP, ["c1"], attempts=3).unread == frozenset()
