"""The account's suppression list: addresses in and out by SES's API."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from sandbox.aws_http import AwsError

Entry = dict[str, Any]


@dataclass
class SuppressionList:
    """By address in lower case; `listed` is read by whoever sends."""

    listed: dict[str, Entry] = field(default_factory=dict)

    def put(self, address: str, reason: str, at: datetime) -> None:
        if reason not in ("BOUNCE", "COMPLAINT") or "@" not in address:
            raise AwsError(400, "BadRequestException", "an address and the reason BOUNCE or COMPLAINT are needed")
        self.listed[address.lower()] = {
            "EmailAddress": address.lower(),
            "Reason": reason,
            "LastUpdateTime": at.timestamp(),
        }

    def get(self, address: str) -> Entry:
        return {"SuppressedDestination": self._known(address)}

    def delete(self, address: str) -> Entry:
        del self.listed[self._known(address)["EmailAddress"]]
        return {}

    def page(self, query: str) -> Entry:
        """As ListSuppressedDestinations: PageSize (default 1,000) from NextToken on, by Reason and dates."""
        asked = parse_qs(query)
        found = list(self._between(asked))
        start, size = int(asked.get("NextToken", ["0"])[0]), int(asked.get("PageSize", ["1000"])[0])
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {"SuppressedDestinationSummaries": found[start : start + size], **more}

    def _between(self, asked: Mapping[str, list[str]]) -> Iterator[Entry]:
        ends = [
            datetime.fromisoformat(asked[name][0]).timestamp() if name in asked else default
            for name, default in (("StartDate", float("-inf")), ("EndDate", float("inf")))
        ]
        for entry in sorted(self.listed.values(), key=lambda entry: str(entry["EmailAddress"])):
            wanted = entry["Reason"] in asked.get("Reason", [entry["Reason"]])
            if wanted and ends[0] <= entry["LastUpdateTime"] <= ends[1]:
                yield entry

    def _known(self, address: str) -> Entry:
        if address.lower() not in self.listed:
            raise AwsError(404, "NotFoundException", "Email address does not exist on your suppression list.")
        return self.listed[address.lower()]
