"""What the stages left of one customer in, the way of each of its candidates through the run and the one reason it ended with out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.solicitation.candidate import Score, band
from domain.solicitation.program import Program

Row = Mapping[str, Any]
Files = Mapping[str, Sequence[Row]]
STAGES = ("etl", "duplicates", "rejects", "verdicts", "score", "store")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened; `outcome` is a word a reader can search for, `detail` says what it hung on."""

    stage: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """One candidate's way; `reason` is the last outcome, the one that counts in the run's books."""

    customer: str
    subject: str | None
    steps: tuple[Step, ...]

    @property
    def reason(self) -> str:
        return self.steps[-1].outcome

    def to_json(self) -> dict[str, Any]:
        steps = [{"stage": step.stage, "outcome": step.outcome, "detail": step.detail} for step in self.steps]
        return {"customer": self.customer, "subject": self.subject, "reason": self.reason, "steps": steps}


def tell(program: Program, customer: str, files: Files) -> list[Story]:
    """`files`: by name of the work file (`STAGES`), this customer's rows of it. One story a subject, rejects after all others.

    A subject whose rows were all dropped for another one's (`dedupeKeys: [customer]`) has a story too.
    """
    subjects = dict.fromkeys(row["subject"] for row in files["etl"])
    dropped = dict.fromkeys(row["subject"] for row in files["duplicates"] if row["subject"] not in subjects)
    stories = [Story(customer, subject, _way(program, _of(subject, files))) for subject in subjects]
    stories += [Story(customer, subject, (_given_up(subject, files),)) for subject in dropped]
    rejects = [Story(customer, row["subject"], (Step("etl", "rejected", row["reason"]),)) for row in files["rejects"]]
    return stories + rejects


def _of(subject: str, files: Files) -> Files:
    return {
        name: [row for row in rows if row["subject"] == subject] for name, rows in files.items() if name != "rejects"
    }


def _way(program: Program, files: Files) -> tuple[Step, ...]:
    steps = [*_taken_in(files), *_filtered(program, files["verdicts"])]
    steps += [_scored(row) for row in files["score"]]
    steps += [Step("store", row["result"]) for row in files["store"]]
    return tuple(steps)


def _taken_in(files: Files) -> Iterable[Step]:
    [row] = files["etl"]
    yield Step("etl", "candidate", f"event {row['eventDate']}, marketplace {row['marketplace']}, by {row['connector']}")
    if dropped := Counter(row["eventDate"] for row in files["duplicates"]):
        yield Step("etl", "deduplicated", f"{dropped.total()} other rows dropped: {', '.join(sorted(dropped))}")


def _given_up(subject: str, files: Files) -> Step:
    dates = sorted(row["eventDate"] for row in files["duplicates"] if row["subject"] == subject)
    stayed = ", ".join(f"{row['subject']}, event {row['eventDate']}" for row in files["etl"])
    return Step("etl", "deduplicated", f"event {', '.join(dates)} dropped; what stayed is {stayed}")


def _filtered(program: Program, verdicts: Sequence[Row]) -> Iterable[Step]:
    removed_by = verdicts[0]["filter"] if verdicts else None
    for step in program.filters:
        if step.id == removed_by:
            yield Step("filter", verdicts[0]["reason"], f"removed by {step.id}")
            return
        yield Step("filter", "passed", step.id)


def _scored(row: Row) -> Step:
    score = Score.from_row(row["score"])
    models = ", ".join(f"{model.model} {model.value:g}" for model in score.models) or "no model answered"
    missing = f"; no answer from {', '.join(score.missing)}" if score.missing and score.models else ""
    return Step("score", f"{band(score.value)} {score.value:g}", models + missing)
