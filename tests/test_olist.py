"""The batch over real orders: what a run counts is what plain SQL over the same files counts."""

import os
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from unittest.mock import patch

import duckdb
import pyarrow.parquet as pq
import pytest
from batch_world import batch_world

from adapters.files.programs import load_program
from domain.solicitation.run import Run
from handlers.solicitation import complete, etl, extract, filter, gate, score, store
from sandbox.olist import ENDPOINT, features, is_olist
from sandbox.warehouse.server import WarehouseServer

ROOT = Path(__file__).parents[1]
OLIST = ROOT.parent / "shared" / "data" / "olist"
BUSY = date(2018, 6, 2)
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not is_olist(OLIST), reason=f"the real orders are not at {OLIST}"),
]

COUNT = """
WITH lines AS (
  SELECT c.customer_unique_id AS customer, i.product_id AS product, o.order_status,
         strptime(o.order_delivered_customer_date, '%m/%d/%Y %H:%M') AS delivered_at
  FROM orders o, customers c, items i WHERE c.customer_id = o.customer_id AND i.order_id = o.order_id
),
extracted AS (
  SELECT * FROM lines WHERE order_status = 'delivered' AND delivered_at >= $first AND delivered_at < $day
),
candidates AS (
  SELECT customer, product, max(delivered_at) AS delivered_at FROM extracted GROUP BY ALL
),
open AS (
  SELECT * FROM candidates WHERE NOT EXISTS (
    SELECT 1 FROM reviews r, orders o, customers c, items i
    WHERE o.order_id = r.order_id AND c.customer_id = o.customer_id AND i.order_id = o.order_id
      AND c.customer_unique_id = candidates.customer AND i.product_id = candidates.product
      AND strptime(r.review_answer_timestamp, '%m/%d/%Y %H:%M') < $day)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY customer ORDER BY delivered_at DESC, product) AS place FROM open
)
SELECT (SELECT count(*) FROM extracted) AS extracted,
       (SELECT count(*) FROM extracted) - (SELECT count(*) FROM candidates) AS duplicates,
       (SELECT count(*) FROM candidates) AS candidates,
       (SELECT count(*) FROM candidates) - (SELECT count(*) FROM open) AS answered,
       (SELECT count(*) FROM ranked WHERE place > 3) AS capped,
       (SELECT count(*) FROM ranked WHERE place <= 3) AS eligible
"""


@pytest.fixture(scope="module")
def plainly():
    """The same files, read by DuckDB alone."""
    with duckdb.connect() as database:
        for name in ("orders", "customers", "order_items", "order_reviews"):
            file = OLIST / f"olist_{name}_dataset.csv"
            view = name.removeprefix("order_") if name != "orders" else name
            database.execute(f"CREATE VIEW {view} AS SELECT * FROM read_csv('{file}', all_varchar = true)")

        def count(first: date, day: date) -> dict[str, int]:
            found = database.execute(COUNT, {"first": first, "day": day})
            return dict(zip([column[0] for column in found.description], found.fetchone(), strict=True))

        yield count


@contextmanager
def warehouse():
    with WarehouseServer() as server, patch.dict(os.environ, {"AWS_ENDPOINT_URL_ATHENA": server.endpoint}):
        server.load(OLIST)
        extract.live.cache_clear()
        yield
        extract.live.cache_clear()


def run_of(program: str, day: date, folder: Path) -> dict:
    """One run through all its stages, the query included, with the features and the model of that day."""
    features(OLIST, day, folder)
    (folder / "programs").mkdir()
    compiled = load_program(ROOT / f"programs/examples/{program}.yaml")
    with batch_world(folder / "programs", compiled) as world, warehouse():
        world.features.load(folder)
        world.model.load(folder)
        claimed = world.start(at=datetime(day.year, day.month, day.day, 2, tzinfo=UTC))
        told = {"run": claimed["run"]}
        assert Run.from_json(claimed["run"]).date == day
        while extract.handler(told, None) == {"status": "RUNNING"}:
            pass
        for bucket in claimed["buckets"]:
            etl.handler({**told, "bucket": bucket}, None)
        gate.handler(told, None)
        for bucket in claimed["buckets"]:
            for stage in (filter, score, store):
                stage.handler({**told, "bucket": bucket}, None)
        return complete.handler(told, None)


def counts_of(result: dict) -> dict[str, int]:
    removed = {step["filter"]: step["removed"] for step in result["filters"]}
    assert removed["trust"] == result["rejected"] == 0
    return {
        **{name: result[name] for name in ("extracted", "duplicates", "candidates", "eligible")},
        "answered": removed["eligibility"],
        "capped": removed["frequency-cap"],
    }


@pytest.mark.parametrize("day", [BUSY, date(2018, 2, 17), date(2016, 10, 5)], ids=str)
def test_a_days_deliveries_are_counted_as_plain_sql_counts_them(day, plainly, tmp_path):
    result = run_of("olist-reviews", day, tmp_path)
    assert counts_of(result) == plainly(date.fromordinal(day.toordinal() - 1), day)
    assert result["stored"] == result["eligible"] == sum(result["scores"].values())
    assert result["scoring"]["fallback"] == 0


def test_a_weeks_deliveries_are_counted_as_plain_sql_counts_them(plainly, tmp_path):
    day = date(2018, 5, 22)
    result = run_of("olist-reviews-week", day, tmp_path)
    assert counts_of(result) == plainly(date.fromordinal(day.toordinal() - 7), day)
    assert result["stored"] == result["eligible"]


def test_one_of_these_days_leaves_no_step_idle(plainly):
    counts = plainly(date(2018, 6, 1), BUSY)
    assert all(counts.values()), counts


def test_on_a_day_before_the_first_answers_the_model_knows_nothing_and_says_a_half(tmp_path):
    result = run_of("olist-reviews", date(2016, 10, 12), tmp_path)
    assert result["scores"] == {"high": 0, "medium": result["eligible"], "low": 0}
    assert result["eligible"] > result["scoring"]["fallback"] == 0


def test_features_know_nothing_of_the_days_after(tmp_path):
    shortened = tmp_path / "until"
    shortened.mkdir()
    day = date(2017, 12, 12)
    cut = {"orders": "order_purchase_timestamp", "order_reviews": "review_answer_timestamp"}
    for file in OLIST.glob("*.csv"):
        column = next((column for name, column in cut.items() if file.stem == f"olist_{name}_dataset"), None)
        known = f"WHERE strptime({column}, '%m/%d/%Y %H:%M') < DATE '{day}'" if column else ""
        rows = f"SELECT * FROM read_csv('{file}', all_varchar = true) {known}"
        duckdb.execute(f"COPY ({rows}) TO '{shortened / file.name}' (HEADER)")
    features(OLIST, day, tmp_path / "all")
    features(shortened, day, tmp_path / "known")
    for name in ("features/olist-customers", "features/olist-products"):
        whole, known = (pq.read_table(tmp_path / folder / f"{name}.parquet") for folder in ("all", "known"))
        assert whole.equals(known)
        assert whole.num_rows > 100
    assert (tmp_path / "all" / "training" / f"{ENDPOINT}.parquet").exists()


def test_features_are_the_same_bytes_each_time(tmp_path):
    for folder in ("first", "second"):
        features(OLIST, date(2018, 5, 22), tmp_path / folder)
    written = [
        sorted((file.name, file.read_bytes()) for file in (tmp_path / folder).rglob("*.parquet"))
        for folder in ("first", "second")
    ]
    assert written[0] == written[1]
    assert len(written[0]) == 3
