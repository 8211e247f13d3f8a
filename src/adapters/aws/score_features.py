"""What models were told of candidates, kept in the work bucket beside the scores, and read again when a model is trained."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import orjson

from adapters.aws.model_batches import Batch
from adapters.aws.work_files import WorkFiles
from domain.solicitation.run import Run

STAGE = "features"


@dataclass(frozen=True)
class ScoreFeatures:
    """Rows {customer, subject, model, features}, only of candidates that a model was asked about in that run."""

    files: WorkFiles

    def keep(self, run: Run, bucket: str, batches: Sequence[Batch]) -> None:
        """Named by whom it is about: a repeated stage, which asks only about what is not cached yet, takes nothing back."""
        if not batches:
            return
        digest = sha256()
        for batch in batches:
            digest.update(orjson.dumps([batch.model.id, batch.pairs]))
        self.files.write(run.work_key(bucket, f"{STAGE}-{digest.hexdigest()[:16]}"), _rows(batches))

    def read(self, program: str, since: date, until: date) -> Iterator[tuple[date, dict[str, Any]]]:
        """The rows of all runs of these dates, each with its run's date; the earliest first, so that the last one read is right."""
        found = (key for key in self.files.keys(f"runs/{program}/") if f"/{STAGE}-" in key)
        dated = [(day, key) for key in found if since <= (day := date.fromisoformat(key.split("/")[2])) <= until]
        for day, key in sorted(dated, key=_order):
            for row in self.files.read(key):
                yield day, row


def _rows(batches: Sequence[Batch]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        for (customer, subject), line in zip(batch.pairs, batch.lines, strict=True):
            known = orjson.Fragment(line.rstrip())
            yield {"customer": customer, "subject": subject, "model": batch.model.id, "features": known}


def _order(dated: tuple[date, str]) -> tuple[date, bool, int, str]:
    """Within a date: dry runs, then the attempts by number."""
    day, key = dated
    attempt = next(int(part[8:]) for part in key.split("/") if part.startswith("attempt-"))
    return day, "/dry-" not in key, attempt, key
