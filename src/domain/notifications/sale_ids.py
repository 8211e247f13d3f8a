"""An event's offers and the sales it had in, an id for each offer out: the vendor gives presales none (reference/ticketing.md, 6)."""

from base64 import b32encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import count

from domain.notifications.events import Sale
from domain.notifications.folding import folded
from domain.notifications.offers import Offer
from domain.notifications.suppression import WITHDRAWN

PUBLIC, PRESALE = "pub", "pre"
_DIGITS = 16  # of 32 signs each: 80 bits

Offers = Mapping[int, Offer]  # by their places
Pairs = Iterable[tuple[int, str]]  # a place and the id that it keeps, best first


def sale_id(event: str, kind: str, name: str = "", occurrence: int = 0) -> str:
    """19 letters and digits, different for every event; the same however the name is written."""
    text = "\0".join((event, kind, name_key(name), str(occurrence)))
    return kind + b32encode(sha256(text.encode()).digest()).decode()[:_DIGITS].lower()


def name_key(name: str) -> str:
    """`Pre-Sale`, `Presale` and `PRE SALE®` are one name."""
    return folded(name).replace(" ", "")


def sale_ids(event: str, offers: Sequence[Offer], known: Iterable[Sale], at: datetime) -> list[str]:
    """An id for each of the offers, which are in their order. A presale keeps the id of the known sale that it is:

    the one of its name and start; else one of its name that has moved; else, under a new name, the only one left of its start and types.
    What the vendor had withdrawn and had begun by `at` is not taken up at another time: its fans have had their reminder.
    """
    known = list(known)
    kept = _kept(list(offers), [sale for sale in known if not sale.public], at)
    used = {sale.id for sale in known}
    ids = []
    for place, offer in enumerate(offers):
        id = sale_id(event, PUBLIC) if offer.public else kept.get(place) or _fresh(event, offer, used)
        used.add(id)
        ids.append(id)
    return ids


def _fresh(event: str, offer: Offer, used: set[str]) -> str:
    named = (sale_id(event, PRESALE, offer.name, number) for number in count())
    return next(id for id in named if id not in used)


def _kept(offers: list[Offer], known: list[Sale], at: datetime) -> dict[int, str]:
    """By the offer's place."""
    there = [sale for sale in known if sale.suppressed != WITHDRAWN]
    gone = [sale for sale in known if sale.suppressed == WITHDRAWN]
    to_come = [sale for sale in gone if sale.starts > at]
    rounds = ((_unmoved, there), (_unmoved, gone), (_moved, there), (_moved, to_come), (_renamed, there))
    kept: dict[int, str] = {}
    for pairs, sales in rounds:
        left = {place: offer for place, offer in enumerate(offers) if not offer.public and place not in kept}
        for place, id in pairs(left, [sale for sale in sales if sale.id not in kept.values()]):
            if place not in kept and id not in kept.values():
                kept[place] = id
    return kept


def _unmoved(offers: Offers, known: list[Sale]) -> Pairs:
    """Of two of a name and start, each keeps to its spelling and its end."""
    pairs = ((place, offer, sale) for place, offer in offers.items() for sale in known if offer.starts == sale.starts)
    alike = [
        ((offer.name != sale.name, offer.ends != sale.ends), place, sale.id)
        for place, offer, sale in pairs
        if name_key(offer.name) == name_key(sale.name)
    ]
    return [(place, id) for _, place, id in sorted(alike)]


def _moved(offers: Offers, known: list[Sale]) -> Pairs:
    """As many of a name as there were have moved together, in their order; else each is the one that is nearest in time."""
    for name in dict.fromkeys(name_key(offer.name) for offer in offers.values()):
        now = [(place, offer.starts) for place, offer in offers.items() if name_key(offer.name) == name]
        before = sorted((sale.starts, sale.id) for sale in known if name_key(sale.name) == name)
        if len(now) == len(before):
            yield from ((place, id) for (place, _), (_, id) in zip(now, before, strict=True))
        else:
            near = sorted((abs(starts - old), old, place, id) for place, starts in now for old, id in before)
            yield from ((place, id) for _, _, place, id in near)


def _renamed(offers: Offers, known: list[Sale]) -> Pairs:
    for place, offer in offers.items():
        like = [sale.id for sale in known if (sale.starts, sale.types) == (offer.starts, offer.types)]
        alike = [it for it in offers.values() if (it.starts, it.types) == (offer.starts, offer.types)]
        if len(like) == len(alike) == 1:
            yield place, like[0]
