"""An event in, the address of our own short link to it out; and what an event's page may be, before anybody is led there."""

from typing import Any
from urllib.parse import quote, urlsplit

LONGEST = 2048  # characters: what Bitly takes, and every browser follows
KEPT_AS_THEY_ARE = "%/:=&?~#+!$,;'@()*[]-._"


def own_link(links_url: str, event_id: str) -> str:
    """The link of an event that Bitly has none for; `follow_link` redirects it. `links_url` ends without a slash."""
    return f"{links_url}/e/{quote(event_id, safe='')}"


def page_of(url: Any) -> str | None:
    """The address as a header and other services take it, or None where nobody should be led: only http and https, a host, and
    no name or password in it; nothing that two readers might understand differently.
    """
    if not isinstance(url, str) or len(url) > LONGEST or not url.isprintable() or any(it in url for it in ' \\"<>'):
        return None
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an address that is none
        return None
    if not whole or "@" in parts.netloc or not parts.netloc.isascii():
        return None
    return quote(url, safe=KEPT_AS_THEY_ARE)
