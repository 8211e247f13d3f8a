"""A page of a sale's demand in, the notifications to write out: what many have in common is made, and typed, once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from adapters.aws.attribute_values import Item, encode_item
from adapters.files.reminder_texts import ReminderTexts
from adapters.files.zone_times import zone_of
from domain.notifications.demand import methods_of
from domain.notifications.events import Event, Sale
from domain.notifications.generation import Fate, Wording, address_of, in_common, own
from domain.notifications.keys import METHODS
from domain.notifications.locales import locale_of
from domain.notifications.rules import Rules
from domain.notifications.suppression import QUIET_HOURS, quiet
from handlers.notifications.generating.desk import Tally

Row = Mapping[str, Any]
NO_METHOD = "no_method"


class Draft(NamedTuple):
    """`common` is typed as DynamoDB has it; `own` are texts."""

    common: Item
    own: dict[str, str]
    fate: Fate


@dataclass
class Drafts:
    """Of one sale, at one instant. `link` None: the sale has started, so nothing is to be sent, and no words are needed."""

    event: Event
    sale: Sale
    link: str | None
    at: datetime
    texts: ReminderTexts
    quiet: frozenset[str]
    _made: dict[tuple[str, Any, Any, Fate], Item] = field(default_factory=dict)

    def of(self, rows: Iterable[Row], tally: Tally) -> Iterator[Draft]:
        """One a fan and way of contact."""
        for row in rows:
            methods = methods_of(row.get("contactMethod"))
            if not methods:
                tally.skipped[NO_METHOD] += 1
            for method in methods:
                if method in self.quiet and self.link is not None:
                    tally.skipped[QUIET_HOURS] += 1
                else:
                    yield self._draft(row, method)

    def _draft(self, row: Row, method: str) -> Draft:
        address = address_of(row, method)
        fate: Fate = "late" if self.link is None else "send" if address else "no_address"
        asked = (method, _text(row.get("locale")), _text(row.get("marketId")), fate)
        common = self._made.get(asked)
        if common is None:
            common = self._made[asked] = encode_item(self._common(*asked))
        return Draft(common, own(row["fanId"], self.sale, method, address, fate), fate)

    def _common(self, method: str, told: str | None, market: str | None, fate: Fate) -> Row:
        locale = locale_of(told, market, self.event.locale)
        words = None
        if fate == "send" and self.link is not None:
            words = self.texts.render(self.event, self.sale, locale, market, self.link)
        return in_common(self.event, self.sale, method, Wording(locale, market, words), fate, self.at)


def quiet_methods(rules: Rules, event: Event, at: datetime) -> frozenset[str]:
    zone = zone_of(event.zone, event.venue.zone)
    return frozenset(method for method in METHODS if quiet(rules, method, at, zone))


def _text(found: Any) -> str | None:
    """What others wrote in another type counts as not told."""
    return found if isinstance(found, str) else None
