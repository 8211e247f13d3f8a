"""A sale's name in, what the sale is for out, by a table of keywords (notifications/sale-types.yaml; reference/ticketing.md, part 6)."""

import re
from dataclasses import dataclass
from typing import Any, Self

from domain.errors import Rejected
from domain.notifications.documents import among, known_keys, listed, words
from domain.notifications.events import PUBLIC
from domain.notifications.folding import folded

GENERAL, SUPPRESS = "GENERAL", "SUPPRESS"
TYPES = frozenset(
    {PUBLIC, GENERAL, SUPPRESS, "CC", "RESALE", "VF", "PLAT", "VIP", "LN", "AMEX", "CITI", "VERIZON"}
    | {"CAPITALONE", "CHASE", "SIGNUP", "ARTIST_PRESALE"}
)


@dataclass(frozen=True, slots=True)
class Keywords:
    """Of one type. `found` and `passed_by` match whole words of a folded name: what is passed by is no sign of the type."""

    type: str
    found: re.Pattern[str]
    passed_by: re.Pattern[str] | None = None
    implies: tuple[str, ...] = ()

    def hit(self, name: str) -> bool:
        rest = self.passed_by.sub(" ", name) if self.passed_by else name
        return self.found.search(rest) is not None


@dataclass(frozen=True, slots=True)
class SaleTypes:
    """The table, most telling type first."""

    table: tuple[Keywords, ...]

    @classmethod
    def of(cls, document: Any) -> Self:
        """Of the file's document: {types: [{type, keywords, except?, implies?}]}. Rejected: the key, and what is wrong with it."""
        entries = listed(known_keys(document, {"types"}, "the file").get("types"), "types")
        table = tuple(_keywords(entry, f"types[{number}]") for number, entry in enumerate(entries))
        names = [it.type for it in table]
        if twice := [name for name in names if names.count(name) > 1]:
            raise Rejected(f"types: {twice[0]} is there twice")
        return cls(table)

    def types(self, name: str) -> tuple[str, ...]:
        """What a presale is for, in the table's order; GENERAL where its name says nothing of it."""
        plain = folded(name)
        hits = [it for it in self.table if it.hit(plain)]
        meant = {it.type for it in hits}.union(*(it.implies for it in hits))
        ordered = [it.type for it in self.table if it.type in meant]
        return (*ordered, *sorted(meant.difference(ordered))) or (GENERAL,)


def _keywords(entry: Any, place: str) -> Keywords:
    told = known_keys(entry, {"type", "keywords", "except", "implies"}, place)
    [type] = among(words([told.get("type")], f"{place}.type"), TYPES, f"{place}.type")
    keywords = words(told.get("keywords"), f"{place}.keywords")
    if not keywords:
        raise Rejected(f"{place}.keywords: has none")
    passed_by = words(told.get("except", []), f"{place}.except")
    return Keywords(
        type,
        _pattern(keywords, f"{place}.keywords"),
        _pattern(passed_by, f"{place}.except") if passed_by else None,
        among(words(told.get("implies", []), f"{place}.implies"), TYPES, f"{place}.implies"),
    )


def _pattern(keywords: tuple[str, ...], place: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b{_word(it, place)}\b" for it in keywords))


def _word(keyword: str, place: str) -> str:
    """A star at its start or end stands for any letters."""
    plain = folded(keyword)
    if not plain:
        raise Rejected(f"{place}: {keyword[:40]!r} has no letter")
    before, after = (r"\w*" if starred else "" for starred in (keyword.startswith("*"), keyword.endswith("*")))
    return f"{before}{plain}{after}"
