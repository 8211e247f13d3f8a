"""What a visitor's link leads to in, the page to show out: which one, in whose language, with what in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from domain.solicitation.answer import COMMENT_LENGTH, REVIEW_LENGTH, STARS, TAGS, Answer, Form, Invalid, asks_thumbs
from domain.solicitation.mail import DEFAULT_LOCALE
from domain.solicitation.names import shortened, tidy
from domain.solicitation.program import Program

Kind = Literal[
    "review",
    "feedback",
    "thanks",
    "answered",
    "photos",
    "expired",
    "forged",
    "unavailable",
    "unsubscribe",
    "unsubscribed",
    "subscribed",
]
NAME_LENGTH = 120  # characters of a name on a page
MOST_PHOTOS = 5
WITH_PHOTOS = frozenset({"review", "thanks"})  # these hold the photos page in a frame
Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """`shows` is what the template of `kind` fills in; `status` the HTTP status it is sent with."""

    kind: Kind
    locale: str
    status: int = 200
    shows: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What a mail asked: its delivery item and program, the name of who was asked if we still know it, the page's own path."""

    delivery: Item
    program: Program
    customer_name: str | None
    path: str

    @property
    def locale(self) -> str:
        return str(self.delivery.get("locale", DEFAULT_LOCALE))

    @property
    def photographed(self) -> bool:
        """Whether photos may go with the answer: things have looks, tracks have none."""
        return not asks_thumbs(self.program)

    def shown(self) -> dict[str, Any]:
        """What every page about the question may name; a name that is not there is an empty text."""
        return {
            "subject": _name(self.delivery.get("subjectName")),
            "program": _name(self.program.name),
            "customer": _name(self.customer_name),
            "path": self.path,
        }


def form_page(question: Question, typed: Form | None = None, invalid: Invalid | None = None) -> Page:
    """The form, empty or as it was sent; with `invalid` it says what to mend."""
    thumbs = asks_thumbs(question.program)
    most = COMMENT_LENGTH if thumbs else REVIEW_LENGTH
    shows = question.shown() | {
        "typed": _typed(typed or {}),
        "invalid": {"field": invalid.field, "reason": invalid.reason} if invalid else None,
        "most": most,
        **({"tags": TAGS} if thumbs else {"stars": tuple(map(int, STARS))}),
    }
    return Page("feedback" if thumbs else "review", question.locale, 400 if invalid else 200, shows)


def busy_page(question: Question, typed: Form) -> Page:
    """The form as it was sent, when nothing could be stored: sending it again may do."""
    page = form_page(question, typed)
    return Page(page.kind, page.locale, 503, {**page.shows, "invalid": {"field": None, "reason": "busy"}})


def thanks_page(question: Question, answer: Answer) -> Page:
    return Page("thanks", question.locale, 200, question.shown() | _said(answer, question))


def answered_page(question: Question, answer: Answer) -> Page:
    """The answer that stands, to a visitor who comes again."""
    return Page("answered", question.locale, 200, question.shown() | _said(answer, question))


def photos_page(question: Question, photos: Sequence[str], upload: Item | None) -> Page:
    """The photos there are, as addresses of pictures, and the form that adds one more; None once there are enough."""
    shows = question.shown() | {"photos": photos, "upload": upload, "most": MOST_PHOTOS}
    return Page("photos", question.locale, 200, shows)


def expired_page(locale: str) -> Page:
    """The link was ours and its time is over, or what it was about is no longer known to us."""
    return Page("expired", locale, 410)


def forged_page(locale: str) -> Page:
    """Nothing of ours: a link cut in half, changed, or made up."""
    return Page("forged", locale, 404)


def unavailable_page(locale: str) -> Page:
    return Page("unavailable", locale, 503)


def unsubscribe_page(question: Question, kind: Literal["unsubscribe", "unsubscribed", "subscribed"]) -> Page:
    """The question whether to leave, and the two states it can lead to; each offers the way to the other."""
    return Page(kind, question.locale, 200, question.shown())


def preferred_locale(accept_language: str) -> str:
    """The language a browser likes best (RFC 9110, 12.5.4), for pages that belong to no delivery; English when it names none."""
    ranked = sorted(
        ((tag.strip(), _weight(rest)) for tag, _, rest in (part.partition(";") for part in accept_language.split(","))),
        key=lambda choice: -choice[1],
    )
    return next((tag for tag, weight in ranked if tag and tag != "*" and weight > 0), DEFAULT_LOCALE)


def _weight(parameters: str) -> float:
    try:
        return float(parameters.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0


def _name(name: str | None) -> str:
    fit = tidy(name)
    return shortened(fit, NAME_LENGTH) if fit else ""


def _typed(form: Form) -> dict[str, Any]:
    """What was sent, to be put back into the form: single values as text, all tags."""
    single = {name: (form.get(name) or [""])[0] for name in ("stars", "thumb", "text")}
    return {**single, "tags": tuple(form.get("tags", ()))}


def _said(answer: Answer, question: Question) -> dict[str, Any]:
    opinion = answer.opinion
    return {
        "stars": opinion.stars,
        "thumb": opinion.thumb,
        "text": opinion.text or "",
        "chosen": opinion.tags,
        "day": _day(answer.submitted_at, question.delivery.get("zone")),
        "photographed": question.photographed,
    }


def _day(at: datetime, zone: str | None) -> date:
    """The date where the visitor lives."""
    return at.astimezone(ZoneInfo(zone or "UTC")).date()
