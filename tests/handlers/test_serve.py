"""The serving API as its callers meet it: every call is an HTTP API event, every table is in moto."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from botocore.exceptions import EndpointConnectionError
from candidates_table import whole
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from programs_in_small import AT
from serving_world import BOTH, MUSIC, call, keep, stored, tables

from adapters.aws.answers import Answers
from adapters.aws.batch_items import Backoff, put
from adapters.aws.customer_candidates import CustomerCandidates
from adapters.aws.opt_outs import OptOuts
from adapters.aws.ranking import Ranking
from adapters.aws.score_cache import ScoreCache
from adapters.aws.served import Served
from adapters.http.serving_api import app
from adapters.http.serving_contract import document
from domain.solicitation.last_good import LastGood
from handlers.solicitation.serve import serve

ROOT = Path(__file__).parents[2]
AT_ONCE = Backoff(tries=3, sleep=lambda seconds: None)
EMAIL = f"/programs/{BOTH.id}/channels/email/candidates"


class World:
    """Serving with its tables, one execution environment."""

    def __init__(self):
        self.dynamodb = tables()
        self.pool = ThreadPoolExecutor(4)
        self.environment = self.start()

    def start(self):
        candidates = CustomerCandidates(self.dynamodb, "Candidates", AT_ONCE)
        return {
            "served": Served(
                {program.id: program for program in (BOTH, MUSIC)},
                Ranking(self.dynamodb, "Candidates", self.pool),
                candidates,
                OptOuts(self.dynamodb, "Customers", "Candidates", AT_ONCE),
                self.pool,
            ),
            "scores": ScoreCache(self.dynamodb, "ScoreCache"),
            "answers": Answers(
                self.dynamodb, "Candidates", "Customers", "Deliveries", "Responses", "Subjects", AT_ONCE
            ),
            "last_good": LastGood(),
        }

    def raw(self, event):
        return serve(event, None, **self.environment)

    def call(self, *args, **query):
        answer = self.raw(call(*args, **query))
        return answer["statusCode"], json.loads(answer["body"])

    def ok(self, *args, **query):
        status, answer = self.call(*args, **query)
        assert status in (200, 201), answer
        return answer

    def refused(self, *args, **query):
        """Status and the one reason of a refusal."""
        status, answer = self.call(*args, **query)
        [error] = answer["errors"]
        assert set(error) == {"what", "where", "mend"}
        return status, error["where"], f"{error['what']}; {error['mend']}"

    def cut(self):
        """Take the tables out of reach; what is registered gives them back."""

        def fail(**_):
            raise EndpointConnectionError(endpoint_url="https://dynamodb")

        self.dynamodb.meta.events.register_first("before-send.dynamodb", fail)
        return lambda: self.dynamodb.meta.events.unregister("before-send.dynamodb", fail)


@pytest.fixture
def world():
    with mock_aws():
        world = World()
        yield world
        world.pool.shutdown()


def subjects(answer):
    return [candidate["subject"] for candidate in answer["candidates"]]


def test_a_channel_page_tells_the_best_candidates_first(world):
    keep(world.dynamodb, *(stored(f"c{n}", f"p{n}", n / 10) for n in range(10)))
    answer = world.ok("GET", EMAIL, minScore=0.5, limit=3)
    assert answer == {
        "program": BOTH.id,
        "channel": "email",
        "candidates": [
            {
                "customer": f"c{n}",
                "subject": f"p{n}",
                "subjectName": "Kettle",
                "marketplace": "US",
                "eventDate": "2026-11-19T00:00:00Z",
                "score": n / 10,
                "expiresAt": "2026-12-20T02:00:00Z",
            }
            for n in (9, 8, 7)
        ],
        "cursor": None,
        "degraded": False,
        "asOf": "2026-11-20T02:00:00Z",
    }
    assert subjects(world.ok("GET", EMAIL, minScore=0.5)) == ["p9", "p8", "p7", "p6", "p5"]
