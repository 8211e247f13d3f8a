"""One fanlist in; its fans' rows, what the campaign data stream is told of them, the load's figures and its verdict's message out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from aws_lambda_powertools import Logger

from adapters.aws.load_ledger import LoadLedger
from adapters.aws.score_files import ScoreFiles
from adapters.aws.score_stream import ScoreStream
from adapters.aws.score_table import ScoreTable
from adapters.aws.verdict_queue import VerdictQueue
from adapters.files.highest_scores import HighestScores, highest_scores
from adapters.http.campaign_service import CampaignService
from domain.errors import Rejected, Unavailable
from domain.scores.drop import Drop
from domain.scores.fanlist import Entry, fan_of, told
from domain.scores.load import LOADED, LOADING, REJECTED, Place, Progress, Standing
from domain.scores.marks import CREATED, SUPERSEDED, UNCHANGED, UPDATED
from domain.scores.upsert import FAILED, INVALID
from handlers.scores.fanlists.reading import Reading
from handlers.scores.loading.messages import Paused

PART = 5000  # fans
RESERVE = 60.0  # seconds that a part is begun with at least: where the table throttles it may take most of them
TAKEN = (CREATED, UPDATED, UNCHANGED)

logger = Logger(service="save_fanlist_scores")


@dataclass(frozen=True)
class Saving:
    """One invocation's work. `counts` is what it has done: (seed's group, name) -> rows."""

    holder: str
    remaining: Callable[[], int]  # milliseconds
    clock: Callable[[], datetime]
    ledger: LoadLedger
    files: ScoreFiles
    table: ScoreTable
    stream: ScoreStream
    campaigns: CampaignService
    verdicts: VerdictQueue
    bucket: str
    part_fans: int = PART
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    shares: list[float] = field(default_factory=list)  # percents of invalid rows, of each file that came to its end

    def save(self, drop: Drop) -> str:
        """The load's state. Unavailable: it is not at its end, and goes on where it stopped when its message comes again."""
        standing = self.ledger.begin(drop, self.holder, self.clock())
        drop, state, out = standing.drop, standing.state, standing.progress.figures["out"]
        if state == LOADING:
            try:
                state, out = LOADED, self._load(standing)
            except Rejected as why:
                state = self._reject(standing, str(why))
            except Unavailable:
                with suppress(Unavailable):
                    self.ledger.release(drop, self.holder)
                raise
        if state == LOADED and not standing.told:
            self.verdicts.tell(drop.campaign, out, drop.load)
            self.ledger.told(drop, self.clock())
        return state

    def _load(self, standing: Standing) -> int:
        """How many fans' rows it reached. Read again whenever it goes on: cheap beside the rows, and always the same."""
        drop, progress = standing.drop, standing.progress
        with highest_scores() as highest:
            reading, goes_by = self._read(drop, highest)
            figures = reading.figures(highest)
            if not progress.figures["in"]:
                progress = self._begun(drop, figures, reading.reasons)
            elif any(progress.figures[name] != count for name, count in figures.items()):
                raise Rejected(f"the list goes by {goes_by} now, and was begun otherwise: drop it again")
            for part, entries in highest.parts(self.part_fans, progress.place.part):
                if self.remaining() / 1000 < RESERVE:
                    raise Paused(f"load {drop.load} goes on at part {part}")
                figures = self._part(drop, goes_by, part, entries)
                progress = progress.plus(figures, {}, Place(row=part * self.part_fans + len(entries), part=part + 1))
                self.ledger.checkpoint(drop, self.holder, progress, self.clock())
        self._end(drop, progress)
        return progress.figures["out"]

    def _read(self, drop: Drop, highest: HighestScores) -> tuple[Reading, str]:
        """And what the file goes by."""

        def turn() -> None:
            self.ledger.keep(drop, self.holder, self.clock())

        reading = Reading(drop, self.files, self.bucket, turn)
        where = reading.into(highest, self._identifier(drop))
        if where.others:
            about = {"load": drop.load, "identifier": where.identifier, "others": where.others}
            logger.warning("ambiguous identifier", extra={"campaign": drop.campaign, **about})
        return reading, where.identifier

    def _identifier(self, drop: Drop) -> str | None:
        """What the campaign knows its fans by; None: it does not say, or there is no such campaign."""
        try:
            return self.campaigns.campaign(drop.campaign, self.clock()).identifier
        except Rejected as unknown:
            logger.warning("unknown campaign", extra={"load": drop.load, "reason": str(unknown)})
            return None

    def _begun(self, drop: Drop, figures: Mapping[str, int], reasons: Mapping[str, int]) -> Progress:
        progress = Progress().plus(figures, reasons, Place())
        self.ledger.checkpoint(drop, self.holder, progress, self.clock())
        self._count("input", **figures)
        return progress

    def _part(self, drop: Drop, goes_by: str, part: int, entries: Sequence[Entry]) -> Mapping[str, int]:
        """Rows, then the stream, which never tells what no row has. Unavailable: some of it is not done, and is done again."""
        fans = [fan_of(it, goes_by, drop, part) for it in entries]
        statuses = [it.status for it in self.table.upsert(fans, self.clock())]
        found = Counter(statuses)
        done = [it for it, status in zip(entries, statuses, strict=True) if status in TAKEN]
        rejected = found[SUPERSEDED] + found[INVALID]
        self._count("dynamo", **{"in": len(fans), "failed": found[FAILED], "out": len(done), "rejected": rejected})
        self._publish(drop, done)
        if found[FAILED]:
            raise Unavailable(f"load {drop.load}, part {part}: {found[FAILED]} of {len(fans)} rows were not written")
        return {"out": len(fans) - found[INVALID], "failed": found[INVALID]}

    def _publish(self, drop: Drop, entries: Sequence[Entry]) -> None:
        """A fan whose row holds a newer list's score is not among them: nobody is told of an older one."""
        tellings = (told(it, drop) for it in entries)
        done = False
        try:
            self.stream.put((key, orjson.dumps(document)) for key, document in tellings)
            done = True
        finally:
            self._count(
                "stream", **{"in": len(entries), "failed": 0 if done else len(entries), "out": len(entries) * done}
            )

    def _end(self, drop: Drop, progress: Progress) -> None:
        self.ledger.loaded(drop, self.holder, progress, self.clock())
        figures = progress.figures
        about = {"load": drop.load, "campaign": drop.campaign, "version": drop.version}
        logger.info("loaded", extra={**about, "figures": figures, "reasons": progress.reasons})
        if figures["in"]:
            self.shares.append(100 * figures["invalid"] / figures["in"])

    def _reject(self, standing: Standing, why: str) -> str:
        drop = standing.drop
        self.ledger.reject(drop, self.holder, why, self.clock(), standing.progress)
        logger.error(
            "rejected", extra={"campaign": drop.campaign, "load": drop.load, "key": drop.arrival.key, "reason": why}
        )
        self.counts["files", "rejected"] += 1
        return REJECTED

    def _count(self, group: str, **figures: int) -> None:
        self.counts.update({(group, name): figure for name, figure in figures.items()})
