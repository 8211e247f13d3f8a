"""The header and the rows of a third party's list of fans in; whom it goes by, and what each row says of whom out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.errors import Rejected
from domain.scores.drop import Drop
from domain.scores.keys import EMAIL, FAN, MEMBER, fan_row
from domain.scores.row_rules import LONGEST_CELL, LONGEST_FAN, TOO_LONG, WRONG_CELLS, number
from domain.scores.scored import Scored

# By what a fan is known, and under which key; where a campaign does not tell, the first that the file has.
PREFIXES = {"globalUserId": FAN, "memberId": MEMBER, "email": EMAIL}
SPELT = {**{name.lower(): name for name in PREFIXES}, "emailaddress": "email", "score": "score"}
LONGEST_ADDRESS = 254  # characters (RFC 5321: a path of 256, less its brackets)

Reasons = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the cells are: `at` has the places of the score and of the identifiers there are; `width` is the header's.

    `others`: the file has identifiers that it could go by as well, and nobody has told which it is.
    """

    identifier: str
    at: Mapping[str, int]
    width: int
    others: Reasons = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row says. `known_as` holds all good identifiers of the row by name, the file's own among them."""

    identifier: str
    score: float
    known_as: Mapping[str, str]


def columns(header: Sequence[str], identifier: str | None) -> Columns:
    """`identifier` is the campaign's, or None where it tells none. Names count without case, space or punctuation.

    Rejected: no score, not the campaign's identifier, none at all, or one of them twice; the text says which, and what is there.
    """
    found: dict[str, int] = {}
    for place, text in enumerate(header):
        name = SPELT.get(re.sub(r"[\W_]", "", text).lower())
        if name in found:
            raise Rejected(f"the column {name} is there twice")
        if name:
            found[name] = place
    there = [name for name in PREFIXES if name in found]
    if "score" not in found:
        raise Rejected("the column score is missing from the header")
    if not there or (identifier and identifier not in found):
        raise Rejected(f"the column {identifier or ' or '.join(PREFIXES)} is missing from the header")
    return Columns(identifier or there[0], found, len(header), () if identifier else tuple(there[1:]))


def judge(cells: Sequence[str], where: Columns) -> Entry | Reasons:
    """What the row says, or all the reasons why it says nothing."""
    if len(cells) != where.width:
        return (WRONG_CELLS,)
    if max(map(len, cells)) > LONGEST_CELL:
        return (TOO_LONG,)
    known_as, reasons = {}, []
    for name in PREFIXES.keys() & where.at.keys():
        known_as[name], problem = _identifier(name, cells[where.at[name]])
        if problem:
            del known_as[name]
            reasons += [problem] if name == where.identifier else []
    score = _score(cells[where.at["score"]].strip())
    if isinstance(score, str):
        return (*reasons, score)
    return tuple(reasons) if reasons else Entry(known_as[where.identifier], score, known_as)


def fan_of(entry: Entry, goes_by: str, drop: Drop, part: int) -> Scored:
    """The row that takes the entry over. It tells no isVerified: such a fan is counted as unscored until a load tells it."""
    return Scored(
        key=fan_row(PREFIXES[goes_by], entry.identifier, drop.campaign),
        content={"campaignId": drop.campaign, "score": entry.score, goes_by: entry.identifier},
        load=drop.load,
        version=drop.version,
        part=part,
    )


def told(entry: Entry, drop: Drop) -> tuple[str, dict[str, Any]]:
    """For the campaign data stream: the partition key, and the document (reference: campaignDataStream)."""
    known = {name: entry.known_as[name] for name in PREFIXES if name in entry.known_as}
    meta = {"correlation": drop.load, "date": drop.scored_at.isoformat()}
    return next(iter(known.values())), {
        "campaignId": drop.campaign,
        **known,
        "score": entry.score,
        "__meta": meta,
    }


def _identifier(name: str, cell: str) -> tuple[str, str | None]:
    """As it is compared and kept, and what is wrong with it."""
    text = cell.strip()
    if not text:
        return text, "missing_identifier"
    if name == "email":
        text = text.lower()
        return text, None if _is_address(text) else "bad_email"
    if len(text.encode()) > LONGEST_FAN:
        return text, TOO_LONG
    return text, None if text.isprintable() and " " not in text else "bad_identifier"


def _is_address(text: str) -> bool:
    """One @, something before it, a domain with a dot inside: what a typing error breaks, and no more."""
    person, _, domain = text.partition("@")
    shaped = bool(person) and "@" not in domain and all(domain.split(".")) and "." in domain
    return shaped and len(text) <= LONGEST_ADDRESS and text.isprintable() and " " not in text


def _score(text: str) -> float | str:
    """Or what is wrong with it."""
    if not text:
        return "missing_score"
    score = number(text)
    return "bad_score" if score is None else score
