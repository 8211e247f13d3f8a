"""Offers of one campaign in, the same with their markets' ids out, and the entries that have none."""

from collections.abc import Mapping
from dataclasses import replace

from domain.errors import Rejected, Unavailable
from domain.scores.entering import Line, Offer
from domain.scores.entry import Parked, market_id
from handlers.scores.entering.desk import NO_TIME, Clock, Desk


class Markets:
    """Of one campaign, asked for when the first entry needs them, and once more when an entry names one that is not among them."""

    def __init__(self, campaign: str, clock: Clock, desk: Desk) -> None:
        self._campaign, self._clock, self._desk = campaign, clock, desk
        self._known: Mapping[str, str] | None = None
        self._asked_anew = False

    def place(self, offer: Offer) -> tuple[Offer, list[Parked]]:
        """The offer with every market's id, without the entries that have none. Unavailable: nobody says."""
        lines, parked = [], []
        for line in offer.lines:
            try:
                lines.append(self._placed(line))
            except Rejected as reason:
                parked.append(Parked(line.number, str(reason), line.kept, offer.campaign, offer.load))
        return replace(offer, lines=tuple(lines)), parked

    def _placed(self, line: Line) -> Line:
        if "marketId" in line.entry:
            return line
        if self._known is None:
            self._known = self._ask(fresh=False)
        try:
            id = market_id(line.market, self._known)
        except Rejected as reason:
            if str(reason) != "unknown_market" or self._asked_anew:
                raise
            self._known, self._asked_anew = self._ask(fresh=True), True
            id = market_id(line.market, self._known)
        return replace(line, entry={**line.entry, "marketId": id})

    def _ask(self, *, fresh: bool) -> Mapping[str, str]:
        """A campaign that is not there has no markets."""
        if not self._clock.in_time:
            raise Unavailable(NO_TIME)
        try:
            return self._desk.campaigns.markets(self._campaign, self._clock.now, fresh=fresh)
        except Rejected:
            return {}
