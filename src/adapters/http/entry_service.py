"""The Entry Service: up to a thousand entries of a campaign in one call, and what it says became of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson
import requests

from adapters.aws.service_secrets import ENTRY_TOKEN, ServiceSecrets
from adapters.http.outside import TIMEOUT, outside_call, taken
from domain.errors import Rejected, Unavailable, Unknown

ELSEWHERE = frozenset({301, 302, 303, 307, 308, 401, 403})  # an address or a token that is not right
NOT_ALL_GOOD = frozenset({400, 413, 422})
ANSWERED = ("inserted", "updated", "found")


class Refused(Rejected):
    """Something in the call is not taken, so nothing of it was: a part of it may be."""


@dataclass(frozen=True)
class EntryService:
    """`path` holds `{campaignId}`. Calls are made once: trying again is the caller's business, under the same key."""

    http: requests.Session
    url: str
    path: str
    tokens: ServiceSecrets
    timeout: tuple[float, float] = TIMEOUT

    def offer(self, campaign: str, entries: Sequence[Mapping[str, Any]], key: str, now: datetime) -> dict[str, int]:
        """The service's figures: entries, inserted, updated, found. A repeated call of one key has the first one's answer.

        Throttled, Unavailable: nothing was taken, or the same call may be made again. Unknown: it may have been taken. Refused:
        an entry is not good. Rejected: it never will be taken. The texts have no more of it than the campaign and the status.
        """
        if campaign in (".", ".."):  # no name of one step in a path
            raise Rejected(f"there is no campaign {campaign}")
        doing = f"offering {len(entries)} entries of campaign {campaign}"
        told = {
            "Authorization": f"Bearer {self.tokens.one(ENTRY_TOKEN, now)}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        url = self.url.rstrip("/") + self.path.replace("{campaignId}", quote(campaign, safe=""))
        body = orjson.dumps({"records": entries})
        with outside_call(doing):
            answer = self.http.post(url, data=body, headers=told, timeout=self.timeout, allow_redirects=False)
        if answer.status_code in ELSEWHERE:  # that can be put right, the entries are none the worse
            raise Unavailable(f"{doing}: not let in, {answer.status_code}")
        if answer.status_code in NOT_ALL_GOOD:
            raise Refused(f"refused_{answer.status_code}")
        return _figures(taken(answer, doing, repeatable=True), doing)


def _figures(answer: requests.Response, doing: str) -> dict[str, int]:
    """Unknown: a good status, and no figures with it."""
    try:
        told = answer.json()
    except ValueError:
        told = None
    found = {name: told[name] for name in ("entries", *ANSWERED) if name in told} if isinstance(told, dict) else {}
    if not found or not all(type(figure) is int and figure >= 0 for figure in found.values()):
        raise Unknown(f"{doing}: answered {answer.status_code} without figures")
    figures = {name: found.get(name, 0) for name in ANSWERED}
    return {"entries": found.get("entries", sum(figures.values())), **figures}
