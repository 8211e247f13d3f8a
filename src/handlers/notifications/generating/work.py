"""One message of the generation queue in, the notifications it asks for written, and the message that goes on where it ends queued."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import wait
from datetime import datetime
from typing import Any

from adapters.aws.batch_items import chunks
from domain.notifications.events import Event
from domain.notifications.generation_order import Order, refusal, too_late
from domain.notifications.links import own_link
from domain.notifications.siblings import siblings
from handlers.notifications.generating.desk import AT_ONCE, Clock, Desk, Tally
from handlers.notifications.generating.drafting import Draft, Drafts, quiet_methods

Row = Mapping[str, Any]
LINK_SECONDS = 5  # until a message that waits for a short link looks again
A_THREADS_SHARE = 32  # drafts; less is not worth a thread
COLLAPSED, FORGOTTEN, WAITING = "collapsed", "forgotten", "waiting_for_link"


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
    before = siblings(sales).get(sale.id, ())
    if order.shard is None:
        fans = desk.demand.of_fans(order.event, order.sale, order.fans)
        tally.skipped[FORGOTTEN] += len(order.fans) - len(fans)
        write(fans, before, drafts, desk, tally)
        return "done"
    return write_shard(order, before, drafts, clock, desk, tally)


def write_shard(order: Order, before: Sequence[str], drafts: Drafts, clock: Clock, desk: Desk, tally: Tally) -> str:
    """Page by page, until the shard, the batch or the time is at its end. What is left is queued before this message is done with."""
    assert order.shard is not None
    rows = 0
    for page in desk.demand.pages(order.event, order.sale, order.shard, order.after):
        write(page, before, drafts, desk, tally)
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


def write(rows: Sequence[Row], before: Sequence[str], drafts: Drafts, desk: Desk, tally: Tally) -> None:
    """All of a page, several at a time. Unavailable: some may be written; those are found standing the next time."""
    told_there = {fan for sale in before for fan in _waiting(rows, drafts.sale.event_id, sale, desk)}
    left = [row for row in rows if row["fanId"] not in told_there]
    tally.skipped[COLLAPSED] += len(rows) - len(left)
    made = list(drafts.of(left, tally))
    size = max(A_THREADS_SHARE, -(-len(made) // AT_ONCE))
    begun = [desk.pool.submit(_written, share, desk) for share in chunks(made, size)]
    wait(begun)  # also where one has failed: nothing goes on behind the next message's back
    for share in begun:
        tally.written.update(share.result())


def _waiting(rows: Sequence[Row], event: str, sale: str, desk: Desk) -> set[str]:
    return desk.demand.waiting(event, sale, (row["fanId"] for row in rows))


def _written(drafts: Iterable[Draft], desk: Desk) -> list[str]:
    """What became of each: a new one by its fate (send, late, no_address), else existing or refused."""
    found: list[str] = []
    for draft in drafts:
        outcome = desk.writes.create(draft.common, draft.own)
        found.append(draft.fate if outcome in ("created", "replaced") else outcome)
    return found
