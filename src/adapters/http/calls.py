"""An HTTP API's event (payload 2.0) in, the same as a router reads it safely out; and how a refusal is told to a caller."""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from adapters.files.nearest import nearest
from domain.solicitation.serving import NotThere, Refused, TooMuch

Event = Mapping[str, Any]
HEADERS = {"Cache-Control": "no-store"}
MEND = {
    "missing": "add it",
    "extra_forbidden": "leave it out",
    "json_invalid": "send JSON, in UTF-8",
}


def canonical(event: Event) -> dict[str, Any]:
    """The path percent-encoded, whatever ids it holds, and the body as text that is read as JSON.

    An HTTP API hands on the path decoded but for `%25`; what is encoded already stays as it is.
    """
    path = quote(event["rawPath"], safe="/%", errors="replace")
    headers = {**(event.get("headers") or {}), "content-type": "application/json"}
    return {**event, "rawPath": path, "headers": headers, "body": _text(event), "isBase64Encoded": False}


def instant(event: Event) -> datetime:
    """When the gateway took the call, UTC."""
    return datetime.fromtimestamp(event["requestContext"]["timeEpoch"] / 1000, UTC)


def asked(event: Event) -> tuple[Any, ...]:
    """What tells one question from another."""
    query = event.get("queryStringParameters") or {}
    return (event["requestContext"]["http"]["method"], event["rawPath"], tuple(sorted(query.items())), event["body"])


def knows(*names: str) -> Callable[..., Any]:
    """A route's middleware: a query parameter it does not know is refused, for nobody should wonder why it has no effect."""

    def check(app: Any, next_middleware: Callable[[Any], Any]) -> Any:
        for name in app.current_event.query_string_parameters:
            if name not in names:
                raise Refused("there is no such parameter", f"query.{name}", f"leave it out{nearest(name, names)}")
        return next_middleware(app)

    return check


def answered(status: int, answer: Any, **headers: str) -> Response[str]:
    body = answer if isinstance(answer, bytes) else orjson.dumps(answer)
    return Response(status, "application/json", body.decode(), {**HEADERS, **headers})


def refused(reason: Refused) -> Response[str]:
    status = 404 if isinstance(reason, NotThere) else 413 if isinstance(reason, TooMuch) else 400
    return answered(status, errors([(reason.what, reason.where, reason.mend)]))


def invalid(reason: RequestValidationError) -> Response[str]:
    """What the router found wrong with parameters and body: where, what, and what to do."""
    found = (
        (error["msg"], ".".join(str(part) for part in error["loc"]), MEND.get(error["type"], "mend it"))
        for error in reason.errors()
    )
    return answered(400, errors(list(found)))


def errors(found: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    return {"errors": [dict(zip(("what", "where", "mend"), one, strict=True)) for one in found]}


def _text(event: Event) -> str:
    """What is no text is no JSON either, and is refused as such where JSON is wanted."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body)
    try:
        return b64decode(body, validate=True).decode()
    except ValueError:
        return ""
