"""The tables that serving reads, in moto, with candidates as the batch stores them; and the calls of an HTTP API (payload 2.0)."""

import json
from dataclasses import replace
from urllib.parse import urlencode

import boto3
from botocore.config import Config
from candidates_table import make_candidates_table
from programs_in_small import AT, READY, REVIEWS, RUN

from adapters.aws.candidates import CandidateTable
from adapters.aws.quick_bodies import quicken
from adapters.aws.session import QUICK
from domain.solicitation.program import Channel
from domain.solicitation.stored import Stored, storer

ACCESS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
TABLES = ("Candidates", "Customers", "ScoreCache", "Deliveries", "Responses", "Subjects")
ONE_TRY = Config(retries={"mode": "standard", "total_max_attempts": 1})
VOICE = Channel("voice-assistant", "voice", {})
BOTH = replace(REVIEWS, channels=(*REVIEWS.channels, VOICE))
MUSIC = replace(BOTH, id="small-music", subject_type="track", serving_shards=10)


def tables():
    """A client as serving has it, with every table made."""
    dynamodb = quicken(boto3.client("dynamodb", config=QUICK.merge(ONE_TRY), **ACCESS))
    for name in TABLES:
        make_candidates_table(dynamodb, name)
    return dynamodb


def stored(customer="c1", subject="p1", score=0.7, program=BOTH, **changes) -> Stored:
    scored = {"value": score, "fallback": False, "models": [["m", "1", score]], "missing": []}
    return storer(program, RUN)(
        {**READY.to_row(), "customer": customer, "subject": subject, "score": scored, **changes}
    )


def keep(dynamodb, *candidates: Stored):
    CandidateTable(dynamodb, "Candidates").create(candidates)


def call(method, path, body=None, at=AT, **query):
    """The event of one call; `path` as the gateway hands it on, percent-encoded or not."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query),
        "headers": {"content-type": "application/json"} if body is not None else {},
        **({"queryStringParameters": {name: str(value) for name, value in query.items()}} if query else {}),
        "requestContext": {
            "http": {"method": method, "path": path},
            "stage": "$default",
            "requestId": "r-1",
            "timeEpoch": int(at.timestamp() * 1000),
        },
        **({"body": json.dumps(body)} if body is not None else {}),
        "isBase64Encoded": False,
    }
