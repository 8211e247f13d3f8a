"""Records of Kinesis, or of SNS, in; what each of them says out, or why it cannot be read."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from domain.errors import Rejected
from domain.notifications.status_events import Reply, Told, read

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arrival:
    """`name` says where it is from and is no secret; `number` is what Kinesis asks for to deliver it again; `data` as it came."""

    name: str
    number: str
    arrived: float | str
    data: str
    says: Told | Reply | None = None
    stray: str | None = None


def arrivals(records: Sequence[Record]) -> list[Arrival]:
    """One a record, in their order."""
    return [_of_sns(record) if "Sns" in record else _of_kinesis(record) for record in records]


def line(it: Arrival, why: str) -> dict[str, Any]:
    """As it is put aside: the data are as they came, whatever they are."""
    return {"eventId": it.name, "arrived": it.arrived, "reason": why, "data": it.data}


def _of_kinesis(record: Record) -> Arrival:
    kinesis = record["kinesis"]
    says, stray = _read(kinesis["data"], encoded=True)
    arrived = kinesis["approximateArrivalTimestamp"]
    return Arrival(record["eventID"], str(kinesis["sequenceNumber"]), arrived, kinesis["data"], says, stray)


def _of_sns(record: Record) -> Arrival:
    sns = record["Sns"]
    says, stray = _read(sns["Message"], encoded=False)
    return Arrival(sns["MessageId"], sns["MessageId"], sns["Timestamp"], sns["Message"], says, stray)


def _read(data: str, *, encoded: bool) -> tuple[Told | Reply | None, str | None]:
    try:
        return read(orjson.loads(b64decode(data, validate=True) if encoded else data)), None
    except Rejected as reason:
        return None, str(reason)
    except ValueError:
        return None, "not_json"
