"""The best candidates of a channel are the same as of a full sort, however they are sharded and paged."""

from datetime import timedelta

import boto3
import pytest
from candidates_table import make_candidates_table
from moto import mock_aws
from programs_in_small import AT, READY, REVIEWS, RUN

from adapters.aws.candidates import CandidateTable
from adapters.aws.ranking import Ranking
from domain.solicitation.stored import storer

ACCESS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}


@pytest.fixture
def dynamodb():
    with mock_aws():
        client = boto3.client("dynamodb", **ACCESS)
        make_candidates_table(client, "Candidates")
        yield client


def test_top(dynamodb):
    store = storer(REVIEWS, RUN)
    rows = [
        {
            **READY.to_row(),
            "customer": f"c{n}",
            "score": {"value": (n % 7) / 10, "fallback": False, "models": [], "missing": []},
        }
        for n in range(200)
    ]
    stored = [store(row) for row in rows]
    CandidateTable(dynamodb, "Candidates").create(stored)
    items = [item for s in stored for item in s.index if item["score"] >= 0.3]
    items.sort(key=lambda i: (i["GSI1SK"], i["PK"]), reverse=True)
    ranking = Ranking(dynamodb, "Candidates")
    assert list(ranking.top(REVIEWS, "email", min_score=0.3, now=AT)) == items
    assert list(ranking.top(REVIEWS, "email", min_score=0.3, now=AT, expected=10)) == items
    assert list(ranking.top(REVIEWS, "email", min_score=0.3, now=AT + timedelta(days=31))) == []
