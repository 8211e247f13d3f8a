"""What was counted on one day in, the figures of the mission's four metric lists with their targets out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from domain.solicitation.goals import Targets

Unit = Literal["seconds", "count", "share", "per_minute", "money", "stars", "milliseconds"]
Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure beside its target. `value` None: it was not measured that day, `note` says why."""

    name: str
    value: float | None
    target: float
    unit: Unit
    better: Better = "higher"
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.target if self.better == "higher" else self.value <= self.target


@dataclass(frozen=True, slots=True)
class Day:
    """What one program's day left behind. `run`: the result of its batch; `counts`: the counters of its campaigns, summed.

    Openings and clicks are those of people by our estimate; the raw ones stand beside them in the report. `asked_answered` and
    `holdout_answered` are counted alike, by any channel and over the same days.
    """

    run: Mapping[str, Any] | None
    models: int = 1
    counts: Mapping[str, int] = field(default_factory=dict)
    answers: int = 0
    stars: tuple[int, int] = (0, 0)  # how many, and their sum
    thumbs: tuple[int, int] = (0, 0)  # up, down
    asked_answered: int = 0
    holdout: int = 0
    holdout_answered: int = 0
    cost: float = 0.0
    p99: float | None = None
    requests: int | None = None
    errors: int | None = None


def figures(day: Day, targets: Targets) -> dict[str, list[Figure]]:
    """The four lists, each figure once, in the mission's order."""
    return {
        "Processing": _processing(day, targets),
        "Delivery": _delivery(day, targets),
        "Business": _business(day, targets),
        "Technical": _technical(day, targets),
    }


def _processing(day: Day, targets: Targets) -> list[Figure]:
    run = day.run
    missing = "" if run else "no batch finished for this date"
    seconds = run["seconds"] if run else None
    rate = run["extracted"] / seconds * 60 if run and seconds else None
    return [
        Figure("Batch duration", seconds, targets.seconds, "seconds", "lower", missing),
        Figure("Throughput, rows a minute", rate, targets.per_minute, "per_minute", note=missing),
        Figure("Filter pass rate", _of(run, "eligible", "candidates"), targets.pass_rate, "share", note=missing),
        Figure(
            "High score rate",
            _share(run["scores"]["high"], run["eligible"]) if run else None,
            targets.high_rate,
            "share",
            note=missing,
        ),
    ]


def _delivery(day: Day, targets: Targets) -> list[Figure]:
    sent, missing = day.counts.get("sent", 0), "" if day.counts.get("sent") else "nothing was sent"
    return [
        Figure("E-mails sent", sent, targets.sends, "count"),
        Figure(
            "Open rate (people)",
            _share(day.counts.get("openedHuman", 0), sent),
            targets.open_rate,
            "share",
            note=missing,
        ),
        Figure(
            "Click-through rate (people)",
            _share(day.counts.get("clickedHuman", 0), sent),
            targets.click_rate,
            "share",
            note=missing,
        ),
        Figure(
            "Conversion rate", _share(day.counts.get("answered", 0), sent), targets.conversion, "share", note=missing
        ),
    ]


def _business(day: Day, targets: Targets) -> list[Figure]:
    return [
        _volume(day, targets),
        Figure(
            "Cost per answer, estimated",
            day.cost / day.answers if day.answers else None,
            targets.cost,
            "money",
            "lower",
            "" if day.answers else "nobody answered",
        ),
        _satisfaction(day, targets),
    ]


def _volume(day: Day, targets: Targets) -> Figure:
    """How many more answers a person asked gives than one held out; needs both groups and an answer among the held out."""
    name = "Volume against the holdout"
    asked, held = (
        _share(day.asked_answered, day.counts.get("sent", 0)),
        _share(day.holdout_answered, day.holdout),
    )
    if held is None:
        return Figure(name, None, targets.volume, "share", note="the program holds nobody out (holdoutShare)")
    if not held or asked is None:
        return Figure(name, None, targets.volume, "share", note="nobody held out has answered, so there is no ratio")
    return Figure(name, asked / held - 1, targets.volume, "share")


def _satisfaction(day: Day, targets: Targets) -> Figure:
    (rated, total), (up, down) = day.stars, day.thumbs
    if rated:
        return Figure("Mean rating", total / rated, targets.satisfaction, "stars")
    if up + down:
        return Figure("Thumbs up", _share(up, up + down), targets.satisfaction, "share")
    return Figure("Mean rating", None, targets.satisfaction, "stars", note="nobody answered")


def _technical(day: Day, targets: Targets) -> list[Figure]:
    unmeasured = "" if day.requests else "the serving API was not called"
    errors = _share(day.errors or 0, day.requests or 0)
    cached = day.run["scoring"]["cached"] if day.run else 0
    asked = day.run["eligible"] * day.models if day.run else 0
    return [
        Figure("Serving latency, p99", day.p99, targets.p99, "milliseconds", "lower", unmeasured),
        Figure(
            "Cache hit rate",
            _share(cached, asked),
            targets.cache_hits,
            "share",
            note="" if asked else "nothing was scored",
        ),
        Figure("Error rate", errors, targets.error_rate, "share", "lower", unmeasured),
        Figure("Availability", None if errors is None else 1 - errors, targets.availability, "share", note=unmeasured),
    ]


def _of(run: Mapping[str, Any] | None, part: str, whole: str) -> float | None:
    return _share(run[part], run[whole]) if run else None


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
