"""An HTTP request in, the event of payload format 2.0 out; a function's answer in, an HTTP response out."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

from sandbox.assembly import ACCOUNT

TEXT = ("application/json", "application/xml", "application/javascript")  # and text/*; all else travels as base64
ESCAPED_PERCENT = re.compile("(%25)")
FAILED = json.dumps({"message": "Internal Server Error"}).encode()


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came in. `headers` in lower case, repeated ones joined by commas; `path` and `query` still escaped."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    source: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes
    headers: Sequence[tuple[str, str]] = field(default=(("content-type", "application/json"),))


def event_of(
    call: Call, api: str, route: str, parameters: Mapping[str, str], at: datetime, caller: str | None = None
) -> dict[str, Any]:
    """What the function is called with. `caller`: the access key that signed the request."""
    path = decoded(call.path)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": call.query,
        "headers": {name: value for name, value in call.headers.items() if name != "cookie"},
        "requestContext": _context(call, api, route, path, at, caller),
        "isBase64Encoded": False,
    }
    if cookies := call.headers.get("cookie"):
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if call.query:
        event["queryStringParameters"] = _joined(parse_qsl(call.query, keep_blank_values=True))
    if parameters:
        event["pathParameters"] = dict(parameters)
    if call.body:
        text = is_text(call.headers.get("content-type"))
        event["body"] = call.body.decode(errors="replace") if text else base64.b64encode(call.body).decode()
        event["isBase64Encoded"] = not text
    return event


def response_of(answer: Any) -> Response:
    """As API Gateway reads an answer: one without a status is a body by itself, a malformed one a failure."""
    if not (isinstance(answer, dict) and "statusCode" in answer):
        return Response(200, json.dumps(answer).encode())
    try:
        body = answer.get("body") or ""
        headers = [(str(name).lower(), _text(value)) for name, value in (answer.get("headers") or {}).items()]
        headers += [("set-cookie", cookie) for cookie in answer.get("cookies") or ()]
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        status = int(answer["statusCode"])
    except (TypeError, ValueError, AttributeError):
        return Response(500, FAILED)
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=utf-8"))
    return Response(status, content, headers)


def is_text(content_type: str | None) -> bool:
    """Whether a body reaches the function as text: a form's does not."""
    kind = (content_type or "").split(";")[0].strip().lower()
    return kind.startswith("text/") or kind in TEXT


def decoded(path: str) -> str:
    """Every escape but that of the percent sign itself, as HTTP APIs do it to `rawPath`."""
    return "".join(part if part == "%25" else unquote(part) for part in ESCAPED_PERCENT.split(path))


def _context(call: Call, api: str, route: str, path: str, at: datetime, caller: str | None) -> dict[str, Any]:
    host = call.headers.get("host", "")
    context: dict[str, Any] = {
        "accountId": ACCOUNT,
        "apiId": api,
        "domainName": host,
        "domainPrefix": host.split(".")[0],
        "http": {
            "method": call.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": call.source,
            "userAgent": call.headers.get("user-agent", ""),
        },
        "requestId": uuid4().hex[:16],
        "routeKey": route,
        "stage": "$default",
        "time": at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(at.timestamp() * 1000),
    }
    if caller:
        user = {"accessKey": caller, "accountId": ACCOUNT, "callerId": caller, "userId": caller}
        context["authorizer"] = {"iam": {**user, "userArn": f"arn:aws:iam::{ACCOUNT}:root", "cognitoIdentity": None}}
    return context


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Repeated names' values joined by commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
