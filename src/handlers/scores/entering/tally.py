"""What an invocation settles in, its counts, metrics and log lines out: ids and numbers, nothing of a person."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from domain.errors import OvationError
from domain.scores.entering import Offered, moved, moved_late
from domain.scores.entry import Entrant, Parked
from handlers.scores.settings import NAMESPACE

TOLD = ("records", "input", "scoring", "entries", "inserted", "updated", "found")
METRICS = {
    "records": "EntryRecords",
    "input": "EntryCampaigns",
    "scoring": "EntryCampaignsTaken",
    "entries": "Entries",
    "inserted": "EntriesInserted",
    "updated": "EntriesUpdated",
    "found": "EntriesFound",
    "parked": "EntriesParked",
    "waiting": "EntriesWaiting",
}

logger = Logger(service="save_entry_scoring")


@dataclass
class Tally:
    """Of one invocation. `input` and `scoring` count campaigns (seed): those with first choices, those of which some were taken."""

    figures: Counter[str] = field(default_factory=Counter)
    offered: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    def settled(
        self, shard: str, part: Sequence[Entrant | Parked], done: Sequence[Offered], parked: Sequence[Parked]
    ) -> None:
        """A slice of a shard."""
        self.figures["records"] += len(part)
        self.figures["parked"] += sum(isinstance(it, Parked) for it in part)
        for one in done:
            self._count(one)
            self.figures.update(moved(one))
            if one.waits is not None:
                about = {"campaign": one.offer.campaign, "load": one.offer.load, "offer": one.offer.name}
                logger.warning("entries wait", extra={**about, "entries": len(one.offer.lines), "reason": one.waits})
        self._name(parked)
        logger.info("slice settled", extra={"shard": shard, "sequence_number": part[-1].number, "records": len(part)})

    def settled_late(self, one: Offered) -> None:
        """An offer that waited."""
        self._count(one)
        self.figures["records"] += one.size
        self.figures.update(moved_late(one))
        self._name(one.parked)
        about = {"campaign": one.offer.campaign, "load": one.offer.load, "offer": one.offer.name}
        logger.info("entries taken after all", extra={**about, "entries": one.size})

    def put_off(self, message: str, reason: str, seconds: float) -> None:
        logger.warning("put off", extra={"message_id": message, "reason": reason, "seconds": seconds})

    def failed(self, shard: str, number: str, reason: OvationError) -> None:
        logger.error("not settled", extra={"shard": shard, "sequence_number": number, "reason": str(reason)})

    def told(self) -> dict[str, int]:
        """The answer's counts; tells them as metrics, too."""
        campaigns = {"input": len(self.offered), "scoring": len(self.taken)}
        counts = {**{name: self.figures[name] for name in METRICS}, **campaigns}
        for name, metric in METRICS.items():
            with single_metric(metric, MetricUnit.Count, counts[name], namespace=NAMESPACE):
                pass
        return {name: counts[name] for name in TOLD}

    def _count(self, one: Offered) -> None:
        self.offered.add(one.offer.campaign)
        if one.taken:
            self.taken.add(one.offer.campaign)

    def _name(self, parked: Sequence[Parked]) -> None:
        for it in parked:
            about = {"campaign": it.campaign, "load": it.load, "sequence_number": it.number}
            logger.error("parked", extra={**about, "reason": it.reason})
