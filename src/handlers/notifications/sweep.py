"""Every five minutes: unsettled notifications -> the outbox again, or their end: what got stuck is sent, or says why it never was."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.notification_rows import NotificationRows
from adapters.aws.outbox import Outbox
from adapters.aws.session import QUICK, client, dynamodb
from adapters.aws.unsettled import Unsettled
from domain.errors import Unavailable
from domain.notifications.instants import moment
from domain.notifications.keys import SHARDS
from domain.notifications.statuses import Row, status_of
from domain.notifications.sweeping import Patience, asks_for_its_sale, found, legible, message, sale_of
from handlers.notifications.noting.measuring import count, ends
from handlers.notifications.settings import SweepSettings

WORK = 150.0  # seconds after which no further page is begun; the function's time is 240
BACKLOG = 1_000  # messages in the outbox: what was created, then most likely waits there
AT_ONCE = 5  # shards

logger = Logger(service="sweep")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return sweep(event, datetime.now(UTC), **live())


@cache
def live() -> dict[str, Any]:
    env, tables = SweepSettings.from_env(), dynamodb()
    return {
        "broom": Broom(
            Unsettled(tables, env.demand_table),
            NotificationRows(tables, env.demand_table),
            Outbox(client("sqs", QUICK), env.outbox_url),
        ),
        "stuck": timedelta(seconds=float(env.stuck_seconds)),
        "by_the_wall": env.wall_clock == "yes",
    }


@dataclass(frozen=True)
class Broom:
    unsettled: Unsettled
    rows: NotificationRows
    outbox: Outbox


@dataclass(frozen=True)
class Round:
    """One sweep. `now`: when it began, and what has passed since; `late`: whether its time is over."""

    broom: Broom
    patience: Patience
    now: Callable[[], datetime]
    late: Callable[[], bool]


@dataclass
class Swept:
    """Of one shard: how many were queued again, and how many settled, left to the next sweep, or illegible; rows before and after."""

    counts: Counter[str]
    stuck: Counter[str]
    moves: list[tuple[Row, Row]]

    def __iadd__(self, other: "Swept") -> "Swept":
        self.counts += other.counts
        self.stuck += other.stuck
        self.moves += other.moves
        return self


def sweep(
    event: Mapping[str, Any],
    wall: datetime | None = None,
    *,
    broom: Broom,
    stuck: timedelta,
    by_the_wall: bool = False,
    clock: Callable[[], float] = time.monotonic,
    work: float = WORK,
) -> dict[str, Any]:
    """Answers {queued, settled, conflicts, illegible, unfinished: shards of which a part is left to the next sweep}.

    All of it may be repeated, and done twice at a time. `by_the_wall`: events happen by the clock on the wall, so that a sweep that
    was started late is as late as that says: else what it queues would seem to be sent sooner than it is. Rejected: the event does
    not say when it was due.
    """
    due, began = moment(event.get("scheduledTime", "")), clock()
    due = max(due, wall) if by_the_wall and wall else due
    patience = Patience(stuck, backlog=broom.outbox.waiting() >= BACKLOG)
    this = Round(broom, patience, lambda: due + timedelta(seconds=clock() - began), lambda: clock() - began > work)
    total = nothing()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for swept in pool.map(lambda shard: _shard(shard, this), range(SHARDS)):
            total += swept
    return tell(total, patience)


def _shard(shard: int, this: Round) -> Swept:
    """Page by page, each done before the next is read."""
    swept = nothing()
    try:
        for page in this.broom.unsettled.pages(shard, this.now() - this.patience.least):
            swept += _page(page, this)
            if this.late():
                swept.counts["unfinished"] += 1
                break
    except Unavailable as reason:
        logger.error("left to the next sweep", extra={"shard": shard, "reason": str(reason)})
        swept.counts["unfinished"] += 1
    return swept


def _page(page: Sequence[Row], this: Round) -> Swept:
    """What a page's rows ask for; one that has no legible times is left as it is, and told of: whoever wrote it must look."""
    now, swept = this.now(), nothing()
    rows, strange = [row for row in page if legible(row)], [row for row in page if not legible(row)]
    for row in strange:
        logger.error(
            "illegible", extra={"fan": row.get("fanId"), "event": row.get("eventId"), "sale": row.get("saleId")}
        )
    sales = this.broom.rows.read({sale_of(row) for row in rows if asks_for_its_sale(row, now)})
    judged = [(row, found(row, sales.get(sale_of(row)), now, this.patience)) for row in rows]
    swept.stuck.update(status_of(row) for row, it in judged if it.do != "leave")
    messages = [message(row, now) for row, it in judged if it.do == "queue"]
    swept.counts.update(illegible=len(strange), queued=this.broom.outbox.send(messages))
    for row, it in judged:
        if it.row is not None:
            _settle(row, it.row, this, swept)
    return swept


def _settle(row: Row, new: Row, this: Round, swept: Swept) -> None:
    """The index may be behind: a row that has been written since is left to the next sweep."""
    written = this.broom.rows.write(row, new)
    swept.counts["settled" if written else "conflicts"] += 1
    if written:
        swept.moves.append((row, written))


def nothing() -> Swept:
    return Swept(Counter(), Counter(), [])


def tell(swept: Swept, patience: Patience) -> dict[str, int]:
    """One line a sweep, and its counts as metrics."""
    counts = {name: swept.counts[name] for name in ("queued", "settled", "conflicts", "illegible", "unfinished")}
    logger.info("swept", extra={"counts": counts, "stuck": dict(swept.stuck), "backlog": patience.backlog})
    ends(swept.moves)
    count("Stuck", swept.stuck.total())
    for status, number in swept.stuck.items():
        count("StuckIn", number, Status=status)
    if swept.counts["unfinished"]:
        count("SweepsUnfinished", 1)
    return counts
