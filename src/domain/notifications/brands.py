"""A market's id in, the brand that fans there know us by out (reference/ticketing.md, 2.7)."""

from collections.abc import Mapping

Brands = Mapping[str, str]  # by the letters that a market's id begins with
DEFAULT_BRAND = "Ticketmaster"
BRANDS: Brands = {"TM_": DEFAULT_BRAND, "LN_": "Live Nation"}


def brand_of(market: str | None, brands: Brands = BRANDS) -> str:
    """`LN_US` is Live Nation. The longest beginning that fits decides; of no market we know, it is Ticketmaster, as in the seed."""
    fitting = [prefix for prefix in brands if (market or "").upper().startswith(prefix.upper())]
    return brands[max(fitting, key=len)] if fitting else DEFAULT_BRAND
