"""What is known of a fan's language in, the locale that a reminder is written in out."""

from collections.abc import Mapping
from re import fullmatch
from types import MappingProxyType

DEFAULT = "en-us"
KNOWN = (DEFAULT, "en-ca", "fr-ca")
MARKETS: Mapping[str, str] = MappingProxyType({"US": "en-us", "CA": "en-ca"})  # by a market's country: TM_CA, LN_US


def locale_of(demand: str | None, market: str | None, event: str | None, known: tuple[str, ...] = KNOWN) -> str:
    """The first of demand, market and event whose language there is: `fr_CA`, `FR` and `fr-FR` are fr-ca; else en-us.

    A language without a country of ours is spoken as in the market, where it is spoken there: `en` of TM_CA is en-ca.
    """
    at_home = _known(_of_market(market), (), known)
    found = (_known(demand, (at_home,), known), at_home, _known(event, (at_home,), known))
    return next((locale for locale in found if locale), DEFAULT)


def tag(text: object) -> str | None:
    """A locale in the one form we keep it in, `en-us` or `en`; None for what is none."""
    if not isinstance(text, str):
        return None
    parts = fullmatch(r"([A-Za-z]{2})(?:[-_]([A-Za-z]{2}))?", text.strip())
    return "-".join(part.lower() for part in parts.groups() if part) if parts else None


def _known(text: str | None, preferred: tuple[str | None, ...], known: tuple[str, ...]) -> str | None:
    locale = tag(text)
    if locale is None or locale in known:
        return locale
    return next((it for it in (*preferred, *known) if it and it[:2] == locale[:2]), None)


def _of_market(market: str | None) -> str | None:
    return MARKETS.get(market.strip().upper().rpartition("_")[2]) if isinstance(market, str) else None
