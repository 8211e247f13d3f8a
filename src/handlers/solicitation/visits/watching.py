"""`/o`, `/c` and `/h`: what a mail loads or links to, noted as telemetry; nobody is held up because that failed."""

from aws_lambda_powertools import Logger

from adapters.files.links import Expired, Forged
from domain.errors import Rejected, Unavailable
from domain.solicitation.telemetry import Kind, Seen
from handlers.solicitation.visits.questions import refusal
from handlers.solicitation.visits.replies import Reply, html, nothing, pixel, redirect
from handlers.solicitation.visits.visit import Desk, Visit

logger = Logger(service="engage")


def opened(visit: Visit, desk: Desk) -> Reply:
    """The open pixel: always a picture."""
    try:
        note(visit, desk, desk.links(visit.now).read(visit.token, "open", visit.now), "opened")
    except Forged:
        return pixel(visit, 404)
    except (Expired, Unavailable):
        pass
    return pixel(visit)


def clicked(visit: Visit, desk: Desk) -> Reply:
    """The mail's button: on to the form, by a link that holds just as long."""
    try:
        links = desk.links(visit.now)
        delivery = links.read(visit.token, "click", visit.now)
        answer = links.token("answer", delivery, links.signed(visit.token, "click").expires_at)
    except (Rejected, Unavailable) as error:
        return html(visit, desk, refusal(error, visit, desk))
    note(visit, desk, delivery, "clicked")
    return redirect(visit, f"/r/{answer}")


def trapped(visit: Visit, desk: Desk) -> Reply:
    """The link nobody sees: only machines come here."""
    try:
        note(visit, desk, desk.links(visit.now).read(visit.token, "trap", visit.now), "trapped")
    except (Rejected, Unavailable) as error:
        return html(visit, desk, refusal(error, visit, desk))
    return nothing(visit)


def note(visit: Visit, desk: Desk, delivery: str, kind: Kind) -> None:
    """Note a visit as telemetry of a delivery, if that can be done now."""
    try:
        desk.telemetry.note(delivery, Seen.of_request(kind, visit.now, visit.id, visit.method, visit.headers))
    except Unavailable as error:
        logger.warning("not noted", extra={"delivery": delivery, "kind": kind, "why": str(error)})
