"""A document from the stream of statuses in, what it says out: of one notification, or of who wants no more of them, or does again."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from domain.errors import Rejected
from domain.notifications.instants import moment
from domain.notifications.keys import FAN, NOTIFICATION, SMS, Key
from domain.notifications.statuses import Sighting, Status
from domain.notifications.text_events import is_text_event, sighted

STATUSES: Mapping[str, Status] = {"queued": "QUEUED", "sent": "SENT", "delivered": "DELIVERED", "failed": "FAILED"}
OUT = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "ARRET"}
)  # CTIA's words, and the French one
BACK = frozenset({"START", "UNSTOP"})
NUMBER = re.compile(r"\+[0-9]{5,15}")  # E.164
PERSONAL = re.compile(r"\+?\d[\d ().-]{5,}\d|\S+@\S+")  # a number or a mail address within a provider's text
REASON, CODE = 200, 40  # characters kept of a provider's text and of its code
PK, SK = 2048, 1024  # bytes of a key at most (AWS)
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MILLISECONDS = 1e11  # epoch numbers from here on are no seconds: those would lie in the year 5138


@dataclass(frozen=True, slots=True)
class Told:
    """Of one notification; `message`: the id that it was sent under, None where nobody says."""

    key: Key
    sighting: Sighting
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A person wants no more reminders at an address, or wants them again; `source` as the list of opt-outs has it."""

    method: str
    address: str
    at: datetime
    out: bool
    source: str


def read(document: Any) -> Told | Reply | None:
    """None: it says nothing that we follow. Rejected: it cannot be read; the text is a code, with nothing of the document in it."""
    if not isinstance(document, Mapping):
        raise Rejected("not_an_object")
    if is_text_event(document):
        return _of_aws(document)
    return _reply(document) if document.get("type") == "inbound" else _of_service(document)


def kept_reason(told: Any) -> str:
    """A provider's text as a row keeps it: short, without the address that some repeat in it."""
    return PERSONAL.sub("[redacted]", told)[:REASON] if isinstance(told, str) and told.strip() else "unspecified"


def _of_service(document: Mapping[str, Any]) -> Told:
    status = STATUSES.get(_text(document, "status", "unknown_status").lower())
    if status is None:
        raise Rejected("unknown_status")
    message = _text(document, "messageId", "no_message_id")
    error = _why(document.get("error")) if status == "FAILED" else None
    return Told(
        notification_key(document.get("appMetadata")), Sighting(status, _at(document.get("timestamp")), error), message
    )


def _of_aws(document: Mapping[str, Any]) -> Told | None:
    found = sighted(document)
    if found is None:
        return None
    it, error = found.sighting, found.sighting.error
    if error is not None:
        error = {"statusCode": str(error["statusCode"])[:CODE], "reason": kept_reason(error["reason"])}
    return Told(notification_key(found.key._asdict()), replace(it, at=_likely(it.at), error=error), found.message_id)


def _reply(document: Mapping[str, Any]) -> Reply | None:
    word = _word(_text(document, "text", "no_text"))
    if word not in OUT | BACK:
        return None
    number = _text(document, "from", "no_number").strip()
    if not NUMBER.fullmatch(number):
        raise Rejected("no_number")
    return Reply(SMS, number, _at(document.get("timestamp")), word in OUT, "STOP" if word in OUT else "START")


def _word(text: str) -> str:
    """The letters alone, so that `Arrêt.` is the word, and a sentence is not."""
    plain = unicodedata.normalize("NFKD", text[:REASON]).upper().strip(" \t\r\n.!\"'«»")
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).strip()


def notification_key(told: Any) -> Key:
    """`told`: {pk, sk}, from wherever. Rejected: they are no notification's."""
    if not isinstance(told, Mapping):
        raise Rejected("no_key")
    pk, sk = (_text(told, name, "no_key") for name in ("pk", "sk"))
    if not (pk.startswith(FAN) and sk.startswith(NOTIFICATION) and _fits(pk, PK) and _fits(sk, SK)):
        raise Rejected("no_key")
    return Key(pk, sk)


def _fits(text: str, most: int) -> bool:
    return len(text.encode("utf-8", "replace")) <= most


def _why(error: Any) -> dict[str, Any]:
    told = error if isinstance(error, Mapping) else {"detail": error}
    why: dict[str, Any] = {"reason": kept_reason(told.get("detail"))}
    code = told.get("code")
    if type(code) is int and abs(code) < 10**9:
        why["statusCode"] = code
    elif isinstance(code, str) and code:
        why["statusCode"] = PERSONAL.sub("[redacted]", code)[:CODE]
    return why


def _at(told: Any) -> datetime:
    """An ISO text, or an epoch in seconds or milliseconds."""
    try:
        if isinstance(told, str):
            return _likely(moment(told))
        if type(told) in (int, float) and math.isfinite(told):
            return _likely(datetime.fromtimestamp(told / 1000 if told >= MILLISECONDS else told, UTC))
    except (OSError, OverflowError, Rejected, ValueError):
        pass
    raise Rejected("no_time")


def _likely(at: datetime) -> datetime:
    if not EARLIEST <= at < LATEST:
        raise Rejected("no_time")
    return at


def _text(document: Mapping[str, Any], name: str, code: str) -> str:
    told = document.get(name)
    if not isinstance(told, str) or not told:
        raise Rejected(code)
    return told
