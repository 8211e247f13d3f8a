"""An event of the Discovery API v2 in, our event and its sales out, each suppressed sale and each one that is none with its reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.errors import Rejected
from domain.notifications.event_facts import event_of
from domain.notifications.events import Event, Sale
from domain.notifications.instants import iso
from domain.notifications.offers import Dropped, offers
from domain.notifications.rules import Rules
from domain.notifications.sale_ids import sale_ids
from domain.notifications.suppression import suppressed_event, suppressed_sale
from domain.notifications.vendor_values import identifier, part


@dataclass(frozen=True, slots=True)
class Normalised:
    """`sales`: the public one first, presales by their start."""

    event: Event
    sales: tuple[Sale, ...]
    dropped: tuple[Dropped, ...] = ()


def normalise(document: Any, at: datetime, rules: Rules, known_sales: Sequence[Sale] = ()) -> Normalised:
    """What the vendor said at `at`. `known_sales`: those of this event that there are, so that a presale keeps its id.

    Rejected: no mapping, or one without an id; whatever else is missing or is not what it should be is left out.
    """
    event = event_of(document, at)
    event = replace(event, suppressed=suppressed_event(event, rules))
    kept, dropped = offers(document, rules.sale_types)
    ids = sale_ids(event.id, kept, known_sales, at)
    named = sorted(zip(kept, ids, strict=True), key=lambda it: (it[0].order, it[1]))
    sales = [Sale(id, event.id, it.name, it.types, it.starts, it.ends) for it, id in named]
    return Normalised(
        event,
        tuple(replace(sale, suppressed=suppressed_sale(sale, event, rules)) for sale in sales),
        tuple(dropped),
    )


def events_of(
    search: Any, at: datetime, rules: Rules, known: Mapping[str, Sequence[Sale]] | None = None
) -> Iterator[Normalised | Rejected]:
    """Each event of a page of search results, or why it is none; `known` sales by event id. A page without results has no events.

    Rejected: the page is no mapping, or its events are no list.
    """
    found = part(search, "_embedded", "events")
    if not isinstance(search, Mapping) or not isinstance(found, list | None):
        raise Rejected("a page of search results must be a mapping with a list of events")
    for document in found or ():
        try:
            yield normalise(document, at, rules, (known or {}).get(identifier(document, "id") or "", ()))
        except Rejected as reason:
            yield reason


def explained(found: Normalised) -> list[dict[str, str]]:
    """Why there will be no reminder: {eventId, saleId?, sale, reason, starts?} of each sale that is suppressed or dropped."""
    suppressed = [
        {"saleId": sale.id, "sale": sale.name, "reason": sale.suppressed, "starts": iso(sale.starts)}
        for sale in found.sales
        if sale.suppressed
    ]
    dropped = [
        {"sale": it.name, "reason": it.reason, **({"starts": iso(it.starts)} if it.starts else {})}
        for it in found.dropped
    ]
    return [{"eventId": found.event.id, **told} for told in (*suppressed, *dropped)]
