"""A bucket's candidates each get one score, asked for once, whatever the models and the feature store do."""

import gzip
import json
import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch
from uuid import uuid4

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from moto import mock_aws
from programs_in_small import AT, READY, REVIEWS, RUN
from stand_ins import AFFINITY, PROPENSITY, keep_features, reach

from adapters.aws.batch_items import Backoff
from adapters.aws.champions import Champions
from adapters.aws.endpoints import Endpoint, Endpoints
from adapters.aws.feature_store import ONE_TRY, FeatureStore, quick
from adapters.aws.model_panel import ModelPanel
from adapters.aws.quick_bodies import quicken
from adapters.aws.run_programs import keep_program, load_program
from adapters.aws.runs import RunLedger
from adapters.aws.score_cache import ScoreCache
from adapters.aws.score_features import ScoreFeatures
from adapters.aws.session import QUICK
from adapters.aws.work_files import WorkFiles
from domain.errors import Unavailable
from domain.solicitation.breaker import ERRORS_IN_A_ROW
from domain.solicitation.champion import intended, promoted
from domain.solicitation.program import FeatureGroup, Model
from handlers.solicitation.score import score
from sandbox.feature_store import FeatureStoreFaults, FeatureStoreServer
from sandbox.sagemaker import SageMakerFaults, SageMakerServer

AT_ONCE = Backoff(tries=4, sleep=lambda seconds: None)
[REVIEW_MODEL] = REVIEWS.scoring.models
TASTE = Model("taste", "sagemaker://taste", "1", ("genre",), 1.0)
BOTH = replace(
    REVIEWS.scoring,
    models=(replace(REVIEW_MODEL, weight=3.0), TASTE),
    groups=(REVIEWS.scoring.groups[0], FeatureGroup("review-products", "subject", ("price", "genre"))),
)
# Engagement 0, 0.1 … 0.9 at price 10: logit 4e - 1.
CUSTOMERS = {f"c{number:03}": {"engagement_score": number % 10 / 10} for number in range(300)}
PRODUCTS = {"p1": {"price": 10.0, "genre": "jazz"}, "p2": {"price": 10.0, "genre": "rock"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return keep_features(tmp_path_factory.mktemp("data"), review_customers=CUSTOMERS, review_products=PRODUCTS)


@pytest.fixture(scope="module")
def clients():
    """Everything that takes long to make: moto, the two stand-ins, and clients of them."""
    environment = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    hasty = Config(read_timeout=0.2, retries={"total_max_attempts": 1}, parameter_validation=False)
    with patch.dict(os.environ, environment), mock_aws(), SageMakerServer() as model, FeatureStoreServer() as features:
        yield SimpleNamespace(
            dynamodb=quicken(boto3.client("dynamodb", config=QUICK)),
            s3=boto3.client("s3"),
            model=model,
            runtime=reach("sagemaker-runtime", model.endpoint, hasty),
            features=features,
            store=quick(reach("sagemaker-featurestore-runtime", features.endpoint, ONE_TRY)),
        )


@pytest.fixture
def features(clients, folder):
    clients.features.faults, clients.features.records_read = FeatureStoreFaults(), 0
    clients.features.calls.clear()
    clients.features.load(folder)
    return clients.features


@pytest.fixture
def model(clients):
    clients.model.faults, clients.model.rows_scored = SageMakerFaults(), 0
    clients.model.calls.clear()
    clients.model.models = {"review-propensity-v2": PROPENSITY, "taste": AFFINITY}
    return clients.model


@pytest.fixture
def parts(clients, model, features):
    """The stage's adapters as of a new process that waits for nothing, over empty tables and an empty bucket."""
    for table in ("Runs", "ScoreCache", "Controls"):
        clients.dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
            BillingMode="PAY_PER_REQUEST",
        )
    bucket = f"work-{uuid4()}"
    clients.s3.create_bucket(Bucket=bucket)
    timeout = REVIEWS.scoring.timeout_seconds
    names = ("review-propensity-v2", "taste")
    endpoints = Endpoints(known={(name, timeout): Endpoint(name, clients.runtime, backoff=AT_ONCE) for name in names})
    panel = ModelPanel(ScoreCache(clients.dynamodb, "ScoreCache"), FeatureStore(clients.store, AT_ONCE), endpoints)
    yield {
        "ledger": RunLedger(clients.dynamodb, "Runs"),
        "files": WorkFiles(clients.s3, bucket),
        "panel": panel,
        "champions": Champions(clients.dynamodb, "Controls"),
    }
    for table in ("Runs", "ScoreCache", "Controls"):
        clients.dynamodb.delete_table(TableName=table)
    load_program.cache_clear()


def rows(count, subject="p1"):
    return [{**READY.to_row(), "customer": f"c{number:03}", "subject": subject} for number in range(count)]


def run_score(parts, candidates, *, scoring=REVIEWS.scoring, run=RUN, bucket="00"):
    keep_program(parts["files"], run.program_hash, replace(REVIEWS, scoring=scoring).to_json())
    load_program.cache_clear()
    parts["files"].write(run.work_key(bucket, "filter"), candidates)
    parts["ledger"].claim(run, False, lambda holder: False, 0.0)
    return score(run, bucket, started_at=0.0, **parts)


def left(parts, run=RUN, bucket="00"):
    """The scores in the file that the stage leaves, by customer."""
    return {row["customer"]: row["score"] for row in parts["files"].read(run.work_key(bucket, "score"))}


def file_bytes(parts, run=RUN):
    body = parts["files"].s3.get_object(Bucket=parts["files"].bucket, Key=run.work_key("00", "score"))["Body"].read()
    return gzip.decompress(body)


def kept(parts):
    cache = parts["panel"].cache
    pages = cache.dynamodb.get_paginator("scan").paginate(TableName=cache.table)
    return sum(len(page["Items"]) for page in pages)


def some(counts, *names):
    return {name: counts[name] for name in names}


def test_every_candidate_leaves_with_its_score_in_the_order_it_came(parts):
    candidates = rows(10)
    counts = run_score(parts, candidates)
    read = list(parts["files"].read(RUN.work_key("00", "score")))
    assert [{name: value for name, value in row.items() if name != "score"} for row in read] == [
        json.loads(json.dumps(row)) for row in candidates
    ]
    assert [row["score"]["value"] for row in read] == [
        0.268941, 0.354344, 0.450166, 0.549834, 0.645656, 0.731059, 0.802184, 0.858149, 0.900250, 0.930862,
    ]  # fmt: skip
    assert read[9]["score"] == {
        "value": 0.930862,
        "fallback": False,
        "models": [["review-propensity-v2", "2", 0.930862]],
        "missing": [],
    }
    assert counts == {
        "in": 10, "out": 10, "cached": 0, "scored": 10, "fallback": 0, "high": 5, "medium": 3, "low": 2,
        "model_calls": 1, "missing_feature": 0, "unread_records": 0, "invalid": 0, "unanswered": 0,
    }  # fmt: skip


def test_the_ledger_is_told_what_was_counted(parts):
    counts = run_score(parts, rows(3))
    noted = parts["ledger"].buckets(RUN)["00"]["score"]
    assert some(noted, *counts) == counts


def test_no_candidate_is_sent_twice_and_no_record_is_read_twice(parts, model, features):
    run_score(parts, rows(250), scoring=replace(REVIEWS.scoring, batch_size=100))
    assert model.rows_scored == 250
    assert model.calls == {"/endpoints/review-propensity-v2/invocations": 3}
    assert features.records_read == 251  # 250 customers, and the one product of them all
    assert features.calls == {"/BatchGetRecord": 4}


def test_two_rows_of_one_candidate_are_asked_about_once(parts, model):
    counts = run_score(parts, [*rows(1), *rows(1)])
    assert model.rows_scored == 1
    assert some(counts, "in", "out", "scored") == {"in": 2, "out": 2, "scored": 2}


def test_a_repeated_stage_asks_nobody_and_leaves_the_same_bytes(parts, model, features):
    run_score(parts, rows(30))
    before, called = file_bytes(parts), (model.calls.copy(), features.calls.copy())
    counts = run_score(parts, rows(30))
    assert file_bytes(parts) == before
    assert (model.calls, features.calls) == called
    assert some(counts, "cached", "scored", "model_calls") == {"cached": 30, "scored": 0, "model_calls": 0}


def test_only_candidates_without_a_kept_score_are_asked_about(parts, model, features):
    run_score(parts, rows(30))
    counts = run_score(parts, rows(40), run=replace(RUN, id="small-reviews/2026-11-21"))
    assert model.rows_scored == 40
    assert features.records_read == 31 + 11
    assert some(counts, "cached", "scored") == {"cached": 30, "scored": 10}


def test_a_kept_score_is_asked_for_again_when_its_days_are_over(parts, model):
    run_score(parts, rows(5))
    last = replace(RUN, started_at=AT + timedelta(days=7) - timedelta(seconds=1))
    assert run_score(parts, rows(5), run=last)["cached"] == 5
    assert run_score(parts, rows(5), run=replace(RUN, started_at=AT + timedelta(days=7)))["scored"] == 5
    assert model.rows_scored == 10


def test_a_new_version_of_a_model_is_asked_anew(parts, model):
    run_score(parts, rows(5))
    counts = run_score(parts, rows(5), scoring=replace(REVIEWS.scoring, models=(replace(REVIEW_MODEL, version="3"),)))
    assert counts["scored"] == 5
    assert left(parts)["c000"]["models"][0][1] == "3"


def test_models_combine_by_weight(parts):
    counts = run_score(parts, rows(10), scoring=BOTH)
    assert left(parts)["c009"] == {
        "value": 0.918346,  # (3 * 0.930862 + 0.880797) / 4
        "fallback": False,
        "models": [["review-propensity-v2", "2", 0.930862], ["taste", "1", 0.880797]],
        "missing": [],
    }
    assert some(counts, "scored", "model_calls") == {"scored": 10, "model_calls": 2}
    assert kept(parts) == 20


def test_a_missing_feature_costs_only_the_score_of_the_model_that_needs_it(parts, model):
    stranger = {**READY.to_row(), "customer": "stranger", "subject": "p1"}
    counts = run_score(parts, [*rows(2), stranger], scoring=BOTH)
    assert left(parts)["stranger"] == {
        "value": 0.880797, "fallback": False, "models": [["taste", "1", 0.880797]], "missing": ["review-propensity-v2"],
    }  # fmt: skip
    assert some(counts, "scored", "fallback", "missing_feature") == {"scored": 3, "fallback": 0, "missing_feature": 1}
    assert model.rows_scored == 2 + 3


def test_a_candidate_no_model_can_judge_has_the_fallback_marked_and_never_kept(parts):
    stranger = {**READY.to_row(), "customer": "stranger", "subject": "p1"}
    for _ in range(2):
        counts = run_score(parts, [*rows(1), stranger])
        assert left(parts)["stranger"] == {
            "value": 0.35, "fallback": True, "models": [], "missing": ["review-propensity-v2"],
        }  # fmt: skip
        assert some(counts, "fallback", "low") == {"fallback": 1, "low": 2}
    assert kept(parts) == 1


def test_a_nan_score_costs_only_its_own_row_and_is_never_kept(parts, model):
    model.faults.nan_share = 0.5
    counts = run_score(parts, rows(10))
    assert some(counts, "scored", "fallback", "invalid") == {"scored": 5, "fallback": 5, "invalid": 5}
    assert [score["fallback"] for score in left(parts).values()] == [True, False] * 5
    assert kept(parts) == 5
    model.faults.nan_share = 0.0
    assert some(run_score(parts, rows(10)), "cached", "scored") == {"cached": 5, "scored": 5}


@pytest.mark.parametrize("fault", ["hang", "throttle", "unavailable", "not_ready", "model_error"])
def test_a_model_that_fails_once_is_asked_again(parts, model, fault):
    setattr(model.faults, fault, 1)
    assert run_score(parts, rows(10))["scored"] == 10


@pytest.mark.parametrize("fault", ["hang", "throttle", "unavailable", "not_ready", "model_error"])
def test_a_model_out_of_reach_costs_scores_and_not_the_run(parts, model, fault):
    setattr(model.faults, fault, 99)
    counts = run_score(parts, rows(10), scoring=replace(REVIEWS.scoring, max_attempts=2))
    assert some(counts, "out", "fallback", "unanswered") == {"out": 10, "fallback": 10, "unanswered": 10}
    assert kept(parts) == 0


def test_a_model_out_of_reach_leaves_its_weight_to_the_other(parts, model):
    fuse = parts["panel"].endpoints.known["taste", REVIEWS.scoring.timeout_seconds].fuse
    for _ in range(ERRORS_IN_A_ROW):
        fuse.breaker = fuse.breaker.failed(fuse.clock())
    counts = run_score(parts, rows(10), scoring=BOTH)
    assert left(parts)["c005"] == {
        "value": 0.731059,
        "fallback": False,
        "models": [["review-propensity-v2", "2", 0.731059]],
        "missing": ["taste"],
    }
    assert some(counts, "scored", "unanswered") == {"scored": 10, "unanswered": 10}


def test_an_open_breaker_stops_the_calls_of_this_and_the_next_bucket(parts, model):
    model.faults.unavailable = 99
    small = replace(REVIEWS.scoring, batch_size=1, concurrency=1)
    counts = run_score(parts, rows(20), scoring=small)
    run_score(parts, rows(20), scoring=small, bucket="01")
    assert model.calls.total() == ERRORS_IN_A_ROW
    assert some(counts, "fallback", "unanswered") == {"fallback": 20, "unanswered": 20}


def test_a_row_the_model_refuses_costs_no_other_row_its_score(parts, features, tmp_path):
    texts = {id: {"engagement_score": "plenty" if id == "c007" else "0.5"} for id in CUSTOMERS}
    features.load(keep_features(tmp_path, review_customers=texts))
    counts = run_score(parts, rows(100))
    assert some(counts, "scored", "fallback", "invalid") == {"scored": 99, "fallback": 1, "invalid": 1}
    assert [customer for customer, score in left(parts).items() if score["fallback"]] == ["c007"]


def test_a_model_that_refuses_everything_is_not_asked_row_by_row(parts, features, tmp_path, model):
    texts = {id: {"engagement_score": "plenty"} for id in CUSTOMERS}
    features.load(keep_features(tmp_path, review_customers=texts))
    counts = run_score(parts, rows(200))
    assert some(counts, "fallback", "invalid") == {"fallback": 200, "invalid": 200}
    assert counts["model_calls"] == model.calls.total() == 41


def test_an_answer_of_another_length_scores_none_of_its_rows(parts, model):
    model.faults.short_answer = 1
    counts = run_score(parts, rows(10), scoring=replace(REVIEWS.scoring, batch_size=5, concurrency=1))
    assert some(counts, "scored", "fallback", "invalid", "model_calls") == {
        "scored": 5, "fallback": 5, "invalid": 5, "model_calls": 2,
    }  # fmt: skip
    assert kept(parts) == 5


def test_half_of_the_identifiers_unprocessed_cost_no_score(parts, features):
    features.faults.half_unprocessed = 2
    assert some(run_score(parts, rows(50)), "scored", "unread_records") == {"scored": 50, "unread_records": 0}


def test_a_feature_store_out_of_reach_costs_scores_and_not_the_run(parts, features, model):
    features.faults.unavailable = 99
    counts = run_score(parts, rows(10))
    assert some(counts, "out", "fallback", "missing_feature", "unread_records", "model_calls") == {
        "out": 10, "fallback": 10, "missing_feature": 10, "unread_records": 11, "model_calls": 0,
    }  # fmt: skip
    assert model.calls.total() == kept(parts) == 0


@pytest.mark.parametrize("operation", ["BatchGetItem", "BatchWriteItem"])
def test_a_throttled_cache_makes_the_stage_unavailable_and_a_retry_leaves_the_same_bytes(parts, operation):
    other = replace(RUN, id=f"{RUN.id}/dry-undisturbed")
    run_score(parts, rows(60), run=other)
    expected = file_bytes(parts, other)
    cache = parts["panel"].cache
    for item in cache.dynamodb.scan(TableName="ScoreCache")["Items"]:
        cache.dynamodb.delete_item(TableName="ScoreCache", Key={name: item[name] for name in ("PK", "SK")})
    with throttled(cache.dynamodb, operation), pytest.raises(Unavailable, match="ScoreCache"):
        run_score(parts, rows(60))
    assert RUN.work_key("00", "score") not in parts["files"].keys(RUN.prefix)
    run_score(parts, rows(60))
    assert file_bytes(parts) == expected


@contextmanager
def throttled(client, operation, after=0):
    """While inside, calls of the operation are throttled and do nothing, the first `after` of them excepted."""
    calls = []

    def answer(**_):
        calls.append(operation)
        if len(calls) <= after:
            return None
        error = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}}
        return AWSResponse("", 400, {}, None), error

    client.meta.events.register(f"before-call.dynamodb.{operation}", answer)
    yield
    client.meta.events.unregister(f"before-call.dynamodb.{operation}", answer)


def test_what_was_scored_before_a_crash_is_not_asked_for_again(parts, model):
    small = replace(REVIEWS.scoring, batch_size=25, concurrency=1)
    with throttled(parts["panel"].cache.dynamodb, "BatchWriteItem", after=1), pytest.raises(Unavailable):
        run_score(parts, rows(75), scoring=small)
    before = model.rows_scored
    run_score(parts, rows(75), scoring=small)
    assert model.rows_scored == before + 50  # the first 25 were kept


def test_an_empty_bucket_leaves_an_empty_file(parts, model, features):
    counts = run_score(parts, [])
    assert left(parts) == {}
    assert set(counts.values()) == {0}
    assert model.calls.total() == features.calls.total() == 0


def test_the_log_names_what_went_wrong_and_no_customer(parts, model, caplog):
    model.faults.unavailable = 99
    run_score(parts, rows(10))
    [line] = [record.__dict__ for record in caplog.records if record.name == "score"]
    assert line["troubles"] == {"invoke review-propensity-v2: ServiceUnavailable": 1}
    assert (line["bucket"], line["fallback"]) == ("00", 10)
    assert "c00" not in str(line)


def told(parts, run=RUN):
    """What models were told, by customer, as the next training reads it."""
    read = ScoreFeatures(parts["files"]).read(run.program, run.date, run.date)
    return {row["customer"]: (row["model"], row["features"]) for _, row in read}


def test_what_a_model_was_told_is_kept_for_its_next_training(parts):
    run_score(parts, rows(3))
    assert told(parts)["c001"] == ("review-propensity-v2", {"engagement_score": 0.1, "price": 10.0})
    assert len(told(parts)) == 3


def test_a_repeated_stage_that_finds_all_scores_cached_takes_back_nothing_of_what_was_told(parts):
    run_score(parts, rows(3))
    before = told(parts)
    run_score(parts, rows(5))
    assert told(parts).keys() == {"c000", "c001", "c002", "c003", "c004"}
    run_score(parts, rows(5))
    assert {customer: told(parts)[customer] for customer in before} == before


def test_what_was_told_is_kept_before_a_score_is_cached(parts, model):
    with throttled(parts["panel"].cache.dynamodb, "BatchWriteItem"), pytest.raises(Unavailable):
        run_score(parts, rows(3))
    assert len(told(parts)) == 3


def test_scores_of_a_model_replaced_since_are_asked_for_anew_under_its_new_version(parts, model):
    run_score(parts, rows(3))
    champion = parts["champions"].read(RUN.program, REVIEW_MODEL.id)
    parts["champions"].write(promoted(intended(champion, {"config": "new"}, "old"), "2026-11-20T01:00:00Z"))
    counts = run_score(parts, rows(3))
    assert some(counts, "cached", "scored") == {"cached": 0, "scored": 3}
    assert left(parts)["c001"]["models"][0][1] == "2+1"
