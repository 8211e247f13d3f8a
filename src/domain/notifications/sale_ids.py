"""An event's offers and the sales it had in, an id for each offer out: the vendor gives presales none (reference/ticketing.md, 6)."""

from base64 import b32encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import count

from domain.notifications.events import Sale
from domain.notifications.folding import folded
from domain.notifications.offers import Offer
from domain.notifications.suppression import WITHDRAWN

PUBLIC, PRESALE = "pub", "pre"
_DIGITS = 16  # of 32 signs each: 80 bits


def sale_id(event: str, kind: str, name: str = "", occurrence: int = 0) -> str:
    """19 letters and digits, different for every event; the same however the name is written."""
    text = "\0".join((event, kind, name_key(name), str(occurrence)))
    return kind + b32encode(sha256(text.encode()).digest()).decode()[:_DIGITS].lower()


def name_key(name: str) -> str:
    """`Pre-Sale`, `Presale` and `PRE SALE®` are one name."""
    return folded(name).replace(" ", "")


def sale_ids(event: str, offers: Sequence[Offer], known: Iterable[Sale], at: datetime) -> list[str]:
    """An id for each of the offers, which are in their order. A presale keeps the id of the known sale that it is:

    of its name and start; else of its name, nearest in time; else the only one left of its start and types, under a new name.
    What the vendor had withdrawn and is over by `at` is not taken up again at another time: its fans have had their reminder.
    """
    presales = {place: offer for place, offer in enumerate(offers) if not offer.public}
    kept = _kept(presales, [sale for sale in known if not sale.public], at)
    used = {*kept.values(), *(sale.id for sale in known)}
    ids = []
    for place, offer in enumerate(offers):
        id = sale_id(event, PUBLIC) if offer.public else kept.get(place) or _fresh(event, offer, used)
        used.add(id)
        ids.append(id)
    return ids


def _fresh(event: str, offer: Offer, used: set[str]) -> str:
    named = (sale_id(event, PRESALE, offer.name, number) for number in count())
    return next(id for id in named if id not in used)


def _kept(presales: dict[int, Offer], known: list[Sale], at: datetime) -> dict[int, str]:
    """By the offer's place. Pairs are taken from the best down, and nobody is in two."""
    kept: dict[int, str] = {}
    pairs = [(_fit(offer, sale, at), place, sale.id) for place, offer in presales.items() for sale in known]
    named = sorted((fit, place, id) for fit, place, id in pairs if fit is not None)
    _pair(kept, ((place, id) for _, place, id in named))
    left = {place: offer for place, offer in presales.items() if place not in kept}
    _pair(kept, _renamed(left, [sale for sale in known if sale.id not in kept.values()]))
    return kept


def _pair(kept: dict[int, str], pairs: Iterable[tuple[int, str]]) -> None:
    for place, id in pairs:
        if place not in kept and id not in kept.values():
            kept[place] = id


def _fit(offer: Offer, sale: Sale, at: datetime) -> tuple[bool, bool, float] | None:
    """Least is best; None: not the same sale."""
    if name_key(offer.name) != name_key(sale.name):
        return None
    moved, withdrawn = offer.starts != sale.starts, sale.suppressed == WITHDRAWN
    if moved and withdrawn and sale.starts <= at:
        return None
    return moved, withdrawn, abs((offer.starts - sale.starts).total_seconds())


def _renamed(offers: dict[int, Offer], known: list[Sale]) -> Iterable[tuple[int, str]]:
    there = [sale for sale in known if sale.suppressed != WITHDRAWN]
    for place, offer in offers.items():
        like = [sale.id for sale in there if (sale.starts, sale.types) == (offer.starts, offer.types)]
        alike = [it for it in offers.values() if (it.starts, it.types) == (offer.starts, offer.types)]
        if len(like) == len(alike) == 1:
            yield place, like[0]
