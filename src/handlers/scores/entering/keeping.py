"""What could not be told to the Entry Service in; objects that keep it, for later or for people, out."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.scores.entering import Offered
from domain.scores.entry import Parked
from handlers.scores.entering.desk import Desk

SOON = 30.0  # seconds until an offer is made again, unless the service asks for more


def keep(offered: Offered, shard: str, reached: str, desk: Desk) -> None:
    """With the place in the stream whose settling notes it: until then, and if never, the offer is not to be made from here."""
    document = {**offered.offer.to_json(), "shard": shard, "sequenceNumber": reached}
    desk.waiting.keep(offered.offer.campaign, offered.offer.name, document, max(SOON, offered.patience))


def settled_since(document: Mapping[str, Any], reached: str | None) -> bool:
    """Whether the place in the stream that an offer comes from is settled, by its shard's watermark."""
    return reached is not None and int(reached) >= int(document["sequenceNumber"])


def park(name: str, parked: Sequence[Parked], desk: Desk) -> None:
    if parked:
        desk.parked.park(name, [it.to_json() for it in parked])
