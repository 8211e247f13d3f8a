"""Training and holdout rows in, a propensity model and its scores of the holdout out; and, behind an endpoint, rows in, scores out.

Runs in AWS's scikit-learn container (Python 3.9) as its one script, so it imports nothing of ours.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

Row = Mapping[str, Any]
Numbers = np.ndarray[Any, Any]
JSON_LINES = "application/jsonlines"
DECIMALS = 9  # of a coefficient: below what any score shows, above what two machines' arithmetic differ by
MOST_TEXTS = 200  # of one feature, the most frequent; any other text counts as unknown


def main() -> None:
    """The container's call: folders by environment, as SageMaker's training toolkit names them."""
    names = ("SM_CHANNEL_TRAIN", "SM_CHANNEL_HOLDOUT", "SM_MODEL_DIR", "SM_OUTPUT_DATA_DIR")
    train(*(Path(os.environ[name]) for name in names))


def train(training: Path, holdout: Path, model_dir: Path, output_dir: Path) -> None:
    """Fit on one folder, score the other: `model.json` beside the model, `holdout.json` among the outputs.

    ValueError: a row lacks a feature or has one of another kind, or the labels are all alike.
    """
    rows = list(read(training))
    model = fit([row["features"] for row in rows], [row["label"] for row in rows])
    judged = list(read(holdout))
    scores = predict(model, [row["features"] for row in judged]).tolist()
    digest = hashlib.sha256("\n".join(row["delivery"] for row in judged).encode()).hexdigest()
    features = sorted([*model["slopes"], *model["shifts"]])
    (model_dir / "model.json").write_text(json.dumps(model, sort_keys=True))
    (output_dir / "holdout.json").write_text(json.dumps({"rows": digest, "features": features, "scores": scores}))


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of every file, in the order of the files' names."""
    for file in sorted(folder.rglob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def fit(rows: Sequence[Row], labels: Sequence[int]) -> dict[str, Any]:
    """Logistic regression over numbers (scaled) and texts (one-hot), folded back to the features' own units."""
    if len(set(labels)) < 2:
        raise ValueError("the labels are all alike")
    numbers, texts = kinds(rows[0])
    columns: list[Numbers] = []
    scales: dict[str, tuple[float, float]] = {}
    for name in numbers:
        values = numeric(rows, name)
        scales[name] = (float(values.mean()), float(values.std()) or 1.0)
        columns.append((values - scales[name][0]) / scales[name][1])
    known = {name: frequent(textual(rows, name)) for name in texts}
    for name in texts:
        column = np.array(textual(rows, name), object)
        columns += [np.asarray(column == text, float) for text in known[name]]
    regression = LogisticRegression(solver="newton-cholesky", tol=1e-9)  # exact, so the same on every machine
    regression.fit(np.column_stack(columns), np.asarray(labels, int))
    weights = iter(regression.coef_[0].tolist())
    slopes = {name: next(weights) / scales[name][1] for name in numbers}
    shifts = {name: {text: round(next(weights), DECIMALS) for text in known[name]} for name in texts}
    intercept = float(regression.intercept_[0]) - sum(slopes[name] * scales[name][0] for name in numbers)
    rounded = {name: round(slope, DECIMALS) for name, slope in slopes.items()}
    return {"intercept": round(intercept, DECIMALS), "slopes": rounded, "shifts": shifts}


def predict(model: Mapping[str, Any], rows: Sequence[Row]) -> Numbers:
    """A probability a row. ValueError names the feature a row lacks or that is not of its kind."""
    logit = np.full(len(rows), model["intercept"])
    for name, slope in model["slopes"].items():
        logit += slope * numeric(rows, name)
    for name, shifts in model["shifts"].items():
        logit += np.array([shifts.get(text, 0.0) for text in textual(rows, name)])
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def kinds(row: Row) -> tuple[list[str], list[str]]:
    """The names of the numbers and of the texts, from one row; every other row must have the same."""
    texts = sorted(name for name, value in row.items() if isinstance(value, str))
    return [name for name in sorted(row) if name not in texts], texts


def numeric(rows: Sequence[Row], name: str) -> Numbers:
    values = [row.get(name) for row in rows]
    if any(type(value) not in (int, float) for value in values):
        raise ValueError(f"feature {name!r} must be a number in every row")
    return np.array(values, float)


def textual(rows: Sequence[Row], name: str) -> list[str]:
    values = [row.get(name) for row in rows]
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"feature {name!r} must be a text in every row")
    return values  # type: ignore[return-value]


def frequent(texts: Sequence[str]) -> list[str]:
    """The most frequent texts, ties by name."""
    ranked = sorted(Counter(texts).items(), key=lambda item: (-item[1], item[0]))
    return sorted(text for text, _ in ranked[:MOST_TEXTS])


# What the container calls behind an endpoint.
def model_fn(model_dir: str) -> dict[str, Any]:
    return dict(json.loads((Path(model_dir) / "model.json").read_text()))


def input_fn(body: bytes | str, content_type: str) -> list[Row]:
    if content_type != JSON_LINES:
        raise ValueError(f"this model reads {JSON_LINES}")
    text = body.decode() if isinstance(body, bytes) else body
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def predict_fn(rows: Sequence[Row], model: Mapping[str, Any]) -> Numbers:
    return predict(model, rows)


def output_fn(scores: Numbers, accept: str) -> tuple[str, str]:
    return "".join(f'{{"score": {score:.9f}}}\n' for score in scores), JSON_LINES


if __name__ == "__main__":
    main()
