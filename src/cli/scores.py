"""`ovation scores`: load a file and follow it to its verdict, see what it would change first, hold counts against their rows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.load_ledger import LoadLedger
from adapters.aws.score_counts import ScoreCounts
from adapters.aws.score_table import ScoreTable
from adapters.files import file_lines, score_csv
from cli.console import BAD_INPUT, FAILED, AsJson, err, give_up, out, print_json
from cli.deployment import Deployment, Stack
from cli.loading import File, followed, opened, put
from cli.scores_tables import document, of_campaign, of_loads, of_one, of_plan
from domain.errors import OvationError, Rejected, Unavailable
from domain.scores.drop import Drop
from domain.scores.keys import slack_row
from domain.scores.load import INCOMPLETE, REJECTED, Load, Place
from domain.scores.places import FANLIST
from domain.scores.plan import Plan
from domain.scores.scored import scored

app = typer.Typer(
    name="scores", help="Load files of scores, count them exactly, and tell how they stand.", no_args_is_help=True
)
Campaign = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id.")]


@app.command()
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Scrubbed registrants or a fanlist, CSV or CSV.gz.")],
    campaign: Annotated[
        str | None, typer.Option("--campaign", help="Its id, where the file's name does not say it.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="The campaign's name, for the file's.")] = None,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Write nothing: tell who would become verified, and who no longer, by market."),
    ] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Drop a file into the scoring bucket, and follow its load until Slack knows.

    Exit code 2: nothing was dropped; 1: the file was rejected, or not all of it was counted in time.
    """
    try:
        deployment, dropped = Deployment.reached(stack, "scores"), File.named(file, campaign, name, datetime.now(UTC))
        if plan:
            found = planned(deployment, dropped)
            print_json(as_document(found)) if as_json else out.print(of_plan(found))
            return
        with err.status("dropping the file"):
            drop = put(deployment, dropped)
    except (OvationError, ClientError, OSError) as reason:
        give_up(reason, BAD_INPUT)
    done = follow(deployment, drop)
    show_loads([done], as_json)
    if done.state == REJECTED or done.settled_as == INCOMPLETE:
        raise typer.Exit(FAILED)


@app.command()
def status(campaign: Campaign, stack: Stack = None, as_json: AsJson = False) -> None:
    """Tell a campaign's counts and loads, and whether their sums hold.

    Exit code 1: the table does not answer. Exit code 2: nothing is known of the campaign.
    """
    try:
        deployment = Deployment.reached(stack, "scores")
        dynamodb, table = deployment.client("dynamodb"), deployment.names["scores_table"]
        counts = ScoreCounts(dynamodb, table).read([campaign])[campaign]
        loads, slack = LoadLedger(dynamodb, table).loads(campaign), told_slack(dynamodb, table, campaign)
        if not loads and not counts.fans and not slack:
            raise Rejected(f"nothing is known of a campaign {campaign}")
    except Unavailable as reason:
        give_up(reason, FAILED)
    except (OvationError, ClientError) as reason:
        give_up(reason, BAD_INPUT)
    if as_json:
        print_json(document(campaign, counts, loads, slack))
        return
    out.print(of_campaign(campaign, counts, slack))
    show_loads(loads, as_json)


@app.command()
def reconcile(campaign: Campaign, stack: Stack = None, as_json: AsJson = False) -> None:
    """Recount a campaign from its rows, and mend its counts where they differ.

    Exit code 1: rows moved meanwhile, so nothing was mended: try again. Exit code 2: it could not be done.
    """
    try:
        with err.status("recounting"):
            found = Deployment.reached(stack, "scores").call("reconcile_counts", {"campaignId": campaign})
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    if as_json:
        print_json(found)
    else:
        for one in found["campaigns"]:
            did = "busy: try again" if one["busy"] else "repaired" if one["repaired"] else "equal"
            out.print(f"{one['campaignId']}: {did}; drift {one['drift']:,}; rows say {one['recounted']}", markup=False)
    if any(one["busy"] for one in found["campaigns"]):
        raise typer.Exit(FAILED)


def follow(deployment: Deployment, drop: Drop) -> Load:
    """Exit code 1: nobody can tell how it stands, or not in time; it is dropped all the same."""
    try:
        with err.status("dropped") as status:
            return followed(deployment, drop, lambda it: status.update(step(it)))
    except (Unavailable, ClientError) as reason:
        give_up(f"{drop.arrival.key} is dropped, but {reason}", FAILED)


def planned(deployment: Deployment, file: File) -> Plan:
    """Read the file as the load would, and the rows that it would meet. Rejected: it is a fanlist, or cannot be loaded."""
    if file.key.startswith(FANLIST):
        raise Rejected("--plan is about verified fans; a fanlist verifies nobody")
    table = ScoreTable(deployment.client("dynamodb"), deployment.names["scores_table"])
    plan = Plan()
    for records in parts(file):
        rows = {row["PK"]: row for row in table.rows([it.key for it in records], ("PK", "isVerified", "loadVersion"))}
        for record in records:
            plan.add(record, rows.get(record.key.pk))
    return plan


def parts(file: File) -> Iterator[list[Any]]:
    with opened(file.path) as raw:
        lines = file_lines.lines(raw, gz=False, skip=0)
        header = score_csv.read_header(lines)
        for chunk in score_csv.chunks(lines, header, drop=file.drop(), at=Place()):
            yield [scored(orjson.loads(data)) for _, data in chunk.records]


def told_slack(dynamodb: Any, table: str, campaign: str) -> dict[str, Any]:
    """What Slack was told last."""
    found = dynamodb.get_item(TableName=table, Key=encode_item(slack_row(campaign).attributes()), ConsistentRead=True)
    return decode_item(found.get("Item", {}))


def as_document(plan: Plan) -> dict[str, Any]:
    return {"markets": dict(plan.markets()), "totals": plan.totals()}


def step(load: Load) -> str:
    read = f"{load.progress.figures['in']:,} rows read"
    return f"{load.load}: {load.state.lower()}, {read}, {load.counted.get('records', 0):,} of {load.out:,} counted"


def show_loads(loads: list[Load], as_json: bool) -> None:
    if as_json:
        print_json([of_one(it) for it in loads])
    else:
        for table in of_loads(loads):
            out.print(table)
