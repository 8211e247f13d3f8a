"""A window, what was found to start in it and what the vendor says of it now in, the sales to tell of and those not to out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.notifications.events import Event, Sale
from domain.notifications.windows import Window, sale_of


@dataclass(frozen=True, slots=True)
class InWindow:
    """A sale that starts in the window. `suppressed`: why nobody is told of it, or None. `event` None: only the sale's row is known."""

    sale: Sale
    event: Event | None = None
    suppressed: str | None = None


def events_of(rows: Iterable[Mapping[str, Any]], window: Window) -> dict[str, tuple[Sale, ...]]:
    """By event, the sales that the index has in the window; what cannot be read, or is just outside of it, is left out."""
    found: dict[str, tuple[Sale, ...]] = {}
    for sale in filter(None, map(sale_of, rows)):
        if window.holds(sale.starts):
            found[sale.event_id] = (*found.get(sale.event_id, ()), sale)
    return found


def in_window(window: Window, sales: Iterable[Sale], event: Event | None = None) -> list[InWindow]:
    """Of an event as it is known now: one that has moved out is left to its own window, one that has moved in is seen to here."""
    of_all = event.suppressed if event else None
    return [
        InWindow(sale, event, of_all or sale.suppressed)
        for sale in sales
        if window.holds(sale.starts) and _its_own(sale, event)
    ]


def _its_own(sale: Sale, event: Event | None) -> bool:
    """A row that others wrote may lie with one event and name another."""
    return event is None or sale.event_id == event.id
