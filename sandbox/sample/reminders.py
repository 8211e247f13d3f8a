"""A number of fans and a sale in, their wishes to be reminded of it out: by SMS, mail or both, in three locales."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.notifications.demand import Demand
from domain.notifications.keys import EMAIL, SMS

WAYS = ((SMS,), (EMAIL,), (SMS, EMAIL))
LOCALES = (("en-us", "TM_US"), ("en-ca", "TM_CA"), ("fr-ca", "TM_CA"), (None, "TM_US"))
WISHED_BEFORE = timedelta(days=10)
# Area codes with the numbers that are kept for fiction: 555-0100 to 555-0199 in each.
AREAS = ("202", "206", "212", "213", "303", "305", "312", "404", "415", "503", "512", "602", "612", "617", "702", "713")
CANADIAN = ("416", "418", "514", "604", "613", "780", "819", "902")
A_CODE = 100
DEAD_ONE_IN, SLOW_ONE_IN = 50, 25  # numbers that are none, and whose first SMS the service fails to take


@dataclass(frozen=True, slots=True)
class Crowd:
    """`fans` who each want to be reminded of one sale. The same numbers make the same fans."""

    fans: int
    event: str
    sale: str
    starts: datetime

    def demand(self) -> Iterator[Demand]:
        return (self._wish(number) for number in range(self.fans))

    def numbers(self, every: int) -> tuple[str, ...]:
        """The phone numbers of each `every`-th fan who wants an SMS."""
        return tuple([it.phone for it in self.demand() if it.phone][every - 1 :: every])

    @property
    def dead(self) -> tuple[str, ...]:
        return self.numbers(DEAD_ONE_IN)

    @property
    def slow(self) -> tuple[str, ...]:
        return tuple(it for it in self.numbers(SLOW_ONE_IN) if it not in self.dead)

    def notifications(self) -> int:
        """How many reminders they want in all."""
        return sum(len(it.methods) for it in self.demand())

    def _wish(self, number: int) -> Demand:
        ways, (locale, market) = WAYS[number % len(WAYS)], LOCALES[number // len(WAYS) % len(LOCALES)]
        fan = f"fan-{self.sale}-{number:05d}"
        return Demand(
            fan,
            self.event,
            self.sale,
            ways,
            self.starts - WISHED_BEFORE + timedelta(seconds=number),
            phone_number(number) if SMS in ways else None,
            f"{fan}@example.com" if EMAIL in ways else None,
            locale,
            market,
        )


def phone_number(number: int) -> str:
    """ValueError: there are no more numbers that are nobody's."""
    areas = (*AREAS, *CANADIAN)
    if number >= A_CODE * len(areas):
        raise ValueError(f"there are {A_CODE * len(areas)} numbers for fiction, not {number + 1}")
    return f"+1{areas[number % len(areas)]}55501{number // len(areas):02d}"
