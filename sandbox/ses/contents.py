"""One entry of a SendBulkEmail or SendEmail call in, the message it makes out, checked as SES checks it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

PLACEHOLDER = re.compile(r"\{\{\{?\s*([A-Za-z0-9_.]+)\s*\}?\}\}")
BLOCK = re.compile(r"\{\{[#/>^!&]")  # Handlebars that this stand-in does not speak
TAG = re.compile(r"[A-Za-z0-9_.@-]{1,256}")  # SES: letters, digits, _ and -; . and @ in values
HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,126}")
HEADER_VALUE = re.compile(r"[ -~]{1,870}")  # printable ASCII
MOST_HEADERS, MOST_TAGS, MOST_RECIPIENTS = 15, 50, 50


class Invalid(Exception):
    """SES would not take this; the text says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """`missing` is the first name in the template without a value: SES takes such a mail, and then does not send it."""

    to: tuple[str, ...]
    subject: str
    html: str
    text: str
    headers: Mapping[str, str]
    tags: Mapping[str, str]
    missing: str | None = None


def bulk_message(call: Mapping[str, Any], entry: Mapping[str, Any]) -> Message:
    """What one entry of a bulk call says, or Invalid."""
    template = call["DefaultContent"]["Template"]
    replacing = entry.get("ReplacementEmailContent", {}).get("ReplacementTemplate", {}).get("ReplacementTemplateData")
    data = {**_data(template.get("TemplateData")), **_data(replacing)}
    subject, html, text = (template["TemplateContent"].get(part, "") for part in ("Subject", "Html", "Text"))
    names = PLACEHOLDER.findall(subject + html + text)
    return Message(
        recipients(entry.get("Destination", {})),
        _filled(subject, data),
        _filled(html, data),
        _filled(text, data),
        headers=_headers(template.get("Headers", ()), entry.get("ReplacementHeaders", ())),
        tags=_tags(call.get("DefaultEmailTags", ()), entry.get("ReplacementTags", ())),
        missing=next((name for name in names if _value(name, data) is None), None),
    )


def simple_message(call: Mapping[str, Any]) -> Message:
    """What a SendEmail call with simple content, or an inline template, says, or Invalid."""
    content = call.get("Content", {})
    if "Template" in content:
        default = {"DefaultContent": content, "DefaultEmailTags": call.get("EmailTags", ())}
        return bulk_message(default, {"Destination": call.get("Destination", {})})
    if "Simple" not in content:
        raise Invalid("this stand-in takes simple content and inline templates")
    simple = content["Simple"]
    html, text = (simple.get("Body", {}).get(part, {}).get("Data", "") for part in ("Html", "Text"))
    subject = simple["Subject"]["Data"]
    headers, tags = _headers(simple.get("Headers", ())), _tags(call.get("EmailTags", ()))
    return Message(recipients(call.get("Destination", {})), subject, html, text, headers, tags)


def recipients(destination: Mapping[str, Any]) -> tuple[str, ...]:
    fields = ("ToAddresses", "CcAddresses", "BccAddresses")
    addresses = tuple(parseaddr(text)[1] for name in fields for text in destination.get(name, ()))
    if not 1 <= len(addresses) <= MOST_RECIPIENTS:
        raise Invalid(f"a mail has 1 to {MOST_RECIPIENTS} recipients")
    if not all(re.fullmatch(r"[!-?A-~]+@[A-Za-z0-9.-]+", address) for address in addresses):
        raise Invalid("illegal address")
    return addresses


def unspoken(content: Mapping[str, str]) -> bool:
    """Whether a template uses more of Handlebars than names."""
    return any(BLOCK.search(text) for text in content.values())


def _data(text: str | None) -> dict[str, Any]:
    try:
        data = json.loads(text or "{}")
    except ValueError as error:
        raise Invalid("template data is no JSON") from error
    if not isinstance(data, dict):
        raise Invalid("template data is no JSON object")
    return data


def _filled(template: str, data: Mapping[str, Any]) -> str:
    """Names replaced by values as they are: SES escapes no HTML, and does not look for names in values."""
    return PLACEHOLDER.sub(lambda match: str(_value(match[1], data)), template)


def _value(name: str, data: Mapping[str, Any]) -> Any:
    found: Any = data
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _headers(*lists: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Later lists win over earlier ones, by name."""
    kept: dict[str, tuple[str, str]] = {}
    for header in (header for headers in lists for header in headers):
        if not HEADER_NAME.fullmatch(header["Name"]) or not HEADER_VALUE.fullmatch(header["Value"]):
            raise Invalid(f"illegal header {header['Name']}")
        kept[header["Name"].lower()] = (header["Name"], header["Value"])
    if len(kept) > MOST_HEADERS:
        raise Invalid(f"more than {MOST_HEADERS} headers")
    return dict(kept.values())


def _tags(*lists: Sequence[Mapping[str, str]]) -> dict[str, str]:
    tags = {tag["Name"]: tag["Value"] for each in lists for tag in each}
    if len(tags) > MOST_TAGS or not all(TAG.fullmatch(text) for pair in tags.items() for text in pair):
        raise Invalid("illegal message tags")
    return tags
