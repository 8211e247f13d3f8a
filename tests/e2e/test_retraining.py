"""A Sunday's retraining as it is deployed: its machine, its function, SageMaker's stand-ins; and the way back by command."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from random import Random

import orjson
import pytest
from programs_in_small import RUN
from retrain_world import AT, put_campaign, put_delivery

from adapters.aws.deliveries import Deliveries
from adapters.aws.model_batches import Batch
from adapters.aws.score_features import ScoreFeatures
from adapters.aws.work_files import WorkFiles
from cli.deployment import SANDBOX_STACK, Deployment
from cli.rollback import rolled_back
from domain.solicitation.stored import iso
from sandbox.model import LogisticModel

pytestmark = pytest.mark.e2e

MODEL = "review-propensity-v2"
NUMBERS = ("engagement_score", "review_history", "trust_score", "price", "rating_count")
TRUTH = LogisticModel(-2.0, {**dict.fromkeys(NUMBERS, 0.0), "engagement_score": 4.0}, {"category": {}})
GUESS = LogisticModel(-2.0, {**dict.fromkeys(NUMBERS, 0.0), "price": 4.0}, {"category": {}})


@pytest.fixture
def serving(sandbox):
    """The endpoint with a model that ranks by the price, which means nothing; afterwards its own model again."""
    models = sandbox.stand_ins.sagemaker.models
    own = models[MODEL]
    sandbox.stand_ins.sagemaker.deploy(MODEL, GUESS)
    yield models
    sandbox.stand_ins.sagemaker.deploy(MODEL, own)


def four_weeks(sandbox, program):
    names, draw = sandbox.address.names, Random(1)
    deliveries = Deliveries(sandbox.client("dynamodb"), names["deliveries_table"])
    features = ScoreFeatures(WorkFiles(sandbox.client("s3"), names["work_bucket"]))
    for offset in range(20):
        day = (AT - timedelta(days=4 + offset)).replace(hour=2)
        rows = {
            (f"learnt-{offset}-{n}", "p1"): {**{name: draw.random() for name in NUMBERS}, "category": "Toys"}
            for n in range(50)
        }
        put_campaign(deliveries, program.id, day)
        for pair, row in rows.items():
            put_delivery(deliveries, program.id, pair, day, answered=draw.random() < float(TRUTH.predict([row])[0]))
        run = replace(RUN, id=f"{program.id}/{day.date()}", program=program.id, date=day.date())
        lines = [orjson.dumps(row) + b"\n" for row in rows.values()]
        features.keep(run, "00", [Batch(program.scoring.models[0], list(rows), lines)])


def retrained(sandbox, program):
    states = sandbox.client("stepfunctions")
    [machine] = [
        it["stateMachineArn"] for it in states.list_state_machines()["stateMachines"] if "Retrain" in it["name"]
    ]
    told = json.dumps({"program": program.id, "scheduledTime": iso(AT)})
    execution = states.start_execution(stateMachineArn=machine, input=told)["executionArn"]
    until = time.monotonic() + 120
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < until
        time.sleep(0.1)
    assert found["status"] == "SUCCEEDED", found.get("cause")
    return json.loads(found["output"])["outcomes"]


def test_a_better_model_is_deployed_on_sunday_and_rolled_back_by_command(sandbox, programs, serving):
    program = programs["product-reviews"]
    four_weeks(sandbox, program)
    assert retrained(sandbox, program) == [{"model": MODEL, "outcome": "DEPLOYED", "reason": "better"}]
    brought = serving[MODEL]
    assert brought.slopes["engagement_score"] == pytest.approx(4, abs=1)
    deployment = Deployment.of(sandbox.client, SANDBOX_STACK)
    assert rolled_back(deployment, program.id, MODEL, pause=0.1)["outcome"] == "DONE"
    assert serving[MODEL] == GUESS
