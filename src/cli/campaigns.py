"""`ovation campaign` and `ovation deliveries`: who gets a mail when, who got one, and who did not, with the one reason."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from adapters.aws.deliveries import Deliveries
from adapters.aws.runs import RunLedger
from adapters.aws.work_files import WorkFiles
from cli.console import BAD_INPUT, AsJson, give_up, out, print_json
from cli.deployment import Deployment, Stack
from cli.program_choice import Day, ProgramName, chosen
from domain.errors import OvationError, Rejected
from domain.solicitation.delivery import Recipient
from domain.solicitation.run import Run, run_id

GOT_ONE = frozenset({"SENT", "SENDING", "UNKNOWN"})  # of the last two it is not known yet
WAITING = "waiting"


def campaign(program: ProgramName, date: Day, stack: Stack = None, as_json: AsJson = False) -> None:
    """Plan the campaigns of a day's finished run; a plan that stands is kept. Exit code 2: there is no such run."""
    try:
        deployment, day = Deployment.reached(stack), date.date()
        id = chosen(program).id
        row = RunLedger(deployment.client("dynamodb"), deployment.names["runs_table"]).row(id, day, run_id(id, day))
        if row is None or row["status"] != "DONE":
            raise Rejected(f"{id} has no finished run on {day}: `ovation run {id} --date {day}` first")
        run = Run.from_json(row["run"])
        deployment.call("campaign", {"run": run.to_json(), "scheduledTime": _now(run, stack).isoformat()})
        found = list(_deliveries(deployment).campaigns(id, day))
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    print_json(found) if as_json else out.print(_campaigns(found))


def deliveries(
    campaign: Annotated[str, typer.Argument(help="A campaign's id, as `ovation campaign` prints it.")],
    why_not: Annotated[bool, typer.Option("--why-not", help="Only who got no mail, with the reason.")] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Who got the mail and what came of it, or who did not and why. Exit code 2: there is no such campaign."""
    try:
        deployment = Deployment.reached(stack)
        record = _deliveries(deployment).campaign(campaign)
        if record is None:
            raise Rejected(f"there is no campaign {campaign}")
        rows = [row for row in told(deployment, record) if (row["status"] in GOT_ONE) is not why_not]
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    if as_json:
        print_json(rows)
    else:
        out.print(_table(rows, why_not))
        tally = Counter(row["reason"] or row["status"] for row in rows)
        out.print(", ".join(f"{name} {count:,}" for name, count in tally.most_common()) or "nobody")


def told(deployment: Deployment, record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One row a candidate of the campaign: those taken up, those still waiting for their hour, those left out."""
    known = {item["id"]: item for item in _deliveries(deployment).of_campaign(record["id"])}
    for item in known.values():
        timeline = item.get("timeline", {})
        yield _row(item, item["status"], item.get("reason"), item.get("sentAt"), sorted(timeline))
    files = WorkFiles(deployment.client("s3"), deployment.names["work_bucket"])
    for key in files.keys(f"{record['lists']}/"):
        for recipient in map(Recipient.from_row, files.read(key)):
            if recipient.delivery not in known:
                yield _row({**recipient.to_row(), "sendAt": recipient.send_at.isoformat()}, WAITING, None, None, [])
    left_out = f"campaigns/{record['program']}/{record['date']}/left-out.jsonl.gz"
    for row in files.read(left_out) if files.keys(left_out) else ():  # lists live shorter than deliveries
        if row.get("campaign") == record["id"] and row["reason"] != "holdout":  # those have an item of their own
            yield _row(row, "LEFT_OUT", row["reason"], None, [])


def _row(about: dict[str, Any], status: str, reason: str | None, sent: str | None, events: list[str]) -> dict[str, Any]:
    local = None
    if sent and about.get("zone"):
        local = datetime.fromisoformat(sent).astimezone(ZoneInfo(about["zone"])).strftime("%H:%M %Z")
    return {
        "customer": about["customer"],
        "subject": about["subject"],
        "score": about.get("score"),
        "status": status,
        "reason": reason,
        "zone": about.get("zone"),
        "sentAt": sent,
        "local": local,
        "events": events,
    }


def _now(run: Run, stack: str | None) -> datetime:
    """The time that the plan counts from: the true one in an account; a sandbox's days are virtual, so there the run's own."""
    return datetime.now(UTC) if stack else run.started_at


def _deliveries(deployment: Deployment) -> Deliveries:
    return Deliveries(deployment.client("dynamodb"), deployment.names["deliveries_table"])


def _campaigns(found: list[dict[str, Any]]) -> Table:
    table = Table(title="Campaigns", title_justify="left")
    for heading in ("campaign", "template", "state", "recipients", "holdout", "slots (UTC)"):
        table.add_column(heading, overflow="fold")
    for record in found:
        counts, slots = record["counts"], record.get("slots", [])
        table.add_row(
            record["id"],
            record["templateId"],
            record["state"],
            f"{counts.get('recipients', 0):,}",
            f"{counts.get('holdout', 0):,}",
            "\n".join(f"{slot['at']}  {slot['recipients']:,}" for slot in slots),
        )
    return table


def _table(rows: list[dict[str, Any]], why_not: bool) -> Table:
    names = ("customer", "subject", "reason") if why_not else ("customer", "subject", "status", "local", "events")
    table = Table()
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        cells = {**row, "events": " ".join(row["events"]), "reason": row["reason"] or row["status"]}
        table.add_row(*(str(cells[name] or "") for name in names))
    return table
