"""Files that may hold a customer's rows in, the same files without them out: gzip JSON lines and Parquet, object by object."""

import io
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.files import jsonl
from domain.solicitation.keys import customer_key, escaped

Row = Mapping[str, Any]
LOST = "aws/lambda/"  # where Lambda puts what a stream's reader could not take (AWS: S3 as an on-failure destination)
AT_ONCE = 10  # objects in work, as many as a client keeps connections; an erasure waits for S3, not for us


@dataclass(frozen=True)
class Rewriter:
    """`about(row)` tells whether a row is the customer's. Only objects that change are written; their rows are counted."""

    s3: Any
    customer: str
    about: Callable[[Row], bool]

    def rewrite(
        self, bucket: str, prefixes: Iterable[str], wanted: Callable[[str], bool] = lambda key: True
    ) -> dict[str, int]:
        """Every object below the prefixes that held rows of the customer, and how many; only `wanted` keys are looked into."""
        keys = [key for prefix in prefixes for key in self._keys(bucket, prefix) if wanted(key)]
        with ThreadPoolExecutor(AT_ONCE) as workers:
            counts = workers.map(lambda key: self._object(bucket, key), keys)
            return {f"s3://{bucket}/{key}": count for key, count in zip(keys, counts, strict=True) if count}

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    def _object(self, bucket: str, key: str) -> int:
        read = self._reader(key)
        if read is None:
            return 0
        without, count = read(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        if count:
            self.s3.put_object(Bucket=bucket, Key=key, Body=without)
        return count

    def _reader(self, key: str) -> Callable[[bytes], tuple[bytes, int]] | None:
        """How objects of that name are read; None for what holds no rows. Athena gives its Parquet files no ending."""
        if key.endswith(".gz"):
            return lambda body: self._lines(body, key)
        if key.startswith(LOST):
            return self._lost
        return self._parquet if key.endswith(".parquet") or "/candidates/" in key else None

    def _lost(self, body: bytes) -> tuple[bytes, int]:
        """Stream records that could not be delivered, as Lambda sets them aside: a document with a batch as its `payload`."""
        document = orjson.loads(body)
        batch = document.get("payload", document)
        batch = orjson.loads(batch) if isinstance(batch, str) else batch
        kept = [record for record in batch.get("Records", ()) if not self._told_of(record)]
        count = len(batch.get("Records", ())) - len(kept)
        return orjson.dumps({**document, "payload": orjson.dumps({**batch, "Records": kept}).decode()}), count

    def _told_of(self, record: Row) -> bool:
        key = record.get("dynamodb", {}).get("Keys", {}).get("PK", {}).get("S", "")
        return bool(key == customer_key(self.customer) or key.startswith(f"OUTBOX#{escaped(self.customer)}#"))

    def _lines(self, body: bytes, key: str) -> tuple[bytes, int]:
        """In a file that is written anew, a line that is no row becomes a word about its place."""
        rows = list(jsonl.decode(io.BytesIO(body), key, lambda place: {"unreadable": place}))
        kept = [row for row in rows if not self.about(row)]
        return jsonl.encode(kept), len(rows) - len(kept)

    def _parquet(self, body: bytes) -> tuple[bytes, int]:
        table = pq.read_table(io.BytesIO(body))
        kept = table.filter(pc.fill_null(pc.not_equal(table["customer"], self.customer), True))
        buffer = io.BytesIO()
        pq.write_table(kept, buffer, compression="snappy")
        return buffer.getvalue(), len(table) - len(kept)
