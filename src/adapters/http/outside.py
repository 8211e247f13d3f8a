"""A call of an outside service in, the three failures of the domain out: one place that says what may have happened."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from requests.adapters import HTTPAdapter

from domain.errors import Rejected, Unavailable, Unknown

TIMEOUT = (3.05, 20.0)  # seconds to connect, and for each answer: below every function's own timeout
MOST = 12 * 3600.0  # seconds: no message can be put off for longer (SQS)
BUSY, LATER = 429, frozenset({408, 425, 500, 502, 503, 504})


class Throttled(Unavailable):
    """Not taken: the service asks for patience of `seconds`."""

    def __init__(self, doing: str, seconds: float) -> None:
        super().__init__(f"{doing}: throttled for {seconds:g} s")
        self.seconds = seconds


def http() -> requests.Session:
    """A session whose connections are kept; trying again is its callers' business alone."""
    session = requests.Session()
    session.trust_env = (
        False  # else each call looks for proxies, and a netrc would put its own password in the place of our token
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=16, max_retries=0))
    session.headers["User-Agent"] = "ovation"
    return session


@contextmanager
def outside_call(doing: str) -> Iterator[None]:
    """Unavailable: it never reached the service. Unknown: the service may have taken it. Bodies are in no message."""
    try:
        yield
    except (requests.ConnectTimeout, requests.exceptions.ProxyError, requests.exceptions.SSLError) as error:
        raise Unavailable(f"{doing}: not reached ({type(error).__name__})") from error
    except requests.ConnectionError as error:
        raise _broken(doing, error) from error
    except (
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    ) as error:
        raise Unknown(f"{doing}: no whole answer ({type(error).__name__})") from error


def taken(answer: requests.Response, doing: str, *, repeatable: bool) -> requests.Response:
    """The answer, where it is a good one. `repeatable`: the call has an idempotency key, or changes nothing.

    Throttled: 429. Unavailable, and Unknown where it is not repeatable: 408, 425, 5xx. Rejected: any other refusal; the text has
    the status alone, for bodies may repeat what was sent.
    """
    if answer.status_code == BUSY:
        raise Throttled(doing, patience(answer.headers.get("Retry-After", "")))
    if answer.status_code in LATER or answer.status_code > 504:
        raise (Unavailable if repeatable else Unknown)(f"{doing}: answered {answer.status_code}")
    if not answer.ok:
        raise Rejected(f"{doing}: refused with {answer.status_code}")
    return answer


def _broken(doing: str, error: requests.ConnectionError) -> Unavailable | Unknown:
    """A connection that could not be made has carried nothing; one that broke may have."""
    never = "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
    return (Unavailable if never else Unknown)(f"{doing}: {'not reached' if never else 'the connection broke'}")


def patience(text: str) -> float:
    """Seconds that a service asks for: half a minute where it does not say, or gives a date."""
    try:
        return min(max(1.0, float(text)), MOST)
    except ValueError:
        return 30.0
