"""What one would write with csv and pydantic: a scored file in, its records as JSON by chunk, and the numbers of the rows refused, out."""

import csv
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from itertools import islice
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from domain.scores.drop import Drop

Number = Annotated[float, Field(allow_inf_nan=False)]
TRUTHS = {"true": True, "false": False, "1": True, "0": False}


def _truth(text: str) -> bool:
    try:
        return TRUTHS[text.lower()]
    except KeyError:
        raise ValueError("no truth") from None


def _tags(notes: str) -> list[str]:
    return [tag for part in notes.replace(";", "|").replace(",", "|").split("|") if (tag := part.strip())]


class Event(BaseModel):
    market: str | None = None
    score: float
    isVerified: bool


class Nudetect(BaseModel):
    score: float | None = None
    scoreBand: str | None = None


class Origin(BaseModel):
    nudetect: Nudetect


class Meta(BaseModel):
    correlation: str
    date: str
    load: str
    version: str
    part: int


class Row(BaseModel):
    """A row, and the record it becomes: what is set later is what the record has beside it."""

    model_config = ConfigDict(str_strip_whitespace=True, str_max_length=4096)

    campaignId: str | None = Field(None, validation_alias="campaign_id")
    globalUserId: str = Field(max_length=256)
    id: str = Field(exclude=True)
    memberId: str | None = None
    email: str | None = None
    phone: str | None = None
    phoneType: str | None = None
    phoneConfirmedDate: str | None = None
    firstName: str | None = None
    lastName: str | None = None
    locale: str | None = None
    score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    localFanscore: Number | None = None
    accountFanscore: Number | None = None
    bandScore: Number | None = None
    isVerified: Annotated[bool, BeforeValidator(_truth)]
    tags: Annotated[list[str], BeforeValidator(_tags)] | None = Field(None, validation_alias="review_notes")
    hbase: str | None = Field(None, exclude=True)
    nudetect_score: Number | None = Field(None, validation_alias="nudetect.score", exclude=True)
    nudetect_band: Literal["low", "medium", "high"] | None = Field(
        None, validation_alias="nudetect.scoreBand", exclude=True
    )
    rank: str | None = None
    origin: Origin | None = None
    events: dict[str, Event] | None = None
    meta: Meta | None = Field(None, serialization_alias="__meta")


def records(file: BinaryIO, drop: Drop, chunk_rows: int = 5_000) -> Iterator[tuple[list[tuple[str, bytes]], list[int]]]:
    rows = enumerate(csv.DictReader(TextIOWrapper(file, encoding="utf-8-sig", newline="")), start=1)
    part = 0
    while chunk := [*islice(rows, chunk_rows)]:
        yield _chunk(chunk, drop, part)
        part += 1


def _chunk(
    chunk: Iterable[tuple[int, dict[str, Any]]], drop: Drop, part: int
) -> tuple[list[tuple[str, bytes]], list[int]]:
    at = drop.scored_at.isoformat().replace("+00:00", "Z")
    meta = Meta(correlation=drop.load, date=at, load=drop.load, version=drop.version, part=part)
    fans: dict[str, dict[int, Row]] = {}
    refused = []
    for number, cells in chunk:
        try:
            row = Row.model_validate({name: cell for name, cell in cells.items() if cell})
            rank = _rank(row)
            if row.campaignId not in (None, drop.campaign):
                raise ValueError("of another campaign")
        except ValueError:  # pydantic's ValidationError is one
            refused.append(number)
            continue
        fans.setdefault(row.globalUserId, {})[rank] = row
    return [(fan, _record(ranks, drop, meta)) for fan, ranks in fans.items()], refused


def _rank(row: Row) -> int:
    if row.id == row.globalUserId:
        return 0
    if not row.id.startswith(row.globalUserId):
        raise ValueError("unranked")
    return int(row.id[len(row.globalUserId) :])


def _record(ranks: dict[int, Row], drop: Drop, meta: Meta) -> bytes:
    lowest = min(ranks)
    row = ranks[lowest]
    row.campaignId, row.rank, row.meta = drop.campaign, str(lowest), meta
    if row.nudetect_score is not None or row.nudetect_band:
        found = Nudetect.model_construct(score=row.nudetect_score, scoreBand=row.nudetect_band)
        row.origin = Origin.model_construct(nudetect=found)
    row.events = {
        str(rank): Event.model_construct(market=of.hbase, score=of.score, isVerified=of.isVerified)
        for rank, of in sorted(ranks.items())
    }
    return row.model_dump_json(by_alias=True, exclude_none=True).encode()
