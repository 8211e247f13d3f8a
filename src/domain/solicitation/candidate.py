"""The unified candidate: one customer, one subject, and what is known of both; as a value and as a row of a work file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible ask. `event_date` is an ISO 8601 instant in UTC; `facts` holds the mapped columns that filters judge by."""

    customer: str
    subject: str
    event_date: str
    marketplace: str
    connector: str
    context: tuple[tuple[str, str], ...]
    facts: Mapping[str, bool | float]
    attributes: Mapping[str, str | float]

    @property
    def key(self) -> tuple[str, str]:
        return (self.customer, self.subject)

    def to_row(self) -> dict[str, Any]:
        return {
            "customer": self.customer,
            "subject": self.subject,
            "eventDate": self.event_date,
            "marketplace": self.marketplace,
            "connector": self.connector,
            "context": self.context,
            "facts": self.facts,
            "attributes": self.attributes,
        }

    @classmethod
    def from_row(cls, row: Row) -> "Candidate":
        return cls(
            row["customer"],
            row["subject"],
            row["eventDate"],
            row["marketplace"],
            row["connector"],
            tuple((kind, id) for kind, id in row["context"]),
            row["facts"],
            row["attributes"],
        )


@dataclass(frozen=True, slots=True)
class ModelScore:
    """One model's word on one candidate, in [0, 1]."""

    model: str
    version: str
    value: float


@dataclass(frozen=True, slots=True)
class Score:
    """The combined score in [0, 1], six decimals. `fallback`: no model answered. `missing`: the models that did not."""

    value: float
    fallback: bool
    models: tuple[ModelScore, ...]
    missing: tuple[str, ...]

    def to_row(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "fallback": self.fallback,
            "models": [[score.model, score.version, score.value] for score in self.models],
            "missing": self.missing,
        }

    @classmethod
    def from_row(cls, row: Row) -> "Score":
        models = tuple(ModelScore(model, version, value) for model, version, value in row["models"])
        return cls(row["value"], row["fallback"], models, tuple(row["missing"]))


def band(score: float) -> str:
    """high >= 0.7, medium >= 0.4, else low (seed 001)."""
    return "high" if score >= 0.7 else "medium" if score >= 0.4 else "low"
