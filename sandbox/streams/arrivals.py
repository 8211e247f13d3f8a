"""Records just read -> when they arrived: as the stream says, or on the sandbox's own time."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sandbox.streams.checkpoints import Stamp


@dataclass(slots=True)
class Arrivals:
    """Arrival times of one shard's records.

    Emulators stamp with the real time. With `restamp`, a record has arrived at the virtual time it was first read, and
    keeps that time when it is read again after a crash; so let the dispatcher drain before moving the clock.
    """

    restamp: bool
    stamps: list[Stamp] = field(default_factory=list)

    def of(self, positions: Sequence[str], given: Sequence[datetime], now: datetime) -> list[datetime]:
        """The arrival times of records at ascending `positions`, in UTC."""
        if not self.restamp:
            return [moment.astimezone(UTC) for moment in given]
        fresh = [position for position in positions if not self._known(position)]
        if fresh and self.stamps and self.stamps[-1].at == now.isoformat():
            self.stamps[-1] = replace(self.stamps[-1], last=fresh[-1])
        elif fresh:
            self.stamps.append(Stamp(fresh[0], fresh[-1], now.isoformat()))
        return [datetime.fromisoformat(self._known(position) or "") for position in positions]

    def forget(self, after: str | None) -> None:
        """Drop what belongs to finished records only."""
        if after is not None:
            self.stamps = [stamp for stamp in self.stamps if int(stamp.last) > int(after)]

    def _known(self, position: str) -> str | None:
        return next((s.at for s in self.stamps if int(s.first) <= int(position) <= int(s.last)), None)
