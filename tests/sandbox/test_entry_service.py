"""The Entry Service of the sandbox: what it takes, what it refuses, and that a call under a known key changes nothing."""

import pytest
import requests

from sandbox.entry_service import EntryServer

MARKET = "5f1a0c0de0000000000000aa"


@pytest.fixture
def service():
    with EntryServer() as service:
        yield service


def entry(fan="f1", **changes):
    return {"globalUserId": fan, "marketId": MARKET, "verdict": True, "score": 0.5, **changes}


def post(service, records, *, campaign="c", key=None, token="entry-test", path="/campaigns/{}/scoring"):
    headers = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
    url = service.endpoint + path.format(campaign)
    return requests.post(url, json={"records": records}, headers=headers, timeout=5)


def test_fans_are_inserted_updated_or_found(service):
    service.know("c", ["f2"])
    assert post(service, [entry("f1"), entry("f2")]).json() == {
        "scoring": 2,
        "entries": 2,
        "inserted": 1,
        "updated": 1,
        "found": 0,
    }
    again = post(service, [entry("f1"), entry("f2", score=0.6)]).json()
    assert (again["inserted"], again["updated"], again["found"]) == (0, 1, 1)


def test_both_paths_that_documents_know_lead_there(service):
    assert post(service, [entry()], path="/{}/entries/scoring").json()["inserted"] == 1
    assert post(service, [entry()]).json()["found"] == 1


def test_a_call_under_a_known_key_has_the_same_answer_and_no_effect(service):
    answers = [post(service, [entry()], key="k").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["inserted"] == 1


def test_another_call_under_a_known_key_is_refused(service):
    post(service, [entry()], key="k")
    assert post(service, [entry("f2")], key="k").status_code == 422
    assert set(service.entries["c"]) == {"f1"}


@pytest.mark.parametrize(
    "records",
    [
        [],
        [entry(str(n)) for n in range(1_001)],
        [entry(), entry()],
        [entry(marketId="too short")],
        [entry(verdict="yes")],
        [entry(score=1.5)],
        [entry(score=True)],
        [entry(""), entry("f2")],
    ],
    ids=["none", "too many", "twice", "market", "verdict", "score", "score", "fan"],
)
def test_a_call_with_anything_wrong_in_it_is_refused_as_a_whole(service, records):
    assert post(service, records).status_code == 400
    assert service.entries == {}


def test_who_has_no_token_is_not_let_in(service):
    assert post(service, [entry()], token="other").status_code == 401


def test_there_are_no_other_routes(service):
    assert post(service, [entry()], path="/{}").status_code == 404
    assert requests.get(service.endpoint + "/campaigns/c/scoring", timeout=5).status_code == 404


def test_a_closed_campaign_is_unavailable_and_others_are_not(service):
    service.closed.add("c")
    assert post(service, [entry()]).status_code == 503
    assert post(service, [entry()], campaign="d").status_code == 200


@pytest.mark.parametrize("kind", ["failing_late", "broken_off"])
def test_a_fault_after_the_effect_leaves_the_effect(service, kind):
    setattr(service.faults, kind, 1)
    if kind == "broken_off":
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            post(service, [entry()], key="k")
    else:
        assert post(service, [entry()], key="k").status_code == 500
    assert set(service.entries["c"]) == {"f1"}
    assert post(service, [entry()], key="k").json()["inserted"] == 1


def test_a_fault_before_the_effect_leaves_none(service):
    service.faults.failing = service.faults.throttled = 1
    assert {post(service, [entry()]).status_code for _ in range(2)} == {429, 500}
    assert service.entries == {}


def test_other_processes_read_its_book(service):
    for campaign in ("c", "d"):
        post(service, [entry()], campaign=campaign)
    assert requests.get(f"{service.endpoint}/_entries", timeout=5).json() == {
        "c": {"f1": entry()},
        "d": {"f1": entry()},
    }
    assert set(requests.get(f"{service.endpoint}/_entries?campaign=d", timeout=5).json()) == {"d"}
