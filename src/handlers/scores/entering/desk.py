"""What offering entries needs: the services, the ledger, the place for what waits, and the time that is left."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from adapters.aws.entry_ledger import EntryLedger
from adapters.aws.parked_records import ParkedRecords
from adapters.aws.score_table import ScoreTable
from adapters.aws.waiting_entries import WaitingEntries
from adapters.http.campaign_service import CampaignService
from adapters.http.entry_service import EntryService

# Longer than one call may take, with what is still to be written after it.
RESERVE = 35_000  # milliseconds
NO_TIME = "no time left"


@dataclass(frozen=True)
class Desk:
    """Built once a process."""

    campaigns: CampaignService
    entries: EntryService
    table: ScoreTable
    ledger: EntryLedger
    waiting: WaitingEntries
    parked: ParkedRecords


@dataclass(frozen=True)
class Clock:
    """`remaining`: milliseconds that the invocation has left."""

    now: datetime
    remaining: Callable[[], int]

    @property
    def in_time(self) -> bool:
        """Whether another call may begin."""
        return self.remaining() > RESERVE
