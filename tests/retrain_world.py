"""Retraining in one process: moto's tables and buckets, SageMaker's two stand-ins over HTTP, four weeks of mails, and a way to crash."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from time import sleep
from typing import Any
from unittest.mock import patch

import boto3
import orjson
from moto import mock_aws
from programs_in_small import REVIEWS, RUN

from adapters.aws.deliveries import Deliveries
from adapters.aws.model_batches import Batch
from adapters.aws.score_features import ScoreFeatures
from adapters.aws.session import session
from adapters.aws.work_files import WorkFiles
from domain.solicitation.delivery import delivery_id
from domain.solicitation.program import Model, Program
from domain.solicitation.retraining import Example
from domain.solicitation.stored import iso
from handlers.solicitation import retrain
from handlers.solicitation.retraining import dataset
from handlers.solicitation.retraining.workshop import Turn
from sandbox.model import LogisticModel
from sandbox.sagemaker import SageMakerServer
from sandbox.training import TrainingServer

AT = datetime(2026, 11, 22, 3, tzinfo=UTC)  # a Sunday
MODEL = REVIEWS.scoring.models[0]
ENDPOINT = "review-propensity-v2"
TRUTH = LogisticModel(-2.0, {"engagement_score": 4.0, "price": 0.0}, {})
GUESS = LogisticModel(-2.0, {"engagement_score": 0.5, "price": 0.4}, {})  # ranks by the price, which means nothing
ROWS = [{"engagement_score": number / 10, "price": 1.0 + number % 3} for number in range(10)]
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "DELIVERIES_TABLE": "Deliveries",
    "CONTROLS_TABLE": "Controls",
    "WORK_BUCKET": "work",
    "OUTPUTS_BUCKET": "outputs",
    "TRAINING_IMAGE": "training:1",
    "TRAINING_ROLE": "arn:aws:iam::123456789012:role/training",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}


@cache
def own() -> boto3.Session:
    """The world's own way to AWS, whose calls are not counted; one session, for each new one reads botocore's files again."""
    return boto3.Session()


class Crash(BaseException):
    """The process dies: no handler may catch it."""


@dataclass
class RetrainWorld:
    programs: Path
    program: Program
    serving: SageMakerServer
    training: TrainingServer
    calls: int = 0
    crash_at: int | None = None
    crash_before: bool = True

    def step(self, **event: Any) -> dict[str, Any]:
        whole = {"program": self.program.id, "scheduledTime": iso(AT), **event}
        return retrain.retrain(whole, **{**retrain.live(), "programs": self.programs})

    def rounds(self, **event: Any) -> list[dict[str, Any]]:
        """As the machine leads each model: an answer is the next step's event."""
        return [self.lead(answer) for answer in self.step(step="dataset", **event)["models"]]

    def lead(self, answer: dict[str, Any]) -> dict[str, Any]:
        for _ in range(2_000):
            if answer["step"] == "end":
                return answer
            answer = self.step(**answer)
            if answer["wait"]:
                sleep(0.02)
        raise AssertionError(f"no end: {answer}")

    def persistent(self, run: Callable[[], Any]) -> Any:
        """Again, as a new process, until nothing dies any more."""
        while True:
            try:
                return run()
            except Crash:
                retrain.live.cache_clear()

    def crashing(self, call: int, *, before: bool) -> None:
        """Die right before or right after the n-th AWS call from now on."""
        self.calls, self.crash_at, self.crash_before = 0, call, before

    def answers(self, endpoint: str = ENDPOINT) -> list[float]:
        """What callers of the endpoint hear about ROWS."""
        body = b"".join(orjson.dumps(row) + b"\n" for row in ROWS)
        runtime = own().client("sagemaker-runtime")
        said = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/jsonlines", Body=body)
        return [orjson.loads(line)["score"] for line in said["Body"].read().splitlines()]

    def champion(self, model: str = MODEL.id) -> Any:
        return retrain.live()["workshop"].champions.read(self.program.id, model)

    @property
    def outputs(self) -> WorkFiles:
        return WorkFiles(own().client("s3"), "outputs")

    @property
    def work(self) -> WorkFiles:
        return WorkFiles(own().client("s3"), "work")

    def before_call(self, **_: Any) -> None:
        self.calls += 1
        if self.crash_before and self.calls == self.crash_at:
            raise Crash

    def after_call(self, **_: Any) -> None:
        if not self.crash_before and self.calls == self.crash_at:
            self.crash_at = None
            raise Crash


@contextmanager
def retrain_world(folder: Path, program: Program = REVIEWS, champion: LogisticModel = GUESS) -> Iterator[RetrainWorld]:
    """Empty tables; each model of the program is served by `champion`."""
    with ExitStack() as open_things:
        open_things.enter_context(mock_aws())
        open_things.enter_context(patch.dict(os.environ, ENVIRONMENT))
        serving = open_things.enter_context(SageMakerServer())
        training = open_things.enter_context(TrainingServer(cache(lambda: own().client("s3")), serving))
        addresses = {
            "AWS_ENDPOINT_URL_SAGEMAKER": training.endpoint,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": serving.endpoint,
        }
        open_things.enter_context(patch.dict(os.environ, addresses))
        retrain.live.cache_clear()
        open_things.callback(retrain.live.cache_clear)
        _stores()
        for model in program.scoring.models:
            serving.deploy(model.endpoint.removeprefix("sagemaker://"), champion)
        (folder / f"{program.id}.json").write_bytes(orjson.dumps(program.to_json()))
        world = RetrainWorld(folder, program, serving, training)
        for name, watcher in (("before-call", world.before_call), ("after-call", world.after_call)):
            session().events.register(name, watcher)
            open_things.callback(session().events.unregister, name, watcher)
        yield world


def learnt(
    world: RetrainWorld, *, days: int = 8, a_day: int = 120, truth: LogisticModel = TRUTH, labels: Any = None
) -> None:
    """Each model's dataset, as the step `dataset` writes it: who answered follows `truth`, or `labels` by the row's number."""
    workshop, draw = retrain.live()["workshop"], Random(1)
    examples, known = [], {}
    for number in range(days * a_day):
        row = {"engagement_score": draw.random(), "price": round(draw.random() * 10, 2)}
        chance = float(truth.predict([row])[0])
        label = labels(number) if labels else int(draw.random() < chance)
        sent = AT - timedelta(days=4 + days - 1 - number // a_day)
        pair = (f"c{number}", "p1")
        examples.append(Example(delivery_id(world.program.id, *pair), pair, sent.date(), iso(sent), label))
        known[pair] = {model.id: {name: row[name] for name in model.features} for model in world.program.scoring.models}
    for model in world.program.scoring.models:
        dataset.write(Turn(world.program, model, AT), examples, known, workshop)


def put_campaign(deliveries: Deliveries, program: str, day: datetime) -> None:
    date = day.date().isoformat()
    deliveries.put_campaign({"id": f"{program}.{date}.US", "program": program, "date": date})


def put_delivery(
    deliveries: Deliveries, program: str, pair: tuple[str, str], day: datetime, *, answered: bool = False, **more: Any
) -> str:
    sent = day + timedelta(hours=13)
    id = delivery_id(program, *pair)
    timeline = {"answered": iso(sent + timedelta(hours=5))} if answered else {}
    item = {
        "id": id,
        "campaign": f"{program}.{day.date().isoformat()}.US",
        "program": program,
        "customer": pair[0],
        "subject": pair[1],
        "status": "SENT",
        "sendAt": iso(sent),
        "sentAt": iso(sent),
        "timeline": timeline,
        **more,
    }
    deliveries.put_delivery(item)
    return id


def keep_features(world: RetrainWorld, day: datetime, rows: dict[tuple[str, str], dict[str, Any]], **run: Any) -> None:
    """As `score` leaves them, for every model of the program."""
    whole = replace(RUN, **{"id": f"{world.program.id}/{day.date().isoformat()}", "date": day.date(), **run})
    batches = [
        Batch(model, list(rows), [orjson.dumps(_told(row, model)) + b"\n" for row in rows.values()])
        for model in world.program.scoring.models
    ]
    ScoreFeatures(world.work).keep(whole, "00", batches)


def _told(row: dict[str, Any], model: Model) -> dict[str, Any]:
    return {name: row[name] for name in model.features if name in row}


def _stores() -> None:
    dynamodb, s3 = own().client("dynamodb"), own().client("s3")
    for table, keys in (("Deliveries", ("PK", "SK", "GSI1PK", "GSI1SK")), ("Controls", ("PK", "SK"))):
        index = [
            {
                "IndexName": "GSI1",
                "KeySchema": [{"AttributeName": "GSI1PK", "KeyType": "HASH"}, {"AttributeName": "GSI1SK", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ]  # fmt: skip
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            **({"GlobalSecondaryIndexes": index} if len(keys) > 2 else {}),
        )
    for bucket in ("work", "outputs"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
