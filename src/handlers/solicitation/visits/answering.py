"""`/r/{token}`: the form of a question, the answer it is sent with, and the photos that go with it."""

from dataclasses import replace

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from domain.errors import Rejected, Unavailable
from domain.solicitation import pages
from domain.solicitation.answer import Answer, Invalid, Opinion, validated
from domain.solicitation.pages import Page, Question
from handlers.solicitation.visits.questions import question_of, refusal
from handlers.solicitation.visits.replies import Reply, html
from handlers.solicitation.visits.visit import Desk, Visit

NAMESPACE = "Ovation/Solicitation"
CHANNEL = "email"

logger = Logger(service="engage")


def show(visit: Visit, desk: Desk) -> Reply:
    """The form, or the answer that stands; changes nothing."""
    try:
        question = _question(visit, desk)
        standing = _standing(question, desk)
        page = pages.answered_page(question, standing) if standing else pages.form_page(_named(question, desk))
    except (Rejected, Unavailable) as error:
        page = refusal(error, visit, desk)
    return html(visit, desk, page)


def submit(visit: Visit, desk: Desk) -> Reply:
    """Take an answer once; whoever has answered before is shown that answer, whatever they send now."""
    try:
        page = _submitted(_question(visit, desk), visit, desk)
    except (Rejected, Unavailable) as error:
        page = refusal(error, visit, desk)
    return html(visit, desk, page)


def show_photos(visit: Visit, desk: Desk) -> Reply:
    """The photos uploaded so far and the form for the next one; changes nothing."""
    try:
        question = _question(visit, desk)
        id = question.delivery["id"]
        photos = desk.photos.of(id)
        upload = desk.photos.form(id, photos, visit.token, f"{visit.origin}{question.path}/photos")
        page = pages.photos_page(question, [desk.photos.address(photo) for photo in photos], upload)
    except (Rejected, Unavailable) as error:
        page = refusal(error, visit, desk)
    return html(visit, desk, page)


def _question(visit: Visit, desk: Desk) -> Question:
    return question_of(visit, desk, "answer", f"/r/{visit.token}")


def _standing(question: Question, desk: Desk) -> Answer | None:
    asked = question.delivery
    return desk.answers.standing(question.program.id, asked["customer"], asked["subject"])


def _named(question: Question, desk: Desk) -> Question:
    """With the name of who was asked; a form without it is better than none."""
    try:
        return replace(question, customer_name=desk.contacts.name(question.delivery["customer"], question.program.id))
    except Unavailable:
        return question


def _submitted(question: Question, visit: Visit, desk: Desk) -> Page:
    try:
        if standing := _standing(question, desk):
            return pages.answered_page(question, standing)
        opinion = validated(visit.form, question.program)
        submitted = desk.answers.submit(_answer(question, opinion, visit, desk), question.program)
    except Invalid as invalid:
        return pages.form_page(_named(question, desk), visit.form, invalid)
    except Unavailable as error:
        logger.warning("answer not stored", extra={"delivery": question.delivery["id"], "why": str(error)})
        return pages.busy_page(question, visit.form)
    if not submitted.first:
        return pages.answered_page(question, submitted.answer)
    publish_metrics(submitted.answer)
    logger.info("answer", extra={"delivery": question.delivery["id"], "program": question.program.id})
    return pages.thanks_page(question, submitted.answer)


def _answer(question: Question, opinion: Opinion, visit: Visit, desk: Desk) -> Answer:
    asked = question.delivery
    return Answer(
        program=question.program.id,
        customer=asked["customer"],
        subject=asked["subject"],
        channel=CHANNEL,
        submitted_at=visit.now,
        opinion=opinion,
        photos=_photos(question, desk),
        delivery=asked["id"],
    )


def _photos(question: Question, desk: Desk) -> tuple[str, ...]:
    """The keys of what was uploaded before; an answer is not held up for them, they are listed again when it is published."""
    if not question.photographed:
        return ()
    try:
        return tuple(photo.key for photo in desk.photos.of(question.delivery["id"]))
    except Unavailable as error:
        logger.warning("photos not listed", extra={"delivery": question.delivery["id"], "why": str(error)})
        return ()


def publish_metrics(answer: Answer) -> None:
    """One submission and what it says, by program: `Rating` is 1 to 5, `ThumbsUp` 1 or 0."""
    metrics = Metrics(namespace=NAMESPACE)
    metrics.add_dimension("Program", answer.program)
    metrics.add_metric("Submissions", MetricUnit.Count, 1)
    if answer.opinion.stars is not None:
        metrics.add_metric("Rating", MetricUnit.NoUnit, answer.opinion.stars)
    else:
        metrics.add_metric("ThumbsUp", MetricUnit.Count, int(answer.opinion.thumb == "up"))
    metrics.flush_metrics()
