"""An UNLOAD in, the warehouse's word on it out: the port that Athena and Redshift Data both stand behind."""

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from domain.solicitation.extraction import State, Statement


@dataclass(frozen=True, slots=True)
class Unload:
    """One statement: its SQL, the literals its `?` stand for, and the S3 folders (`s3://…/`) for its rows and for its by-products."""

    sql: str
    parameters: tuple[str, ...]
    location: str
    results: str


class Warehouse(Protocol):
    """Runs UNLOAD statements. All three may be repeated; Unavailable: try again later."""

    def start(self, unload: Unload, token: str) -> Statement:
        """Start the statement; the same token again gives the same statement. Rejected: the engine will not take this text."""
        ...

    def state(self, statement: Statement) -> State:
        """How the statement stands; a failure carries the engine's own message."""
        ...

    def cancel(self, statement: Statement) -> None:
        """Stop the statement; one that has ended already stays as it is."""
        ...


def s3_place(url: str) -> tuple[str, str]:
    """`s3://bucket/some/key` as (`bucket`, `some/key`)."""
    parts = urlsplit(url, allow_fragments=False)
    return parts.netloc, parts.path.removeprefix("/")
