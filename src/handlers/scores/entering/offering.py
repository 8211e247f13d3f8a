"""One campaign's offers in, what became of each out: none is lost, whatever Campaign Service and Entry Service do."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from adapters.http.entry_service import Refused
from adapters.http.outside import Throttled
from domain.errors import Rejected, Unavailable, Unknown
from domain.scores.entering import Offer, Offered
from domain.scores.entry import Parked, told_anew
from domain.scores.keys import FAN, fan_row
from domain.scores.upsert import EVENTS, OLDER, VERSION
from handlers.scores.entering.desk import NO_TIME, Clock, Desk
from handlers.scores.entering.markets import Markets

AT_ONCE = 8  # campaigns
REFUSALS = 40  # of one offer: three bad entries among a thousand are found; then what is refused is parked as it is


def offer_all(offers: Mapping[str, Sequence[Offer]], clock: Clock, desk: Desk) -> list[Offered]:
    """Campaigns side by side: one that fails keeps no other from its turn."""
    todo = [(campaign, of_it) for campaign, of_it in offers.items() if of_it]
    if len(todo) < 2:
        return [one for campaign, of_it in todo for one in offer(campaign, of_it, clock, desk)]
    with ThreadPoolExecutor(min(AT_ONCE, len(todo))) as pool:
        done = pool.map(lambda one: list(offer(one[0], one[1], clock, desk)), todo)
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


def _offer(offer: Offer, markets: Markets, clock: Clock, desk: Desk) -> Offered:
    """What waits, waits as a whole, with the markets it was offered with: what was taken of it is taken again under the same keys."""
    left, combined, parked = offer, 0, list[Parked]()
    try:
        left = _still_true(offer, desk)
        combined = len(offer.lines) - len(left.lines)
        left, parked = markets.place(left)
        figures, refused = _told(left, clock, desk)
    except (Unavailable, Unknown) as reason:
        patience = reason.seconds if isinstance(reason, Throttled) else 0.0
        return Offered(left, len(offer.lines), {"combined": combined}, parked, str(reason), patience)
    return Offered(left, len(offer.lines), {**figures, "combined": combined}, [*parked, *refused])


def _still_true(offer: Offer, desk: Desk) -> Offer:
    """Without the fans whose first choice the table has from a newer load: that one is told by its own record."""
    keys = [fan_row(FAN, line.entry["globalUserId"], offer.campaign) for line in offer.lines]
    rows = desk.table.rows(keys, ("PK", EVENTS, OLDER, VERSION))
    anew = {row["PK"] for row in rows if told_anew(row, offer.version)}
    lines = (line for line, key in zip(offer.lines, keys, strict=True) if key.pk not in anew)
    return replace(offer, lines=tuple(lines)) if anew else offer


def _told(offer: Offer, clock: Clock, desk: Desk) -> tuple[Mapping[str, int], list[Parked]]:
    """Halved where the service refuses it, until what is bad stands alone."""
    figures: Counter[str] = Counter()
    parked: list[Parked] = []
    left, refusals = [offer] if offer.lines else [], 0
    while left:
        part = left.pop()
        if not clock.in_time:
            raise Unavailable(NO_TIME)
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
