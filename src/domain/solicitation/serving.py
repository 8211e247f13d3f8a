"""One customer's items in, the candidates a caller is told of out, best first; what a caller can be refused for."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from domain.errors import Rejected
from domain.solicitation.stored import OPEN, iso

Item = Mapping[str, Any]

SERVED = frozenset({OPEN, "ASKED"})  # asked on one channel, a candidate may still be served on another


class Refused(Rejected):
    """A call that cannot be answered: what is wrong, in which part of it, and what the caller can do about it."""

    def __init__(self, what: str, where: str, mend: str) -> None:
        super().__init__(f"{where}: {what}; {mend}")
        self.what, self.where, self.mend = what, where, mend


class NotThere(Refused):
    """It names something that there is not."""


class TooMuch(Refused):
    """Its answer would be larger than one answer may be."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """What a customer does not want to be asked about: nothing at all, or some programs."""

    everything: bool = False
    programs: frozenset[str] = frozenset()

    def covers(self, program: str) -> bool:
        return self.everything or program in self.programs


NO_OPT_OUT = OptOut()


SHOWN = ("customerId", "subjectId", "subjectName", "marketplace", "eventDate", "score", "expiresAt", "genre")


def shown(item: Item) -> dict[str, Any]:
    """An index item as callers see it; scores in [0, 1], instants in UTC."""
    candidate = {
        "customer": item["customerId"],
        "subject": item["subjectId"],
        "subjectName": item["subjectName"],
        "marketplace": item["marketplace"],
        "eventDate": item["eventDate"],
        "score": item["score"],
        "expiresAt": _instant(item["expiresAt"]),
    }
    if "genre" in item:
        candidate["genre"] = item["genre"]
    return candidate


def of_customer(
    items: Iterable[Item], *, now: datetime, opt_out: OptOut, programs: Container[str], channel: str | None, limit: int
) -> list[dict[str, Any]]:
    """One customer's candidates, best first, from all their items; ties by the latest event, then by subject.

    A candidate is served on the channels it still has an index item for, if it is neither expired nor consumed.
    """
    bases: dict[str, Item] = {}
    channels: dict[str, list[Item]] = {}
    for item in items:
        if "channel" in item:
            channels.setdefault(item["SK"].rpartition("#CHANNEL#")[0], []).append(item)
        elif item["status"] in SERVED and item["expiresAt"] > now.timestamp():
            bases[item["SK"]] = item
    found = [
        {**shown(index[0]), "program": index[0]["programId"], "channels": names}
        for key, index in channels.items()
        if key in bases and (names := sorted(item["channel"] for item in index if channel in (None, item["channel"])))
    ]
    wanted = [one for one in found if one["program"] in programs and not opt_out.covers(one["program"])]
    return _ranked(wanted)[:limit]


def without_expired(answer: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """An older answer without the candidates that have expired since, be they in one list or in one a customer."""
    still_good = iso(now)

    def left(candidates: list[Item]) -> list[Item]:
        return [candidate for candidate in candidates if candidate["expiresAt"] > still_good]

    if "customers" in answer:
        return {**answer, "customers": {customer: left(own) for customer, own in answer["customers"].items()}}
    return {**answer, "candidates": left(answer["candidates"])}


def _ranked(candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    candidates.sort(key=lambda candidate: (candidate["subject"], candidate["program"]))
    candidates.sort(key=lambda candidate: (candidate["score"], candidate["eventDate"]), reverse=True)
    return candidates


@lru_cache(maxsize=1024)  # all candidates of a run expire together
def _instant(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))
