"""A customer's candidates and history in, who may be asked out: the chain of filters, each known by its id."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from domain.solicitation.candidate import Candidate
from domain.solicitation.program import FilterStep


@dataclass(frozen=True, slots=True)
class History:
    """What we know of one customer: `answered` and `asked` by subject, `asks` the instants of requests sent under the cap group."""

    opted_out: bool = False
    answered: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    asks: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one candidate: `filter` and `reason` name what removed it, both None for one that may be asked."""

    candidate: Candidate
    filter: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One customer before one filter: the candidates still in, `at` the instant the run counts from."""

    candidates: Sequence[Candidate]
    history: History
    at: datetime
    parameters: Mapping[str, Any] = field(default_factory=dict)


Reasons = list[str | None]
Filter = Callable[[Case], Reasons]
UNKNOWN_CUSTOMER = History()


def screen(
    candidates: Iterable[Candidate], histories: Mapping[str, History], chain: Sequence[FilterStep], at: datetime
) -> Iterator[Verdict]:
    """Judge candidates that come grouped by customer; each by the first filter that removes it, in the order they came."""
    steps = [(step.id, FILTERS[step.id], step.parameters) for step in chain]
    for customer, group in groupby(candidates, key=lambda candidate: candidate.customer):
        members = list(group)
        history = histories.get(customer, UNKNOWN_CUSTOMER)
        removed: dict[tuple[str, str], Verdict] = {}
        left = members
        for id, judge, parameters in steps:
            if not left:
                break
            reasons = judge(Case(left, history, at, parameters))
            removed |= {c.key: Verdict(c, id, reason) for c, reason in zip(left, reasons, strict=True) if reason}
            left = [c for c, reason in zip(left, reasons, strict=True) if not reason]
        yield from (removed.get(candidate.key) or Verdict(candidate) for candidate in members)


def trust(case: Case) -> Reasons:
    """Customer and subject belong together, the purchase is authentic, no bot. A column that is not mapped is not judged."""
    return [_distrust(candidate.facts, case.parameters["maxBotScore"]) for candidate in case.candidates]


def _distrust(facts: Mapping[str, Any], most: float) -> str | None:
    if not facts.get("relationship", True):
        return "no_relationship"
    if not facts.get("purchaseVerified", True):
        return "purchase_unverified"
    return "bot_activity" if (facts.get("botScore") or 0.0) > most else None


def eligibility(case: Case) -> Reasons:
    """Not answered, not asked before for this subject, the subject may be asked about, the customer has not opted out."""
    return [_ineligible(candidate, case.history) for candidate in case.candidates]


def _ineligible(candidate: Candidate, history: History) -> str | None:
    if candidate.subject in history.answered:
        return "already_answered"
    if candidate.subject in history.asked:
        return "already_asked"
    if not candidate.facts.get("subjectEligible", True):
        return "subject_ineligible"
    return "opted_out" if history.opted_out else None


def engagement(case: Case) -> Reasons:
    """An engagement of at least `minEngagementScore`, inclusive; unknown engagement is none."""
    least = case.parameters["minEngagementScore"]
    return [None if _engaged(candidate, least) else "engagement_low" for candidate in case.candidates]


def _engaged(candidate: Candidate, least: float) -> bool:
    return (candidate.facts.get("engagement") or 0.0) >= least


def frequency_cap(case: Case) -> Reasons:
    """No more requests than the cap: those sent in the window and those this very run selects, the latest events first."""
    left = max(0, min(room(case.history.asks, case.at, case.parameters), len(case.candidates)))
    by_latest = sorted(case.candidates, key=lambda candidate: candidate.subject)
    by_latest.sort(key=lambda candidate: candidate.event_date, reverse=True)
    selected = {candidate.key for candidate in by_latest[:left]}
    return [None if candidate.key in selected else "frequency_cap" for candidate in case.candidates]


ROLLING_DAYS = {"maxRequestsPerMonth": 30, "maxRequestsPerWeek": 7}


def room(asks: Sequence[datetime], at: datetime, caps: Mapping[str, Any]) -> int:
    """How many more requests the caps allow at `at`; negative when a cap is overdrawn."""
    rooms: list[int] = [
        caps[name] - sum(ask > at - timedelta(days=days) for ask in asks)
        for name, days in ROLLING_DAYS.items()
        if caps.get(name) is not None
    ]
    if (most := caps.get("maxRequestsPerCalendarMonth")) is not None:
        rooms.append(most - sum((ask.year, ask.month) == (at.year, at.month) for ask in asks))
    return min(rooms)


FILTERS: Mapping[str, Filter] = {
    "trust": trust,
    "eligibility": eligibility,
    "engagement": engagement,
    "frequency-cap": frequency_cap,
}


def history_of(profile: Mapping[str, Any], program: Mapping[str, Any], cap: Mapping[str, Any]) -> History:
    """The three items the Customers table may hold of a customer, each possibly empty, as one history.

    An ask is its instant, with `#` and the delivery's id behind it where one was sent by us.
    """
    return History(
        opted_out=bool(profile.get("optedOut") or program.get("optedOut")),
        answered=frozenset(program.get("answered", ())),
        asked=frozenset(program.get("asked", ())),
        asks=tuple(datetime.fromisoformat(text.partition("#")[0]) for text in cap.get("asks", ())),
    )
