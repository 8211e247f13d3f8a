"""Plans, suppressed sales and tallies in, tables to look at out."""

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table

from domain.notifications.feasibility import Plan
from domain.notifications.instants import iso
from domain.notifications.keys import METHODS
from domain.notifications.statuses import RANKS
from domain.notifications.tallies import Tally
from domain.notifications.window_sales import InWindow
from domain.notifications.windows import Window


def of_plans(window: Window, plans: Sequence[Plan], now: datetime) -> Table:
    shown = Table(title=f"sales {spoken(window)}, as of {short(now)}", title_justify="left")
    shown.add_column("sale", overflow="fold")
    shown.add_column("starts")
    for head in ("sms", "email", "parts", "needed", "left"):
        shown.add_column(head, justify="right")
    shown.add_column("met")
    for it in plans:
        counts = [f"{it.recipients.get(method, 0):,}" for method in METHODS]
        seconds = [f"{it.needed:,.0f} s", f"{it.left:,.0f} s"]
        shown.add_row(it.sale, short(it.starts), *counts, f"{it.parts:.1f}", *seconds, "yes" if it.feasible else "NO")
    shown.caption = None if plans else "No sale that anybody is told of starts in it."
    return shown


def of_suppressed(window: Window, found: Sequence[InWindow]) -> Table:
    shown = Table(title=f"suppressed sales {spoken(window)}", title_justify="left")
    for head in ("event", "sale", "starts", "reason"):
        shown.add_column(head, overflow="fold")
    for it in found:
        event = it.event.name if it.event else it.sale.event_id
        shown.add_row(event, it.sale.name or it.sale.id, short(it.sale.starts), it.suppressed)
    shown.caption = None if found else "None: nobody is kept from a reminder by a rule."
    return shown


def of_tally(title: str, tally: Tally) -> Table:
    shown = Table(title=title, title_justify="left")
    shown.add_column("status")
    for head in (*METHODS, "all"):
        shown.add_column(head, justify="right")
    shown.add_column("why", overflow="fold")
    for status in sorted(tally.statuses, key=lambda it: RANKS[it]):
        counts = [f"{tally.ways[method, status]:,}" for method in METHODS]
        shown.add_row(status, *counts, f"{tally.statuses[status]:,}", reasons(tally, status))
    if tally.average_seconds is not None and tally.delivery_rate is not None:
        shown.caption = f"{tally.delivery_rate:.1%} delivered; {tally.average_seconds:.0f} s on average, {tally.longest:.0f} s at most"
        shown.caption_justify = "left"
    return shown


def reasons(tally: Tally, status: str) -> str:
    found = {reason: count for (of, reason), count in tally.reasons.items() if of == status}
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(found.items(), key=lambda it: -it[1]))


def spoken(window: Window) -> str:
    return f"after {short(window.after)}, up to {short(window.until)}"


def short(at: datetime) -> str:
    return iso(at)[:16].replace("T", " ")
