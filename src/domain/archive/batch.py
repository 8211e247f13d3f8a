"""Change records in, files of rows by kind and date out, and what could not become a row; the same bytes for the same records."""

from binascii import a2b_base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from domain.archive.change import Change
from domain.archive.encoder import Encode
from domain.archive.misfit import Misfit
from domain.archive.naming import object_name
from domain.archive.parked import Parked
from domain.archive.partition import partition_date
from domain.archive.places import data_key
from domain.archive.reading import change_in, event_id_in, is_own_row, kind_in
from domain.archive.redaction import deleted, event_text
from domain.archive.references import computed
from domain.archive.refusal import Reason, Refused, misfitting, refused
from domain.archive.times import moment

Place = tuple[str, str]  # kind, date
Parse = Callable[[bytes], Any]  # JSON; a ValueError says that it is none


class Arrival(NamedTuple):
    """A change record's JSON. `number` names it in its source; `arrived` is in epoch seconds.

    `encoded` is the base64 text that `data` came as, where its bearer keeps that anyway: then nobody need keep both.
    """

    number: str
    data: bytes
    arrived: float
    encoded: str | None = None


@dataclass(frozen=True, slots=True)
class KindWriter:
    """How rows of one kind become bytes: an image and its computed fields a row, rows a container file."""

    encode: Encode
    contain: Callable[[Iterable[bytes]], bytes]


@dataclass(frozen=True, slots=True)
class File:
    """One file to put. `originals` are the records in it, in their order, should it come to nothing; `at` is of the first."""

    kind: str
    day: str
    key: str
    body: bytes
    numbers: tuple[str, ...]
    originals: tuple[bytes | str, ...] = ()  # JSON, or base64 of it
    at: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """For the log: the change record, the names of the fields that were redacted in its row, and whether nobody deleted it."""

    event_id: str
    fields: tuple[str, ...]
    expired: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What becomes of a batch of records. `skipped` counts the rows that are bookkeeping of our own."""

    source: str
    files: list[File] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    skipped: int = 0
    removals: list[Removal] = field(default_factory=list)


def sort_out(
    arrivals: Iterable[Arrival | Parked], *, source: str, parse: Parse, writers: Mapping[str, KindWriter]
) -> Batch:
    """Every arrival ends in a file or in `parked`, or is skipped. What comes parked stays so."""
    sorting = _Sorting(source, parse, writers)
    take, parked = sorting.take, sorting.parked
    for arrival in arrivals:
        if isinstance(arrival, Parked):
            parked.append(arrival)
        else:
            take(arrival)
    return Batch(source, sorting.files(), parked, sorting.skipped, sorting.removals)


def unarchived(file: File, source: str, parse: Parse) -> Parked:
    """The records of a file that could not be put, as one error."""
    return Parked(
        code="upload_failed",
        message=f"{file.kind}: a file of {len(file.numbers)} rows could not be put",
        fingerprint=f"upload_failed:{file.kind}",
        events=tuple(event_text(data, parse(data)) for data in map(_decoded, file.originals)),
        at=file.at,
        source=source,
        numbers=file.numbers,
    )


@dataclass(slots=True)
class _Group:
    """The rows of one file; `at` is of the first."""

    at: str
    rows: list[bytes] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    originals: list[bytes | str] = field(default_factory=list)


@dataclass(slots=True)
class _Sorting:
    source: str
    parse: Parse
    writers: Mapping[str, KindWriter]
    groups: dict[Place, _Group] = field(default_factory=dict)
    parked: list[Parked] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    skipped: int = 0

    def take(self, arrival: Arrival) -> None:
        record = None
        try:
            record = _parsed(arrival.data, self.parse)
            if is_own_row(record):
                self.skipped += 1
                return
            change = change_in(record)
            place, row = self._row(change)
        except Refused as refusal:
            self.parked.append(_parked(refusal.reason, arrival, record, self.source))
            return
        group = self.groups.get(place)
        if group is None:
            group = self.groups[place] = _Group(change.at)
        group.rows.append(row)
        group.numbers.append(arrival.number)
        group.originals.append(arrival.encoded or arrival.data)

    def files(self) -> list[File]:
        return [self._file(*place, group) for place, group in self.groups.items()]

    def _row(self, change: Change) -> tuple[Place, bytes]:
        kind = kind_in(change)
        image, fields = deleted(change.image, change.at) if change.removed else (change.image, ())
        try:
            row = self.writers[kind].encode(image, computed(kind, change, image))
        except Misfit as misfit:
            raise misfitting(kind, misfit.problems) from None
        place = (kind, partition_date(kind, image, change.at))
        if change.removed:
            self.removals.append(Removal(change.event_id, fields, change.expired))
        return place, row

    def _file(self, kind: str, day: str, group: _Group) -> File:
        """Its name says what is in it: no file takes the place of one with other records."""
        numbers = tuple(group.numbers)
        name = object_name(group.at, self.source, numbers[0], numbers[-1], str(len(numbers)), kind, day)
        body = self.writers[kind].contain(group.rows)
        return File(kind, day, data_key(kind, day, name), body, numbers, tuple(group.originals), group.at)


def _decoded(original: bytes | str) -> bytes:
    return original if isinstance(original, bytes) else a2b_base64(original)


def _parsed(data: bytes, parse: Parse) -> Any:
    try:
        return parse(data)
    except ValueError:
        raise refused("malformed_json", "the record's data is no JSON") from None


def _parked(reason: Reason, arrival: Arrival, record: Any, source: str) -> Parked:
    return Parked(
        code=reason.code,
        message=reason.message,
        fingerprint=reason.fingerprint,
        events=(event_text(arrival.data, record),),
        at=_told_at(record) or moment(arrival.arrived),
        source=source,
        numbers=(arrival.number,),
        event_id=event_id_in(record),
    )


def _told_at(record: Any) -> str | None:
    try:
        return moment(record["dynamodb"]["ApproximateCreationDateTime"])
    except (KeyError, TypeError, ValueError):
        return None
