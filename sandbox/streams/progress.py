"""Records seen and finished, in any order -> the position up to which everything is finished."""

from collections import OrderedDict
from dataclasses import dataclass, field


@dataclass(slots=True)
class Progress:
    """How far a shard may be checkpointed: never past a record that is still on its way."""

    after: str | None = None
    _open: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def see(self, position: str) -> None:
        """Note a record, in the shard's order; a repeat of the newest position counts as one more to finish."""
        self._open[position] = self._open.get(position, 0) + 1

    def finish(self, position: str) -> None:
        """Note that a record was acknowledged, discarded or filtered out."""
        self._open[position] -= 1
        while self._open and not next(iter(self._open.values())):
            self.after, _ = self._open.popitem(last=False)

    @property
    def finished(self) -> bool:
        return not self._open
