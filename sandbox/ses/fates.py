"""An address in, what becomes of a mail to it out: by its name, or by a seeded share."""

from dataclasses import dataclass
from hashlib import sha256

# The local parts of SES's mailbox simulator (a +label may follow), at any domain; softbounce is ours.
SIMULATED = {
    "success": "delivered",
    "bounce": "bounced",
    "complaint": "complained",
    "suppressionlist": "globally_suppressed",
    "ooto": "delivered",
    "softbounce": "soft_bounced",
}


@dataclass(frozen=True)
class Fates:
    """What becomes of mails to addresses with no fate of their own: shares of 1, drawn by seed and address."""

    bounced: float = 0.0
    soft_bounced: float = 0.0
    complained: float = 0.0
    seed: int = 0

    def of(self, address: str, suppressed: bool) -> str:
        if suppressed:
            return "account_suppressed"
        if fate := SIMULATED.get(address.lower().partition("@")[0].partition("+")[0]):
            return fate
        drawn, mark = chance(self.seed, "fate", address), 0.0
        for name in ("bounced", "soft_bounced", "complained"):
            mark += getattr(self, name)
            if drawn < mark:
                return name
        return "delivered"


def chance(*of: object) -> float:
    """In [0, 1), the same for the same arguments."""
    return int.from_bytes(sha256(repr(of).encode()).digest()[:6], "big") / 2**48
