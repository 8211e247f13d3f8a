"""A run in, the tables its export reads and writes and the statement that joins them out; and a day's changes as rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.solicitation.extraction import Extract
from domain.solicitation.run import Run

QUERY = "export"  # its name among the run's extracts


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the Glue catalogue; columns and partition keys as (name, Hive type), names in lower case."""

    name: str
    columns: tuple[tuple[str, str], ...]
    partitions: tuple[tuple[str, str], ...]
    format: str  # json or parquet


# What the stages `score` and `store` leave, copied apart, since a Hive partition is a whole folder.
SCORED = Table(
    "run_scored",
    (
        ("customer", "string"),
        ("subject", "string"),
        ("marketplace", "string"),
        ("eventdate", "string"),
        ("score", "struct<value:double,fallback:boolean>"),
        ("attributes", "struct<subjectname:string,genre:string,artist:string>"),
    ),
    (("run", "string"),),
    "json",
)
STORED = Table(
    "run_stored",
    (("customer", "string"), ("subject", "string"), ("result", "string")),
    (("run", "string"),),
    "json",
)
CHANGES = Table(
    "run_changes",
    tuple(
        (name, "double" if name == "score" else "string")
        for name in (
            *("customer", "subject", "marketplace", "subjectname", "genre", "score"),
            *("status", "askedat", "submittedat", "channel"),
        )
    ),
    (("run", "string"),),
    "json",
)
CANDIDATES = Table(
    "candidates",
    (
        ("customer", "string"),
        ("subject", "string"),
        ("subject_name", "string"),
        ("marketplace", "string"),
        ("genre", "string"),
        ("event_date", "string"),
        ("score", "double"),
        ("score_fallback", "boolean"),
        ("result", "string"),
        ("status", "string"),
        ("asked_at", "string"),
        ("submitted_at", "string"),
        ("channel", "string"),
    ),
    (("program", "string"), ("date", "string")),
    "parquet",
)
STAGED = {"scored": SCORED, "stored": STORED, "changes": CHANGES}


def staging(run: Run, tried: Extract) -> str:
    """The folder, in the work bucket, that holds the inputs of one try: `scored/`, `stored/`, `changes/`."""
    return f"{run.prefix}/export/try-{tried.number}/"


def label(run: Run, tried: Extract) -> str:
    """The partition value that names one try's inputs."""
    return f"{run.id}/attempt-{run.attempt}/try-{tried.number}"


def target(run: Run, tried: Extract) -> str:
    """The folder, in the outputs bucket, one try writes to: fresh, because an UNLOAD wants it empty and a failed one leaves files."""
    return f"exports/candidates/program={run.program}/date={run.date.isoformat()}/attempt-{run.attempt}-try-{tried.number}/"


def window(run: Run) -> tuple[datetime, datetime]:
    """The UTC day whose changes belong to the run's export: the whole day before it."""
    end = datetime(run.date.year, run.date.month, run.date.day, tzinfo=UTC)
    return end - timedelta(days=1), end


def statement(label: str, location: str) -> str:
    """Athena's UNLOAD of every candidate that the run stored or whose status changed the day before, one row each.

    `label` and `location` are ours; quotes are doubled all the same. A candidate that was kept, asked or answered before
    that day, is CLOSED.
    """
    run = f"run = '{_quoted(label)}'"
    return f"""UNLOAD (
SELECT
  COALESCE(s.customer, c.customer) AS customer,
  COALESCE(s.subject, c.subject) AS subject,
  COALESCE(s.subject_name, c.subjectname) AS subject_name,
  COALESCE(s.marketplace, c.marketplace) AS marketplace,
  COALESCE(s.genre, c.genre) AS genre,
  s.event_date,
  COALESCE(s.score, c.score) AS score,
  s.score_fallback,
  s.result,
  COALESCE(c.status, CASE WHEN s.result = 'kept' THEN 'CLOSED' ELSE 'OPEN' END) AS status,
  c.askedat AS asked_at,
  c.submittedat AS submitted_at,
  c.channel
FROM (
  SELECT scored.customer, scored.subject, scored.attributes.subjectname AS subject_name, scored.marketplace,
    scored.attributes.genre AS genre, scored.eventdate AS event_date, scored.score.value AS score,
    scored.score.fallback AS score_fallback, stored.result
  FROM (SELECT * FROM {SCORED.name} WHERE {run}) AS scored
  JOIN (SELECT * FROM {STORED.name} WHERE {run}) AS stored
    ON scored.customer = stored.customer AND scored.subject = stored.subject
) AS s
FULL OUTER JOIN (SELECT * FROM {CHANGES.name} WHERE {run}) AS c
  ON s.customer = c.customer AND s.subject = c.subject
) TO '{_quoted(location)}'
WITH (format = 'PARQUET', compression = 'SNAPPY')"""  # noqa: S608


def changes(deliveries: Iterable[Mapping[str, Any]], answers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row a candidate that was asked or answered in the window, sorted; an answer counts for more than the ask."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for sent in deliveries:
        rows[sent["customer"], sent["subject"]] = {
            **_about(sent),
            "status": "ASKED",
            "askedat": sent["sentAt"],
            "submittedat": None,
            "channel": sent["channel"],
        }
    for answer in answers:
        key = (answer["customer"], answer["subject"])
        asked = rows.get(key, {}).get("askedat") or answer.get("deliveredAt")
        rows[key] = {
            **rows.get(key, {}),
            **{name: value for name, value in _about(answer).items() if value is not None or key not in rows},
            "status": "CONSUMED",
            "askedat": asked,
            "submittedat": answer["submittedAt"],
            "channel": answer["channel"],
        }
    return [rows[key] for key in sorted(rows)]


def _about(item: Mapping[str, Any]) -> dict[str, Any]:
    names = {"customer": "customer", "subject": "subject", "marketplace": "marketplace", "subjectname": "subjectName"}
    return {column: item.get(name) for column, name in {**names, "genre": "genre", "score": "score"}.items()}


def _quoted(text: str) -> str:
    return text.replace("'", "''")
