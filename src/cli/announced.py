"""A sandbox in, what its archive says of one announced tour date out: the archive's part of `ovation demo`."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any

from rich.table import Table

from cli.archive_reading import remote
from cli.archive_reading.local import LocalArchive
from cli.archive_reading.places import Bucket
from cli.deployment import Deployment
from cli.proving import proven
from domain.archive.kinds import KINDS, REDACTED
from domain.archive.places import DATA, ERRORS
from domain.archive.questions import QUESTIONS
from sandbox.announcement import DAY, NOTIFIED_ONE_IN, Announcement, key_of, write
from sandbox.runtime import Sandbox

CANCELLED = 20  # fans who take their wish back
WANTED = f"SELECT COUNT(*) AS n FROM demand_current WHERE partition_date = '{DAY}'"  # noqa: S608
ALL_ROWS = f"SELECT COUNT(*) AS n FROM demand WHERE partition_date = '{DAY}'"  # noqa: S608
DELETED = (
    "SELECT COUNT(*) AS n FROM demand WHERE isdeleted AND partition_date = "  # noqa: S608
    f"'{DAY}' AND coalesce(phonenumber, '{REDACTED}') = '{REDACTED}' AND coalesce(email, '{REDACTED}') = '{REDACTED}'"
)


@dataclass(frozen=True)
class Archived:
    """`athena` and `here` are the same figures, asked of Athena and of this machine; seconds are from one step to the next."""

    fans: int
    writing: float  # seconds that putting the items took: the embedded DynamoDB's
    archiving: float  # seconds from the last of them to the last row
    files: int
    errors: int
    athena: Mapping[str, float]
    here: Mapping[str, float]
    wanted: Mapping[str, float]
    complete: bool

    @property
    def as_wanted(self) -> bool:
        return self.complete and not self.errors and self.athena == self.here == self.wanted


def announced(sandbox: Sandbox, fans: int, scratch: Path) -> Archived:
    """Put an announcement's items, take some wishes back, and ask the archive about it."""
    deployment, announcement = Deployment.of(sandbox.client, "ovation-sandbox-archive", "archive"), Announcement(fans)
    dynamodb, table = sandbox.client("dynamodb"), deployment.names["demand_table"]
    began = monotonic()
    write(dynamodb, table, iter(announcement.event()))
    write(dynamodb, table, announcement.demand())
    written = monotonic()
    sandbox.settle()
    archived = monotonic()
    objects = _objects(deployment)
    cancelled = range(
        1, fans, max(NOTIFIED_ONE_IN, fans // CANCELLED // NOTIFIED_ONE_IN * NOTIFIED_ONE_IN)
    )  # none of them notified
    for item in islice(announcement.demand(), cancelled.start, cancelled.stop, cancelled.step):
        dynamodb.delete_item(TableName=table, Key=key_of(item))
    sandbox.settle()
    gone = len(cancelled)
    local = LocalArchive(Bucket(sandbox.client("s3"), deployment.names["archive_bucket"]), scratch)
    findings = proven(deployment, DAY.isoformat(), KINDS)
    return Archived(
        fans=fans,
        writing=written - began,
        archiving=archived - written,
        files=sum(key.startswith(DATA) for key in objects),
        errors=sum(key.startswith(ERRORS) for key in objects),
        athena=_asked(lambda sql: _athena(deployment, sql)),
        here=_asked(lambda sql: local.ask(sql)),
        wanted={"rows": fans + gone, "wanted": fans - gone, "deleted": gone, "lag": announcement.mean_lag},
        complete=all(it.complete for it in findings.values()),
    )


def _asked(ask: Any) -> dict[str, float]:
    questions = {"rows": ALL_ROWS, "wanted": WANTED, "deleted": DELETED, "lag": QUESTIONS["notify_lag"].sql}
    return {name: round(float(ask(sql).column(0)[0].as_py()), 6) for name, sql in questions.items()}


def _athena(deployment: Deployment, sql: str) -> Any:
    names = deployment.names
    place = {"workgroup": names["athena_workgroup"], "database": names["glue_database"]}
    return remote.ask(deployment.client("athena"), sql, **place)


def _objects(deployment: Deployment) -> list[str]:
    pages = deployment.client("s3").get_paginator("list_objects_v2").paginate(Bucket=deployment.names["archive_bucket"])
    return [item["Key"] for page in pages for item in page.get("Contents", ())]


def table(archived: Archived) -> Table:
    """What to show."""
    shown = Table(title="archive: a tour date is announced", title_justify="left")
    shown.add_column("what")
    shown.add_column("figure", justify="right")
    rows = {
        "wishes written": f"{archived.fans:,} in {archived.writing:.1f} s",
        "archived after the last one": f"{archived.archiving:.1f} s",
        "Avro files, errors": f"{archived.files}, {archived.errors}",
        "rows, by Athena and by `ovation query`": f"{archived.athena['rows']:,.0f} = {archived.here['rows']:,.0f}",
        "wishes that still stand": f"{archived.athena['wanted']:,.0f}",
        "taken back, and redacted": f"{archived.athena['deleted']:,.0f}",
        "mean lag from wish to reminder": f"{archived.athena['lag']:.1f} s",
        "table and archive, key by key": "equal" if archived.complete else "not equal",
    }
    for what, figure in rows.items():
        shown.add_row(what, figure)
    return shown
