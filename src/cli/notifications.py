"""`ovation notifications`: whether a window can be met, what is suppressed in it, and how a sale's reminders stand."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError

from adapters.aws.event_rows import EventRows
from adapters.aws.sale_demand import SaleDemand
from adapters.aws.sale_index import SaleIndex
from adapters.aws.sale_notifications import SaleNotifications
from cli.console import BAD_INPUT, FAILED, AsJson, err, give_up, out, print_json
from cli.deployment import Deployment, Stack
from cli.notifications_tables import of_plans, of_suppressed, of_tally
from cli.why import At
from domain.errors import OvationError, Rejected, Unavailable
from domain.notifications.events import Event
from domain.notifications.feasibility import Plan, Rates
from domain.notifications.instants import iso, moment
from domain.notifications.tallies import Tally
from domain.notifications.timeline import HALF_HOUR, half_hour
from domain.notifications.window_sales import InWindow, Search, events_of, in_window
from domain.notifications.windows import Window
from handlers.notifications.rules.words import texts
from handlers.notifications.scheduling.planning import gather

app = typer.Typer(
    name="notifications", help="Reminders: windows, what is suppressed, how they stand.", no_args_is_help=True
)


@app.command()
def plan(at: At = None, stack: Stack = None, as_json: AsJson = False) -> None:
    """Tell, sale by sale, whether all fans can be told before it begins: recipients × parts ÷ rate against the time left.

    The window is of the half hour that T lies in, as far as the table knows its sales. Exit code 1: one cannot be met, or the tables
    do not answer. Exit code 2: there is nothing to look at.
    """
    now = instant(at)
    with err.status("counting who waits"):
        plans = asked(lambda: planned(Deployment.reached(stack, "notifications"), now))
    if as_json:
        print_json([it.row() for it in plans])
    else:
        out.print(of_plans(window(now), plans, now))
    if not all(it.feasible for it in plans):
        raise typer.Exit(FAILED)


@app.command()
def suppressed(at: At = None, stack: Stack = None, as_json: AsJson = False) -> None:
    """Tell the sales of T's half hour that nobody is reminded of, and why. Exit code 1: the tables do not answer."""
    now = instant(at)
    found = asked(lambda: [it for it in sales(Deployment.reached(stack, "notifications"), now) if it.suppressed])
    if as_json:
        print_json([as_document(it) for it in found])
    else:
        out.print(of_suppressed(window(now), found))


@app.command()
def status(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The event's id.")],
    sale: Annotated[str, typer.Argument(metavar="SALE", help="The sale's id.")],
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Tell how a sale's reminders stand, and why some did not arrive. Exit code 1: the tables do not answer; 2: there are none."""

    def read() -> Tally:
        found = tallied(Deployment.reached(stack, "notifications"), event, sale)
        if not found.total:
            raise Rejected(f"there are no reminders of sale {sale} of event {event}")
        return found

    tally = asked(read)
    print_json(tally.document()) if as_json else out.print(of_tally(f"{event}, {sale}", tally))


def asked(read: Any) -> Any:
    """What the tables say; ends with an exit code where they do not."""
    try:
        return read()
    except Unavailable as reason:
        give_up(reason, FAILED)
    except (OvationError, ClientError) as reason:
        give_up(reason, BAD_INPUT)


def instant(at: str | None) -> datetime:
    try:
        return moment(at) if at else datetime.now(UTC)
    except Rejected as reason:
        give_up(reason, BAD_INPUT)


def window(now: datetime) -> Window:
    """Of the run that is due in the half hour of `now`: the 09:30 run's sales start after 09:30, up to 10:00."""
    return Window(half_hour(now), half_hour(now) + HALF_HOUR)


def sales(deployment: Deployment, now: datetime) -> list[InWindow]:
    """As the table has them: nobody is asked outside."""
    dynamodb, table = deployment.client("dynamodb"), deployment.names["demand_table"]
    within, events = Search(window(now)), EventRows(dynamodb, table)
    known = events_of(SaleIndex(dynamodb, table).starting(within.window), within)
    rows = {event: events.read(event).event for event in known}
    about = {event: Event.of(row) for event, row in rows.items() if row}
    found = [it for event, of_event in known.items() for it in in_window(within, of_event, about.get(event))]
    return sorted(found, key=lambda it: (it.sale.starts, it.sale.id))


def planned(deployment: Deployment, now: datetime) -> list[Plan]:
    names = deployment.names
    rates = Rates(float(names["sms_rate"]), float(names.get("mail_rate", 14)))
    demand = SaleDemand(deployment.client("dynamodb"), names["demand_table"])
    return gather(sales(deployment, now), demand, texts(), rates, now)


def tallied(deployment: Deployment, event: str, sale: str) -> Tally:
    tally = Tally()
    for rows in SaleNotifications(deployment.client("dynamodb"), deployment.names["demand_table"]).pages(event, sale):
        tally.add(rows)
    return tally


def as_document(it: InWindow) -> dict[str, Any]:
    told = {"eventId": it.sale.event_id, "saleId": it.sale.id, "name": it.sale.name, "starts": iso(it.sale.starts)}
    return {**told, "event": it.event.name if it.event else None, "reason": it.suppressed}
