"""An object of errors/ or of Lambda's given-up batches in, the change records in it out; and the object without some of them."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from domain.archive.batch import Arrival
from domain.archive.kinesis import Record, arrived, source_of
from domain.archive.parked import parked_in
from domain.archive.places import LOST
from domain.errors import Rejected

GIVEN_UP = "given_up"  # the code of what Lambda gave up on
UNREADABLE = "unreadable"  # the code of objects that somebody else has put there


@dataclass(frozen=True, slots=True)
class Held:
    """One change record that is not archived: its text as the stream had it, and where it came from (see `batch.Arrival`)."""

    text: str
    number: str
    arrived: float  # epoch seconds
    garbled: bool = False  # its data is no base64, and is its text as it came

    @property
    def digest(self) -> str:
        """What a record is known by within its object: it may have no event id, and its object may be written anew."""
        return digest(self.text)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One object: why its records are in it, and since when (ISO 8601)."""

    key: str
    code: str
    message: str
    fingerprint: str
    at: str
    source: str
    records: tuple[Held, ...]

    @property
    def lost(self) -> bool:
        """Its records were never looked at by the archiver: Lambda gave up on their batch."""
        return self.key.startswith(LOST)


def unreadable(key: str) -> Quarantined:
    """An object that is none of ours: it is told of, and left alone."""
    return Quarantined(key, UNREADABLE, "the object is no error document", UNREADABLE, "", "", ())


def digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def opened(key: str, body: bytes) -> Quarantined:
    """Rejected: the object is neither an error document nor a batch that Lambda gave up on."""
    document = _document(key, body)
    try:
        return _given_up(key, document) if key.startswith(LOST) else _error(key, document)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, Rejected) as error:
        raise Rejected(f"{key} is no object of the archive's") from error


def without(key: str, body: bytes, digests: Collection[str]) -> bytes | None:
    """The object without these records, the same bytes where it has none of them. None: nothing is left in it. Rejected as `opened`."""
    document = _document(key, body)
    gone = frozenset(digests)
    if key.startswith(LOST):
        return _batch_without(body, document, gone)
    kept = [place for place, text in enumerate(document["events"]) if digest(text) not in gone]
    if len(kept) == len(document["events"]):
        return body
    numbers = document["sequenceNumbers"]
    left = {"events": [document["events"][it] for it in kept], "sequenceNumbers": [numbers[it] for it in kept]}
    return json.dumps({**document, **left}).encode() if kept else None


def _batch_without(body: bytes, document: dict[str, Any], gone: frozenset[str]) -> bytes | None:
    batch = json.loads(document["payload"])
    kept = [record for record in batch["Records"] if _held(record).digest not in gone]
    if len(kept) == len(batch["Records"]):
        return body
    payload = json.dumps({**batch, "Records": kept}, separators=(",", ":"))
    return json.dumps({**document, "payload": payload}).encode() if kept else None


def _document(key: str, body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise Rejected(f"{key} is no JSON") from error
    if not isinstance(document, dict):
        raise Rejected(f"{key} is no JSON object")
    return document


def _error(key: str, document: dict[str, Any]) -> Quarantined:
    parked = parked_in(document)
    texts = (*parked.events, *parked.numbers, parked.source, parked.code, parked.message, parked.fingerprint)
    if not all(isinstance(it, str) for it in texts):
        raise TypeError("a record is a text, and so is what names it")
    arrived = datetime.fromisoformat(parked.at).timestamp()
    garbled = parked.code == "malformed_base64"
    records = tuple(
        Held(text, number, arrived, garbled) for text, number in zip(parked.events, parked.numbers, strict=True)
    )
    return Quarantined(key, parked.code, parked.message, parked.fingerprint, parked.at, parked.source, records)


def _given_up(key: str, document: dict[str, Any]) -> Quarantined:
    """AWS Lambda Developer Guide, "Retain discarded batch records": the whole event is the text `payload`."""
    condition = str(document["requestContext"]["condition"])
    records = json.loads(document["payload"])["Records"]
    return Quarantined(
        key,
        GIVEN_UP,
        f"Lambda gave up on the batch: {condition}",
        f"{GIVEN_UP}:{condition}",
        str(document["timestamp"]),
        source_of(records),
        tuple(_held(record) for record in records),
    )


def _held(record: Record) -> Held:
    [came] = arrived([record])
    if isinstance(came, Arrival):
        return Held(came.data.decode(errors="backslashreplace"), came.number, came.arrived)
    return Held(came.events[0], came.numbers[0], record["kinesis"]["approximateArrivalTimestamp"], garbled=True)
