"""What goes wrong in the warehouse: answers that get lost, statements that fail with the engine's words or never end."""

import threading
from dataclasses import dataclass, field

from sandbox.aws_http import Faults


@dataclass
class _Spell:
    """Befalls the next `count` statements whose text holds `matching`."""

    matching: str
    count: int
    message: str = ""


@dataclass
class WarehouseFaults(Faults):
    """Beside the faults of every stand-in: `lose_answer` counts coming calls that are carried out but never answered,
    `late_rows` those that ask Athena for a row count before it is published."""

    lose_answer: int = 0
    late_rows: int = 0
    _failing: list[_Spell] = field(default_factory=list, repr=False)
    _endless: list[_Spell] = field(default_factory=list, repr=False)
    _spells: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def fail_statement(self, message: str, matching: str = "", count: int = 1) -> None:
        """Let coming statements fail after they were accepted, with the engine's `message`."""
        self._failing.append(_Spell(matching, count, message))

    def never_end(self, matching: str = "", count: int = 1) -> None:
        """Let coming statements run until they are cancelled."""
        self._endless.append(_Spell(matching, count))

    def failure_of(self, sql: str) -> str | None:
        """The message this statement fails with; counts the fault off."""
        spell = self._take(self._failing, sql)
        return spell.message if spell else None

    def is_endless(self, sql: str) -> bool:
        """Whether this statement runs for ever; counts the fault off."""
        return self._take(self._endless, sql) is not None

    def clear(self) -> None:
        """All is well again."""
        self.latency, self.throttle, self.unavailable, self.hang = 0.0, 0, 0, 0
        self.lose_answer = self.late_rows = 0
        with self._spells:
            self._failing.clear()
            self._endless.clear()

    def _take(self, spells: list[_Spell], sql: str) -> _Spell | None:
        with self._spells:
            for spell in spells:
                if spell.count > 0 and spell.matching in sql:
                    spell.count -= 1
                    return spell
        return None
