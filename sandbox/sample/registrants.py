"""Numbers of rows and fans, and a seed, in; a scrubbed file of registrants, and what a load of it must find, out."""

import gzip
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from sandbox.sample.registrant_rows import HEADER, MARKETS, WRONG, Row, text

Array = np.ndarray[Any, Any]
CHUNK = 5_000  # rows that a load takes together: a fan's rows in one of them are one record
ELSEWHERE = 0.1  # share of the rows that are not beside their fan's others
VALID, VERIFIED, UNRANKED, FURTHER, DUPLICATE = (
    0.99,
    0.76,
    0.005,
    0.08,
    0.005,
)  # shares, where nothing else is asked for
SCENARIO_1 = {"rows": 100_000, "valid": 98_500, "verified": 75_000}  # seed 004
SCENARIO_3 = {"rows": 20_000, "valid": 20_000, "first": 5_000}


@dataclass(frozen=True)
class Crowd:
    """Arrays. `wrong`: which of WRONG a row is, -1 where it is valid; then its fan is in no valid row. Fans are numbered from 0.

    Of each fan: the lowest rank, whether verified there, whether without any flip, and a number below 1 that the score follows from.
    """

    fan: Array
    rank: Array
    wrong: Array
    lowest: Array
    verified: Array
    unflipped: Array
    luck: Array


def write_registrants(
    path: Path,
    rows: int,
    seed: int,
    campaign: str = "campaign-123",
    *,
    valid: int | None = None,
    verified: int | None = None,
    unranked: int | None = None,
    further: int = 0,
    duplicate: int = 0,
    first: int | None = None,
    flips: int = 0,
) -> dict[str, Any]:
    """Write the file (gzip where it is called .gz); the same arguments give the same bytes. Rows that are not valid are of all kinds.

    `further`: valid rows about another rank of a fan who has one. `duplicate`: that repeat a row. `unranked`: of those not valid.
    `verified`, `first`: of the fans; the latter have a row of rank 0. `flips`: so many fans are what they were not without them;
    one more or less verified is one fan's flip, too. ValueError: the numbers cannot be.
    """
    valid = round(rows * VALID) if valid is None else valid
    fans = valid - further - duplicate
    numbers = {
        "rows": rows,
        "valid": valid,
        "fans": fans,
        "duplicate": duplicate,
        "verified": round(fans * VERIFIED) if verified is None else verified,
        "unranked": min(rows - valid, round(rows * UNRANKED)) if unranked is None else unranked,
        "first": fans if first is None else first,
        "flips": flips,
    }
    crowd = _crowd(**numbers, seed=seed)
    with _opened(path) as file:
        file.write(HEADER)
        file.writelines(text(row, campaign, seed) for row in _rows(crowd))
    return {"campaign": campaign, **_expected(crowd)}


def mixed(rows: int) -> dict[str, int]:
    """Arguments for a file with some of everything: further ranks, duplicates, invalid and unranked rows."""
    return {"rows": rows, "further": round(rows * FURTHER), "duplicate": round(rows * DUPLICATE)}


def _crowd(
    *, rows: int, valid: int, fans: int, duplicate: int, verified: int, unranked: int, first: int, flips: int, seed: int
) -> Crowd:
    further, invalid = valid - fans - duplicate, rows - valid
    lost, won = flips - flips // 2, flips // 2
    if not (0 <= unranked <= invalid and 0 <= first <= fans and 0 <= verified <= fans and min(further, duplicate) >= 0):
        raise ValueError("there are more of some rows or fans than there can be")
    if further > fans or (duplicate and not fans) or lost > verified or won > fans - verified:
        raise ValueError("there are too few fans")
    dice = np.random.default_rng([seed, 11])
    lowest = np.where(dice.permutation(fans) < first, 0, 1)
    fan, rank = _valid_rows(lowest, further, duplicate, dice)
    wrong = np.where(np.arange(invalid) < unranked, 0, 1 + np.arange(invalid) % (len(WRONG) - 1))
    order = _order(fan, fans, invalid, dice)
    place = dice.permutation(fans)  # in a row of fans of whom the first are verified
    return Crowd(
        fan=np.concatenate([fan, np.arange(fans, fans + invalid)])[order],
        rank=np.concatenate([rank, np.zeros(invalid, np.int64)])[order],
        wrong=np.concatenate([np.full(valid, -1), wrong])[order],
        lowest=lowest,
        verified=((place >= lost) & (place < verified)) | ((place >= verified) & (place < verified + won)),
        unflipped=place < verified,
        luck=dice.random(fans + invalid),
    )


def _valid_rows(lowest: Array, further: int, duplicate: int, dice: np.random.Generator) -> tuple[Array, Array]:
    """Fan and rank: each fan once, then fans with a second rank, and those of them with a third, then rows again."""
    drawn = dice.permutation(len(lowest))
    third = further // 3
    fan = np.concatenate([np.arange(len(lowest)), drawn[: further - third], drawn[:third]])
    rank = lowest[fan] + np.repeat([0, 1, 2], [len(lowest), further - third, third])
    again = dice.integers(0, max(1, len(fan)), duplicate)
    return np.concatenate([fan, fan[again]]), np.concatenate([rank, rank[again]])


def _order(fan: Array, fans: int, invalid: int, dice: np.random.Generator) -> Array:
    """A fan's rows one after the other, but for some; what is not valid is anywhere."""
    anywhere = dice.random(len(fan) + invalid)
    beside = np.concatenate([(fan + anywhere[: len(fan)]) / max(1, fans), anywhere[len(fan) :]])
    return np.argsort(np.where(dice.random(len(beside)) < ELSEWHERE, anywhere, beside), kind="stable")


def _rows(crowd: Crowd) -> Iterator[Row]:
    """At a further rank a fan may well be what they are not at the lowest, which is the one that counts."""
    valid = crowd.wrong < 0
    of = np.where(valid, crowd.fan, 0) if len(crowd.lowest) else np.zeros(len(crowd.fan), np.int64)
    at_lowest = valid & (crowd.rank == crowd.lowest[of]) if len(crowd.lowest) else valid
    told = crowd.verified[of] if len(crowd.lowest) else valid
    verified = np.where(at_lowest, told, (crowd.fan + crowd.rank) % 2 == 0)
    for fan, rank, wrong, good in zip(
        crowd.fan.tolist(), crowd.rank.tolist(), crowd.wrong.tolist(), verified.tolist(), strict=True
    ):
        yield Row(fan, rank, WRONG[wrong] if wrong >= 0 else None, good, float(crowd.luck[fan]))


def _expected(crowd: Crowd) -> dict[str, Any]:
    valid = crowd.wrong < 0
    part = np.arange(len(valid)) // CHUNK * (len(crowd.luck) + 1) + crowd.fan
    out = len(np.unique(part[valid]))
    fans, verified = len(crowd.lowest), int(crowd.verified.sum())
    return {
        "rows": len(valid),
        "valid": int(valid.sum()),
        "invalid": int((~valid).sum()),
        "reasons": dict(Counter(WRONG[wrong] for wrong in crowd.wrong[~valid].tolist())),
        "combined": int(valid.sum()) - out,
        "out": out,
        "fans": fans,
        "verified": verified,
        "rejected": fans - verified,
        "first": int((crowd.lowest == 0).sum()),
        "first_records": len(np.unique(part[valid & (crowd.rank == 0)])),
        "to_verified": int((crowd.verified & ~crowd.unflipped).sum()),
        "from_verified": int((~crowd.verified & crowd.unflipped).sum()),
        "markets": _by_market(crowd),
    }


def _by_market(crowd: Crowd) -> dict[str, dict[str, int]]:
    """Fans by the market of their lowest rank."""
    market = (np.arange(len(crowd.lowest)) + crowd.lowest) % len(MARKETS)
    return {
        name: {
            "verified": int((crowd.verified & (market == place)).sum()),
            "rejected": int((~crowd.verified & (market == place)).sum()),
        }
        for place, name in enumerate(MARKETS)
    }


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw, ExitStack() as stack:
        out: Any = raw
        if path.suffix == ".gz":
            out = stack.enter_context(gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=4, mtime=0))
        yield stack.enter_context(TextIOWrapper(out, encoding="utf-8", newline="", write_through=False))
