"""The stand-in model is trained, the same each time, and readable."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.model import LogisticModel, fit, load_or_fit

MODEL = LogisticModel(-1.0, {"trust": 2.0}, {"category": {"Books": 0.5}})


def training(rows: int = 4_000, seed: int = 1) -> pa.Table:
    rng = np.random.default_rng(seed)
    trust, category = rng.random(rows), rng.choice(["Books", "Toys"], rows)
    odds = 1 / (1 + np.exp(-(4 * trust - 2 + np.where(category == "Books", 1.0, -1.0))))
    return pa.table({"trust": trust, "category": category, "label": (rng.random(rows) < odds).astype(np.int8)})


def test_it_learns_what_the_labels_follow():
    model = fit(training())
    assert model.slopes["trust"] == pytest.approx(4.0, abs=0.4)
    assert model.shifts["category"]["Books"] - model.shifts["category"]["Toys"] == pytest.approx(2.0, abs=0.3)
    sure, unsure = model.predict([{"trust": 1.0, "category": "Books"}, {"trust": 0.5, "category": "unheard of"}])
    assert sure > 0.9
    assert unsure == pytest.approx(0.5, abs=0.1)


def test_it_gives_the_same_coefficients_each_time():
    assert fit(training()) == fit(training())


def test_a_fitted_model_is_kept_by_its_training_datas_content(tmp_path):
    data, cache = tmp_path / "propensity.parquet", tmp_path / "cache"
    pq.write_table(training(), data)
    first = load_or_fit(data, cache)
    [kept] = cache.iterdir()
    document = json.loads(kept.read_text())
    assert set(document) == {"intercept", "slopes", "shifts"}
    kept.write_text(json.dumps({**document, "intercept": 0.25}))
    assert load_or_fit(data, cache).intercept == 0.25  # read, not fitted again
    pq.write_table(training(seed=2), data)
    assert load_or_fit(data, cache) not in (first, LogisticModel(**document))
    assert len(list(cache.iterdir())) == 2


def test_scores_are_the_logistic_of_the_weighted_features():
    logits = [-1.0 + 2.0 * 0.25 + 0.5, -1.0 + 2.0 * 3]
    scores = MODEL.predict([{"trust": 0.25, "category": "Books", "more": None}, {"trust": 3, "category": "Toys"}])
    assert scores.tolist() == pytest.approx([1 / (1 + np.exp(-logit)) for logit in logits])


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"category": "Books"}, "trust"),
        ({"trust": None, "category": "Books"}, "trust"),
        ({"trust": "0.5", "category": "Books"}, "trust"),
        ({"trust": True, "category": "Books"}, "trust"),
        ({"trust": 0.5}, "category"),
        ({"trust": 0.5, "category": 7}, "category"),
    ],
)
def test_a_row_without_a_feature_is_refused_by_its_name(row, named):
    with pytest.raises(ValueError, match=named):
        MODEL.predict([{"trust": 0.5, "category": "Books"}, row])


def test_rows_without_a_value_teach_nothing():
    whole = training()
    gaps = pa.table({"trust": [None, 0.9], "category": ["Books", None], "label": pa.array([0, 0], pa.int8())})
    assert fit(pa.concat_tables([whole, gaps.cast(whole.schema)])) == fit(whole)


def test_a_training_table_without_labels_is_refused():
    with pytest.raises(ValueError, match="label"):
        fit(training().drop_columns("label"))
