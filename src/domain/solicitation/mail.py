"""What a mail is made of and becomes, and the language it is written in."""

from collections.abc import Collection
from dataclasses import dataclass

DEFAULT_LOCALE = "en"


@dataclass(frozen=True, slots=True)
class MailLinks:
    """Absolute addresses: the button's, the open pixel's, the link only scanners follow, and the way out of the program."""

    answer: str
    pixel: str
    trap: str
    unsubscribe: str


@dataclass(frozen=True, slots=True)
class MailContent:
    """All that differs from mail to mail. Names are as they came, fit or not; None where there is none."""

    subject_name: str | None
    customer_name: str | None
    program_name: str
    marketplace: str
    links: MailLinks


@dataclass(frozen=True, slots=True)
class Mail:
    """`subject` is one line; `html` and `text` say the same."""

    subject: str
    html: str
    text: str


def nearest_locale(locale: str, there: Collection[str]) -> str:
    """The locale to speak instead of one we may not have: `de-AT` is `de`, `en-IN` is `en`, and what we cannot speak is `en`."""
    known = {each.lower(): each for each in there}
    parts = locale.lower().replace("_", "-").split("-")
    tries = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((known[each] for each in tries if each in known), DEFAULT_LOCALE)
