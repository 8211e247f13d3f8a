"""The records of a Kinesis event in, change records as they arrived out."""

import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.archive.batch import Arrival
from domain.archive.parked import Parked
from domain.archive.redaction import base64_text
from domain.archive.times import moment

Record = Mapping[str, Any]


def source_of(records: Sequence[Record]) -> str:
    """The shard that a batch came from; Lambda mixes no two."""
    shard, _, _ = records[0]["eventID"].partition(":")
    return str(shard)


def arrived(records: Sequence[Record]) -> Iterator[Arrival | Parked]:
    """In the batch's order. What is no base64 comes parked."""
    for record in records:
        kinesis = record["kinesis"]
        number, at = kinesis["sequenceNumber"], kinesis["approximateArrivalTimestamp"]
        encoded = kinesis["data"]
        try:
            yield Arrival(number, decoded(encoded), at, encoded)
        except ValueError:
            yield _garbled(record, number, at)


def decoded(encoded: str) -> bytes:
    """ValueError: it is no base64, or has anything else in it.

    The strict way takes twice as long. The other one leaves out what is no base64, so what is all there was right.
    """
    data = binascii.a2b_base64(encoded)
    whole = len(encoded) * 3 // 4 - (2 if encoded.endswith("==") else encoded.endswith("="))
    return data if len(data) == whole and not len(encoded) % 4 else binascii.a2b_base64(encoded, strict_mode=True)


def _garbled(record: Record, number: str, at: float) -> Parked:
    return Parked(
        code="malformed_base64",
        message="the record's data is no base64",
        fingerprint="malformed_base64",
        events=(base64_text(record["kinesis"]["data"]),),
        at=moment(at),
        source=source_of([record]),
        numbers=(number,),
    )
