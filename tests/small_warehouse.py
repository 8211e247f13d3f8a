"""A small warehouse behind both engines: its tables, its connectors, and how a test waits for a statement."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from threading import Event
from typing import Any

import pyarrow as pa
from botocore.config import Config
from stand_ins import reach

from adapters.aws.athena import Athena
from adapters.aws.redshift import Redshift
from adapters.aws.warehouse import Warehouse
from domain.solicitation.extraction import Running, State, Statement
from domain.solicitation.program import Connector, Query
from sandbox.ministack import Ministack
from sandbox.warehouse import WarehouseServer

BUCKET = "unloads"
D = date(2026, 11, 20)
CONNECTORS = {
    "athena": Connector("lake", "athena", "ecommerce", workgroup="ovation"),
    "redshift": Connector(
        "streams",
        "redshift",
        "streaming",
        cluster="music-analytics",
        secret_arn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:streams",
        unload_role_arn="arn:aws:iam::123456789012:role/unload",
    ),
}
DELIVERIES = pa.table(
    {
        "customer_id": ["ann", "bob", None, "zoë 😀", "eve"],
        "product_id": [1, 2, 3, 4, 5],
        "delivered_on": [date(2026, 11, 19)] * 4 + [date(2026, 11, 18)],
        "delivered_at": [datetime(2026, 11, 19, 8, 30)] * 5,  # noqa: DTZ001
        "delivered_text": ["2026-11-19T08:00:00+02:00", "last week", None, "2026-11-19", "2026-11-19 10:00:00"],
        "verified": [True, False, None, True, True],
        "verified_text": ["Yes", "0", "perhaps", None, "t"],
        "bot_score": [0.25, 1.0, None, float("nan"), 0.0],
        "note": ["it's", "two '' quotes", "back\\slash", ":x", "why?"],
    }
)
MAPPING = (
    ("customer_id", "customer"),
    ("product_id", "subject"),
    ("delivered_on", "eventDate"),
    ("verified", "purchaseVerified"),
    ("verified_text", "relationship"),
    ("bot_score", "botScore"),
    ("NOTE", "subjectName"),
)


def query(sql: str = "SELECT * FROM ecommerce.deliveries WHERE delivered_on = ?", mapping: Any = MAPPING) -> Query:
    return Query("deliveries", "lake", sql, mapping)


@contextmanager
def small_warehouse(ministack: Ministack) -> Iterator[WarehouseServer]:
    """The stand-in with `deliveries`, unloading to a bucket of the embedded AWS."""
    s3 = ministack.client("s3")
    if BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": ministack.region})
    with WarehouseServer(ministack.endpoint) as server:
        server.add("deliveries", DELIVERIES)
        yield server


def connect(engine: str, server: WarehouseServer, s3: Any, attempts: int = 1) -> Warehouse:
    config = Config(read_timeout=5, retries={"mode": "standard", "total_max_attempts": attempts})
    if engine == "athena":
        return Athena(reach("athena", server.endpoint, config), s3, CONNECTORS[engine])
    return Redshift(reach("redshift-data", server.endpoint, config), s3, CONNECTORS[engine])


def settled(warehouse: Warehouse, statement: Statement) -> State:
    for _ in range(500):
        state = warehouse.state(statement)
        if not isinstance(state, Running):
            return state
        Event().wait(0.01)
    raise AssertionError("the statement has not ended after 5 s")


def unloaded(s3: Any, prefix: str) -> dict[str, list[dict[str, Any]]]:
    """The rows below a prefix of the bucket, by the name of their `bucket=` folder."""
    rows: dict[str, list[dict[str, Any]]] = {}
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    for key in (item["Key"] for page in pages for item in page.get("Contents", ())):
        _, _, rest = key.partition("/bucket=")
        if rest:
            body = gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
            rows.setdefault(rest.partition("/")[0], []).extend(json.loads(line) for line in body.splitlines())
    return rows
