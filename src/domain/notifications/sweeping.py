"""A notification that is unsettled for a while in, what is to be done about it out: queue it again, settle it, or let it be."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from domain.errors import Rejected
from domain.notifications.claiming import deadline, ended, in_hand
from domain.notifications.instants import iso, moment
from domain.notifications.keys import UNSETTLED_SINCE, Key, sale_row
from domain.notifications.malformed import can_be_noted
from domain.notifications.statuses import SALE_STARTED, TO_SEND, UNKNOWN, Row, moved, status_of

PERIOD = timedelta(minutes=5)  # between two sweeps
SOON = 2 * PERIOD  # a sale in less: who is not found now is found once more at most
RUSH = timedelta(seconds=60)  # how long a notification of such a sale may stand still

Do = Literal["queue", "settle", "leave"]


@dataclass(frozen=True, slots=True)
class Patience:
    """`stuck`: how long a notification may stand still. `backlog`: the outbox is so full that it most likely waits there: then only
    what is urgent is queued again.
    """

    stuck: timedelta
    backlog: bool = False

    @property
    def least(self) -> timedelta:
        """Nothing is stuck that has stood for less."""
        return min(self.stuck, RUSH)


@dataclass(frozen=True, slots=True)
class Found:
    """`row`: as it is to be written, when it is to be settled."""

    do: Do
    row: Row | None = None


LEAVE, QUEUE = Found("leave"), Found("queue")


def found(row: Row, sale: Row | None, now: datetime, patience: Patience) -> Found:
    """Of a row that is `legible`. `sale`: its row as it stands, where one `asks_for_its_sale`."""
    status = status_of(row)
    if status in TO_SEND:
        return _unsent(row, sale, now, patience)
    if status == "SENDING":
        course = in_hand(row, now)
        return Found("settle", course.row) if course and course.do == "move" else LEAVE
    if status == "UNKNOWN" and moment(row["saleStartDateTime"]) <= now:
        return Found("settle", moved(row, "FAILED", now, error={"reason": UNKNOWN}))
    return LEAVE


def asks_for_its_sale(row: Row, now: datetime) -> bool:
    """Its time is over, unless its sale has moved."""
    return status_of(row) in TO_SEND and deadline(row) <= now


def legible(row: Row) -> bool:
    """Whether its times and ids can be read; other systems may write rows, too."""
    try:
        moment(row["saleStartDateTime"])
        _since(row)
        return bool(sale_of(row) and row[UNSETTLED_SINCE]) and can_be_noted(row)
    except (KeyError, Rejected, TypeError):
        return False


def sale_of(row: Row) -> Key:
    return sale_row(row["eventId"], row["saleId"])


def message(row: Row, now: datetime) -> dict[str, Any]:
    """Of the outbox."""
    return {"time": iso(now), "pk": row["PK"], "sk": row["SK"], "rev": row.get("rev", 0)}


def _unsent(row: Row, sale: Row | None, now: datetime, patience: Patience) -> Found:
    if deadline(row) <= now:
        if sale is not None and sale.get("saleStartDateTime") != row["saleStartDateTime"]:
            return QUEUE  # the sender knows what becomes of it, and who else is to be told
        return Found("settle", ended(row, "EXPIRED", SALE_STARTED, now))
    urgent = deadline(row) <= now + SOON
    stood = now - _since(row)
    return (
        QUEUE if stood >= (patience.least if urgent else patience.stuck) and (urgent or not patience.backlog) else LEAVE
    )


def _since(row: Row) -> datetime:
    """A retry waits for its time first."""
    return moment(max(row[UNSETTLED_SINCE], row.get("notBefore", "")))
