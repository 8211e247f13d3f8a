"""The vendor's sales of an event in, what is offered when out, and what is no sale to remind of, with the reason why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.notifications.events import PUBLIC
from domain.notifications.folding import folded
from domain.notifications.sale_types import SaleTypes
from domain.notifications.vendor_values import instant, part, said, text

PUBLIC_NAME, PRESALE_NAME = "Public Onsale", "Presale"  # where the vendor gives none
NO_START, AFTER_PUBLIC, MALFORMED, TOO_MANY = "no_start", "after_public", "malformed", "too_many"
MOST_PRESALES = 100  # of one event; real ones have had 15
_UNSAID = ("startTBD", "startTBA")


@dataclass(frozen=True, slots=True)
class Offer:
    """A sale that has no id yet."""

    name: str
    types: tuple[str, ...]
    starts: datetime
    ends: datetime | None = None

    @property
    def public(self) -> bool:
        return PUBLIC in self.types

    @property
    def order(self) -> tuple[Any, ...]:
        """Of the event's sales: the same however the vendor lists them."""
        return not self.public, self.starts, folded(self.name), self.name, self.ends is None, self.ends or self.starts


@dataclass(frozen=True, slots=True)
class Dropped:
    """What is no sale to remind of: `no_start`, `after_public` (no presale, then), `malformed` or `too_many`."""

    name: str
    reason: str
    starts: datetime | None = None


def offers(document: Any, types: SaleTypes) -> tuple[list[Offer], list[Dropped]]:
    """The public sale first, presales by their start. Source: reference/ticketing.md, part 6."""
    public, read = _public(document), _presales(document, types)
    opens = public.starts if isinstance(public, Offer) else None
    dated = sorted((it for it in read if isinstance(it, Offer)), key=lambda it: it.order)
    early = [it for it in dated if opens is None or it.starts < opens]
    late = dated[len(early) :]
    dropped = [it for it in (public, *read) if isinstance(it, Dropped)]
    dropped += [Dropped(it.name, AFTER_PUBLIC, it.starts) for it in late]
    dropped += [Dropped(it.name, TOO_MANY, it.starts) for it in early[MOST_PRESALES:]]
    return [*([public] if isinstance(public, Offer) else []), *early[:MOST_PRESALES]], dropped


def _public(document: Any) -> Offer | Dropped | None:
    told = part(document, "sales", "public")
    if told is None:
        return None
    if not isinstance(told, Mapping):
        return Dropped(PUBLIC_NAME, MALFORMED)
    return _offer(told, text(told, "name") or PUBLIC_NAME, (PUBLIC,))


def _presales(document: Any, types: SaleTypes) -> list[Offer | Dropped]:
    told = part(document, "sales", "presales")
    if told is None:
        return []
    if not isinstance(told, list):
        return [Dropped(PRESALE_NAME, MALFORMED)]
    return [_presale(it, types) for it in told]


def _presale(told: Any, types: SaleTypes) -> Offer | Dropped:
    if not isinstance(told, Mapping):
        return Dropped(PRESALE_NAME, MALFORMED)
    name = text(told, "name")
    return _offer(told, name or PRESALE_NAME, types.types(name or ""))


def _offer(told: Mapping[str, Any], name: str, types: tuple[str, ...]) -> Offer | Dropped:
    """The year 1900 stands for no time, whatever else is said; an end before the start for none."""
    starts, ends = instant(told, "startDateTime"), instant(told, "endDateTime")
    if starts is None or any(said(told, flag) for flag in _UNSAID):
        return Dropped(name, NO_START)
    return Offer(name, types, starts, ends if ends and ends > starts else None)
