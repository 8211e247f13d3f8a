"""A window, what was found to start in it and what the vendor says of it now in, the sales to tell of and those not to out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.notifications.events import Event, Sale
from domain.notifications.windows import Window, sale_of


@dataclass(frozen=True, slots=True)
class InWindow:
    """A sale that starts in the window. `suppressed`: why nobody is told of it, or None. `event` None: only the sale's row is known."""

    sale: Sale
    event: Event | None = None
    suppressed: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """`window`, and of `before` it what is not among `told`: sales that moved there when its run had gone by. Nobody could be
    reminded of these in time, but their fans' records tell why.
    """

    window: Window
    before: Window | None = None
    told: frozenset[str] = frozenset()

    @property
    def whole(self) -> Window:
        return Window(self.before.after if self.before else self.window.after, self.window.until)

    def wants(self, sale: Sale) -> bool:
        if self.before and self.before.holds(sale.starts):
            return name_of(sale) not in self.told
        return self.window.holds(sale.starts)

    def told_by_then(self, sales: Iterable[Sale]) -> set[str]:
        """By name, the sales that the next run need not look back upon: behind a window shorter than that look, also those of before."""
        names = set(map(name_of, sales))
        short = self.before and _length(self.window) < _length(self.before)
        return names | self.told if short else names


def _length(window: Window) -> timedelta:
    return window.until - window.after


def name_of(sale: Sale) -> str:
    return f"{sale.event_id}/{sale.id}"


def events_of(rows: Iterable[Mapping[str, Any]], search: Search) -> dict[str, tuple[Sale, ...]]:
    """By event, the sales of the index that are searched for; what cannot be read, or is just outside, is left out."""
    found: dict[str, tuple[Sale, ...]] = {}
    for sale in filter(None, map(sale_of, rows)):
        if search.wants(sale):
            found[sale.event_id] = (*found.get(sale.event_id, ()), sale)
    return found


def in_window(search: Search, sales: Iterable[Sale], event: Event | None = None) -> list[InWindow]:
    """Of an event as it is known now: one that has moved out is left to its own window, one that has moved in is seen to here."""
    of_all = event.suppressed if event else None
    wanted = (sale for sale in sales if search.wants(sale) and _its_own(sale, event))
    return [InWindow(sale, event, of_all or sale.suppressed) for sale in wanted]


def _its_own(sale: Sale, event: Event | None) -> bool:
    """A row that others wrote may lie with one event and name another."""
    return event is None or sale.event_id == event.id
