"""Training files -> SageMaker -> a decision: train a challenger, and let it and the champion score the same holdout."""

from hashlib import sha256
from typing import Any

import orjson

from adapters.aws.training import Job
from domain.errors import Rejected, Unavailable
from domain.solicitation.retraining import Decision, decide
from domain.solicitation.scoring import batches
from handlers.solicitation.retraining.workshop import Answer, Turn, Workshop

RUNNING = frozenset({"InProgress", "Stopping"})


def train(turn: Turn, workshop: Workshop) -> Answer:
    """Start the job, or find it started; a dataset that is not worth one ends the turn."""
    dataset = workshop.files.document(turn.dataset)
    if dataset is None:
        raise Rejected(f"{turn.dataset} is not there: call the step `dataset` first")
    if dataset["refused"]:
        return turn.end("KEPT", dataset["refused"])
    folder = workshop.files.uri(dataset["folder"])
    workshop.training.start(
        Job(
            name=turn.job(dataset),
            code=workshop.files.ship(workshop.code),
            inputs={"train": f"{folder}/train/", "holdout": f"{folder}/holdout/"},
            output=workshop.files.uri(turn.models),
        )
    )
    return turn.next("poll", wait=True)


def poll(turn: Turn, workshop: Workshop) -> Answer:
    trained = workshop.training.state(turn.job(workshop.files.document(turn.dataset)))
    if trained.status in RUNNING:
        return turn.next("poll", wait=True)
    if trained.status != "Completed":
        return turn.end("KEPT", f"training_failed: {trained.why or trained.status}")
    return turn.next("evaluate")


def evaluate(turn: Turn, workshop: Workshop) -> Answer:
    """Decide once: a repeat finds the decision. Only a champion out of reach leaves none, for that is no word on the challenger."""
    dataset, key = workshop.files.document(turn.dataset), f"{turn.models}/decision.json"
    standing = workshop.files.document(key)
    if standing is None or standing["hash"] != dataset["hash"]:
        try:
            decision = _decision(turn, dataset, workshop)
        except Unavailable as reason:
            return turn.end("KEPT", f"champion_unreachable: {reason}")
        standing = {"hash": dataset["hash"], "job": turn.job(dataset), **decision.to_json()}
        workshop.files.keep(key, standing)
    if not standing["deploy"]:
        return turn.end("KEPT", standing["reason"])
    return turn.next("deploy")


def _decision(turn: Turn, dataset: Answer, workshop: Workshop) -> Decision:
    """Unavailable: the champion does not answer."""
    left = workshop.files.output(turn.models, turn.job(dataset), "holdout.json")
    holdout = list(workshop.files.rows(dataset["folder"], "holdout"))
    if left["rows"] != _digest(holdout):
        return Decision(False, "holdout_changed")  # rows were erased while the model was trained
    if set(left["features"]) != set(turn.model.features):
        return Decision(False, "features_differ")
    try:
        champion = _champion_scores(turn, holdout, workshop)
    except Rejected as reason:
        return Decision(False, f"champion_refuses: {reason}")
    return decide([row["label"] for row in holdout], champion, left["scores"])


def _champion_scores(turn: Turn, holdout: list[dict[str, Any]], workshop: Workshop) -> list[object]:
    """From the live endpoint, as scoring asks it."""
    scoring = turn.program.scoring
    endpoint = workshop.endpoints.of(turn.model, scoring.timeout_seconds)
    lines = [orjson.dumps(row["features"]) + b"\n" for row in holdout]
    parts = batches(lines, scoring.batch_size)
    return [score for part in parts for score in endpoint.answers(lines[part], scoring.max_attempts)]


def _digest(holdout: list[dict[str, Any]]) -> str:
    """As the training code names the rows it has scored, in their order."""
    return sha256("\n".join(row["delivery"] for row in holdout).encode()).hexdigest()
