"""Records of a file and the rows they would meet in; who would become verified and who no longer, by market, out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.scores.scored import Scored

TO_VERIFIED, FROM_VERIFIED = "to_verified", "from_verified"
NEW_VERIFIED, NEW_REJECTED, SAME, OLDER = "new_verified", "new_rejected", "same", "older"
FATES = (TO_VERIFIED, FROM_VERIFIED, NEW_VERIFIED, NEW_REJECTED, SAME, OLDER)
NOWHERE = "(none)"  # the file names no market


@dataclass(slots=True)
class Plan:
    """Fans by market and fate. A fan's further records in the file decide only where their rank is lower."""

    by_market: dict[str, Counter[str]] = field(default_factory=dict)
    _decided: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def add(self, record: Scored, row: Mapping[str, Any] | None) -> None:
        """One record, and the row as it stands; None: there is none."""
        rank, fan = record.rank or 0, record.key.pk
        market = market_of(record)
        if fan in self._decided:
            before, where, fate = self._decided[fan]
            if rank > before:
                return
            self.by_market[where][fate] -= 1
        fate = fate_of(record, row)
        self._decided[fan] = (rank, market, fate)
        self.by_market.setdefault(market, Counter())[fate] += 1

    def markets(self) -> Iterable[tuple[str, dict[str, int]]]:
        """By name; each fate's number of fans, zeros too. Markets whose fans all went to another record are left out."""
        for market in sorted(self.by_market):
            fates = {fate: self.by_market[market][fate] for fate in FATES}
            if any(fates.values()):
                yield market, fates

    def totals(self) -> dict[str, int]:
        return {fate: sum(fates[fate] for fates in self.by_market.values()) for fate in FATES}


def fate_of(record: Scored, row: Mapping[str, Any] | None) -> str:
    """What the record would do to the row."""
    verified = record.content.get("isVerified") is True
    if row is None or not isinstance(row.get("isVerified"), bool):
        return NEW_VERIFIED if verified else NEW_REJECTED
    if record.version < str(row.get("loadVersion", "")):
        return OLDER
    if row["isVerified"] == verified:
        return SAME
    return TO_VERIFIED if verified else FROM_VERIFIED


def market_of(record: Scored) -> str:
    """Of the record's own rank."""
    event = record.events.get(str(record.rank), {})
    return str(event.get("market") or NOWHERE)
