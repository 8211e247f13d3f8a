"""One message of the generation queue in, the notifications it asks for written, and the message that goes on where it ends queued."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import wait
from datetime import datetime
from typing import Any, NamedTuple

from adapters.aws.batch_items import chunks
from domain.notifications.events import Event, Sale
from domain.notifications.generation import told_at
from domain.notifications.generation_order import Order, refusal, too_late
from domain.notifications.keys import METHODS, notification_row
from domain.notifications.links import own_link
from domain.notifications.siblings import siblings
from handlers.notifications.generating.desk import AT_ONCE, Clock, Desk, Tally
from handlers.notifications.generating.drafting import Draft, Drafts, quiet_methods

Row = Mapping[str, Any]
LINK_SECONDS = 5  # until a message that waits for a short link looks again
A_THREADS_SHARE = 32  # drafts; less is not worth a thread
COLLAPSED, FORGOTTEN, WAITING = "collapsed", "forgotten", "waiting_for_link"


class Others(NamedTuple):
    """Sales of the event that start at the same instant, by whether they rank before this one: whoever waits for one before it is told
    there. Whoever was told of one after it had not asked for this one yet.
    """

    before: Sequence[str]
    after: Sequence[str]


def work_on(order: Order, clock: Clock, desk: Desk, tally: Tally) -> str:
    """`done`, `continued`, WAITING, or the reason why nobody is told. Unavailable: the message must come again."""
    now = clock.now
    kept = desk.events.read(order.event)
    event, sales = kept.read()
    sale = next((it for it in sales if (it.event_id, it.id) == (order.event, order.sale)), None)
    if reason := refusal(event, sale, order):
        return reason
    assert event is not None
    assert sale is not None
    link = None
    if not too_late(sale, now):
        link = link_of(event, order, now, desk)
        if link is None:
            desk.queue.send([order.message(now, order.after)], delay_seconds=LINK_SECONDS)
            return WAITING
    drafts = Drafts(event, sale, link, now, desk.texts, quiet_methods(desk.rules, event, now))
    ranked = siblings(sales)
    others = Others(ranked.get(sale.id, ()), tuple(id for id, before in ranked.items() if sale.id in before))
    if order.shard is None:
        fans = desk.demand.of_fans(order.event, order.sale, order.fans)
        tally.skipped[FORGOTTEN] += len(order.fans) - len(fans)
        write(fans, others, drafts, desk, tally)
        return "done"
    return write_shard(order, others, drafts, clock, desk, tally)


def write_shard(order: Order, others: Others, drafts: Drafts, clock: Clock, desk: Desk, tally: Tally) -> str:
    """Page by page, until the shard, the batch or the time is at its end. What is left is queued before this message is done with."""
    assert order.shard is not None
    rows = 0
    for page in desk.demand.pages(order.event, order.sale, order.shard, order.after):
        write(page, others, drafts, desk, tally)
        rows += len(page)
        if page and (rows >= desk.batch or clock.over):
            desk.queue.send([order.message(clock.now, page[-1]["fanId"])])
            return "continued"
    return "done"


def link_of(event: Event, order: Order, now: datetime, desk: Desk) -> str | None:
    """None: it may still come. When the time for it is over, our own one stands from then on."""
    if event.short_url:
        return event.short_url
    if now - (order.mark or order.time) < desk.patience:
        return None
    link = own_link(desk.links_url, event.id)
    if desk.links.keep(event.id, link, "own"):
        return link
    standing, _ = desk.events.read(event.id).read()  # somebody was before us
    return (standing and standing.short_url) or link


def write(rows: Sequence[Row], others: Others, drafts: Drafts, desk: Desk, tally: Tally) -> None:
    """All of a page, several at a time. Unavailable: some may be written; those are found standing the next time."""
    told_there = _told_of(others, rows, drafts.sale, desk)
    left = [row for row in rows if row["fanId"] not in told_there]
    tally.skipped[COLLAPSED] += len(rows) - len(left)
    made = list(drafts.of(left, tally))
    size = max(A_THREADS_SHARE, -(-len(made) // AT_ONCE))
    begun = [desk.pool.submit(_written, share, desk) for share in chunks(made, size)]
    wait(begun)  # also where one has failed: nothing goes on behind the next message's back
    for share in begun:
        tally.written.update(share.result())


def _told_of(others: Others, rows: Sequence[Row], sale: Sale, desk: Desk) -> set[str]:
    """Fans who have, or get, their reminder of this instant for another sale of the event."""
    fans = [row["fanId"] for row in rows]
    first = {fan for other in others.before for fan in desk.demand.waiting(sale.event_id, other, fans)}
    keys = [
        notification_row(fan, sale.event_id, it, method) for it in others.after for fan in fans for method in METHODS
    ]
    standing = desk.notifications.read(keys).values() if keys else ()
    return first | {row["fanId"] for row in standing if told_at(row, sale.starts)}


def _written(drafts: Iterable[Draft], desk: Desk) -> list[str]:
    """What became of each: a new one by its fate (send, late, no_address), else existing or refused."""
    found: list[str] = []
    for draft in drafts:
        outcome = desk.writes.create(draft.common, draft.own)
        found.append(draft.fate if outcome in ("created", "replaced") else outcome)
    return found
