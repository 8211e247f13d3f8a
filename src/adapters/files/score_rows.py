"""A file's columns in, a function out that makes of a row's cells the JSON that its fan's record is put together from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from adapters.files.score_source import row_source
from domain.scores import row_rules
from domain.scores.ranks import rank_of

Row = tuple[str, int, str, str]  # the fan, as in JSON; the rank; members of its record, from the fan on; the event
WRONG = (ValueError, LookupError)
EXACT = {"globalUserId", "score", *row_rules.NUMBERS}
KEPT = 1_000  # notes whose tags are kept


@dataclass(frozen=True, slots=True)
class Rows:
    """`row` takes trimmed cells that JSON can hold as they are; one of WRONG: a rule is not kept. It was compiled from `source`."""

    names: Sequence[str]
    campaign: str
    source: str
    row: Callable[[list[str]], Row]
    exact: Sequence[int]  # columns

    def odd(self, cells: list[str], escape: bool) -> Row:
        """The same of any trimmed cells; `escape`: there are characters in them that JSON cannot hold."""
        if (max(map(len, cells)) > row_rules.LONGEST_FAN or not self._is_exact(cells)) and self.reasons(cells):
            raise ValueError("the rules tell more exactly")
        return self.row(self._embedded(cells) if escape else cells)

    def _is_exact(self, cells: list[str]) -> bool:
        """Where `row` and the rules agree for sure: Python reads numbers in any script, and a key is as long as its bytes."""
        return "".join([cells[place] for place in self.exact]).isascii()

    def reasons(self, cells: list[str]) -> tuple[str, ...]:
        """All that is wrong with trimmed cells; nothing where `row` takes them."""
        if len(cells) != len(self.names):
            return (row_rules.WRONG_CELLS,)
        return tuple(row_rules.reasons(dict(zip(self.names, cells, strict=True)), self.campaign))

    def _embedded(self, cells: list[str]) -> list[str]:
        """Escaped; and tags are taken apart before, while a line end between them is still white space."""
        return [
            embedded("|".join(row_rules.tags(cell)) if name == row_rules.NOTES else cell)
            for name, cell in zip(self.names, cells, strict=False)
        ]


def compile_rows(names: Sequence[str], campaign: str) -> Rows:
    """`names`: of the columns, the required ones among them, none of those we know twice."""
    source = row_source(names)
    known: dict[str, Any] = {
        "CAMPAIGN": embedded(campaign),
        "TRUTHS": row_rules.TRUTHS,
        "BANDS": row_rules.BANDS,
        "rank_of": rank_of,
        "tags": lru_cache(KEPT)(_tags),
    }
    exact = [place for place, name in enumerate(names) if name in EXACT]
    exec(compile(source, "<rows of a scored file>", "exec"), known)  # noqa: S102 - of our own columns' names alone
    return Rows(tuple(names), campaign, source, known["row"], exact)


def embedded(text: str) -> str:
    """As it stands between the quotes of JSON."""
    return orjson.dumps(text)[1:-1].decode()


def _tags(notes: str) -> str:
    told = row_rules.tags(notes)
    return ',"tags":["' + '","'.join(told) + '"]' if told else ""
