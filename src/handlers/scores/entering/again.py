"""Messages of offers that wait in; offered again, each settled once, and the messages that must come again out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson

from adapters.aws.entry_ledger import DONE, WAITING
from domain.errors import Rejected, Unavailable
from domain.scores.entering import Offer, Offered, moved_late
from handlers.scores.entering.desk import Clock, Desk
from handlers.scores.entering.keeping import SOON, park, settled_since
from handlers.scores.entering.offering import offer_all
from handlers.scores.entering.tally import Tally

LONGEST = 900.0  # seconds between two offers
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message, and the offer that it points to."""

    record: Record
    key: str
    offer: Offer


def offer_again(records: Sequence[Record], clock: Clock, desk: Desk, tally: Tally) -> list[str]:
    """The ids of the messages whose offers are not made yet."""
    failed: list[str] = []
    waiting: dict[str, list[Waiting]] = {}
    for record in records:
        try:
            key = pointed_to(record)
            if offer := due(key, clock, desk):
                waiting.setdefault(offer.campaign, []).append(Waiting(record, key, offer))
        except (Rejected, Unavailable) as reason:
            failed.append(put_off(record, str(reason), 0.0, desk, tally))
    offered = offer_all({campaign: [it.offer for it in its] for campaign, its in waiting.items()}, clock, desk)
    for it, done in zip(chain.from_iterable(waiting.values()), offered, strict=True):
        try:
            if done.waits is None:
                settle(it, done, clock, desk, tally)
            else:
                failed.append(put_off(it.record, done.waits, done.patience, desk, tally))
        except Unavailable as reason:
            failed.append(put_off(it.record, str(reason), 0.0, desk, tally))
    return failed


def pointed_to(record: Record) -> str:
    """The object's key. Rejected: the message has none; it ends in the dead letters."""
    try:
        return str(orjson.loads(record["body"])["key"])
    except (ValueError, KeyError, TypeError) as error:
        raise Rejected("the message points to no offer") from error


def due(key: str, clock: Clock, desk: Desk) -> Offer | None:
    """The offer, if it is still to be made. Unavailable: the part of the stream that it comes from is not settled yet."""
    name = key.rpartition("/")[2].removesuffix(".json")
    state = desk.ledger.state(name)
    if state != DONE:
        document = desk.waiting.read(key)
        if state == WAITING:
            return Offer.from_json(document)
        if not settled_since(document, desk.ledger.reached(document["shard"])):
            raise Unavailable(f"{key}: its part of the stream is not settled")
        desk.ledger.drop(name, clock.now)  # settled without it: its records were taken after all
    desk.waiting.delete(key)
    return None


def settle(it: Waiting, done: Offered, clock: Clock, desk: Desk, tally: Tally) -> None:
    """Once, however often the message comes; then the object is of no use."""
    name = it.offer.name
    park(name, done.parked, desk)
    load = (it.offer.campaign, it.offer.load)
    if desk.ledger.settle_waiting(name, {load: moved_late(done)}, clock.now):
        tally.settled_late(done)
    desk.waiting.delete(it.key)


def put_off(record: Record, reason: str, patience: float, desk: Desk, tally: Tally) -> str:
    """The message's id; it is longer away each time."""
    tried = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
    seconds = max(patience, min(LONGEST, SOON * 2 ** min(tried - 1, 10)))
    tally.put_off(record["messageId"], reason, seconds)
    try:
        desk.waiting.put_off(record["receiptHandle"], seconds)
    except Unavailable as failure:  # then it comes when the queue says
        tally.put_off(record["messageId"], str(failure), 0.0)
    return str(record["messageId"])
