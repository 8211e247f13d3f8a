"""Sent mails and their answers in, what a model is trained and judged on out; and whether the new model takes over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from heapq import nsmallest
from re import sub
from typing import Any

from domain.solicitation.model_quality import Quality, Unmeasurable, measured, unmeasurable
from domain.solicitation.scoring import Pair

LOOKBACK = timedelta(days=28)
TIME_TO_ANSWER = timedelta(days=3)  # younger mails are not judged: their answers are still to come
LATE_ZONES = timedelta(
    days=2
)  # a campaign's last zones are sent to the day after it, put-off chunks the day after that
MOST_ROWS = 200_000
BETTER_BY = 0.005  # of AUC, or a new model is not worth the change
WORSE_BY = 0.02  # of calibration error, more than which no better ranking makes up for
NAME_LENGTH = 63  # of a SageMaker name


@dataclass(frozen=True, slots=True)
class Example:
    """One sent mail: whom about what, when, and whether it was answered. `planned` is its campaign's date."""

    delivery: str
    pair: Pair
    planned: date
    sent_at: str
    label: int

    @property
    def sent_on(self) -> str:
        return self.sent_at[:10]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the challenger takes the champion's place, the one reason, and what both were worth where that was told."""

    deploy: bool
    reason: str
    champion: Quality | None = None
    challenger: Quality | None = None

    def to_json(self) -> dict[str, Any]:
        told = {"champion": self.champion, "challenger": self.challenger}
        return {
            "deploy": self.deploy,
            "reason": self.reason,
            **{name: quality.to_json() for name, quality in told.items() if quality},
        }


def campaign_days(at: datetime) -> list[date]:
    """The dates of the campaigns that may have sent a mail in the lookback before `at`."""
    first, last = (at - LOOKBACK - LATE_ZONES).date(), (at - TIME_TO_ANSWER).date()
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def example(delivery: Mapping[str, Any], planned: date, at: datetime) -> Example | None:
    """What a delivery teaches; None: it was not sent, came back, or lies outside the lookback. Later answers than `at` are none."""
    sent, timeline = delivery.get("sentAt"), delivery.get("timeline", {})
    if not sent or timeline.get("bounced") or not at - LOOKBACK <= datetime.fromisoformat(sent) <= at - TIME_TO_ANSWER:
        return None
    answered = timeline.get("answered")
    label = int(answered is not None and datetime.fromisoformat(answered) <= at)
    return Example(delivery["id"], (delivery["customer"], delivery["subject"]), planned, sent, label)


def sampled(examples: Iterable[Example], most: int = MOST_ROWS) -> list[Example]:
    """At most so many, chosen by hash: the same ones however often, and no date or customer favoured. In order of sending."""
    chosen = nsmallest(most, examples, key=lambda one: sha256(one.delivery.encode()).digest())
    return sorted(chosen, key=lambda one: (one.sent_at, one.delivery))


def holdout_dates(dates: Iterable[str]) -> frozenset[str]:
    """The last quarter of the dates: a model is judged on days after those it has learnt from."""
    ordered = sorted(set(dates))
    return frozenset(ordered[len(ordered) - -(-len(ordered) // 4) :])


def not_trainable(training: Sequence[int], holdout: Sequence[int]) -> str | None:
    """Why these labels are not worth a training job; None: they are."""
    if reason := unmeasurable(len(holdout), sum(holdout)):
        return reason
    return f"{reason}_to_train" if (reason := unmeasurable(len(training), sum(training))) else None


def job_name(program: str, model: str, day: date, data_hash: str) -> str:
    """The name of the training job, and of the model and endpoint configuration that come of it: equal data, equal name."""
    mark = sha256(f"{program}\0{model}\0{data_hash}".encode()).hexdigest()[:12]
    tail = f"{day:%Y%m%d}-{mark}"
    readable = sub("[^A-Za-z0-9]+", "-", model).strip("-")[: NAME_LENGTH - len("ovation--") - len(tail)].strip("-")
    return f"ovation-{readable}-{tail}"


def decide(labels: Sequence[int], champion: Sequence[object], challenger: Sequence[object]) -> Decision:
    """Champion and challenger on the same holdout: deploy only what ranks better and is as honest; any doubt keeps the champion."""
    try:
        theirs = measured(challenger, labels)
    except Unmeasurable as reason:
        return Decision(False, f"challenger_{reason}")
    try:
        ours = measured(champion, labels)
    except Unmeasurable as reason:
        return Decision(False, f"champion_{reason}", challenger=theirs)
    if theirs.auc - ours.auc < BETTER_BY:
        return Decision(False, "auc_not_better", ours, theirs)
    if theirs.calibration_error - ours.calibration_error > WORSE_BY:
        return Decision(False, "calibration_worse", ours, theirs)
    return Decision(True, "better", ours, theirs)
