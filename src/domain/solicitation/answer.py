"""What a person says of one subject: a form or a voice reply in, a checked answer out, and the item it is stored as."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from domain.errors import Rejected
from domain.solicitation.keys import customer_key, escaped
from domain.solicitation.program import Program
from domain.solicitation.stored import iso, shard_of

Thumb = Literal["up", "down"]
Form = Mapping[str, Sequence[str]]  # field -> what was sent under its name, as urllib's parse_qs gives it
Item = dict[str, Any]

STARS = ("1", "2", "3", "4", "5")
THUMBS = ("up", "down")
COMMENT_LENGTH = 200  # characters (seed 000: comment of at most 200)
REVIEW_LENGTH = 5_000  # characters
TAGS = (
    "classical",
    "country",
    "electronic",
    "folk",
    "hip-hop",
    "jazz",
    "latin",
    "metal",
    "pop",
    "r-and-b",
    "rock",
    "world",
)
SHARDS = 4  # of a day's answers in GSI1


class Invalid(Rejected):
    """A form that cannot be taken as it is: `field` names the first one at fault, `reason` is `required`, `unknown` or `too_long`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


@dataclass(frozen=True, slots=True)
class Opinion:
    """What was said: 1 to 5 stars or a thumb, and perhaps more."""

    stars: int | None = None
    thumb: Thumb | None = None
    text: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An opinion, whose, of what, and how it reached us. Where `delivery` is None no mail asked for it (voice).

    What only the stored candidate or delivery knows may be left None: `Answers.submit` fills it in from there.
    """

    program: str
    customer: str
    subject: str
    channel: str
    submitted_at: datetime
    opinion: Opinion
    photos: tuple[str, ...] = ()  # keys in the photos bucket
    delivery: str | None = None
    campaign: str | None = None
    delivered_at: str | None = None  # ISO 8601 instant in UTC
    subject_name: str | None = None
    subject_type: str | None = None
    marketplace: str | None = None
    locale: str | None = None
    genre: str | None = None
    artist: str | None = None
    score: float | None = None

    @property
    def key(self) -> dict[str, str]:
        return answer_key(self.program, self.customer, self.subject)

    def to_item(self) -> Item:
        """The item of the Responses table; what is None or empty is left out, but for the delivery's own three."""
        day = self.submitted_at.astimezone(UTC).date().isoformat()
        shard = shard_of(self.customer, SHARDS)
        return {
            **self.key,
            "GSI1PK": f"PROGRAM#{escaped(self.program)}#DATE#{day}#{shard}",
            "GSI1SK": f"{iso(self.submitted_at)}#{escaped(self.customer)}#{escaped(self.subject)}",
            **self.to_event(),
        }

    def to_event(self) -> Item:
        """What others are told of the answer: the customer's id, never their name or address."""
        always = {
            "program": self.program,
            "customer": self.customer,
            "subject": self.subject,
            "channel": self.channel,
            "submittedAt": iso(self.submitted_at),
            "photos": list(self.photos),
            "delivery": self.delivery,
            "campaign": self.campaign,
            "deliveredAt": self.delivered_at,
        }
        known = {
            "subjectName": self.subject_name,
            "subjectType": self.subject_type,
            "marketplace": self.marketplace,
            "locale": self.locale,
            "genre": self.genre,
            "artist": self.artist,
            "score": self.score,
            "stars": self.opinion.stars,
            "thumb": self.opinion.thumb,
            "text": self.opinion.text,
            "tags": list(self.opinion.tags) or None,
        }
        return always | {name: value for name, value in known.items() if value is not None}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Answer":
        opinion = Opinion(item.get("stars"), item.get("thumb"), item.get("text"), tuple(item.get("tags", ())))
        return cls(
            program=item["program"],
            customer=item["customer"],
            subject=item["subject"],
            channel=item["channel"],
            submitted_at=datetime.fromisoformat(item["submittedAt"]),
            opinion=opinion,
            photos=tuple(item["photos"]),
            delivery=item["delivery"],
            campaign=item["campaign"],
            delivered_at=item["deliveredAt"],
            subject_name=item.get("subjectName"),
            subject_type=item.get("subjectType"),
            marketplace=item.get("marketplace"),
            locale=item.get("locale"),
            genre=item.get("genre"),
            artist=item.get("artist"),
            score=item.get("score"),
        )


@dataclass(frozen=True, slots=True)
class Submitted:
    """`first`: this answer was stored now. Otherwise `answer` is the one that stood already."""

    first: bool
    answer: Answer


def answer_key(program: str, customer: str, subject: str) -> dict[str, str]:
    return {"PK": customer_key(customer), "SK": f"PROGRAM#{escaped(program)}#SUBJECT#{escaped(subject)}"}


def asks_thumbs(program: Program) -> bool:
    """Tracks get a thumb up or down, all else 1 to 5 stars."""
    return program.subject_type == "track"


def validated(form: Form, program: Program) -> Opinion:
    """The opinion a form holds: `stars`, or `thumb` and `tags`; and `text`. Fields it does not ask for are not looked at.

    Invalid: the star or thumb is missing or not one of those offered, a tag is not, or the text is too long.
    """
    if asks_thumbs(program):
        thumb: Any = _chosen(form, "thumb", THUMBS)
        return Opinion(thumb=thumb, text=_text(form, COMMENT_LENGTH), tags=_tags(form))
    return Opinion(stars=int(_chosen(form, "stars", STARS)), text=_text(form, REVIEW_LENGTH))


def _chosen(form: Form, field: str, offered: Sequence[str]) -> str:
    sent = [value for value in form.get(field, ()) if value]
    if not sent:
        raise Invalid(field, "required")
    if len(sent) > 1 or sent[0] not in offered:
        raise Invalid(field, "unknown")
    return sent[0]


def _tags(form: Form) -> tuple[str, ...]:
    """Each tag once, in the order they are offered."""
    sent = set(form.get("tags", ()))
    if not sent <= set(TAGS):
        raise Invalid("tags", "unknown")
    return tuple(tag for tag in TAGS if tag in sent)


def _text(form: Form, most: int) -> str | None:
    """The text without control characters, its lines ended as Unix does; None for one that says nothing."""
    sent = "\n".join(form.get("text", ())).replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(letter for letter in sent if letter in "\n\t" or unicodedata.category(letter) != "Cc").strip()
    if len(text) > most:
        raise Invalid("text", "too_long")
    return text or None
