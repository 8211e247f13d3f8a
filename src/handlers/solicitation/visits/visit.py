"""One request of the public HTTP API in, what the pages need to know of it out; and what they work with."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from adapters.aws.answers import Answers
from adapters.aws.contacts import Contacts
from adapters.aws.deliveries import Deliveries
from adapters.aws.link_keys import LinkKeys
from adapters.aws.opt_outs import OptOuts
from adapters.aws.photos import Photos
from adapters.aws.telemetry import Telemetry
from adapters.files.links import Links
from adapters.files.page_templates import PageTemplates
from domain.solicitation.answer import Form
from domain.solicitation.pages import preferred_locale

MOST_FIELDS = 100  # of a form; ours has fewer


@dataclass(frozen=True)
class Desk:
    """Everything the pages reach: tables, photos, keys, templates, and the folder of compiled programs."""

    deliveries: Deliveries
    contacts: Contacts
    answers: Answers
    telemetry: Telemetry
    opt_outs: OptOuts
    photos: Photos
    photos_origin: str
    link_keys: LinkKeys
    templates: PageTemplates
    programs: Path

    def links(self, now: datetime) -> Links:
        """To read tokens and make new ones; addresses are relative to the page."""
        return Links("", self.link_keys.read(now))


@dataclass(frozen=True, slots=True)
class Visit:
    """`now` is when the request came in, `origin` the site it came to, `id` the request's own; header names are in lower case."""

    method: str
    token: str
    now: datetime
    id: str
    origin: str
    headers: Mapping[str, str]
    form: Form

    @property
    def locale(self) -> str:
        """What the browser asks for, where no delivery tells the language."""
        return preferred_locale(self.headers.get("accept-language", ""))

    @classmethod
    def of(cls, event: Mapping[str, Any], token: str) -> "Visit":
        """From payload 2.0 of an HTTP API."""
        context = event["requestContext"]
        headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
        return cls(
            method=context["http"]["method"],
            token=token,
            now=datetime.fromtimestamp(context["timeEpoch"] / 1000, UTC),
            id=context["requestId"],
            origin=f"{headers.get('x-forwarded-proto', 'https')}://{headers.get('host', context.get('domainName', ''))}",
            headers=headers,
            form=_form(event, headers),
        )


def _form(event: Mapping[str, Any], headers: Mapping[str, str]) -> Form:
    """The fields of a form sent as browsers do by default; any other body holds none."""
    body = event.get("body") or ""
    if not headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    text = b64decode(body).decode(errors="replace") if event.get("isBase64Encoded") else body
    try:
        return parse_qs(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError:  # more fields than any form of ours has
        return {}
