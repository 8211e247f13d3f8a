"""Every row of the Scores table has one key, and a fan's row is told from all others by it."""

import pytest

from domain.scores import keys
from domain.scores.places import parked_records, rejected_rows, waiting_entries

FAN_ROWS = [
    (keys.fan_row(keys.FAN, "g1", "c1"), ("fan:g1", "campaign:c1")),
    (keys.fan_row(keys.MEMBER, "m1", "c1"), ("sid:m1", "campaign:c1")),
    (keys.fan_row(keys.EMAIL, "fan@example.com", "c1"), ("email:fan@example.com", "campaign:c1")),
]
OTHERS = [
    (keys.counts_row("c1"), ("campaign:c1", "meta:counts")),
    (keys.slack_row("c1"), ("campaign:c1", "meta:slack:counts")),
    (keys.load_row("c1", "3fa2"), ("campaign:c1", "meta:load:3fa2")),
    (keys.counted_row("c1", "3fa2"), ("campaign:c1", "meta:load:3fa2:counted")),
    (keys.entries_row("c1", "3fa2"), ("campaign:c1", "meta:load:3fa2:entries")),
    (keys.watermark_row("saved_scores", "shard-1"), ("watermark:saved_scores:shard-1", "meta:watermark")),
]


@pytest.mark.parametrize(("key", "texts"), FAN_ROWS)
def test_a_fan_has_a_row_a_campaign(key, texts):
    assert key == texts
    assert keys.is_fan_row(key.attributes())


@pytest.mark.parametrize(("key", "texts"), OTHERS)
def test_all_else_is_about_a_campaign_or_a_reader_and_no_fan_s_row(key, texts):
    assert key == texts
    assert key.sk.startswith(keys.META)
    assert not keys.is_fan_row(key.attributes())


@pytest.mark.parametrize(
    "other", [{}, {"PK": "fan:g1"}, {"PK": "fan:g1", "SK": "demand#1"}, {"PK": "x:1", "SK": "campaign:c1"}]
)
def test_neighbours_rows_are_none_of_ours(other):
    assert not keys.is_fan_row(other)


def test_what_is_refused_or_waits_has_a_place_of_its_own():
    assert rejected_rows("c1", "3fa2", 7) == "errors/c1/3fa2/part-000007.jsonl"
    assert parked_records("load_scores_to_dynamodb", "x-1") == "errors/load_scores_to_dynamodb/x-1.jsonl"
    assert waiting_entries("c1", "x") == "entry-retries/c1/x.json"
