"""Sales of an event in, out which of them a fan is told of first where several start at one instant: one moment, one reminder."""

from collections.abc import Iterable

from domain.notifications.events import PUBLIC, Sale

# The sale that is for everybody is told without a name, which is right for all who asked. Then what admits to ordinary tickets and
# wants preparing, a code or a card, before what anybody may buy, and dearer offers last.
_CARDS = ("AMEX", "CITI", "CHASE", "CAPITALONE", "CC")
_ORDER = (
    (PUBLIC,),
    ("VF",),
    ("ARTIST_PRESALE",),
    _CARDS,
    ("VERIZON", "LN"),
    ("SIGNUP", "GENERAL"),
    ("VIP", "PLAT"),
    ("RESALE",),
)
RANKS = {type: place for place, types in enumerate(_ORDER) for type in types}


def siblings(sales: Iterable[Sale]) -> dict[str, tuple[str, ...]]:
    """By sale id, the unsuppressed sales of the same instant that rank before it, best first. A suppressed sale has no place here."""
    ranked = sorted((sale for sale in sales if sale.suppressed is None), key=_rank)
    return {
        sale.id: tuple(other.id for other in ranked[:place] if other.starts == sale.starts)
        for place, sale in enumerate(ranked)
    }


def _rank(sale: Sale) -> tuple[int, str]:
    """A sale of several types is as its dearest is; ids settle a tie, as names may repeat."""
    return max((RANKS.get(type, len(RANKS)) for type in sale.types), default=len(RANKS)), sale.id
