"""What a selection is made from: candidates in the order of their rank, the program's terms, and what is known of people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from typing import Any, ClassVar

from domain.solicitation.send_time import Late


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by its IANA name."""

    name: str
    rules: tzinfo


@dataclass(frozen=True, slots=True)
class Ranked:
    """One candidate of the e-mail channel's index; `expires_at` in epoch seconds."""

    customer: str
    subject: str
    subject_name: str | None
    subject_type: str
    marketplace: str
    score: float
    expires_at: int
    genre: str | None = None

    ATTRIBUTES: ClassVar = (
        "customerId",
        "subjectId",
        "subjectName",
        "subjectType",
        "marketplace",
        "score",
        "expiresAt",
        "genre",
    )

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Ranked":
        return cls(
            customer=item["customerId"],
            subject=item["subjectId"],
            subject_name=item.get("subjectName"),
            subject_type=item["subjectType"],
            marketplace=item["marketplace"],
            score=item["score"],
            expires_at=item["expiresAt"],
            genre=item.get("genre"),
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """How a program chooses. `homes` are the zones of its marketplaces; `fixed` one zone for all, which overrides any other."""

    program: str
    channel: str
    day: date
    at: datetime
    min_score: float
    limit: int
    limit_per_subject: int | None
    holdout_share: float
    homes: Mapping[str, Zone]
    fixed: Zone | None
    local_time: time
    late: Late


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of some candidates: the status of those that stand, by customer and subject; earlier deliveries' status
    and reason, by delivery id; valid zones of their own, by customer."""

    standing: Mapping[tuple[str, str], str] = field(default_factory=dict)
    before: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    zones: Mapping[str, Zone] = field(default_factory=dict)


NOTHING_KNOWN = Facts()
