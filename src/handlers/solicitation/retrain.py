"""Deliveries + kept features -> SageMaker -> endpoint: a new model of each kind, serving only if it is better than the old."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.champions import Champions
from adapters.aws.deliveries import Deliveries
from adapters.aws.endpoints import Endpoints
from adapters.aws.run_programs import deployed_program
from adapters.aws.score_features import ScoreFeatures
from adapters.aws.session import QUICK, client
from adapters.aws.training import Training
from adapters.aws.training_files import TrainingFiles
from adapters.aws.work_files import WorkFiles
from domain.errors import Rejected
from domain.solicitation.program import Program
from handlers.solicitation.delivery_settings import RetrainSettings
from handlers.solicitation.retraining import changeover, contest, dataset
from handlers.solicitation.retraining.workshop import Answer, Turn, Workshop

# Of one model: each answers with the event of the next, until that is `end`.
STEPS: Mapping[str, Callable[[Turn, Workshop], Answer]] = {
    "train": contest.train,
    "poll": contest.poll,
    "evaluate": contest.evaluate,
    "deploy": changeover.deploy,
    "settle": changeover.settle,
    "rollback": changeover.roll_back,
}
FAILED = "FAILED"  # of a model whose steps could not be done; the machine writes it

logger = Logger(service="retrain")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return retrain(event, **live())


@cache
def live() -> dict[str, Any]:
    env, folder = RetrainSettings.from_env(), Path(__file__).parents[2]
    dynamodb, s3 = client("dynamodb", QUICK), client("s3")
    workshop = Workshop(
        deliveries=Deliveries(dynamodb, env.deliveries_table),
        features=ScoreFeatures(WorkFiles(s3, env.work_bucket)),
        files=TrainingFiles(WorkFiles(s3, env.outputs_bucket)),
        training=Training(client("sagemaker"), env.training_image, env.training_role),
        endpoints=Endpoints(),
        champions=Champions(dynamodb, env.controls_table),
        code=folder / env.training,
    )
    return {"workshop": workshop, "programs": folder / env.programs}


def retrain(event: Mapping[str, Any], *, workshop: Workshop, programs: Path) -> Answer:
    """`dataset` -> {models: the events of each model's first step}; `close` -> {outcomes}; any other step -> the next one's event.

    Every step may be repeated. Rejected: no such program, model or step, or `close` of a round in which a model failed.
    """
    at = datetime.fromisoformat(event["scheduledTime"]).astimezone(UTC)
    program = Program.from_json(deployed_program(programs, event["program"]))
    if event["step"] == "dataset":
        return _dataset(program, at, workshop)
    if event["step"] == "close":
        return _close(program, event["outcomes"])
    if event["step"] not in STEPS:
        raise Rejected(f"no step {event['step']!r}; there are: dataset, {', '.join(STEPS)}, close")
    answer = STEPS[event["step"]](Turn.of(program, event["model"], at), workshop)
    if answer["step"] != event["step"]:  # not every look at what takes its time
        logger.info(event["step"], extra={"next" if name == "step" else name: answer[name] for name in answer})
    return answer


def _dataset(program: Program, at: datetime, workshop: Workshop) -> Answer:
    for document in dataset.build(program, at, workshop):
        logger.info("dataset", extra={"program": program.id, **document})
    return {"models": [Turn(program, model, at).next("train") for model in program.scoring.models]}


def _close(program: Program, outcomes: list[Answer]) -> Answer:
    """What came of each model; one that failed fails the round, after the others have had their turn."""
    told = [{name: one.get(name) for name in ("model", "outcome", "reason")} for one in outcomes]
    logger.info("close", extra={"program": program.id, "outcomes": told})
    if failed := [str(one["model"]) for one in told if one["outcome"] == FAILED]:
        raise Rejected(f"could not be retrained: {', '.join(failed)}")
    return {"outcomes": told}
