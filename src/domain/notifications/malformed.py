"""A notification's row in, the first of its attributes that nobody can work with out: others write to the table, too."""

from collections.abc import Callable, Mapping
from typing import Any

from domain.errors import Rejected
from domain.notifications.instants import moment
from domain.notifications.statuses import Row

Good = Callable[[Any], bool]


def _text(told: Any) -> bool:
    return isinstance(told, str) and told != ""


def _instant(told: Any) -> bool:
    try:
        moment(told)
    except Rejected:
        return False
    return True


def _whole(told: Any) -> bool:
    return type(told) is int and told >= 0


WANTED: Mapping[str, Good] = {
    **dict.fromkeys(("fanId", "eventId", "saleId", "contactMethod", "messageId"), _text),
    "saleStartDateTime": _instant,
    "date": lambda told: isinstance(told, Mapping),
}
IF_THERE: Mapping[str, Good] = {
    **dict.fromkeys(("phoneNumber", "email", "messageBody", "locale"), lambda told: isinstance(told, str)),
    **dict.fromkeys(("parts", "sendAttempts"), _whole),
    "templateVariables": lambda told: isinstance(told, Mapping),
    "notBefore": _instant,
    "errors": lambda told: isinstance(told, list),
}


def malformed(row: Row) -> str | None:
    """The name of the attribute; None: it can be worked with."""
    wrong = (name for name, good in WANTED.items() if not good(row.get(name)))
    odd = (name for name, good in IF_THERE.items() if name in row and not good(row[name]))
    return next(wrong, None) or next(odd, None)
