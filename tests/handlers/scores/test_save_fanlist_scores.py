import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fanlist_world import CAMPAIGN, KEY, LATER, NOW, FanlistWorld, fanlist_world

from domain.errors import Unavailable
from domain.scores.arrivals import arrivals
from domain.scores.drop import dropped
from domain.scores.keys import EMAIL, fan_row
from sandbox.sample.fanlist import write_fanlist

LIST = """E-Mail,score,member_id
one@example.com,0.5,m1
Two@Example.com ,0.25,m2
nobody,0.9,m3
 ONE@example.com,0.75,m4
three@example.com,,m5
four@example.com,0.1,
TWO@EXAMPLE.COM,0.25,m6
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[FanlistWorld]:
    with fanlist_world() as world:
        yield world


@pytest.fixture
def world(shared) -> FanlistWorld:
    return shared.afresh(identifier="email")


def test_each_fan_has_the_highest_score_of_the_list_wherever_it_stands(world):
    event = world.drop(LIST)
    answer = world.save(event)
    assert answer == {
        "input": {"in": 7, "invalid": 2, "duplicate": 2, "valid": 3},
        "dynamo": {"in": 3, "failed": 0, "out": 3, "rejected": 0},
        "stream": {"in": 3, "failed": 0, "out": 3},
        "batchItemFailures": [],
    }
    assert world.found() == {
        "email:one@example.com": 0.75,
        "email:two@example.com": 0.25,
        "email:four@example.com": 0.1,
    }


def test_a_fans_row_says_whose_it_is_and_nothing_of_being_verified(world):
    event = world.drop(LIST)
    world.save(event)
    row = world.fans()["email:one@example.com"]
    about = {name: row.pop(name) for name in ("updated", "loadVersion", "loads")}
    assert row == {
        "PK": "email:one@example.com",
        "SK": "campaign:campaign-456",
        "campaignId": CAMPAIGN,
        "email": "one@example.com",
        "score": 0.75,
    }
    assert about["loads"].endswith(":created:0")
    assert about["updated"].startswith("2026-02-13T14:35:00")


def test_the_stream_is_told_all_that_is_known_of_the_row_that_won_by_member_before_address(world):
    event = world.drop(LIST)
    world.save(event)
    meta = {"correlation": world.id(event), "date": "2026-02-13T14:30:00+00:00"}
    told = dict(world.told(event))
    assert told == {
        "m4": {"campaignId": CAMPAIGN, "memberId": "m4", "email": "one@example.com", "score": 0.75, "__meta": meta},
        "m2": {"campaignId": CAMPAIGN, "memberId": "m2", "email": "two@example.com", "score": 0.25, "__meta": meta},
        "four@example.com": {"campaignId": CAMPAIGN, "email": "four@example.com", "score": 0.1, "__meta": meta},
    }


def test_the_verdict_is_asked_for_once_when_all_is_saved(world):
    event = world.drop(LIST)
    world.save(event)
    load = world.id(event)
    assert world.scores.messages("verdictReporterQueue") == [{"campaignId": CAMPAIGN, "count": 3, "loadId": load}]
    assert world.load(event)["state"] == "LOADED"
    assert world.figures(event) == {
        "in": 7, "valid": 3, "invalid": 2, "duplicate": 2, "out": 3, "failed": 0, "combined": 0,
    }  # fmt: skip
    assert world.load(event)["reasons"] == {"bad_email": 1, "missing_score": 1}


def test_refused_rows_are_kept_with_their_reasons_and_nowhere_else(world):
    event = world.drop(LIST)
    world.save(event)
    assert f"errors/{CAMPAIGN}/{world.id(event)}/part-000000.jsonl" in world.scores.objects("errors/")
    assert world.refused(event)[0] == [
        {"row": 3, "line": 4, "reasons": ["bad_email"], "cells": ["nobody", "0.9", "m3"]},
        {"row": 5, "line": 6, "reasons": ["missing_score"], "cells": ["three@example.com", "", "m5"]},
    ]


def test_a_file_that_is_told_of_again_is_not_saved_again(world):
    event = world.drop(LIST)
    world.save(event)
    rows, world.now = world.fans(), world.now.replace(hour=20)
    answer = world.save(event)
    assert answer["input"]["in"] == answer["dynamo"]["in"] == answer["stream"]["in"] == 0
    assert world.fans() == rows
    assert len(world.told(event)) == 3
    assert len(world.scores.messages("verdictReporterQueue")) == 1


def test_an_event_that_somebody_gives_by_hand_does_as_well(world):
    assert world.invoke(world.drop(LIST))["dynamo"]["out"] == 3
    version = world.drop("email,score\nfive@example.com,1\n", LATER)["detail"]["object"]["version-id"]
    told = {"key": LATER.replace(":", "%3A"), "sequencer": "0B", "versionId": version}
    s3 = {"bucket": {"name": "scoring"}, "object": told}
    record = {"eventName": "ObjectCreated:Put", "eventTime": "2026-02-13T15:31:00.000Z", "s3": s3}
    assert world.invoke({"Records": [record]})["dynamo"]["out"] == 1
    assert world.found()["email:five@example.com"] == 1


def test_an_event_by_hand_whose_file_is_not_saved_says_so(world):
    with pytest.raises(Unavailable, match="goes on at part 0"):
        world.invoke(world.drop(LIST), times=[1000])


@pytest.mark.parametrize("event", [
    {"Records": []},
    {"source": "aws.s3", "detail-type": "Object Deleted"},
    {"Event": "s3:TestEvent"},
])  # fmt: skip
def test_what_tells_of_no_file_is_done(world, event):
    assert world.save(event)["batchItemFailures"] == []
    assert world.scores.items() == []


@pytest.mark.parametrize("key", [
    "scrubbed/registrants.c1.csv", "fanlist/scored/list.csv", "fanlist/scored/c1/list.txt",
])  # fmt: skip
def test_a_file_that_is_no_list_of_fans_is_left_alone(world, key):
    assert world.save(world.drop(LIST, key))["batchItemFailures"] == []
    assert world.scores.items() == []


def test_one_message_that_is_no_event_keeps_no_other_from_being_saved(world):
    assert world.save({"what": "is this"}, world.drop(LIST))["dynamo"]["out"] == 3


@pytest.mark.parametrize(("identifier", "keys"), [
    ("email", {"email:a@example.com", "email:b@example.com"}),
    ("memberId", {"sid:m1", "sid:m2"}),
    ("globalUserId", {"fan:g1"}),
])  # fmt: skip
def test_a_list_goes_by_what_its_campaign_knows_fans_by(world, identifier, keys):
    rows = "globalUserId,memberId,email,score\ng1,m1,a@example.com,0.1\ng1,m2,b@example.com,0.2\n"
    world.afresh(identifier=identifier)
    world.save(world.drop(rows))
    assert set(world.fans()) == keys


@pytest.mark.parametrize("campaign", [{}, {"name": "no identifier"}])
def test_where_no_campaign_says_what_it_goes_by_the_list_does(world, campaign):
    world.afresh(**campaign)
    world.save(world.drop("email,memberId,score\na@example.com,m1,0.1\n"))
    assert set(world.fans()) == {"sid:m1"}


def test_an_id_that_reads_like_an_address_is_another_fan(world):
    world.afresh()
    world.save(world.drop("email,score\na@example.com,0.1\n"))
    world.save(world.drop("memberId,score\na@example.com,0.2\n", LATER))
    assert world.found() == {"email:a@example.com": 0.1, "sid:a@example.com": 0.2}


def test_a_newer_list_wins_and_an_older_one_changes_nothing_and_is_told_to_nobody(world):
    newer = world.drop("email,score\na@example.com,0.9\n", LATER)
    older = world.drop("email,score\na@example.com,0.1\nb@example.com,0.2\n")
    world.save(newer)
    answer = world.save(older)
    assert answer["dynamo"] == {"in": 2, "failed": 0, "out": 1, "rejected": 1}
    assert answer["stream"] == {"in": 1, "failed": 0, "out": 1}
    assert world.found() == {"email:a@example.com": 0.9, "email:b@example.com": 0.2}
    assert [document["score"] for _, document in world.told(older)] == [0.2]
    assert world.figures(older)["out"] == world.figures(older)["valid"] == 2


def test_the_same_list_once_more_is_a_load_that_changes_nothing(world):
    world.save(world.drop(LIST))
    before, world.now = world.fans(), world.now.replace(hour=20)
    again = world.drop(LIST)
    assert world.save(again)["dynamo"] == {"in": 3, "failed": 0, "out": 3, "rejected": 0}
    assert len(world.told(again)) == 3
    for key, row in world.fans().items():
        assert row["loads"] == f"{before[key]['loads']};{world.id(again)}:unchanged:0"
        assert row["loadVersion"] > before[key]["loadVersion"]
        assert {**row, "loads": None, "loadVersion": None} == {**before[key], "loads": None, "loadVersion": None}


def test_a_list_is_of_one_time_however_its_events_tell_it(world):
    event = world.drop(LIST, KEY.replace("2026-02-13T14:30:00", "latest"))
    world.save(event, times=[900_000, 0], part_fans=2)
    told = event["detail"]["object"]
    s3 = {
        "bucket": {"name": "scoring"},
        "object": {"key": told["key"], "versionId": told["version-id"], "sequencer": "0F"},
    }
    record = {"eventName": "ObjectCreated:Put", "eventTime": "2026-02-13T18:00:00.000Z", "s3": s3}
    world.save({"Records": [record]}, part_fans=2)
    assert len({row["loadVersion"] for row in world.fans().values()}) == 1
    assert {document["__meta"]["date"] for _, document in world.told(event)} == {NOW.isoformat()}
    assert len(world.told(event)) == 3


def test_what_neighbours_keep_in_a_fans_row_stays(world):
    theirs = {
        "verdict": True,
        "codes": ["A1"],
        "date": {"created": "2026-01-01"},
        "isVerified": True,
        "registrationScore": 0.4,
    }
    world.scores.put(fan_row(EMAIL, "one@example.com", CAMPAIGN), **theirs)
    world.save(world.drop(LIST))
    row = world.fans()["email:one@example.com"]
    assert row["score"] == 0.75
    assert {name: row[name] for name in theirs} == theirs


def test_a_list_of_fifty_thousand_is_what_the_seed_says_of_it(world, tmp_path):
    """Scenario 2, one row of 250: 48,000 valid, 1,500 invalid, 500 duplicate of 50,000."""
    told = write_fanlist(tmp_path / "list.csv", 200, 1, invalid=6, duplicate=2)
    event = world.drop((tmp_path / "list.csv").read_bytes())
    answer = world.save(event, part_fans=50)
    assert answer["input"] == {"in": 200, "invalid": 6, "duplicate": 2, "valid": 192}
    assert answer["dynamo"] == {"in": 192, "failed": 0, "out": 192, "rejected": 0}
    assert answer["stream"] == {"in": 192, "failed": 0, "out": 192}
    assert world.load(event)["reasons"] == told["reasons"]
    found = world.found()
    assert {f"email:{fan}": score for fan, score in told["best"].items()}.items() <= found.items()
    assert sorted(document["score"] for _, document in world.told(event)) == sorted(found.values())


def test_the_event_among_our_examples_is_one(world):
    event = json.loads((Path(__file__).parents[3] / "events/scores/save_fanlist_scores.json").read_text())
    [record] = event["Records"]
    [arrival] = arrivals(record["body"])
    assert dropped(arrival).campaign == CAMPAIGN
    assert world.invoke(event)["batchItemFailures"] == []  # no such file: rejected, and never asked for again
    assert world.load(json.loads(record["body"]))["state"] == "REJECTED"
