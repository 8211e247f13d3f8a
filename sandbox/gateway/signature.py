"""A request that claims to be signed by AWS's signature, version 4, in; the access key that signed it out, or a refusal."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.gateway.payload import Call

ALLOWED_SKEW = timedelta(minutes=5)
SERVICE = "execute-api"
HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)
STAMP = "%Y%m%dT%H%M%SZ"


def signer_of(call: Call, known: Credentials, region: str, now: datetime) -> str | None:
    """The access key, when the request was signed with the `known` credentials not long ago; None otherwise.

    `now` is the machine's own time: the caller's client signs by that.
    """
    found = HEADER.fullmatch(call.headers.get("authorization", ""))
    if not found:
        return None
    key, day, place, service, names, signature = found.groups()
    stamp = call.headers.get("x-amz-date", "")
    if (key, place, service) != (known.access_key, region, SERVICE) or not _fresh(stamp, day, now):
        return None
    if "host" not in names.split(";"):
        return None
    return key if _sign(call, names.split(";"), stamp, known, region) == signature else None


def signed(
    url: str, region: str, *, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The headers with which the sandbox's own credentials may call one of its APIs."""
    request = AWSRequest(method, url, dict(headers or {}), body)
    SigV4Auth(Credentials("test", "test"), SERVICE, region).add_auth(request)
    return dict(request.headers.items())


def _fresh(stamp: str, day: str, now: datetime) -> bool:
    try:
        made = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return False
    return stamp.startswith(day) and abs(now - made) <= ALLOWED_SKEW


def _sign(call: Call, names: list[str], stamp: str, known: Credentials, region: str) -> str:
    """The signature the caller must have made, over the headers it says it has signed."""
    headers = {name: call.headers.get(name, "") for name in names}
    path = quote(unquote(call.path), safe="/~")
    request = AWSRequest(call.method, f"http://{call.headers.get('host', '')}{path}?{call.query}", headers, call.body)
    request.context["timestamp"] = stamp
    auth = SigV4Auth(known, SERVICE, region)
    return str(auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request))
