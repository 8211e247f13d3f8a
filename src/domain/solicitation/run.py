"""One run of one program for one date: its identity, where its work files lie, and the bucket a customer falls into."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from hashlib import md5
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """What every stage is told. `date` is D, the run's UTC date; `started_at` the first start, from which all TTLs count."""

    id: str
    program: str
    program_hash: str
    date: date
    started_at: datetime
    attempt: int
    dry_run: bool
    holder: str

    @property
    def prefix(self) -> str:
        """Where this attempt's files lie in the work bucket."""
        return f"runs/{self.id}/attempt-{self.attempt}"

    @property
    def earlier_prefixes(self) -> tuple[str, ...]:
        """Where the files of the attempts before this one lie."""
        return tuple(replace(self, attempt=attempt).prefix for attempt in range(1, self.attempt))

    def extract_prefix(self, query: str) -> str:
        """The folder one query is unloaded into; its files lie in `bucket=NN/` below it. Contact data expires sooner."""
        return f"{'contacts/' if query == 'contacts' else ''}{self.prefix}/extract/{query}/"

    def work_key(self, bucket: str, stage: str) -> str:
        """The work file that `stage` leaves for `bucket`: gzip JSON lines, one object a line."""
        return f"{self.prefix}/stages/bucket={bucket}/{stage}.jsonl.gz"

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "date": self.date.isoformat(), "started_at": self.started_at.isoformat()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Run":
        return cls(
            **{
                **document,
                "date": date.fromisoformat(document["date"]),
                "started_at": datetime.fromisoformat(document["started_at"]),
            }
        )


def run_id(program: str, day: date, dry_run: str | None = None) -> str:
    """`product-reviews/2026-11-20`; a dry run, which claims nothing, adds its own name."""
    return f"{program}/{day.isoformat()}" + (f"/dry-{dry_run}" if dry_run else "")


def bucket_of(customer: str | None, buckets: int) -> str:
    """The bucket that owns all rows of a customer, as the UNLOAD computes it: md5's first 32 bits; null goes to the first."""
    number = 0 if customer is None else int(md5(customer.encode(), usedforsecurity=False).hexdigest()[:8], 16) % buckets
    return f"{number:0{bucket_width(buckets)}d}"


def bucket_ids(buckets: int) -> tuple[str, ...]:
    """All buckets of a run, as zero-padded text."""
    return tuple(f"{number:0{bucket_width(buckets)}d}" for number in range(buckets))


def bucket_width(buckets: int) -> int:
    """Digits of a bucket's name, the same in SQL: two, more from the hundred-and-first bucket on."""
    return max(2, len(str(buckets - 1)))
