"""Bitly (v4): the address of an event's page in, its short link out."""

from dataclasses import dataclass
from datetime import datetime

import orjson
import requests

from adapters.aws.service_secrets import BITLY_TOKEN, ServiceSecrets
from adapters.http.outside import outside_call, taken
from domain.errors import Rejected, Unavailable, Unknown
from domain.notifications.links import page_of

QUICKLY = (3.05, 5.0)  # seconds: reminders wait for the link no longer than a minute
ELSEWHERE = frozenset({301, 302, 303, 307, 308, 401, 403})  # an address or a token that is not right
DOING = "shortening the link of an event"
SHORT = 64  # characters, or it is no short link


@dataclass(frozen=True)
class Bitly:
    """`url` ends without a slash. Calls are made once; the same address always has the same link, so each may be made again."""

    http: requests.Session
    url: str
    tokens: ServiceSecrets
    timeout: tuple[float, float] = QUICKLY

    def shorten(self, page: str, now: datetime) -> str:
        """Throttled, Unavailable: the same call may succeed later. Rejected: never; not this page, or not by this plan.

        No text has the token or the page.
        """
        told = {"Authorization": f"Bearer {self.tokens.one(BITLY_TOKEN, now)}", "Content-Type": "application/json"}
        body = orjson.dumps({"long_url": page})
        try:
            with outside_call(DOING):
                answer = self.http.post(
                    f"{self.url}/v4/shorten", data=body, headers=told, timeout=self.timeout, allow_redirects=False
                )
        except Unknown as error:  # if it has been made, the next call is told it
            raise Unavailable(str(error)) from error
        if answer.status_code in ELSEWHERE:
            raise Unavailable(f"{DOING}: not let in, {answer.status_code}; is bitlyToken right?")
        return _link(taken(answer, DOING, repeatable=True))


def _link(answer: requests.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        told = None
    link = page_of(told.get("link")) if isinstance(told, dict) else None
    if link is None or len(link) > SHORT:
        raise Rejected(f"{DOING}: answered {answer.status_code} without a link")
    return link
