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


def _dates(told: Any) -> bool:
    return isinstance(told, Mapping) and all(isinstance(it, str) for it in told.values())


def _errors(told: Any) -> bool:
    return isinstance(told, list) and all(isinstance(it, Mapping) for it in told)


WANTED: Mapping[str, Good] = {
    **dict.fromkeys(("fanId", "eventId", "saleId", "contactMethod", "messageId"), _text),
    "saleStartDateTime": _instant,
    "date": _dates,
}
IF_THERE: Mapping[str, Good] = {
    **dict.fromkeys(("phoneNumber", "email", "messageBody", "locale"), lambda told: isinstance(told, str)),
    **dict.fromkeys(("parts", "sendAttempts"), _whole),
    "templateVariables": lambda told: isinstance(told, Mapping),
    "notBefore": _instant,
    "errors": _errors,
}
NOTED: Mapping[str, Good] = {  # what is written of when something is told of it
    **{name: WANTED[name] for name in ("fanId", "eventId", "saleId", "date")},
    "status": lambda told: isinstance(told, Mapping) and _text(told.get("id")),
    "errors": lambda told: told is None or _errors(told),
}


def malformed(row: Row) -> str | None:
    """The name of the attribute; None: it can be worked with."""
    wrong = (name for name, good in WANTED.items() if not good(row.get(name)))
    odd = (name for name, good in IF_THERE.items() if name in row and not good(row[name]))
    return next(wrong, None) or next(odd, None)


def can_be_noted(row: Row) -> bool:
    """Whether what is told of it can be written into it."""
    return all(good(row.get(name)) for name, good in NOTED.items())
