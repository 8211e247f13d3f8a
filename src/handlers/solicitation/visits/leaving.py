"""`/u/{token}`: the way out of a program's mails, by a page and its button or by one click in the mail program, and back in."""

from typing import Literal

from aws_lambda_powertools import Logger

from domain.errors import Rejected, Unavailable
from domain.solicitation.pages import Page, Question, unsubscribe_page
from handlers.solicitation.visits.questions import question_of, refusal
from handlers.solicitation.visits.replies import Reply, html
from handlers.solicitation.visits.visit import Desk, Visit
from handlers.solicitation.visits.watching import note

logger = Logger(service="engage")


def ask(visit: Visit, desk: Desk) -> Reply:
    """Whether to leave; only the button does it, since scanners follow links."""
    try:
        question = _question(visit, desk)
        note(visit, desk, question.delivery["id"], "unsubscribe_viewed")
        page = unsubscribe_page(question, "unsubscribe")
    except (Rejected, Unavailable) as error:
        page = refusal(error, visit, desk)
    return html(visit, desk, page)


def leave(visit: Visit, desk: Desk) -> Reply:
    """Opt out, whatever the body says (RFC 8058 leaves its form open), unless it asks to undo that."""
    try:
        page = _left(_question(visit, desk), visit, desk)
    except (Rejected, Unavailable) as error:
        page = refusal(error, visit, desk)
    return html(visit, desk, page)


def _left(question: Question, visit: Visit, desk: Desk) -> Page:
    id, customer, program = question.delivery["id"], question.delivery["customer"], question.program.id
    kind: Literal["unsubscribed", "subscribed"] = "subscribed" if "undo" in visit.form else "unsubscribed"
    if kind == "subscribed":
        desk.opt_outs.opt_in(customer, program)
    else:
        desk.opt_outs.opt_out(customer, program, visit.now)
        note(visit, desk, id, "unsubscribed")
    logger.info(kind, extra={"delivery": id, "program": program})
    return unsubscribe_page(question, kind)


def _question(visit: Visit, desk: Desk) -> Question:
    return question_of(visit, desk, "unsubscribe", f"/u/{visit.token}")
