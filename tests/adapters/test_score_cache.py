"""Scores kept and found again, for as long as the program says."""

import os
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws
from programs_in_small import AT, REVIEWS

from adapters.aws.attribute_values import decode_item
from adapters.aws.quick_bodies import quicken
from adapters.aws.score_cache import ScoreCache
from adapters.aws.session import QUICK

[MODEL] = REVIEWS.scoring.models
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def dynamodb():
    environment = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-west-1"}
    with patch.dict(os.environ, environment), mock_aws():
        yield quicken(boto3.client("dynamodb", config=QUICK))


@pytest.fixture
def cache(dynamodb):
    dynamodb.create_table(
        TableName="ScoreCache",
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
        BillingMode="PAY_PER_REQUEST",
    )
    yield ScoreCache(dynamodb, "ScoreCache")
    dynamodb.delete_table(TableName="ScoreCache")


def items(cache):
    return [decode_item(item) for item in cache.dynamodb.scan(TableName=cache.table)["Items"]]


def test_a_kept_score_is_found_again_and_an_unknown_one_is_not(cache):
    cache.keep(MODEL, {("c1", "p1"): 0.734512}, AT + WEEK)
    assert cache.scores(MODEL, [("c1", "p1"), ("c1", "p2")], AT) == {("c1", "p1"): 0.734512}


def test_a_score_at_either_end_of_the_range_is_found_again(cache):
    cache.keep(MODEL, {("c1", "p1"): 0.0, ("c2", "p1"): 1.0}, AT + WEEK)
    assert cache.scores(MODEL, [("c1", "p1"), ("c2", "p1")], AT) == {("c1", "p1"): 0.0, ("c2", "p1"): 1.0}


def test_an_item_has_the_keys_and_the_expiry_of_the_design(cache):
    cache.keep(MODEL, {("c#1", "p%1"): 0.5}, AT + WEEK)
    assert items(cache) == [
        {
            "PK": "CUSTOMER#c%231#SUBJECT#p%251",
            "SK": "MODEL#review-propensity-v2#2",
            "score": 0.5,
            "expiresAt": int((AT + WEEK).timestamp()),
        }
    ]


def test_ids_with_separators_do_not_meet(cache):
    cache.keep(MODEL, {("c", "1#SUBJECT#2"): 0.1, ("c#SUBJECT#1", "2"): 0.9}, AT + WEEK)
    assert cache.scores(MODEL, [("c", "1#SUBJECT#2"), ("c#SUBJECT#1", "2")], AT) == {
        ("c", "1#SUBJECT#2"): 0.1,
        ("c#SUBJECT#1", "2"): 0.9,
    }


def test_a_score_is_good_until_it_expires_though_ttl_has_not_deleted_it(cache):
    cache.keep(MODEL, {("c1", "p1"): 0.5}, AT + WEEK)
    assert cache.scores(MODEL, [("c1", "p1")], AT + WEEK - timedelta(seconds=1)) == {("c1", "p1"): 0.5}
    assert cache.scores(MODEL, [("c1", "p1")], AT + WEEK) == {}


@pytest.mark.parametrize("other", [replace(MODEL, version="3"), replace(MODEL, id="other")])
def test_another_model_or_version_finds_nothing(cache, other):
    cache.keep(MODEL, {("c1", "p1"): 0.5}, AT + WEEK)
    assert cache.scores(other, [("c1", "p1")], AT) == {}


def test_what_is_no_score_is_not_found(cache):
    cache.keep(MODEL, {("c1", "p1"): 7.0}, AT + WEEK)
    assert cache.scores(MODEL, [("c1", "p1")], AT) == {}
