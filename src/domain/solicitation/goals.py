"""The mission's targets for one day of a program: what its figures are held against."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Targets:
    """The mission's numbers for one program (seed 001 for products, solicitation.md section 5 for tracks)."""

    seconds: float
    per_minute: float
    pass_rate: float
    high_rate: float
    sends: int
    open_rate: float
    click_rate: float
    conversion: float
    volume: float
    cost: float
    satisfaction: float
    p99: float
    cache_hits: float
    error_rate: float
    availability: float


PRODUCT = Targets(
    seconds=7200,
    per_minute=8333,
    pass_rate=0.4,
    high_rate=0.25,
    sends=50_000,
    open_rate=0.25,
    click_rate=0.10,
    conversion=0.05,
    volume=0.30,
    cost=0.02,
    satisfaction=4.2,
    p99=30,
    cache_hits=0.85,
    error_rate=0.0001,
    availability=0.9995,
)
# Satisfaction of tracks is a share of thumbs up here: stars are not asked for. 4.5 of 5 is 0.9.
TRACK = Targets(
    seconds=7200,
    per_minute=10_000,
    pass_rate=0.133,
    high_rate=0.30,
    sends=100_000,
    open_rate=0.30,
    click_rate=0.18,
    conversion=0.15,
    volume=0.12,
    cost=0.015,
    satisfaction=0.9,
    p99=30,
    cache_hits=0.82,
    error_rate=0.0002,
    availability=0.9993,
)
