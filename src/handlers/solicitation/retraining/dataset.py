"""Deliveries + kept features -> training files: one a date of sending for each model, split by time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from adapters.aws.deliveries import Deliveries
from adapters.aws.score_features import ScoreFeatures
from adapters.aws.training_files import Rows, rows_hash
from domain.solicitation.program import Model, Program
from domain.solicitation.retraining import (
    LOOKBACK,
    Example,
    campaign_days,
    example,
    holdout_dates,
    not_trainable,
    sampled,
)
from domain.solicitation.scoring import Pair
from handlers.solicitation.retraining.workshop import Turn, Workshop

Known = dict[Pair, dict[str, Any]]  # features by model


def build(program: Program, at: datetime, workshop: Workshop) -> list[dict[str, Any]]:
    """The models' datasets, each with its counts and, where it is not worth training on, why. What stands is left as it is."""
    turns = [Turn(program, model, at) for model in program.scoring.models]
    standing = [workshop.files.document(turn.dataset) for turn in turns]
    if all(standing):
        return standing
    examples = sampled(_sent(program.id, at, workshop.deliveries))
    known = _features(program.id, examples, workshop.features)
    return [write(turn, examples, known, workshop) for turn in turns]


def _sent(program: str, at: datetime, deliveries: Deliveries) -> Iterator[Example]:
    for day in campaign_days(at):
        for campaign in deliveries.campaigns(program, day):
            found = (example(delivery, day, at) for delivery in deliveries.of_campaign(campaign["id"]))
            yield from (one for one in found if one)


def _features(program: str, examples: Sequence[Example], features: ScoreFeatures) -> Known:
    """As they were when each candidate was last scored before its mail: by its campaign's run, or by an earlier one."""
    planned = {one.pair: one.planned for one in examples}
    known: Known = {pair: {} for pair in planned}
    if planned:
        since, until = min(planned.values()) - LOOKBACK, max(planned.values())
        for day, row in features.read(program, since, until):
            pair = (row["customer"], row["subject"])
            if pair in planned and day <= planned[pair]:
                known[pair][row["model"]] = row["features"]
    return known


def write(turn: Turn, examples: Sequence[Example], known: Known, workshop: Workshop) -> dict[str, Any]:
    """One model's dataset. Files first, then the document that names them; their folder is named by what is in it."""
    parts = _split([(one, row) for one in examples if (row := _row(one, known[one.pair], turn.model))])
    digest = rows_hash(parts)
    folder = f"{turn.training}/{digest}"
    workshop.files.write_rows(folder, parts)
    labels = {part: [row["label"] for rows in days.values() for row in rows] for part, days in parts.items()}
    counts = {part: {"rows": len(some), "answered": sum(some)} for part, some in labels.items()}
    document = {
        "model": turn.model.id,
        "folder": folder,
        "hash": digest,
        "examples": len(examples),
        **counts,
        "refused": not_trainable(labels["train"], labels["holdout"]),
    }
    workshop.files.keep(turn.dataset, document)
    return document


def _row(one: Example, features: dict[str, Any], model: Model) -> dict[str, Any] | None:
    """No customer and no address: who it was is not to be learnt. None: what the model takes is not wholly known."""
    row = features.get(model.id, {})
    if row.keys() != set(model.features):
        return None
    return {"delivery": one.delivery, "sentAt": one.sent_at, "label": one.label, "features": row}


def _split(chosen: Sequence[tuple[Example, dict[str, Any]]]) -> dict[str, dict[str, Rows]]:
    held = holdout_dates(one.sent_on for one, _ in chosen)
    parts: dict[str, dict[str, Rows]] = {"train": defaultdict(list), "holdout": defaultdict(list)}
    for one, row in chosen:
        parts["holdout" if one.sent_on in held else "train"][one.sent_on].append(row)
    return parts
