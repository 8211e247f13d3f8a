"""Sales that are told of in, whether all their fans can be told in time out: for the run's log, and for who asks beforehand."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from adapters.aws.sale_demand import SaleDemand
from adapters.files.reminder_texts import ReminderTexts
from domain.notifications.events import Event, Sale
from domain.notifications.feasibility import Audience, Plan, Rates, plan_of
from domain.notifications.links import own_link
from domain.notifications.locales import locale_of
from domain.notifications.window_sales import InWindow

AT_ONCE = 10  # sales counted at a time
TYPICAL_PARTS = 1.2  # of an SMS whose words are not known
TYPICAL_LINKS = "https://go.example.com"  # about as long as ours are


def gather(
    sales: Iterable[InWindow], demand: SaleDemand, texts: ReminderTexts, rates: Rates, now: datetime
) -> list[Plan]:
    """Counts who waits for the unsuppressed ones. Unavailable: not all could be counted."""
    told = [it for it in sales if it.suppressed is None]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        counted = list(pool.map(lambda it: _audience(it, demand, texts), told))
    counts = {(it.sale.event_id, it.sale.id): audience for it, audience in zip(told, counted, strict=True)}
    return plan_of([it.sale for it in told], counts, rates, now)


def _audience(it: InWindow, demand: SaleDemand, texts: ReminderTexts) -> Audience:
    parts = parts_of(it.event, it.sale, texts) if it.event else TYPICAL_PARTS
    return Audience(demand.audience(it.sale.event_id, it.sale.id), parts)


def parts_of(event: Event, sale: Sale, texts: ReminderTexts) -> float:
    """In the event's own language: fans' own differ by a part at most."""
    link = event.short_url or own_link(TYPICAL_LINKS, event.id)
    return texts.render(event, sale, locale_of(None, None, event.locale), None, link).parts
