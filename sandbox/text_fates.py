"""A phone number in, what becomes of a text to it out: by its last digits, by name, or by a seeded share."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

# accepted, and then delivered or undelivered; or never: invalid, opted_out; or not at the first call: flaky.
Fate = Literal["delivered", "undelivered", "invalid", "opted_out", "flaky"]
SIMULATED: Mapping[str, Fate] = {  # the last four digits of numbers that are for trying it out
    "0400": "invalid",
    "0410": "opted_out",
    "0500": "flaky",
    "0550": "undelivered",
}


@dataclass
class TextFates:
    """Shares of 1, drawn by seed and number, in this order. `named` is asked first, and may be changed."""

    invalid: float = 0.0
    opted_out: float = 0.0
    flaky: float = 0.0
    undelivered: float = 0.0
    seed: int = 0
    named: dict[str, Fate] = field(default_factory=dict)
    _failed: Counter[str] = field(default_factory=Counter, repr=False)

    def of(self, number: str) -> Fate:
        known = self.named.get(number) or SIMULATED.get(number[-4:])
        return known or self._drawn(number)

    def fails_now(self, number: str) -> bool:
        """Whether this is the first call for a flaky number; counts it."""
        if self.of(number) != "flaky":
            return False
        self._failed[number] += 1
        return self._failed[number] == 1

    def _drawn(self, number: str) -> Fate:
        digest = sha256(f"{self.seed}\0{number}".encode()).digest()
        place = int.from_bytes(digest[:8]) / 2**64
        shares: tuple[tuple[Fate, float], ...] = (
            ("invalid", self.invalid),
            ("opted_out", self.opted_out),
            ("flaky", self.flaky),
            ("undelivered", self.undelivered),
        )
        for fate, share in shares:
            if place < share:
                return fate
            place -= share
        return "delivered"
