"""A page, a picture or another address in, the HTTP reply out, with the headers that keep a visit private."""

from base64 import b64decode

from aws_lambda_powertools.event_handler import Response

from domain.solicitation.pages import Page
from handlers.solicitation.visits.visit import Desk, Visit

Reply = Response[str | bytes]

PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address is the secret
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Strict-Transport-Security": "max-age=63072000",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
RETRY_SECONDS = "10"
PIXEL = b64decode(
    "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="
)  # GIF89a, one transparent pixel, 43 bytes


def html(visit: Visit, desk: Desk, page: Page) -> Reply:
    headers = PRIVATE | {"Content-Security-Policy": desk.templates.policy(page, desk.photos_origin)}
    if page.status == 503:
        headers["Retry-After"] = RETRY_SECONDS
    return _reply(visit, page.status, "text/html; charset=utf-8", desk.templates.render(page), headers)


def pixel(visit: Visit, status: int = 200) -> Reply:
    """A picture nobody sees, found or not."""
    return _reply(visit, status, "image/gif", PIXEL, PRIVATE | {"Content-Security-Policy": NOTHING})


def redirect(visit: Visit, to: str) -> Reply:
    return _reply(visit, 302, "text/plain", "", PRIVATE | {"Content-Security-Policy": NOTHING, "Location": to})


def nothing(visit: Visit) -> Reply:
    return _reply(visit, 204, "text/plain", "", PRIVATE | {"Content-Security-Policy": NOTHING})


def refused(allowed: str) -> Reply:
    """A method that no page answers to."""
    headers = PRIVATE | {"Content-Security-Policy": NOTHING, "Allow": allowed}
    return Response(405, "text/plain", "Method Not Allowed", headers=dict(headers))


def _reply(visit: Visit, status: int, kind: str, body: str | bytes, headers: dict[str, str]) -> Reply:
    """HEAD is answered as GET would be, without the body (RFC 9110, 9.3.2)."""
    return Response(status, kind, "" if visit.method == "HEAD" else body, headers=dict(headers))
