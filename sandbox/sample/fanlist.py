"""Numbers of rows in, a third party's scored list of fans out: deterministic, with rows that are wrong and fans who come twice."""

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

COLUMNS = {"email": "E-Mail", "memberId": "member_id", "globalUserId": "globalUserId"}
SHOWN = 5  # fans whose best score is told

# What can be wrong with a row, as (identifier, score); None stays as it is.
WRONG: dict[str, tuple[str | None, str | None]] = {
    "missing_identifier": ("", None),
    "missing_score": (None, ""),
    "bad_score": (None, "high"),
    "wrong_cells": (None, "0.5,0.7"),
}
MISSHAPEN = {"email": ("bad_email", "fan.example.com"), "memberId": ("bad_identifier", "mem ber")}


def write_fanlist(
    path: Path, rows: int, seed: int, *, invalid: int, duplicate: int, identifier: str = "email"
) -> dict[str, Any]:
    """What a load of the file must find: its counts, the reasons, and `best`: identifiers of some who come twice, and their score.

    Of `rows` rows, `invalid` are refused and `duplicate` tell a fan again, half the file away and spelt another way. ValueError: no
    fan is left, or there are fewer than come twice.
    """
    fans = rows - invalid - duplicate
    if fans < max(1, duplicate):
        raise ValueError(f"{rows:,} rows hold no {invalid:,} invalid ones and {duplicate:,} fans who come twice")
    random = Random(seed)  # noqa: S311 (nothing here is secret)
    first = [random.randrange(1_000_000) for _ in range(fans)]  # scores in millionths
    again = {
        fan: (first[fan] + random.randrange(1, 1_000_000)) % 1_000_000 for fan in random.sample(range(fans), duplicate)
    }
    placed = [(float(fan), _row(identifier, fan, score)) for fan, score in enumerate(first)]
    placed += [((fan + fans / 2) % fans, _row(identifier, fan, score, again=True)) for fan, score in again.items()]
    wrong, reasons = _wrong(identifier, invalid, fans)
    placed += [(random.random() * fans, row) for row in wrong]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{COLUMNS[identifier]},score,source\n")
        file.writelines(f"{row}\n" for _, row in sorted(placed))
    best = {_id(identifier, fan): max(first[fan], again[fan]) / 1_000_000 for fan in sorted(again)[:SHOWN]}
    counts = {"in": rows, "valid": fans, "invalid": invalid, "duplicate": duplicate}
    return {**counts, "identifier": identifier, "reasons": dict(reasons), "best": best}


def _id(identifier: str, fan: int) -> str:
    return f"fan.{fan:07d}@example.com" if identifier == "email" else f"{identifier[0]}{fan:09d}"


def _row(identifier: str, fan: int, score: int, again: bool = False) -> str:
    id = _id(identifier, fan)
    if again:
        id = f" {id.upper() if identifier == 'email' else id} "
    return f"{id},{score / 1_000_000},partner"


def _wrong(identifier: str, count: int, fans: int) -> tuple[list[str], Counter[str]]:
    """Of every kind of wrong row as many, of fans who are not among the others."""
    ways = dict(WRONG)
    if identifier in MISSHAPEN:
        reason, text = MISSHAPEN[identifier]
        ways[reason] = (text, None)
    rows, reasons = [], Counter[str]()
    for number in range(count):
        reason = list(ways)[number % len(ways)]
        id, score = ways[reason]
        rows.append(
            f"{_id(identifier, fans + number) if id is None else id},{'0.5' if score is None else score},partner"
        )
        reasons[reason] += 1
    return rows, reasons
