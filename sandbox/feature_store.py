"""Feature Store Runtime's BatchGetRecord and GetRecord in, the records of a folder's feature tables out, as text as there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.aws_http import AwsError, AwsServer, Faults, Reply, Request

RECORD_ID = "record_id"
MOST_IDS = 100  # of one feature group, a BatchGetRecord call
MOST_GROUPS = 100
KEY = "RecordIdentifiersValueAsString"
Record = list[dict[str, str]]


@dataclass
class FeatureStoreFaults(Faults):
    """`half_unprocessed` counts the coming BatchGetRecord calls that leave every second identifier unprocessed."""

    half_unprocessed: int = 0
    record_errors: int = 0  # calls that report every identifier as failed


@dataclass(frozen=True)
class FeatureGroup:
    """One online group: a row a record, found by its id."""

    table: pa.Table
    rows: Mapping[str, int]

    @classmethod
    def read(cls, file: Path) -> "FeatureGroup":
        """ValueError: the file has no column `record_id`."""
        table = pq.read_table(file)
        if RECORD_ID not in table.column_names:
            raise ValueError(f"{file}: no column {RECORD_ID!r}")
        return cls(table, {id: row for row, id in enumerate(table[RECORD_ID].cast(pa.string()).to_pylist())})

    def records(self, ids: Sequence[str], names: Sequence[str] | None) -> Iterator[tuple[str, Record]]:
        """The records there are; one of an unknown id is left out, and so is a feature without a value."""
        known = [id for id in ids if id in self.rows]
        found = self.table.select([n for n in (names or self.table.column_names) if n in self.table.column_names])
        places = pa.array([self.rows[id] for id in known], pa.int64())
        for id, row in zip(known, found.take(places).to_pylist(), strict=True):
            features = ((name, value) for name, value in row.items() if value is not None)
            yield id, [{"FeatureName": name, "ValueAsString": str(value)} for name, value in features]


class FeatureStoreServer(AwsServer):
    """`load(folder)` brings one feature group a file of `folder/features` online. boto3 reaches it by `endpoint`."""

    faults: FeatureStoreFaults

    def __init__(self) -> None:
        super().__init__(FeatureStoreFaults())
        self.groups: dict[str, FeatureGroup] = {}
        self.records_read = 0

    def load(self, folder: Path) -> tuple[str, ...]:
        """Load what is in `folder/features`, replacing groups of the same name; returns their names."""
        files = sorted((folder / "features").glob("*.parquet"))
        self.groups |= {file.stem: FeatureGroup.read(file) for file in files}
        return tuple(file.stem for file in files)

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path) == ("POST", "/BatchGetRecord"):
            return Reply(orjson.dumps(self._batch(request.body)))
        if request.method == "GET" and request.path.startswith("/FeatureGroup/"):
            return Reply(orjson.dumps(self._one(unquote(request.path.split("/")[2]), parse_qs(request.query))))
        raise AwsError(404, "UnknownOperationException", f"no such operation: {request.method} {request.path}")

    def _one(self, name: str, query: Mapping[str, list[str]]) -> dict[str, Any]:
        if name not in self.groups:
            raise AwsError(404, "ResourceNotFound", f"Feature Group {name} does not exist.")
        ids = query.get("RecordIdentifierValueAsString", [])
        found = [record for _, record in self.groups[name].records(ids, query.get("FeatureName"))]
        return {"Record": found[0]} if found else {}

    def _batch(self, body: bytes) -> dict[str, Any]:
        asked = _identifiers(body)
        reply: dict[str, list[dict[str, Any]]] = {"Records": [], "Errors": [], "UnprocessedIdentifiers": []}
        if self.faults.take("half_unprocessed"):
            reply["UnprocessedIdentifiers"] = [{**item, KEY: item[KEY][1::2]} for item in asked if item[KEY][1::2]]
            asked = [{**item, KEY: item[KEY][::2]} for item in asked]
        failing = self.faults.take("record_errors")
        for item in asked:
            if failing or item["FeatureGroupName"] not in self.groups:
                reply["Errors"] += _errors(item, "InternalFailure" if failing else "ResourceNotFound")
            else:
                reply["Records"] += self._records(item)
        with self._lock:
            self.records_read += len(reply["Records"])
        return reply

    def _records(self, item: Mapping[str, Any]) -> list[dict[str, Any]]:
        name = item["FeatureGroupName"]
        return [
            {"FeatureGroupName": name, "RecordIdentifierValueAsString": id, "Record": record}
            for id, record in self.groups[name].records(item[KEY], item.get("FeatureNames"))
        ]


def _identifiers(body: bytes) -> list[dict[str, Any]]:
    """What a call asks for, checked by the service's own limits."""
    asked: list[dict[str, Any]] = orjson.loads(body or b"{}").get("Identifiers") or []
    if not 1 <= len(asked) <= MOST_GROUPS:
        raise AwsError(400, "ValidationError", f"Identifiers: 1 to {MOST_GROUPS}, not {len(asked)}")
    for item in asked:
        ids = item.get(KEY) or []
        if not 1 <= len(ids) <= MOST_IDS:
            raise AwsError(400, "ValidationError", f"{KEY}: 1 to {MOST_IDS}, not {len(ids)}")
        if len(set(ids)) != len(ids):
            raise AwsError(400, "ValidationError", f"{KEY}: an identifier is there twice")
    return asked


def _errors(item: Mapping[str, Any], code: str) -> list[dict[str, str]]:
    name = item["FeatureGroupName"]
    return [
        {
            "FeatureGroupName": name,
            "RecordIdentifierValueAsString": id,
            "ErrorCode": code,
            "ErrorMessage": f"{code}: feature group {name}",
        }
        for id in item[KEY]
    ]
