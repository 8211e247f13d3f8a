"""The part of a program file that says who may be asked: the filters, known by their ids, each with its own parameters."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from adapters.files.program_fields import Part, Share

Requests = Annotated[int, Field(ge=0)]


class NoParameters(Part):
    pass


class TrustParameters(Part):
    max_bot_score: Share = 0.5
    """Highest bot score that is still trusted, inclusive."""


class EngagementParameters(Part):
    min_engagement_score: Share = 0.6
    """Lowest engagement that is asked, inclusive."""


class FrequencyParameters(Part):
    max_requests_per_month: Requests | None = None
    """Requests in a rolling 30 days."""
    max_requests_per_week: Requests | None = None
    """Requests in a rolling 7 days."""
    max_requests_per_calendar_month: Requests | None = None
    """Requests in a calendar month, UTC."""

    @model_validator(mode="after")
    def _some_cap(self) -> "FrequencyParameters":
        if not self.model_dump(exclude_none=True):
            raise ValueError("needs maxRequestsPerMonth, maxRequestsPerWeek or maxRequestsPerCalendarMonth")
        return self


class _Filter(Part):
    order: Annotated[int, Field(ge=0)]
    """Filters judge in ascending order; each value once."""
    enabled: bool = True
    """A disabled filter is left out of the chain."""


class TrustFilter(_Filter):
    filter_id: Literal["trust"]
    type: Literal["trust"]
    parameters: TrustParameters = TrustParameters()


class EligibilityFilter(_Filter):
    filter_id: Literal["eligibility"]
    type: Literal["eligibility"]
    parameters: NoParameters = NoParameters()


class EngagementFilter(_Filter):
    filter_id: Literal["engagement"]
    type: Literal["business-rule"]
    parameters: EngagementParameters = EngagementParameters()


class FrequencyFilter(_Filter):
    filter_id: Literal["frequency-cap"]
    type: Literal["business-rule"]
    parameters: FrequencyParameters


Filter = Annotated[
    TrustFilter | EligibilityFilter | EngagementFilter | FrequencyFilter,
    Field(discriminator="filter_id"),
]
