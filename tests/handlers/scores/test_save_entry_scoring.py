"""save_entry_scoring: who is told to the Entry Service, as what, and what is counted of it."""

import json
from datetime import timedelta

import pytest
from entry_world import CAMPAIGN, LOAD, MONTREAL, NEW_YORK, Context, entry_world, in_market, kinesis, of_load, record

from adapters.files.score_csv import chunks, read_header
from domain.scores.drop import Arrival, dropped
from domain.scores.load import START
from handlers.scores import save_entry_scoring

NO_COUNTS = dict.fromkeys(("records", "input", "scoring", "entries", "inserted", "updated", "found"), 0)


@pytest.fixture(scope="module")
def running():
    with entry_world() as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


def test_scenario_3_of_the_seed_gives_its_figures(world):
    world.service.know(CAMPAIGN, [f"fan-{n:05d}" for n in range(4_800, 5_000)])
    records = [record(n, rank=0 if n < 5_000 else 1) for n in range(20_000)]
    answers = [world.enter(kinesis(records[at : at + 5_000], at)) for at in range(0, 20_000, 5_000)]
    assert answers[0]["count"] == {
        "records": 5_000,
        "input": 1,
        "scoring": 1,
        "entries": 5_000,
        "inserted": 4_800,
        "updated": 200,
        "found": 0,
    }
    assert answers[1]["count"] == {**NO_COUNTS, "records": 5_000}
    whole = {"records": 20_000, "input": 5_000, "scoring": 5, "entries": 5_000, "inserted": 4_800, "updated": 200}
    assert world.figures() == whole
    assert len(world.service.entries[CAMPAIGN]) == 5_000


def test_the_scenario_in_one_batch_counts_campaigns_and_not_calls(world):
    answer = world.enter(kinesis(record(n, rank=n % 4) for n in range(8_000)))
    assert answer["count"]["input"] == answer["count"]["scoring"] == 1
    assert world.figures()["scoring"] == 2
    assert answer["batchItemFailures"] == []


def test_a_fan_is_told_as_the_entry_service_knows_it(world):
    world.enter(
        kinesis([record("f1", phoneType="mobile", bandScore=0.1, locale="en-us", tags=["x"], accountFanscore=1)])
    )
    assert world.service.entries[CAMPAIGN]["f1"] == {
        "memberId": "member-f1",
        "globalUserId": "f1",
        "phoneType": "mobile",
        "phone": "+12025550001",
        "email": "f1@people.example",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "verdict": True,
        "score": 0.93,
        "localFanscore": 0.5,
        "bandScore": 0.1,
        "marketId": NEW_YORK,
        "locale": "en-us",
    }


def test_what_the_loader_makes_of_a_file_is_told(world):
    file = [
        b"globalUserId,id,score,isVerified,hbase,memberId,email,locale\n",
        b"f1,f1,0.8,1,MONTREAL,m1,f1@people.example,fr-ca\n",
        b"f1,f11,0.9,1,New York,m1,,\n",
        b"f2,f21,0.7,0,New York,,,\n",
    ]
    drop = dropped(Arrival("scoring", f"scrubbed/registrants.{CAMPAIGN}.csv", "v1", "1", world.now))
    lines = iter(file)
    [chunk] = chunks(lines, read_header(lines), drop=drop, at=START)
    world.enter(kinesis(data for _, data in chunk.records))
    assert world.service.entries[CAMPAIGN] == {
        "f1": {
            "globalUserId": "f1",
            "memberId": "m1",
            "email": "f1@people.example",
            "locale": "fr-ca",
            "verdict": True,
            "score": 0.8,
            "marketId": MONTREAL,
        }
    }
    assert world.figures(drop.load) == {"records": 2, "input": 1, "scoring": 1, "entries": 1, "inserted": 1}


def test_what_a_fan_did_not_tell_is_left_out(world):
    bare = dict.fromkeys(("memberId", "email", "phone", "firstName", "lastName", "localFanscore"))
    world.enter(kinesis([record("f1", **bare)]))
    assert set(world.service.entries[CAMPAIGN]["f1"]) == {"globalUserId", "verdict", "score", "marketId"}


def test_a_market_is_found_however_its_name_is_written(world):
    names = ["Montréal", "montreal", "  MONTRÉAL ", "Montre\u0301al"]
    world.enter(kinesis(in_market(name, f"f{place}") for place, name in enumerate(names)))
    assert [it["marketId"] for it in world.service.entries[CAMPAIGN].values()] == [MONTREAL] * 4


def test_a_market_that_is_new_is_asked_for_anew(world):
    world.enter(kinesis([record(1)]))
    world.campaigns.add({"id": CAMPAIGN}, [{"id": MONTREAL, "name": "Laval"}])
    world.now += timedelta(minutes=2)
    answer = world.enter(kinesis([in_market("Laval", "f2")], at=1))
    assert answer["count"]["inserted"] == 1
    assert world.service.entries[CAMPAIGN]["f2"]["marketId"] == MONTREAL


def test_markets_are_asked_for_once_for_many_batches(world):
    for at in range(5):
        world.enter(kinesis([record(at)], at=at))
    assert world.campaigns.calls.total() == 1


def test_a_record_without_a_known_market_is_parked_and_blocks_no_other(world):
    reasons = {"Atlantis": "unknown_market", None: "no_market", " ": "no_market", 7: "no_market"}
    lost = [in_market(name, f"lost {name}") for name in reasons]
    answer = world.enter(kinesis([*lost, record("f1")]))
    assert answer["batchItemFailures"] == []
    assert set(world.service.entries[CAMPAIGN]) == {"f1"}
    assert world.figures() == {"records": 5, "input": 5, "scoring": 1, "entries": 1, "inserted": 1, "parked": 4}
    [(key, body)] = world.aws.objects("errors/").items()
    assert key.startswith("errors/save_entry_scoring/shardId-000000000000-")
    lines = [json.loads(line) for line in body.splitlines()]
    assert {it["record"]["globalUserId"]: it["reason"] for it in lines} == {f"lost {k}": v for k, v in reasons.items()}
    assert {(it["campaignId"], it["load"]) for it in lines} == {(CAMPAIGN, LOAD)}


def test_a_campaign_that_nobody_knows_is_parked(world):
    answer = world.enter(kinesis([record(1, campaignId="ghost"), record(2)]))
    assert answer["count"] == {**NO_COUNTS, "records": 2, "input": 2, "scoring": 1, "entries": 1, "inserted": 1}
    assert world.figures(campaign="ghost") == {"records": 1, "input": 1, "parked": 1}


def test_a_record_that_can_never_be_told_is_parked_and_passed(world):
    bad = [b"no json", b"\xff\xfe", [1], record(1, campaignId="c" * 2_000), record(1, globalUserId=7)]
    answer = world.enter(kinesis([*bad, record("f2")]))
    assert (answer["count"]["records"], answer["batchItemFailures"]) == (6, [])
    assert set(world.service.entries[CAMPAIGN]) == {"f2"}
    [body] = world.aws.objects("errors/").values()
    reasons = ["not_json", "not_json", "not_an_object", "no_campaign", "no_fan"]
    assert [json.loads(line)["reason"] for line in body.splitlines()] == reasons
    assert world.figures()["parked"] == 1  # only the last one says which load it is of
    assert world.enter(kinesis([*bad, record("f2")]))["count"] == NO_COUNTS


def test_the_handler_reads_its_own_settings_and_clock(world):
    assert save_entry_scoring.handler(kinesis([record(1)]), Context())["count"]["inserted"] == 1


def test_of_a_fan_that_comes_twice_the_later_record_is_told(world):
    world.enter(kinesis([record(1, score=0.1, events={"0": {"market": "New York"}}), record(2), record(1)]))
    assert world.service.entries[CAMPAIGN]["fan-00001"]["score"] == 0.93
    assert world.figures() == {"records": 3, "input": 3, "scoring": 1, "entries": 2, "inserted": 2, "combined": 1}


def test_of_two_loads_in_a_batch_the_newer_file_has_the_last_word(world):
    newer, older = of_load("new", "2026-11-21", 1, firstName="New"), of_load("old", "2026-11-20", 1, firstName="Old")
    world.enter(kinesis([newer, older]))
    assert world.service.entries[CAMPAIGN]["fan-00001"]["firstName"] == "New"
    assert world.figures("old") == {"records": 1, "input": 1, "scoring": 1, "entries": 1, "inserted": 1}
    assert world.figures("new") == {"records": 1, "input": 1, "scoring": 1, "entries": 1, "updated": 1}


def test_more_loads_than_a_transaction_holds_are_settled_in_order(world):
    answer = world.enter(kinesis(of_load(f"load-{n:03d}", "v", n) for n in range(85)))
    assert answer["count"] == {**NO_COUNTS, "records": 85, "input": 1, "scoring": 1, "entries": 85, "inserted": 85}
    assert all(world.figures(f"load-{n:03d}")["inserted"] == 1 for n in range(85))


def test_a_record_that_comes_again_is_told_and_counted_once(world):
    world.enter(kinesis([record(1), record(2)]))
    answer = world.enter(kinesis([record(2), record(3)], at=1))  # cut anew
    assert answer["count"] == {**NO_COUNTS, "records": 1, "input": 1, "scoring": 1, "entries": 1, "inserted": 1}
    assert world.figures() == {"records": 3, "input": 3, "scoring": 2, "entries": 3, "inserted": 3}


def test_shards_have_a_watermark_each(world):
    for shard in ("shardId-000000000000", "shardId-000000000001"):
        world.enter(kinesis([record(shard)], shard=shard))
    assert world.figures()["inserted"] == 2
