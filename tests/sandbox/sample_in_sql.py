"""A sample's folder in, its funnel out: counted in plain SQL over the files, with nothing of the batch and nothing of the sampler."""

import gzip
import json
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from sandbox.model import load_or_fit

WEIGHTS = {
    "product-reviews": {"review-propensity-v2": 1.0},
    "music-feedback": {"feedback-propensity-v3": 0.6, "music-affinity-v2": 0.4},
}

# The programs' own predicates, written once more.
EXTRACTED = {
    "product-reviews": """SELECT * FROM deliveries
        WHERE delivery_date = DATE '{day}' - 1 AND delivery_status = 'COMPLETED'""",
    "music-feedback": """SELECT * FROM music_streams
        WHERE track_release_date >= DATE '{day}' - 7 AND completion_rate >= 0.95 AND play_count >= 1""",
}
JUDGED = {
    "product-reviews": """
        customer_id AS customer, product_id AS subject, delivery_date::TIMESTAMP AS happened,
        verified_purchase AND account_relationship AND bot_score <= 0.5 AS trusted,
        review_eligible AS eligible, 1.0 AS engagement""",
    "music-feedback": """
        listener_id AS customer, track_id AS subject, playback_date AS happened,
        verified_listener AND bot_score <= 0.5 AS trusted,
        feedback_eligible AS eligible, engagement_score AS engagement""",
}
CAP = {"product-reviews": (3, 30), "music-feedback": (2, 7)}

FUNNEL = """
CREATE TABLE extracted AS SELECT {judged} FROM ({extracted});
CREATE TABLE candidates AS
    SELECT * FROM extracted QUALIFY row_number() OVER (PARTITION BY customer, subject ORDER BY happened DESC) = 1;
CREATE TABLE trusted AS SELECT * FROM candidates WHERE trusted;
CREATE TABLE chosen AS
    SELECT * FROM trusted LEFT JOIN out_of_it USING (customer) LEFT JOIN known USING (customer, subject)
    WHERE eligible AND opted_out IS NULL AND how IS NULL;
CREATE TABLE engaged AS SELECT * FROM chosen WHERE engagement >= 0.6;
CREATE TABLE left_over AS
    WITH prior AS (
        SELECT customer, count(*) AS asks FROM asks
        WHERE happened > TIMESTAMP '{day} 02:00:00' - INTERVAL {days} DAY AND happened <= TIMESTAMP '{day} 02:00:00' GROUP BY ALL
    )
    SELECT engaged.* FROM engaged LEFT JOIN prior USING (customer)
    QUALIFY row_number() OVER (PARTITION BY customer ORDER BY engaged.happened DESC, subject) <= {cap} - coalesce(asks, 0);
"""


def warehouse(folder: Path, program: str) -> duckdb.DuckDBPyConnection:
    """The sample's tables, and its history as tables of opt-outs, known pairs and asks."""
    sql = duckdb.connect()
    for file in folder.glob("*.parquet"):
        sql.execute(f"CREATE VIEW {file.stem} AS FROM '{file}'")
    gone, known, asks = [], [], []
    with gzip.open(folder / "history" / "customers.jsonl.gz", "rt") as lines:
        for line in map(json.loads, lines):
            here = line.get("programs", {}).get(program, {})
            if line.get("optedOut") or here.get("optedOut"):
                gone.append((line["customer"], True))
            known += [(line["customer"], s, how) for how in ("asked", "answered") for s in here.get(how, {})]
            asks += [(line["customer"], at) for at in line.get("caps", {}).get(program, [])]
    _table(sql, "out_of_it", {"customer": pa.string(), "opted_out": pa.bool_()}, gone)
    _table(sql, "known", {"customer": pa.string(), "subject": pa.string(), "how": pa.string()}, known)
    _table(sql, "asks_in_text", {"customer": pa.string(), "text": pa.string()}, asks)
    sql.execute(
        "CREATE VIEW asks AS SELECT customer, strptime(text, '%Y-%m-%dT%H:%M:%SZ') AS happened FROM asks_in_text"
    )
    return sql


def _table(sql: duckdb.DuckDBPyConnection, name: str, columns: dict[str, pa.DataType], rows: list[tuple]) -> None:
    values = zip(*rows, strict=True) if rows else [[] for _ in columns]
    sql.register(
        name, pa.table([pa.array(v, kind) for v, kind in zip(values, columns.values(), strict=True)], list(columns))
    )


def count_funnel(sql: duckdb.DuckDBPyConnection, program: str, day: date) -> dict[str, int]:
    cap, days = CAP[program]
    sql.execute(
        FUNNEL.format(judged=JUDGED[program], extracted=EXTRACTED[program].format(day=day), day=day, cap=cap, days=days)
    )
    tables = ("extracted", "candidates", "trusted", "chosen", "engaged", "left_over")
    return {table: sql.table(table).shape[0] for table in tables}


def removed(counts: dict[str, int]) -> dict[str, int]:
    return {
        "trust": counts["candidates"] - counts["trusted"],
        "eligibility": counts["trusted"] - counts["chosen"],
        "engagement": counts["chosen"] - counts["engaged"],
        "frequency-cap": counts["engaged"] - counts["left_over"],
    }


def bands(sql: duckdb.DuckDBPyConnection, folder: Path, program: str) -> dict[str, int]:
    """How many of those left over score in each band, by models fitted on the sample's own training tables."""
    groups = sorted((folder / "features").glob("*.parquet"))
    customers, subjects = (next(g for g in groups if g.stem.startswith(kind)) for kind in KINDS[program])
    rows = (
        sql.sql(
            f"SELECT * FROM left_over JOIN '{customers}' c ON c.record_id = customer JOIN '{subjects}' s ON s.record_id = subject"
        )
        .to_arrow_table()
        .to_pylist()
    )
    total = 0.0
    for endpoint, weight in WEIGHTS[program].items():
        total = total + weight * load_or_fit(folder / "training" / f"{endpoint}.parquet").predict(rows)
    high, low = int((total >= 0.7).sum()), int((total < 0.4).sum())
    return {"high": high, "medium": len(rows) - high - low, "low": low}


KINDS = {"product-reviews": ("customer", "product"), "music-feedback": ("listener", "track")}
