"""Campaign Service: a campaign's id in, what it is called, how it knows its fans, and the ids of its markets out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

from adapters.aws.service_secrets import CAMPAIGN_TOKEN, ServiceSecrets
from adapters.http.outside import TIMEOUT, outside_call, taken
from domain.errors import Rejected, Unavailable, Unknown
from domain.scores.campaign import Campaign, market_ids, read_campaign

KEPT = timedelta(minutes=5)  # markets change seldom, and a batch of a stream comes every second
ANEW = timedelta(minutes=1)  # a market that is unknown is asked for no more often


@dataclass
class CampaignService:
    """`url` is the service's root. All is reading, so every failure but "there is none" may be asked again."""

    http: requests.Session
    url: str
    tokens: ServiceSecrets
    _markets: dict[str, tuple[datetime, Mapping[str, str]]] = field(default_factory=dict, repr=False)

    def campaign(self, id: str, now: datetime) -> Campaign:
        """Rejected: there is no such campaign. Unavailable: the service does not say."""
        return read_campaign(id, self._get(id, "", dict, now))

    def markets(self, id: str, now: datetime, fresh: bool = False) -> Mapping[str, str]:
        """Ids by `market_name`, at most five minutes old; `fresh`: at most one minute. Raises as `campaign` does."""
        read_at, found = self._markets.get(id, (None, {}))
        if read_at is None or not read_at <= now < read_at + (ANEW if fresh else KEPT):
            found = market_ids(self._get(id, "/markets", list, now))
            self._markets[id] = (now, found)
        return found

    def _get(self, id: str, path: str, kind: type, now: datetime) -> Any:
        if id in ("", ".", ".."):  # no name of one step in a path
            raise Rejected(f"there is no campaign {id!r}")
        doing = f"asking Campaign Service for {id}{path}"
        headers = {"Authorization": f"Bearer {self.tokens.one(CAMPAIGN_TOKEN, now)}"}
        try:
            with outside_call(doing):
                url = f"{self.url.rstrip('/')}/campaigns/{quote(id, safe='')}{path}"
                answer = self.http.get(url, headers=headers, timeout=TIMEOUT)
            if answer.status_code == 404:
                raise Rejected(f"there is no campaign {id}")
            return _document(answer, kind, doing)
        except Unknown as nobody_hurt:
            raise Unavailable(str(nobody_hurt)) from nobody_hurt


def _document(answer: requests.Response, kind: type, doing: str) -> Any:
    """Unavailable, too: the token is refused, or the answer is no such JSON; somebody will put it right."""
    try:
        document = taken(answer, doing, repeatable=True).json()
    except Rejected as refusal:
        raise Unavailable(str(refusal)) from refusal
    except requests.JSONDecodeError as error:
        raise Unavailable(f"{doing}: the answer is no JSON") from error
    if not isinstance(document, kind):
        raise Unavailable(f"{doing}: the answer is no {kind.__name__}")
    return document
