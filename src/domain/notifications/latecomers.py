"""Wishes that came after their sale's window was opened in, what the generator is told of them out: who asks late is told too."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from json import dumps
from typing import Any

from domain.notifications.events import Sale
from domain.notifications.instants import iso
from domain.notifications.routing import Wish

FANS = 100  # of one message: what a BatchGetItem reads
LETTERS = 20_000  # of their ids in JSON: ten messages are one call of at most 256 KB (SQS)
Wanted = tuple[str, str]  # event, sale


def late(wishes: Iterable[Wish], sales: Mapping[Wanted, Sale], claimed: datetime, earliest: datetime) -> list[Wish]:
    """Those for sales that start by `claimed`, up to which a run has begun to tell fans, and that are still ahead. A later run reads
    the others by itself; of a sale that is not known yet, the run that finds it.

    `earliest`: the run that claimed has been by then, so it is no earlier now, however old a wish says it is.
    """
    return [
        it
        for it in wishes
        if (sale := sales.get((it.event, it.sale)))
        and sale.suppressed is None
        and max(it.at, earliest) < sale.starts <= claimed
    ]


def messages(
    wishes: Sequence[Wish], before: Mapping[Wanted, Sequence[str]], earliest: datetime
) -> list[dict[str, Any]]:
    """For the generator, some fans of one sale each; `before`: the sales that rank before one and start with it."""
    fans: dict[Wanted, dict[str, datetime]] = defaultdict(dict)
    for it in wishes:
        told = fans[it.event, it.sale]
        told[it.fan] = max(told.get(it.fan, earliest), it.at)
    return [_message(it, part, before.get(it, ())) for it, asking in fans.items() for part in _parts(asking)]


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


def _message(wanted: Wanted, asking: Mapping[str, datetime], before: Sequence[str]) -> dict[str, Any]:
    event, sale = wanted
    at = iso(max(asking.values()))
    return {"time": at, "eventId": event, "saleId": sale, "fanIds": list(asking), "insteadOf": list(before)}
