"""An instant in, calls of the serving API out, as a shop's own software makes them: signed, a channel's best and then each customer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import urllib3

from domain.solicitation.program import Program
from sandbox.gateway import INSTANT, signed

LISTED = 5  # candidates a look


@dataclass
class Shop:
    """`statuses` are those of all answers so far."""

    url: str
    region: str
    program: Program
    http: urllib3.PoolManager
    statuses: list[int] = field(default_factory=list)

    def look(self, at: datetime) -> None:
        """Ask for the best candidates of the program's first channel, then for all that their customers have."""
        channel = self.program.channels[0].id
        listed = self._get(f"/programs/{self.program.id}/channels/{channel}/candidates?limit={LISTED}", at)
        for customer in dict.fromkeys(candidate["customer"] for candidate in listed.get("candidates", ())):
            self._get(f"/customers/{quote(customer, safe='')}/candidates", at)

    def _get(self, path: str, at: datetime) -> Mapping[str, Any]:
        headers = {**signed(self.url + path, self.region), INSTANT: at.isoformat()}
        answer = self.http.request("GET", self.url + path, headers=headers)
        self.statuses.append(answer.status)
        return json.loads(answer.data) if answer.status == 200 else {}
