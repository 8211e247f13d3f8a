"""A row of a scored file in, all that is wrong with it out, in words that stand in figures, metrics and error files alike."""

import re
from collections.abc import Iterator, Mapping

from domain.scores.ranks import rank_of

REQUIRED = ("globalUserId", "id", "score", "isVerified")  # columns
NUMBERS = ("localFanscore", "accountFanscore", "bandScore", "nudetect.score")  # optional ones
TEXTS = ("memberId", "email", "phone", "phoneType", "phoneConfirmedDate", "firstName", "lastName", "locale")
CAMPAIGN, BAND, NOTES, MARKET = "campaign_id", "nudetect.scoreBand", "review_notes", "hbase"
COLUMNS = frozenset((*REQUIRED, *NUMBERS, *TEXTS, CAMPAIGN, BAND, NOTES, MARKET))  # all others are passed over

LONGEST_CELL = 4_096  # characters
LONGEST_FAN = 256  # bytes: what Kinesis takes as a partition key
LONGEST_RECORD = 65_536  # bytes
TRUTHS = {"true": "true", "false": "false", "1": "true", "0": "false"}  # as JSON has them
BANDS = {band: band for band in ("low", "medium", "high")}
TINY, HUGE = 1e-130, 1e126  # what DynamoDB can hold of a number
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
SEPARATORS = re.compile(r"[|;,]")

WRONG_CELLS, TOO_LONG, UNCLOSED = "wrong_cells", "too_long", "unclosed_quote"
NOT_UTF8, NUL = "not_utf8", "nul_byte"


def reasons(row: Mapping[str, str], campaign: str) -> Iterator[str]:
    """Of a row whose cells are trimmed; a column that the file lacks reads as empty. None: the row is valid."""
    cell = {name: row.get(name, "") for name in COLUMNS}
    yield from _of_the_fan(cell["globalUserId"], cell["id"])
    if not cell["score"]:
        yield "missing_score"
    elif (score := number(cell["score"])) is None or not 0 <= score <= 1:
        yield "bad_score"
    if not cell["isVerified"]:
        yield "missing_is_verified"
    elif cell["isVerified"].lower() not in TRUTHS:
        yield "bad_is_verified"
    if cell[CAMPAIGN] not in ("", campaign):
        yield "other_campaign"
    yield from (f"bad_{name}" for name in NUMBERS if cell[name] and number(cell[name]) is None)
    if cell[BAND] and cell[BAND].lower() not in BANDS:
        yield "bad_score_band"
    if any(len(text) > LONGEST_CELL for text in row.values()) or len(cell["globalUserId"].encode()) > LONGEST_FAN:
        yield TOO_LONG


def _of_the_fan(fan: str, id: str) -> Iterator[str]:
    if not fan:
        yield "missing_global_user_id"
    elif rank_of(id, fan) is None:
        yield "unranked"


def number(text: str) -> float | None:
    """Plain decimal digits, with or without an exponent, that a table can hold. None: it is none."""
    value = float(text) if NUMBER.fullmatch(text) else HUGE
    return value if value == 0 or TINY <= abs(value) < HUGE else None


def tags(notes: str) -> list[str]:
    """What stands between the separators, trimmed."""
    return [tag for part in SEPARATORS.split(notes) if (tag := part.strip())]
