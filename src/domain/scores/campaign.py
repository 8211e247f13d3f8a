"""What Campaign Service tells of a campaign and its markets in, what scores need of it out."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

IDENTIFIERS = ("memberId", "globalUserId", "email")  # what a campaign may know its fans by
# Letters that Unicode does not take apart, as people without them on their keyboard write them.
PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "&": " and "})
UNHEARD = str.maketrans(dict.fromkeys("'’‘`´ʼ"))  # d'Alene is dAlene


@dataclass(frozen=True, slots=True)
class Campaign:
    """`name` and `channel` (Slack's, for statistics) are None where the service tells none; `no_alert`: Slack hears nothing."""

    id: str
    name: str | None
    identifier: str | None
    channel: str | None
    no_alert: bool


def read_campaign(id: str, document: Mapping[str, Any]) -> Campaign:
    """An answer of `GET /campaigns/{id}`: {name, identifier, slack: {channels: {stats: [..]}, noAlert}}; what is absent or of
    another type is None, for a name that is missing is no reason to be silent.
    """
    slack = _object(document.get("slack"))
    stats = _object(slack.get("channels")).get("stats")
    identifier = document.get("identifier")
    return Campaign(
        id,
        _text(document.get("name")),
        identifier if identifier in IDENTIFIERS else None,
        next((name for it in stats if (name := _text(it))), None) if isinstance(stats, list) else None,
        slack.get("noAlert") is True,
    )


def market_name(text: str) -> str:
    """A market's name as it is compared: `St. Louis`, `ST LOUIS` and `st  louis` are one, so are `Montréal` and `Montreal`."""
    letters = unicodedata.normalize("NFKD", text.casefold().translate(UNHEARD).translate(PLAIN)).casefold()
    bare = "".join(it for it in letters if not unicodedata.combining(it))
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


def market_ids(documents: Iterable[Any]) -> dict[str, str]:
    """An answer of `GET /campaigns/{id}/markets`, [{id, name}]: ids by `market_name`. A name that two markets have means neither:
    a record is better kept back than put into the wrong market.
    """
    found: dict[str, set[str]] = {}
    for it in map(_object, documents):
        id, name = _text(it.get("id")), market_name(_text(it.get("name")) or "")
        if id and name:
            found.setdefault(name, set()).add(id)
    return {name: ids.pop() for name, ids in found.items() if len(ids) == 1}


def _text(value: Any) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
