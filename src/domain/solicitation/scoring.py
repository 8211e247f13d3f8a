"""Features and model answers in, one score a candidate out."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from domain.solicitation.candidate import ModelScore, Score
from domain.solicitation.program import FeatureGroup, Model, Scoring

Feature = float | str
Record = Mapping[str, Feature]
Pair = tuple[str, str]  # customer, subject

PLACES = 6  # digits of every score after the point; what GSI1's fixed-width sort key holds
MAX_PAYLOAD = 6 * 1024 * 1024  # bytes a call may carry (InvokeEndpoint)
NOTHING: Record = {}


def feature(text: str | None) -> Feature | None:
    """A stored value as a model takes it: a finite number, or text. None: not there (null, empty, NaN, infinite)."""
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    if "_" in text:  # float() takes 1_000 for a thousand; as a feature it is a name
        return text
    return number if math.isfinite(number) else None


def needed_groups(scoring: Scoring) -> tuple[FeatureGroup, ...]:
    """The groups to read, each narrowed to what some model takes; a feature in several groups is read from the first."""
    wanted = {name for model in scoring.models for name in model.features}
    groups = []
    for group in scoring.groups:
        features = tuple(name for name in group.features if name in wanted)
        wanted -= set(features)
        if features:
            groups.append(replace(group, features=features))
    return tuple(groups)


def record_ids(group: FeatureGroup, pairs: Sequence[Pair]) -> list[str]:
    """The records of `group` that these candidates need, each once, in the order they first occur."""
    return list(dict.fromkeys(pair[_side(group)] for pair in pairs))


def model_rows(
    model: Model, groups: Sequence[FeatureGroup], records: Mapping[str, Mapping[str, Record]], pairs: Sequence[Pair]
) -> Iterator[dict[str, Feature] | None]:
    """What `model` is told of each candidate, in order; None where one of its features is missing.

    `records` holds, for each group's name, the records by id.
    """
    parts = [(_side(group), _narrowed(records[group.name], group, model)) for group in groups]
    complete = len(set(model.features))
    for pair in pairs:
        row: dict[str, Feature] = {}
        for side, part in parts:
            row.update(part.get(pair[side], NOTHING))
        yield row if len(row) == complete else None


def batches(lines: Sequence[bytes], rows: int, size: int = MAX_PAYLOAD) -> Iterator[slice]:
    """Cut lines into calls of at most `rows` lines and `size` bytes; a longer line goes alone."""
    start, held = 0, 0
    for position, line in enumerate(lines):
        if position > start and (position - start == rows or held + len(line) > size):
            yield slice(start, position)
            start, held = position, 0
        held += len(line)
    if lines:
        yield slice(start, len(lines))


def valid(answer: object) -> float | None:
    """A model's answer as a score: a finite number in [0, 1], to six places; None for anything else."""
    if not isinstance(answer, int | float) or isinstance(answer, bool) or not 0 <= answer <= 1:
        return None
    return round(float(answer), PLACES) + 0.0  # + 0.0 turns -0.0 into 0.0


def combine(scoring: Scoring, answers: Sequence[float | None]) -> Score:
    """The average of the models that answered, by their weights; the program's fallback where none did.

    `answers` are in the order of `scoring.models`, None where a model gave no valid score.
    """
    given = [(model, value) for model, value in zip(scoring.models, answers, strict=True) if value is not None]
    missing = tuple(model.id for model, value in zip(scoring.models, answers, strict=True) if value is None)
    weight = math.fsum(model.weight for model, _ in given)
    if weight <= 0:
        return Score(scoring.fallback, True, (), missing)
    value = math.fsum(model.weight * value for model, value in given) / weight
    models = tuple(ModelScore(model.id, model.version, value) for model, value in given)
    return Score(min(round(value, PLACES), 1.0), False, models, missing)


def _side(group: FeatureGroup) -> int:
    return 0 if group.record == "customer" else 1


def _narrowed(records: Mapping[str, Record], group: FeatureGroup, model: Model) -> Mapping[str, Record]:
    if set(group.features) <= set(model.features):
        return records
    wanted = [name for name in group.features if name in model.features]
    return {id: {name: record[name] for name in wanted if name in record} for id, record in records.items()}
