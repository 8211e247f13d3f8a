"""One campaign's offers in, what became of each out: none is lost, whatever Campaign Service and Entry Service do."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from adapters.http.entry_service import Refused
from adapters.http.outside import Throttled
from domain.errors import Rejected, Unavailable, Unknown
from domain.scores.entering import Line, Offer, Offered
from domain.scores.entry import Parked, placed
from handlers.scores.entering.desk import Clock, Desk

AT_ONCE = 8  # campaigns
REFUSALS = (
    40  # of one offer; enough to find three bad entries among a thousand, then what is refused is parked as it is
)


def offer_all(offers: Mapping[str, Sequence[Offer]], clock: Clock, desk: Desk) -> list[Offered]:
    """Campaigns side by side: one that fails keeps no other from its turn."""
    todo = [(campaign, of_it) for campaign, of_it in offers.items() if of_it]
    if len(todo) < 2:
        return [one for campaign, of_it in todo for one in offer(campaign, of_it, clock, desk)]
    with ThreadPoolExecutor(min(AT_ONCE, len(todo))) as pool:
        done = pool.map(lambda one: list(offer(*one, clock, desk)), todo)
        return [one for of_it in done for one in of_it]


def offer(campaign: str, offers: Sequence[Offer], clock: Clock, desk: Desk) -> Iterator[Offered]:
    """In order. After one that has to wait the others wait too: the service has enough to do."""
    waits: Offered | None = None
    markets = Markets(campaign, clock, desk)
    for one in offers:
        if waits:
            yield Offered(one, len(one.lines), waits=waits.waits, patience=waits.patience)
            continue
        done = _offer(one, markets, clock, desk)
        waits = done if done.waits else None
        yield done


class Markets:
    """Of one campaign, asked for when the first entry needs them, and once more when an entry names one that is not among them."""

    def __init__(self, campaign: str, clock: Clock, desk: Desk) -> None:
        self._ask: Callable[[bool], Mapping[str, str]] = lambda fresh: desk.campaigns.markets(
            campaign, clock.now, fresh=fresh
        )
        self._known: Mapping[str, str] | None = None
        self._asked_anew = False

    def place(self, offer: Offer) -> tuple[Offer, list[Parked]]:
        """The offer with every market's id, without the entries that have none. Unavailable: nobody says."""
        lines, parked = [], []
        for line in offer.lines:
            try:
                lines.append(Line(line.number, self._placed(line.entry)))
            except Rejected as reason:
                parked.append(Parked(line.number, str(reason), line.entry, offer.campaign, offer.load))
        return replace(offer, lines=tuple(lines)), parked

    def _placed(self, entry: Mapping[str, object]) -> Mapping[str, object]:
        if self._known is None and "marketId" not in entry:
            self._known = self._asked(fresh=False)
        try:
            return placed(entry, self._known or {})
        except Rejected as reason:
            if str(reason) != "unknown_market" or self._asked_anew:
                raise
        self._known, self._asked_anew = self._asked(fresh=True), True
        return placed(entry, self._known)

    def _asked(self, *, fresh: bool) -> Mapping[str, str]:
        """A campaign that is not there has no markets."""
        try:
            return self._ask(fresh)
        except Rejected:
            return {}


def _offer(offer: Offer, markets: Markets, clock: Clock, desk: Desk) -> Offered:
    """What waits, waits as a whole, with the markets it was offered with: what was taken of it is taken again under the same keys."""
    known, parked = offer, list[Parked]()
    try:
        known, parked = markets.place(offer)
        figures, refused = _told(known, clock, desk)
    except (Unavailable, Unknown) as reason:
        patience = reason.seconds if isinstance(reason, Throttled) else 0.0
        return Offered(known, len(offer.lines), parked=parked, waits=str(reason), patience=patience)
    return Offered(known, len(offer.lines), figures, [*parked, *refused])


def _told(offer: Offer, clock: Clock, desk: Desk) -> tuple[Mapping[str, int], list[Parked]]:
    """Halved where the service refuses it, until what is bad stands alone."""
    figures: Counter[str] = Counter()
    parked: list[Parked] = []
    left, refusals = [offer] if offer.lines else [], 0
    while left:
        part = left.pop()
        if not clock.in_time:
            raise Unavailable("no time left")
        try:
            figures.update(desk.entries.offer(part.campaign, part.entries, part.key, clock.now))
            figures["scoring"] += 1
        except Refused as refusal:
            refusals += 1
            if len(part.lines) > 1 and refusals < REFUSALS:
                left += reversed(part.halves())
            else:
                parked += part.parked(str(refusal))
        except Rejected:
            parked += part.parked("refused")
    return figures, parked
