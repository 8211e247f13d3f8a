"""Who asked for a pixel or a link of ours: a person, or a machine that reads mail for one; by the request, and by what came near it.

A count of people can only be an estimate. What no person can do is a machine's (a link nobody sees, a read before the mail could
be shown), and so is what says so itself. All else is a person's, since most machines sweep a mail at once and are caught by
the hidden link. The price: a person is missed who reads within SOONEST of delivery, whose own reading falls within SWEEP of a
scanner's, or whose mail program fetches images ahead (Apple's does, and hides whether anybody looked). The raw counts keep them,
and an answer is an answer whoever clicked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# The receiving server has taken the mail; to be told of it, show it and load its images takes a phone longer than this.
SOONEST = timedelta(seconds=2)
SWEEP = timedelta(seconds=10)  # a scanner fetches a mail's links one after the other, and the hidden one is among them
AT_ONCE = timedelta(seconds=1)  # nobody reads two pages in it

# Programs that fetch links without a person: mail gateways, link previews, crawlers, plain HTTP clients. (Cubot makes phones.)
FETCHER = re.compile(
    r"barracuda|proofpoint|mimecast|messagelabs|symantec|trendmicro|fireeye|trellix|forcepoint|ironport|safelinks|sophos"
    r"|virustotal|urlscan|bingpreview|skypeuripreview|facebookexternalhit|whatsapp|google-safety|headlesschrome|phantomjs"
    r"|(?<!cu)bot\b|crawler|spider|scanner|curl/|wget/|python|go-http-client|^java/|apache-httpclient|libwww|node-fetch|axios",
    re.IGNORECASE,
)
APPLE_PRIVACY = (
    "Mozilla/5.0"  # all that Apple's Mail Privacy Protection says of itself; it fetches whether or not anybody reads
)
PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")  # how a browser says that it fetches ahead


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that happened to a delivery: what, when, and whether a machine did it, found so far to be one by `why`."""

    kind: str
    at: datetime
    machine: bool
    why: str | None


def why_machine(method: str, headers: Mapping[str, str]) -> str | None:
    """What in a request itself shows a machine, or None; header names in lower case."""
    agent = headers.get("user-agent", "").strip()
    if method == "HEAD":
        return "head_request"
    if any(re.search("prefetch|preview|prerender", headers.get(name, ""), re.IGNORECASE) for name in PURPOSES):
        return "fetched_ahead"
    if not agent:
        return "no_user_agent"
    if agent == APPLE_PRIVACY:
        return "apple_privacy_fetch"
    return "known_fetcher" if FETCHER.search(agent) else None


def why_in_company(mark: Mark, company: Sequence[Mark], delivered: datetime | None) -> str | None:
    """What in the marks around it shows that an open or a click was a machine's, or None; `delivered` if that is known."""
    if delivered is not None and mark.at < delivered + SOONEST:
        return "too_soon"
    if any(_apart(mark, other) <= SWEEP for other in _of("trapped", company)):
        return "hidden_link"
    partner = {"clicked": "unsubscribe_viewed", "unsubscribe_viewed": "clicked"}.get(mark.kind)
    if any(_apart(mark, other) <= AT_ONCE for other in _of(partner, company)):
        return "all_links_at_once"
    return None


def _of(kind: str | None, marks: Sequence[Mark]) -> Iterator[Mark]:
    return (mark for mark in marks if mark.kind == kind)


def _apart(one: Mark, other: Mark) -> timedelta:
    return abs(one.at - other.at)
