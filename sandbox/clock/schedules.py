"""The EventBridge services' own answers in, every schedule they know out: deployed ones, and those made at run time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.clock.expression import next_fire, split

MAX_RETRIES = 185  # EventBridge Scheduler's defaults
MAX_AGE = 86400  # seconds


@dataclass(frozen=True)
class Schedule:
    """One schedule or scheduled rule. `targets` are as the service describes them; `rule` has other input and retry rules."""

    arn: str
    expression: str
    zone: str
    targets: tuple[Mapping[str, Any], ...]
    start: datetime | None = None
    end: datetime | None = None
    delete_after: bool = False
    rule: bool = False
    key: Mapping[str, str] = field(default_factory=dict)  # what the service's calls want to name it

    @property
    def once(self) -> bool:
        return split(self.expression)[0] == "at"

    def next_fire(self, after: datetime, seen: datetime) -> datetime | None:
        """The first moment later than `after`. `seen` is when it was made: a rate without a start counts from there."""
        since = self.start or seen
        earliest = max(after, self.start) if self.start else after
        moment = next_fire(self.expression, self.zone, earliest, since=since)
        return None if moment is None or (self.end and moment > self.end) else moment


@dataclass
class Schedules:
    """All that the services know. `aws(service)` gives a boto3 client; each schedule is described once a change."""

    aws: Callable[[str], Any]
    _known: dict[str, tuple[datetime, Schedule]] = field(default_factory=dict)

    def read(self) -> list[Schedule]:
        """The enabled ones, as they are now."""
        return [*self._scheduler(self.aws("scheduler")), *_rules(self.aws("events"))]

    def _scheduler(self, scheduler: Any) -> Iterator[Schedule]:
        for page in scheduler.get_paginator("list_schedules").paginate():
            for listed in page["Schedules"]:
                if listed["State"] == "ENABLED":
                    yield self._described(scheduler, listed)

    def _described(self, scheduler: Any, listed: Mapping[str, Any]) -> Schedule:
        arn, changed = listed["Arn"], listed["LastModificationDate"]
        if arn not in self._known or self._known[arn][0] != changed:
            key = {"Name": listed["Name"], "GroupName": listed["GroupName"]}
            self._known[arn] = changed, _schedule(scheduler.get_schedule(**key), key)
        return self._known[arn][1]


def _schedule(found: Mapping[str, Any], key: Mapping[str, str]) -> Schedule:
    return Schedule(
        arn=found["Arn"],
        expression=found["ScheduleExpression"],
        zone=found.get("ScheduleExpressionTimezone") or "UTC",
        targets=(found["Target"],),
        start=_utc(found.get("StartDate")),
        end=_utc(found.get("EndDate")),
        delete_after=found.get("ActionAfterCompletion") == "DELETE",
        key=key,
    )


def _rules(events: Any) -> Iterator[Schedule]:
    for page in events.get_paginator("list_rules").paginate():
        for rule in page["Rules"]:
            if rule.get("ScheduleExpression") and rule["State"] == "ENABLED":
                targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
                yield Schedule(rule["Arn"], rule["ScheduleExpression"], "UTC", tuple(targets), rule=True)


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(UTC)
