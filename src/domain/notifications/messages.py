"""The file of what reminders cost and who they come from in, the budget, prices and brands out."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from domain.errors import Rejected
from domain.notifications.brands import Brands

MOST_PARTS = 10  # what SMS providers join to one message


@dataclass(frozen=True, slots=True)
class Price:
    """Of one part to one phone."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class MessageRules:
    """`notifications/messages.yaml`. `prices` by country, ISO 3166 alpha-2."""

    budget: int
    brands: Brands
    prices: Mapping[str, Price]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Rejected: the key, and what is wrong with it."""
        unknown = sorted(document.keys() - {"budgetParts", "brands", "pricePerPart"})
        if unknown:
            raise Rejected(f"{unknown[0]} is no key; there are: budgetParts, brands, pricePerPart")
        return cls(
            _budget(document.get("budgetParts")),
            _brands(document.get("brands")),
            {country: _price(country, it) for country, it in _mapping("pricePerPart", document).items()},
        )

    def price(self, locale: str) -> Price | None:
        """Of the country of a locale; None: nobody has told us."""
        return self.prices.get(locale.rpartition("-")[2].upper())


def _budget(told: Any) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or not 1 <= told <= MOST_PARTS:
        raise Rejected(f"budgetParts must be a whole number from 1 to {MOST_PARTS}, not {told!r}")
    return told


def _brands(told: Any) -> dict[str, str]:
    if (
        not isinstance(told, dict)
        or not told
        or not all(isinstance(it, str) and it for pair in told.items() for it in pair)
    ):
        raise Rejected("brands must name a brand for the beginning of a market's id, like TM_: Ticketmaster")
    return dict(told)


def _mapping(key: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get(key)
    if not isinstance(found, dict) or not all(isinstance(it, str) for it in found):
        raise Rejected(f"{key} must be a mapping of countries")
    return found


def _price(country: str, told: Any) -> Price:
    where = f"pricePerPart.{country}"
    if not isinstance(told, dict) or told.keys() != {"amount", "currency"}:
        raise Rejected(f"{where} must have an amount and a currency")
    try:
        amount = Decimal(str(told["amount"]))
    except InvalidOperation:
        raise Rejected(f"{where}.amount must be a number, not {told['amount']!r}") from None
    currency = told["currency"]
    if not amount.is_finite() or amount < 0:
        raise Rejected(f"{where}.amount must be a number from 0 on, not {told['amount']!r}")
    if not isinstance(currency, str) or len(currency) != 3 or not currency.isupper():
        raise Rejected(f"{where}.currency must be three capital letters, not {currency!r}")
    return Price(amount, currency)
