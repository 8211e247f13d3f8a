"""Public HTTP API -> Deliveries, Responses, Customers: the pages behind the links of a mail."""

from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from adapters.aws.answers import Answers
from adapters.aws.contacts import Contacts
from adapters.aws.deliveries import Deliveries
from adapters.aws.link_keys import LinkKeys
from adapters.aws.opt_outs import OptOuts
from adapters.aws.photos import Photos, uploads
from adapters.aws.session import client, dynamodb
from adapters.aws.telemetry import Telemetry
from adapters.files.page_templates import PageTemplates
from domain.solicitation.pages import forged_page
from handlers.solicitation.delivery_settings import EngageSettings
from handlers.solicitation.visits import answering, leaving, watching
from handlers.solicitation.visits.replies import Reply, html, refused
from handlers.solicitation.visits.visit import Desk, Visit

READ = ["GET", "HEAD"]
ALLOWED = {"r": "GET, HEAD, POST", "u": "GET, HEAD, POST", "o": "GET, HEAD", "c": "GET, HEAD", "h": "GET, HEAD"}

app = APIGatewayHttpResolver()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return engage(event, **live())


@cache
def live() -> dict[str, Any]:
    env = EngageSettings.from_env()
    tables, root = dynamodb(), Path(__file__).parents[2]
    return {
        "deliveries": Deliveries(tables, env.deliveries_table),
        "contacts": Contacts(tables, env.customers_table),
        "answers": Answers(
            tables,
            env.candidates_table,
            env.customers_table,
            env.deliveries_table,
            env.responses_table,
            env.subjects_table,
        ),
        "telemetry": Telemetry(tables, env.deliveries_table),
        "opt_outs": OptOuts(tables, env.customers_table, env.candidates_table),
        "photos": Photos(uploads(env.photos_bucket, env.photos_origin), env.photos_bucket),
        "photos_origin": env.photos_origin,
        "link_keys": LinkKeys(client("secretsmanager"), env.links_secret),
        "templates": PageTemplates(root / env.templates),
        "programs": root / env.programs,
    }


def engage(event: dict[str, Any], **desk: Any) -> dict[str, Any]:
    """Answer one request; `desk` is what `live` gives."""
    app.append_context(desk=Desk(**desk))  # type: ignore[no-untyped-call]
    return app.resolve(event, None)  # type: ignore[arg-type]


@app.route("/r/<token>", method=READ)
def question(token: str) -> Reply:
    return answering.show(_visit(token), _desk())


@app.post("/r/<token>")
def answer(token: str) -> Reply:
    return answering.submit(_visit(token), _desk())


@app.route("/r/<token>/photos", method=READ)
def photos(token: str) -> Reply:
    return answering.show_photos(_visit(token), _desk())


@app.route("/o/<token>", method=READ)
def pixel(token: str) -> Reply:
    return watching.opened(_visit(token), _desk())


@app.route("/c/<token>", method=READ)
def click(token: str) -> Reply:
    return watching.clicked(_visit(token), _desk())


@app.route("/h/<token>", method=READ)
def trap(token: str) -> Reply:
    return watching.trapped(_visit(token), _desk())


@app.route("/u/<token>", method=READ)
def way_out(token: str) -> Reply:
    return leaving.ask(_visit(token), _desk())


@app.post("/u/<token>")
def left(token: str) -> Reply:
    return leaving.leave(_visit(token), _desk())


@app.not_found
def elsewhere(error: NotFoundError) -> Response[Any]:
    """A page we do not have, or a method that a page we have does not answer to."""
    visit = _visit("")
    allowed = ALLOWED.get(app.current_event.path.split("/")[1])
    if allowed and visit.method not in allowed.split(", "):
        return refused(allowed)
    return html(visit, _desk(), forged_page(visit.locale))


def _visit(token: str) -> Visit:
    return Visit.of(app.current_event.raw_event, token)


def _desk() -> Desk:
    desk: Desk = app.context["desk"]
    return desk
