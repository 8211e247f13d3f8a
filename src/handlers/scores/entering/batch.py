"""Records of one shard in; offered slice by slice, each settled in one transaction, the figures of what was settled out."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from domain.errors import Unavailable
from domain.scores.entering import offers, slices, sums
from domain.scores.entry import Entrant, Parked, entrant
from handlers.scores.entering.desk import Clock, Desk
from handlers.scores.entering.keeping import keep, park
from handlers.scores.entering.offering import offer_all
from handlers.scores.entering.tally import Tally

Record = Mapping[str, Any]


def enter(records: Sequence[Record], clock: Clock, desk: Desk, tally: Tally) -> str | None:
    """Offer what the shard's watermark has not passed; the first sequence number that must come again, if one must."""
    shard = str(records[0]["eventID"]).partition(":")[0]
    first = str(records[0]["kinesis"]["sequenceNumber"])
    try:
        reached = desk.ledger.reached(shard)
        new = [it for it in records if reached is None or int(it["kinesis"]["sequenceNumber"]) > int(reached)]
        for part in slices(map(read, new)):
            first = part[0].number
            reached = settle(shard, reached, part, clock, desk, tally)
    except Unavailable as reason:
        tally.failed(shard, first, reason)
        return first
    return None


def settle(
    shard: str, was: str | None, part: Sequence[Entrant | Parked], clock: Clock, desk: Desk, tally: Tally
) -> str:
    """Offer one slice and write down what became of it: first what waits and what is parked, then the figures and the watermark.

    A crash before that transaction brings the slice again, and it is told again under the same keys, so that the service says the
    same of it. Figures are exact as long as the slice begins and ends where it did: else what was inserted may be called found.
    """
    reached = part[-1].number
    done = offer_all(offers(part), clock, desk)
    parked = [it for it in part if isinstance(it, Parked)] + [it for one in done for it in one.parked]
    park(f"{shard}-{part[0].number}", parked, desk)
    waiting = [one for one in done if one.waits is not None]
    for one in waiting:
        keep(one, shard, reached, desk)
    desk.ledger.settle(shard, was, reached, sums(part, done), [one.offer.name for one in waiting], clock.now)
    tally.settled(shard, part, done, parked)
    return reached


def read(record: Record) -> Entrant | Parked:
    number, data = record["kinesis"]["sequenceNumber"], record["kinesis"]["data"]
    try:
        told = orjson.loads(b64decode(data))
    except ValueError:
        return Parked(number, "not_json", data)
    return entrant(number, told)
