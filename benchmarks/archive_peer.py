"""What one would write with boto3 and fastavro: Kinesis records in, deflated Avro files by kind and date out."""

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import fastavro
from boto3.dynamodb.types import TypeDeserializer
from fastavro.validation import validate

from adapters.files.avro_schemas import schemas
from domain.archive.container import LEVEL

Place = tuple[str, str]
PERSONAL = {"phoneNumber", "email", "messageBody"}
SYSTEM_USER = re.compile(r"(\w+)-(\w+)\.(.+)")
SINCE = {"demand": ("deleted", "notified", "triggered", "requested"), "sale": ("deleted",)}
PARTS = {"event": ("id",), "sale": ("eventId", "id")}


class Peer:
    def __init__(self) -> None:
        self.schemas = {kind: fastavro.parse_schema(deepcopy(dict(schema))) for kind, schema in schemas().items()}
        self.deserialize = TypeDeserializer().deserialize

    def archive(self, records: Sequence[dict[str, Any]]) -> tuple[dict[Place, bytes], list[str]]:
        """Files by kind and date, and the numbers of the records that are none."""
        groups: dict[Place, list[Any]] = {}
        bad: list[str] = []
        for record in records:
            try:
                place, row = self._row(json.loads(b64decode(record["kinesis"]["data"])))
                fits = validate(row, self.schemas[place[0]], raise_errors=False)
            except (ValueError, KeyError, TypeError):
                fits = False
            if fits:
                groups.setdefault(place, []).append(row)
            else:
                bad.append(record["kinesis"]["sequenceNumber"])
        return {place: self._file(place[0], rows) for place, rows in groups.items()}, bad

    def raw(self, files: Iterable[bytes]) -> list[bytes]:
        """The rows of each file, as they are before they are deflated."""
        return [b"".join(_bytes(block) for block in fastavro.block_reader(BytesIO(file))) for file in files]

    def read(self, file: bytes) -> list[Any]:
        return [*fastavro.reader(BytesIO(file))]

    def _row(self, record: dict[str, Any]) -> tuple[Place, dict[str, Any]]:
        removed = record["eventName"] == "REMOVE"
        change = record["dynamodb"]
        image = change["OldImage" if removed else "NewImage"]
        row = {name: _plain(self.deserialize(value)) for name, value in image.items()}
        stamp = datetime.fromtimestamp(change["ApproximateCreationDateTime"] // 1_000_000, UTC)
        at = f"{stamp:%Y-%m-%dT%H:%M:%S}.{change['ApproximateCreationDateTime'] % 1_000_000:06}Z"
        if removed:
            row = _redacted(row)
            row["date"] = {**(row.get("date") or {}), "deleted": at}
        kind = row["type"]
        row["reference"] = {
            "id": "_".join(row[name] for name in PARTS.get(kind, ("eventId", "saleId", "fanId"))),
            "timestamp": _since(kind, row) or at,
        }
        if kind == "demand":
            row["system"] = _system(row.get("systemUserId"))
        row["isDeleted"] = removed
        row["change"] = {"eventId": record["eventID"], "eventName": record["eventName"], "at": at, "expired": False}
        return (kind, _day(kind, row)), row

    def _file(self, kind: str, rows: list[Any]) -> bytes:
        body = BytesIO()
        fastavro.writer(body, self.schemas[kind], rows, codec="deflate", codec_compression_level=LEVEL)
        return body.getvalue()


def _bytes(block: Any) -> bytes:
    content: bytes = block.bytes_.getvalue()
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "[redacted]" if name in PERSONAL else _redacted(member) for name, member in value.items()}
    return [_redacted(member) for member in value] if isinstance(value, list) else value


def _since(kind: str, row: dict[str, Any]) -> str | None:
    dates = row.get("date") or {}
    told = next((dates[name] for name in SINCE.get(kind, ("deleted", "updated")) if dates.get(name)), None)
    return told or (row.get("saleStartDateTime") if kind == "sale" else None)


def _system(user: str | None) -> dict[str, str] | None:
    parts = SYSTEM_USER.fullmatch(user) if user else None
    return {"systemId": parts[1], "databaseId": parts[2], "memberId": parts[3]} if parts else None


def _day(kind: str, row: dict[str, Any]) -> str:
    match kind:
        case "demand":
            told = row["date"]["requested"]
        case "notification":
            told = row["date"]["created"]
        case "sale":
            told = row["saleStartDateTime"]
        case _:
            told = row["date"]["firstSeen"]
    return datetime.fromisoformat(told).astimezone(UTC).date().isoformat()
