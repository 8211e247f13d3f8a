"""Stand-ins of SageMaker and the Feature Store for a test, and clients that reach them over real HTTP."""

from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
from botocore.config import Config

from sandbox.model import LogisticModel

# logit = 4 * engagement - 0.1 * price: an engagement of 1 at price 10 scores sigmoid(3) = 0.952574
PROPENSITY = LogisticModel(0.0, {"engagement_score": 4.0, "price": -0.1}, {})
AFFINITY = LogisticModel(0.0, {}, {"genre": {"jazz": 2.0, "rock": -2.0}})


def keep_features(folder: Path, **groups: dict[str, dict[str, object]]) -> Path:
    """Write feature groups (name, then id, then feature: `_` in a name stands for `-`) as the stand-in loads them."""
    (folder / "features").mkdir(parents=True, exist_ok=True)
    for group, records in groups.items():
        rows = [{"record_id": id, **record} for id, record in records.items()]
        pq.write_table(pa.Table.from_pylist(rows), folder / "features" / f"{group.replace('_', '-')}.parquet")
    return folder


def reach(service: str, endpoint: str, config: Config | None = None):
    """A client of one of the stand-ins."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=config or Config(read_timeout=2, retries={"total_max_attempts": 1}),
    )
