"""The lines of a scored file in; chunks out: what their rows count, the fans' records as bytes, and the rows that are refused.

A chunk follows from the lines behind its place alone: whoever reads on from a chunk's end reads the same chunks.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from adapters.files.score_cells import SHOWN, Cells, Odd
from adapters.files.score_header import Header, read_header
from adapters.files.score_records import Fans, Frame, Said
from adapters.files.score_rows import WRONG, Rows, compile_rows
from domain.scores.drop import Drop
from domain.scores.load import Place
from domain.scores.row_rules import LONGEST_FAN, LONGEST_RECORD, TOO_LONG

__all__ = ["Chunk", "Header", "Place", "Refused", "chunks", "read_header"]

SIZE = 4 << 20  # bytes of the file a chunk, whatever its rows: they are held in memory


@dataclass(frozen=True, slots=True)
class Refused:
    """`row` and `line` count from 1, the header being no row, but a line. `cells` are cut short; a list where there are too many
    or too few, and but one text of a row whose end is not known.
    """

    row: int
    line: int
    reasons: tuple[str, ...]
    cells: Mapping[str, str] | Sequence[str]


@dataclass(frozen=True, slots=True)
class Chunk:
    """rows = valid + invalid; valid = records + combined. `records`: partition key and JSON. `end`: where the next one begins."""

    part: int
    rows: int
    valid: int
    invalid: int
    combined: int
    reasons: Mapping[str, int]
    records: list[tuple[str, bytes]]
    rejected: list[Refused]
    end: Place


def chunks(lines: Iterator[bytes], header: Header, *, drop: Drop, at: Place, chunk_rows: int = 5000) -> Iterator[Chunk]:
    """`lines` from `at` on. A chunk has fewer rows at the end of the file, and where rows are very long. An empty file has none.

    Rejected, when all that could be read has been given: the file breaks off.
    """
    rows, frame = compile_rows(header.names, drop.campaign), Frame(drop)
    cells = Cells(lines, len(header.names), at.offset, at.line)
    while True:
        part = Part(rows, at.row)
        part.read(cells, chunk_rows)
        end = Place(cells.offset, part.number, cells.line, at.part + 1)
        if end.offset == at.offset:
            break
        yield part.chunk(at, end, frame)
        at = end
    if cells.broken:
        raise cells.broken


@dataclass(slots=True)
class Part:
    """The rows of one chunk, sorted into fans and refused ones. `number`: of the row that was read last."""

    rows: Rows
    number: int
    fans: Fans = field(default_factory=Fans)
    refused: list[Refused] = field(default_factory=list)

    def read(self, cells: Cells, most: int) -> None:
        row, odd, add = self.rows.row, self.rows.odd, self.fans.add
        for taken in cells.take(most, SIZE):
            self.number += 1
            try:
                if isinstance(taken, list):
                    fan, rank, members, event = row(taken)
                    if len(fan) > LONGEST_FAN:
                        raise ValueError
                elif taken.reasons:
                    raise ValueError
                else:
                    fan, rank, members, event = odd(taken.cells, taken.escape)
            except WRONG:
                self._refuse(taken, cells.began)
                continue
            add(fan, (rank, members, event, self.number, cells.began))

    def _refuse(self, taken: list[str] | Odd, line: int) -> None:
        cells, known = (taken, ()) if isinstance(taken, list) else (taken.cells, taken.reasons)
        fits = len(cells) == len(self.rows.names)
        reasons = (*known, *(self.rows.reasons(cells) if fits or not known else ()))
        assert reasons, "a row is refused that no rule forbids"
        shown = [cell[:SHOWN] for cell in cells]
        told = dict(zip(self.rows.names, shown, strict=True)) if fits else shown
        self.refused.append(Refused(self.number, line, reasons, told))

    def chunk(self, begin: Place, end: Place, frame: Frame) -> Chunk:
        records = [*self._records(frame, begin.part)]
        rows = end.row - begin.row
        valid = rows - len(self.refused)
        return Chunk(
            part=begin.part,
            rows=rows,
            valid=valid,
            invalid=len(self.refused),
            combined=valid - len(records),
            reasons=Counter(reason for it in self.refused for reason in it.reasons),
            records=records,
            rejected=sorted(self.refused, key=lambda it: it.row),
            end=end,
        )

    def _records(self, frame: Frame, part: int) -> Iterator[tuple[str, bytes]]:
        for fan, data in frame.records(self.fans, part):
            name = orjson.loads(f'"{fan}"') if "\\" in fan else fan
            if len(data) <= LONGEST_RECORD:
                yield name, data
            else:
                self._refuse_fan(name, self.fans.ranks(fan))

    def _refuse_fan(self, name: str, ranks: Mapping[int, Said]) -> None:
        """All rows of a fan who has more to tell than a record may hold."""
        for rank, _, _, number, line in ranks.values():
            cells = {"globalUserId": name, "id": f"{name}{rank}" if rank else name}
            self.refused.append(Refused(number, line, (TOO_LONG,), cells))
