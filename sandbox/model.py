"""A training table in, a logistic regression out: fitted once, kept as readable JSON beside its content's hash, applied to rows."""

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

Numbers = np.ndarray[Any, Any]
LABEL = "label"
DECIMALS = 9  # of a coefficient: below what any score shows, above what two machines' arithmetic differ by
FORM = 1  # of the cached file; raise it when fitting or the file changes


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """`slopes`: logit a unit of each number; `shifts`: logit of each known text, 0 for an unknown one."""

    intercept: float
    slopes: Mapping[str, float]
    shifts: Mapping[str, Mapping[str, float]]

    @property
    def features(self) -> tuple[str, ...]:
        return (*self.slopes, *self.shifts)

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> Numbers:
        """A probability a row. ValueError names the feature a row lacks or that is not of its kind."""
        logit = np.full(len(rows), self.intercept)
        for feature, slope in self.slopes.items():
            logit += slope * _numbers(rows, feature)
        for feature, shifts in self.shifts.items():
            logit += [shifts.get(text, 0.0) for text in _texts(rows, feature)]
        return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def load_or_fit(training: Path, cache: Path | None = None) -> LogisticModel:
    """The model of a training file (feature columns and `label`), from `cache` when this very content was fitted before."""
    if cache is None:
        return fit(pq.read_table(training))
    digest = hashlib.sha256(training.read_bytes()).hexdigest()[:16]
    kept = cache / f"{training.stem}-{digest}-{FORM}.json"
    if kept.exists():
        return LogisticModel(**orjson.loads(kept.read_bytes()))
    model = fit(pq.read_table(training))
    cache.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_suffix(".new")
    fresh.write_bytes(orjson.dumps(asdict(model), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    fresh.replace(kept)
    return model


def fit(table: pa.Table) -> LogisticModel:
    """Logistic regression over numbers (scaled) and texts (one-hot), folded back to the columns' own units.

    Rows that lack a value are left out. ValueError: no `label` column, or the labels are all alike.
    """
    if LABEL not in table.column_names:
        raise ValueError(f"no column {LABEL!r} among {', '.join(table.column_names)}")
    table = table.drop_null()
    numbers, texts = _kinds(table)
    scale = {name: _spread(table[name]) for name in numbers}
    known = {name: sorted(set(table[name].to_pylist())) for name in texts}
    columns = [(_array(table[name]) - scale[name][0]) / scale[name][1] for name in numbers]
    columns += [_is(table[name], text) for name in texts for text in known[name]]
    constant, coefficients = _regress(np.column_stack(columns), np.asarray(table[LABEL].to_numpy(), int))
    weights = iter(coefficients)
    slopes = {name: next(weights) / scale[name][1] for name in numbers}
    shifts = {name: {text: round(next(weights), DECIMALS) for text in known[name]} for name in texts}
    intercept = constant - sum(slopes[name] * scale[name][0] for name in numbers)
    return LogisticModel(round(intercept, DECIMALS), {n: round(slope, DECIMALS) for n, slope in slopes.items()}, shifts)


def _regress(columns: Numbers, labels: Numbers) -> tuple[float, list[float]]:
    from sklearn.linear_model import LogisticRegression  # takes seconds to import; a cached model needs none of it

    regression = LogisticRegression(solver="newton-cholesky", tol=1e-9)  # exact, so the same on every machine
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=FutureWarning)
        regression.fit(columns, labels)
    return float(regression.intercept_[0]), regression.coef_[0].tolist()


def _kinds(table: pa.Table) -> tuple[list[str], list[str]]:
    features = sorted(set(table.column_names) - {LABEL})
    texts = [name for name in features if pa.types.is_string(table.schema.field(name).type)]
    return [name for name in features if name not in texts], texts


def _is(column: pa.ChunkedArray, text: str) -> Numbers:
    return np.asarray(column.to_numpy() == text, float)


def _array(column: pa.ChunkedArray) -> Numbers:
    return np.asarray(column.cast(pa.float64()).to_numpy(), float)


def _spread(column: pa.ChunkedArray) -> tuple[float, float]:
    values = _array(column)
    return float(values.mean()), float(values.std()) or 1.0


def _numbers(rows: Sequence[Mapping[str, Any]], feature: str) -> Numbers:
    values = [row.get(feature) for row in rows]
    if any(type(value) not in (int, float) for value in values):
        raise ValueError(f"feature {feature!r} must be a number in every row")
    return np.array(values, float)


def _texts(rows: Sequence[Mapping[str, Any]], feature: str) -> list[str]:
    values = [row.get(feature) for row in rows]
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"feature {feature!r} must be a text in every row")
    return values  # type: ignore[return-value]
