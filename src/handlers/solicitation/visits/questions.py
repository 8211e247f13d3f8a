"""A visit's token in, the question its mail asked out, or the page that says why there is none."""

from functools import lru_cache
from pathlib import Path

from aws_lambda_powertools import Logger

from adapters.aws.run_programs import deployed_program
from adapters.files.links import Expired, Forged, Purpose
from domain.errors import OvationError, Rejected, Unavailable
from domain.solicitation.delivery import FORGOTTEN
from domain.solicitation.pages import Page, Question, expired_page, forged_page, unavailable_page
from domain.solicitation.program import Program
from handlers.solicitation.visits.visit import Desk, Visit

logger = Logger(service="engage")


class Gone(Rejected):
    """The link is ours, but what it was about is not: erased, or of a program that is no longer deployed."""


def question_of(visit: Visit, desk: Desk, purpose: Purpose, path: str) -> Question:
    """Forged, Expired: the token does not hold. Gone. Unavailable: out of reach."""
    delivery = desk.links(visit.now).read(visit.token, purpose, visit.now)
    item = desk.deliveries.get(delivery)
    if item is None or item["customer"] == FORGOTTEN:  # one forgotten person must not read what another has answered
        raise Gone(f"there is no delivery {delivery}")
    return Question(item, program_of(desk.programs, item["program"]), None, path)


@lru_cache(maxsize=64)
def program_of(folder: Path, id: str) -> Program:
    """The program as this function was deployed with. Gone: it was not."""
    try:
        return Program.from_json(deployed_program(folder, id))
    except Rejected as error:
        raise Gone(str(error)) from error


def refusal(error: OvationError, visit: Visit, desk: Desk) -> Page:
    """What a visitor is shown whose link leads nowhere; in the delivery's language where that is still known."""
    logger.info("refused", extra={"request_id": visit.id, "why": type(error).__name__})
    match error:
        case Forged():
            return forged_page(visit.locale)
        case Expired():
            return expired_page(_language(error.delivery, visit, desk))
        case Unavailable():
            return unavailable_page(visit.locale)
        case _:
            return expired_page(visit.locale)


def _language(delivery: str, visit: Visit, desk: Desk) -> str:
    try:
        item = desk.deliveries.get(delivery)
    except Unavailable:
        item = None
    return str(item["locale"]) if item else visit.locale
