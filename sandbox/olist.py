"""The real orders of a shop and a day in, what its customers and products were like before that day out: features and training data.

The data set is "Brazilian E-Commerce Public Dataset by Olist"; the program over it is `programs/examples/olist-reviews.yaml`.
"""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.warehouse.tables import MAIN, Tables

ORDERS = "olist_orders_dataset.csv"
ENDPOINT = "olist-review-answer"
ANSWERED_WITHIN_DAYS = 3  # the label: the ask was answered in this time
FEWEST_EXAMPLES = 50  # below, the model is fitted on UNDECIDED
# One yes and one no to the same case: a model that has learnt nothing gives everybody a half.
NOBODY = {"orders_delivered": 1, "delivery_days": 0.0, "days_late": 0.0, "order_value": 0.0}
NOTHING = {"category": "unknown", "price": 0.0, "times_sold": 1, "rating": 0.0}
UNDECIDED = [{**NOBODY, **NOTHING, "label": label} for label in (0, 1)]
PRIOR_RATING, PRIOR_WEIGHT = 4.0, 5  # what a product without ratings is taken for, as if this many people had said so

FACTS = """
CREATE TEMP TABLE bought AS
SELECT order_id, order_status, customer_unique_id AS customer, product_id AS product, price::DECIMAL(10, 2) AS price,
       strptime(order_purchase_timestamp, '%m/%d/%Y %H:%M') AS bought_at,
       strptime(order_delivered_customer_date, '%m/%d/%Y %H:%M') AS delivered_at,
       strptime(order_estimated_delivery_date, '%m/%d/%Y %H:%M') AS promised_at
FROM olist_orders_dataset
JOIN olist_customers_dataset USING (customer_id)
JOIN olist_order_items_dataset USING (order_id);

CREATE TEMP TABLE delivered AS
SELECT order_id, customer, any_value(delivered_at) AS delivered_at, sum(price)::DOUBLE AS order_value,
       date_diff('hour', any_value(bought_at), any_value(delivered_at)) / 24.0 AS delivery_days,
       date_diff('hour', any_value(promised_at), any_value(delivered_at)) / 24.0 AS days_late
FROM bought WHERE order_status = 'delivered' AND delivered_at IS NOT NULL GROUP BY order_id, customer;

CREATE TEMP TABLE reviews AS
SELECT order_id, review_score, strptime(review_creation_date, '%m/%d/%Y %H:%M') AS asked_at,
       strptime(review_answer_timestamp, '%m/%d/%Y %H:%M') AS answered_at
FROM olist_order_reviews_dataset;

CREATE TEMP TABLE categories AS
SELECT product_id AS product, coalesce(product_category_name_english, product_category_name, 'unknown') AS category
FROM olist_products_dataset
LEFT JOIN product_category_name_translation ON product_category_namept = product_category_name;
"""

# `moments(id, moment)`: what was known of a customer or a product strictly before that instant.
CUSTOMERS_THEN = """
SELECT moments.id AS record_id, moments.moment,
       count(*) AS orders_delivered,
       round(arg_max(delivery_days, (delivered_at, order_id)), 2) AS delivery_days,
       round(arg_max(days_late, (delivered_at, order_id)), 2) AS days_late,
       round(arg_max(order_value, (delivered_at, order_id)), 2) AS order_value
FROM moments JOIN delivered ON delivered.customer = moments.id AND delivered.delivered_at < moments.moment
GROUP BY ALL ORDER BY ALL
"""
PRODUCTS_THEN = f"""
WITH sold AS (
  SELECT moments.id, moments.moment, count(*) AS times_sold, round(sum(price)::DOUBLE / count(*), 2) AS price
  FROM moments JOIN bought ON bought.product = moments.id AND bought.bought_at < moments.moment GROUP BY ALL
),
rated AS (
  SELECT moments.id, moments.moment, count(*) AS ratings, sum(review_score) AS points
  FROM moments JOIN (SELECT DISTINCT order_id, product FROM bought) AS lines ON lines.product = moments.id
  JOIN reviews ON reviews.order_id = lines.order_id AND reviews.answered_at < moments.moment GROUP BY ALL
)
SELECT sold.id AS record_id, sold.moment, coalesce(category, 'unknown') AS category, price, times_sold,
       round((coalesce(points, 0) + {PRIOR_RATING * PRIOR_WEIGHT}) / (coalesce(ratings, 0) + {PRIOR_WEIGHT}), 3) AS rating
FROM sold LEFT JOIN rated USING (id, moment) LEFT JOIN categories ON categories.product = sold.id
ORDER BY ALL
"""
# Asks whose time to be answered was over before the day, each as things stood when it was sent.
EXAMPLES = f"""
CREATE TEMP TABLE examples AS
SELECT DISTINCT customer, product, asked_at AS moment,
       (answered_at <= asked_at + INTERVAL {ANSWERED_WITHIN_DAYS} DAY)::INTEGER AS label
FROM bought JOIN reviews USING (order_id)
WHERE order_status = 'delivered' AND asked_at + INTERVAL {ANSWERED_WITHIN_DAYS} DAY < $day AND delivered_at < asked_at
"""


def is_olist(folder: Path) -> bool:
    """Whether the folder holds this data set."""
    return (folder / ORDERS).is_file()


def features(folder: Path, day: date, out: Path) -> None:
    """Write `features/olist-customers`, `features/olist-products` and `training/olist-review-answer` (`.parquet`) below `out`.

    Only what was known before `day` goes in, so the same day gives the same bytes whatever came later. The label: the
    ask was answered within three days.
    """
    tables = Tables()
    try:
        tables.load(folder)
        with tables.cursor(MAIN) as cursor:
            cursor.execute(FACTS)
            _write(_then(cursor, "customer", day), out / "features" / "olist-customers.parquet")
            _write(_then(cursor, "product", day), out / "features" / "olist-products.parquet")
            _train(cursor, day, out / "training" / f"{ENDPOINT}.parquet")
    finally:
        tables.close()


def _then(cursor: duckdb.DuckDBPyConnection, record: str, day: date) -> Any:
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE moments AS SELECT DISTINCT {record} AS id, $day::TIMESTAMP AS moment FROM bought"
        " WHERE bought_at < $day",
        {"day": day},
    )
    query = CUSTOMERS_THEN if record == "customer" else PRODUCTS_THEN
    return cursor.sql(f"SELECT * EXCLUDE (moment) FROM ({query}) ORDER BY record_id").to_arrow_table()


def _train(cursor: duckdb.DuckDBPyConnection, day: date, path: Path) -> None:
    cursor.execute(EXAMPLES, {"day": day})
    for record, query in (("customer", CUSTOMERS_THEN), ("product", PRODUCTS_THEN)):
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE moments AS SELECT DISTINCT {record} AS id, moment FROM examples")
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE {record}s_then AS {query}")
    examples = cursor.sql(
        "SELECT c.* EXCLUDE (record_id, moment), p.* EXCLUDE (record_id, moment), label FROM examples"
        " JOIN customers_then AS c ON c.record_id = customer AND c.moment = examples.moment"
        " JOIN products_then AS p ON p.record_id = product AND p.moment = examples.moment"
        " ORDER BY examples.moment, customer, product"
    ).to_arrow_table()
    enough = examples.num_rows >= FEWEST_EXAMPLES and len(set(examples["label"].to_pylist())) > 1
    _write(examples if enough else pa.Table.from_pylist(UNDECIDED), path)


def _write(table: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
