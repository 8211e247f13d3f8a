"""A batch of the stream: into the rows, or parked with a reason; what is told of it, and what Kinesis is to deliver again."""

import json
from pathlib import Path

import pytest
from score_batches import NEW, batch, document, emptied
from scores_world import scores_world

from domain.scores.keys import FAN, fan_row
from handlers.scores import load_scores_to_dynamodb as stage

EVENT = json.loads((Path(__file__).parents[3] / "events/scores/load_scores_to_dynamodb.json").read_text())


@pytest.fixture(scope="module")
def kept():
    with scores_world(stage) as world:
        yield world


@pytest.fixture
def world(kept):
    stage.live.cache_clear()  # tests teach its clients what to refuse
    return emptied(kept)


def row(world, fan="g1"):
    return world.item(fan_row(FAN, fan, "c1"))


def test_a_delivery_as_kinesis_makes_it_reaches_its_rows(world):
    assert stage.handler(EVENT, None) == {
        "in": 2,
        "input": 2,
        "success": 2,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "invalid": 0,
        "failed": 0,
        "batchItemFailures": [],
    }
    ana = world.item(fan_row(FAN, "859F7C064A4818874FA67ABEC9BF2AF1", "campaign-123"))
    told = ("score", "isVerified", "registrationScore", "tags", "memberId", "origin", "rank")
    nudetect = {"score": 0.12, "scoreBand": "low"}
    assert [ana[name] for name in told] == [0.93, True, 0.41, ["long-time fan"], "900000001", {"nudetect": nudetect}, 0]
    assert "email" not in ana


def test_statuses_are_told_apart_and_sum_up(world):
    stage.handler(batch(document("g1", version=NEW), document("g2"), document("g3")), None)
    told = stage.handler(
        batch(
            document("g1", 0.1),  # overtaken
            document("g2", 0.1, NEW),
            document("g3", 0.9, NEW),
            document("g4"),
            document("g4", part=1, score=0.8),
            b"{",
        ),
        None,
    )
    assert told == {
        "in": 6,
        "input": 5,
        "success": 5,
        "created": 1,
        "updated": 2,
        "unchanged": 2,
        "invalid": 1,
        "failed": 0,
        "batchItemFailures": [],
    }
    assert row(world, "g1")["score"] == 0.9


def test_an_empty_batch_is_nothing(world):
    told = stage.handler({"Records": []}, None)
    assert told.pop("batchItemFailures") == []
    assert set(told.values()) == {0}
    assert not world.calls.made


def test_the_log_and_the_metrics_hold_no_fan(world, monkeypatch, capsys):
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    stage.logger.setLevel("INFO")
    stage.handler(batch(document("secretfan"), b"{", {**document("secretfan"), "score": "0.9"}), None)
    stage.logger.setLevel("CRITICAL")
    said = capsys.readouterr().out
    assert "secretfan" not in said
    assert [json.loads(line)["ScoresCreated"] for line in said.splitlines() if "ScoresCreated" in line] == [[1.0]]
