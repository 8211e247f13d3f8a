"""Public HTTP API -> Demand table, list of opt-outs: an event's short link leads to its page, and a mail's link out of reminders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.link_keys import LinkKeys
from adapters.aws.opt_out_list import OptOutList
from adapters.aws.session import client, dynamodb
from adapters.aws.short_urls import ShortUrls
from adapters.files.links import Forged
from adapters.files.page_templates import PageTemplates
from adapters.files.reminder_links import Outlived, ReminderLinks
from domain.errors import Rejected, Unavailable
from domain.notifications.keys import Key
from domain.notifications.links import page_of
from domain.solicitation.pages import Kind, Page, expired_page, forged_page, unavailable_page
from handlers.notifications.following.visit import Visit
from handlers.notifications.rules import folder
from handlers.notifications.settings import NAMESPACE, FollowLinkSettings

READ = ["GET", "HEAD"]
ALLOWED = {"e": "GET, HEAD", "u": "GET, HEAD, POST"}
LONGEST_ID = 256  # bytes
SHORTLY = "public, max-age=60"  # an event's page may move
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address of a way out is the secret
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Strict-Transport-Security": "max-age=63072000",
}
Reply = Response[str]

app = APIGatewayHttpResolver()
logger = Logger(service="follow_link")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return follow_link(event, **live())


@cache
def live() -> dict[str, Any]:
    env, tables = FollowLinkSettings.from_env(), dynamodb()
    return {
        "desk": Desk(
            ShortUrls(tables, env.demand_table),
            OptOutList(tables, env.state_table),
            LinkKeys(client("secretsmanager"), env.links_secret),
            PageTemplates(folder().parent / "templates" / "reminder"),
        )
    }


@dataclass(frozen=True)
class Desk:
    events: ShortUrls
    opt_outs: OptOutList
    link_keys: LinkKeys
    templates: PageTemplates


def follow_link(event: dict[str, Any], *, desk: Desk) -> dict[str, Any]:
    """Answer one request. A GET changes nothing."""
    app.append_context(desk=desk, visit=Visit.of(event))  # type: ignore[no-untyped-call]
    return app.resolve(event, None)  # type: ignore[arg-type]


@app.route("/e/<event>", method=READ)
def event_page(event: str) -> Reply:
    """To the page that the event's row names, and nowhere else."""
    try:
        row = desk().events.event(event) if len(event.encode("utf-8", "replace")) <= LONGEST_ID else None
    except Unavailable as reason:
        return away(reason)
    page = page_of((row or {}).get("url"))
    tell("LinksFollowed" if page else "LinksToNowhere")
    if page is None:
        return html(forged_page(visit().locale))
    led = {"Cache-Control": SHORTLY, "Content-Security-Policy": NOTHING, "Location": page}
    return Response(302, "text/plain", "", headers={**PRIVATE, **led})


@app.route("/u/<token>", method=READ)
def way_out(token: str) -> Reply:
    """Whether to leave; only the button does it, since scanners follow links."""
    return told(token, lambda key: "unsubscribe")


@app.post("/u/<token>")
def left(token: str) -> Reply:
    """Opt out, whatever the body says (RFC 8058 leaves its form open), unless it asks to undo that."""
    return told(token, changed)


def changed(key: Key) -> Kind:
    back = "undo" in visit().form
    desk().opt_outs.put(key, visit().now, "link", out=not back)
    logger.info("subscribed" if back else "unsubscribed", extra={"method": key.sk})
    tell("OptInsByLink" if back else "OptOutsByLink")
    return "subscribed" if back else "unsubscribed"


def told(token: str, act: Callable[[Key], Kind]) -> Reply:
    """The page of the kind that `act` gives for the list's key; or the one that says why the token holds no more."""
    try:
        key = ReminderLinks("", desk().link_keys.read(visit().now)).read(token, visit().now)
        return html(Page(act(key), visit().locale, 200, {"method": key.sk, "path": f"/u/{token}"}))
    except Forged:
        return html(forged_page(visit().locale))
    except Outlived:
        return html(expired_page(visit().locale))
    except (Unavailable, Rejected) as reason:  # the secret holds no keys
        return away(reason)


@app.not_found
def elsewhere(error: NotFoundError) -> Response[Any]:
    """A page we do not have, or a method that a page we have does not answer to."""
    allowed = ALLOWED.get(app.current_event.path.split("/")[1])
    if allowed and visit().method not in allowed.split(", "):
        refused = {**PRIVATE, "Content-Security-Policy": NOTHING, "Allow": allowed}
        return Response(405, "text/plain", "Method Not Allowed", headers=refused)
    return html(forged_page(visit().locale))


def away(reason: Exception) -> Reply:
    logger.error("out of reach", extra={"reason": str(reason)})
    return html(unavailable_page(visit().locale), {"Retry-After": "10"})


def html(page: Page, more: Mapping[str, str] | None = None) -> Reply:
    """HEAD is answered as GET would be, without the body (RFC 9110, 9.3.2)."""
    templates = desk().templates
    headers = {**PRIVATE, "Content-Security-Policy": templates.policy(page, ""), **(more or {})}
    body = "" if visit().method == "HEAD" else templates.render(page)
    return Response(page.status, "text/html; charset=utf-8", body, headers=headers)


def tell(name: str) -> None:
    with single_metric(name, MetricUnit.Count, 1, namespace=NAMESPACE):
        pass


def visit() -> Visit:
    found: Visit = app.context["visit"]
    return found


def desk() -> Desk:
    found: Desk = app.context["desk"]
    return found
