"""What a service says of a message in, what that means for its notification out: by tables of status codes and reasons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Self

from domain.errors import Rejected
from domain.notifications.sms import Accepted, Refusal
from domain.notifications.status_events import kept_reason
from domain.solicitation import sending

# taken: sent on. again: not taken, and may be. refused: never will be. opted_out: they want none. unknown: it may have been taken.
# held: the service takes nothing from us now, whatever it is. apart: something in the call was wrong, not necessarily this one.
# too_late, late: no call was made, since the sale is about to start, or since the grant for the call had gone by.
Kind = Literal["taken", "again", "refused", "opted_out", "unknown", "held", "apart", "too_late", "late"]
KEYS = frozenset({"attempts", "backoffSeconds", "heldSeconds", "retryable", "held", "final", "optOut"})


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one call for one notification. `ambiguous`: it is tried again under its key, and yet it may have been taken."""

    kind: Kind
    status_code: int = 0
    reason: str = ""
    retry_after: float = 0.0
    ambiguous: bool = False
    provider_id: str | None = None

    @property
    def error(self) -> dict[str, Any]:
        """As the row keeps it; its time is added there. Verdicts go by the whole text, so this is for the row alone."""
        told = {"statusCode": self.status_code, "reason": kept_reason(self.reason or self.kind)}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class SendingRules:
    """`notifications/sending.yaml`. Reasons are phrases in lower case; a service's text has one when it holds it, whatever its case.

    `base` and `most` bound the backoff; `held`: how long what is held waits.
    """

    attempts: int
    base: timedelta
    most: timedelta
    held: timedelta
    retryable_codes: frozenset[int]
    retryable: tuple[str, ...]
    held_codes: frozenset[int]
    final: tuple[str, ...]
    opt_out: tuple[str, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Rejected: a key is unknown, missing, or not of its kind."""
        if wrong := sorted(KEYS ^ set(document)):
            raise Rejected(f"{', '.join(wrong)}: must be there, and no other key")
        base, most = _numbers(document, "backoffSeconds", ("base", "most"))
        if not 0 < base <= most:
            raise Rejected("backoffSeconds: base is more than nothing, and most no less than base")
        return cls(
            attempts=_number(document, "attempts"),
            base=timedelta(seconds=base),
            most=timedelta(seconds=most),
            held=timedelta(seconds=_number(document, "heldSeconds")),
            retryable_codes=_codes(document, "retryable"),
            retryable=_phrases(document, "retryable"),
            held_codes=_codes(document, "held"),
            final=_phrases(document, "final"),
            opt_out=_phrases(document, "optOut"),
        )

    def opted_out(self, reason: str) -> bool:
        """Whether a service's text says that somebody wants no messages any more."""
        return has(reason, self.opt_out)

    def judge(self, outcome: Accepted | Refusal, *, honours_keys: bool) -> Fate:
        """What a text's service says. What may have been taken is tried again where that sends nothing twice, else it is unknown."""
        if isinstance(outcome, Accepted):
            return Fate("taken", provider_id=outcome.provider_id)
        told = (outcome.status_code, outcome.reason, outcome.retry_after)
        if outcome.ambiguous:
            return Fate("again" if honours_keys else "unknown", *told, ambiguous=True)
        return Fate(self._kind(outcome), *told)

    def _kind(self, refusal: Refusal) -> Kind:
        """Words say more than numbers."""
        if self.opted_out(refusal.reason):
            return "opted_out"
        if has(refusal.reason, self.final):
            return "refused"
        unanswered = refusal.status_code == 0
        if unanswered or has(refusal.reason, self.retryable) or refusal.status_code in self.retryable_codes:
            return "again"
        return "held" if refusal.status_code in self.held_codes else "refused"


KINDS: Mapping[sending.Fate, Kind] = {
    "sent": "taken",
    "again": "again",
    "smaller": "apart",
    "spent": "held",
    "held": "held",
    "refused": "refused",
    "unknown": "unknown",
}


def mail_fate(word: str, message_id: str = "") -> Fate:
    """What SES's word on a mail means, and the id of one that it took; `word` as adapters.aws.mailer has it."""
    kind = KINDS[sending.fate(word)]
    if kind == "taken":
        return Fate(kind, provider_id=message_id or None)
    return Fate(kind, reason=word, ambiguous=kind == "unknown")


def has(reason: str, phrases: Iterable[str]) -> bool:
    told = " ".join(reason.casefold().replace("_", " ").split())
    return any(phrase in told for phrase in phrases)


def _number(document: Mapping[str, Any], name: str) -> int:
    found = document[name]
    if type(found) is not int or found < 1:
        raise Rejected(f"{name}: must be a whole number from 1 on")
    return found


def _numbers(document: Mapping[str, Any], key: str, names: tuple[str, ...]) -> list[float]:
    found = document[key]
    if not isinstance(found, Mapping) or set(found) != set(names):
        raise Rejected(f"{key}: must have {' and '.join(names)}")
    if wrong := [name for name in names if type(found[name]) not in (int, float)]:
        raise Rejected(f"{key}.{', '.join(wrong)}: must be a number of seconds")
    return [float(found[name]) for name in names]


def _codes(document: Mapping[str, Any], key: str) -> frozenset[int]:
    found = _listed(document, key, "statusCodes")
    if not all(type(it) is int and 100 <= it <= 599 for it in found):
        raise Rejected(f"{key}.statusCodes: must be HTTP's")
    return frozenset(found)


def _phrases(document: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = _listed(document, key, "reasons")
    if not all(isinstance(it, str) and it.strip() for it in found):
        raise Rejected(f"{key}.reasons: must be texts")
    return tuple(" ".join(it.casefold().replace("_", " ").split()) for it in found)


def _listed(document: Mapping[str, Any], key: str, name: str) -> list[Any]:
    found = document[key].get(name, []) if isinstance(document[key], Mapping) else None
    if not isinstance(found, list):
        raise Rejected(f"{key}: must have lists")
    return found
