"""Wishes and sales that came when a window was open already in, what the generator is told of them out: who comes late is told too."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from json import dumps
from typing import Any

from domain.notifications.events import Sale
from domain.notifications.generation_order import Order
from domain.notifications.instants import iso
from domain.notifications.keys import SHARDS
from domain.notifications.routing import Announced, Wish

FANS = 100  # of one message: what a BatchGetItem reads
LETTERS = 20_000  # of their ids in JSON: ten messages are one call of at most 256 KB (SQS)
Wanted = tuple[str, str]  # event, sale


def late(wishes: Iterable[Wish], sales: Mapping[Wanted, Sale], claimed: datetime, earliest: datetime) -> list[Wish]:
    """Those for sales that start by `claimed`, up to which a run has begun to tell fans, and that are still ahead. A later run reads
    the others by itself; of a sale that is not known yet, the run that finds it.

    `earliest`: the run that claimed has been by then, so it is no earlier now, however old a wish says it is.
    """
    return [it for it in wishes if _open(sales.get((it.event, it.sale)), max(it.at, earliest), claimed)]


def moved_in(
    announced: Sequence[Announced], sales: Mapping[Wanted, Sale], claimed: datetime, earliest: datetime
) -> Iterator[dict[str, Any]]:
    """For the generator, as a run tells it: each shard of those sales that now start within the window that is open, whose run may have
    gone by without them.
    """
    for event, sale in dict.fromkeys((it.event, it.sale) for it in announced):
        at = max(earliest, *(it.at for it in announced if (it.event, it.sale) == (event, sale)))
        if _open(sales.get((event, sale)), at, claimed):
            yield from (Order(at, event, sale, shard, mark=at, until=claimed).message(at) for shard in range(SHARDS))


def messages(wishes: Sequence[Wish], earliest: datetime) -> list[dict[str, Any]]:
    """For the generator, some fans of one sale each."""
    fans: dict[Wanted, dict[str, datetime]] = defaultdict(dict)
    for it in wishes:
        told = fans[it.event, it.sale]
        told[it.fan] = max(told.get(it.fan, earliest), it.at)
    return [_message(it, part) for it, asking in fans.items() for part in _parts(asking)]


def _open(sale: Sale | None, at: datetime, claimed: datetime) -> bool:
    return sale is not None and sale.suppressed is None and at < sale.starts <= claimed


def _parts(asking: Mapping[str, datetime]) -> Iterator[dict[str, datetime]]:
    part: dict[str, datetime] = {}
    letters = 0
    for fan, at in asking.items():
        length = len(dumps(fan))
        if part and (len(part) == FANS or letters + length > LETTERS):
            yield part
            part, letters = {}, 0
        part[fan] = at
        letters += length
    yield part


def _message(wanted: Wanted, asking: Mapping[str, datetime]) -> dict[str, Any]:
    event, sale = wanted
    at = iso(max(asking.values()))
    return {"time": at, "eventId": event, "saleId": sale, "fanIds": list(asking)}
