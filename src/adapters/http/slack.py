"""Slack: a post in, its name in the channel out; and the way to find a post again whose answer was lost."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPException, InvalidURL
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from adapters.aws.service_secrets import SLACK_TOKEN, SLACK_WEBHOOK, ServiceSecrets
from adapters.http.outside import BUSY, Throttled, patience
from domain.errors import Unavailable, Unknown
from domain.scores.verdict_words import Post

TIMEOUT = 10  # seconds for an answer; all calls of one verdict must fit into the function's minute
EVENT = "ovation_verdict"  # our messages' metadata
PAGE = 200  # messages, and channels, of one answer
EARLIER = timedelta(minutes=1)  # Slack's clock is not ours
CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{8,}")
# Slack's words for "something went wrong, and some of it may have happened all the same".
DOUBTFUL = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"})
RATE_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})


class Refused(Unavailable):
    """Slack says no: a token, a channel or a right is missing. Nothing was posted; an operator has to put it right."""


@dataclass(frozen=True)
class Slack:
    """The Web API at `url` (…/api/) where the secret has a token, else the webhook that it has.

    A token's posts bear their verdict's key, so that one whose answer was lost can be found. A webhook's cannot: such a post is
    sent again, with the same text (promise D-4). Nothing is tried twice here.

    The token's rights: chat:write; channels:history and groups:history, to find a post; where a channel is called by its name and
    not by its id, channels:read and groups:read, too.
    """

    url: str
    tokens: ServiceSecrets
    timeout: int = TIMEOUT
    _channels: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def post(self, channel: str, post: Post, key: str, now: datetime) -> str:
        """The message's `ts`, empty from a webhook. Throttled, Refused, Unavailable: not posted. Unknown: perhaps."""
        body: dict[str, Any] = {"text": post.text, "blocks": list(post.blocks), "attachments": list(post.attachments)}
        body |= {"unfurl_links": False, "unfurl_media": False}  # a name that looks like a link is none
        client = self._client(now)
        if client is None:
            return self._hook(body, now)
        with slack_call("posting to Slack"):
            metadata = {"event_type": EVENT, "event_payload": {"verdict": key}}
            answer = client.chat_postMessage(channel=channel, metadata=metadata, **body)
        return str(answer["ts"])

    def find(self, channel: str, key: str, since: datetime, now: datetime) -> str | None:
        """The `ts` of the post that bears the key; None: there is none, or nobody can know (webhook). Unavailable: Slack does not say."""
        client = self._client(now)
        if client is None:
            return None
        try:
            with slack_call("looking for a post in Slack"):
                return next((ts for ts, verdict in self._ours(client, channel, since) if verdict == key), None)
        except Unknown as nobody_hurt:
            raise Unavailable(str(nobody_hurt)) from nobody_hurt

    def _ours(self, client: WebClient, channel: str, since: datetime) -> Iterator[tuple[str, str]]:
        """`ts` and key of our posts since then, the newest first."""
        about = {"channel": self._id(client, channel), "oldest": f"{(since - EARLIER).timestamp():.6f}"}
        for message in _all(client.conversations_history, "messages", include_all_metadata=True, **about):
            told = message.get("metadata") or {}
            if told.get("event_type") == EVENT:
                yield str(message["ts"]), str(told.get("event_payload", {}).get("verdict"))

    def _id(self, client: WebClient, channel: str) -> str:
        """Who posts may call a channel by its name; who reads may not."""
        name = channel.removeprefix("#")
        if CHANNEL_ID.fullmatch(name):
            return name
        if name not in self._channels:
            found = _all(
                client.conversations_list, "channels", types="public_channel,private_channel", exclude_archived=True
            )
            self._channels.update({it["name"]: it["id"] for it in found})
        return self._channels.get(name, name)

    def _client(self, now: datetime) -> WebClient | None:
        """None: there is a webhook only. Unavailable: there is neither."""
        held = self.tokens.read(now)
        if SLACK_TOKEN not in held and SLACK_WEBHOOK in held:
            return None
        token = self.tokens.one(SLACK_TOKEN, now)
        return WebClient(token=token, base_url=self.url, timeout=self.timeout, retry_handlers=[])

    def _hook(self, body: Any, now: datetime) -> str:
        doing = "posting to Slack's webhook"
        address = self.tokens.one(SLACK_WEBHOOK, now)
        if not address.startswith(("https://", "http://")):
            raise Refused(f"{doing}: the address is none")
        with slack_call(doing):
            hook = WebhookClient(address, timeout=self.timeout, retry_handlers=[])
            answer = hook.send_dict(body)
        _judge(answer.status_code, "" if answer.status_code == 200 else answer.body, answer.headers, doing)
        return ""


@contextmanager
def slack_call(doing: str) -> Iterator[None]:
    """Throttled, Refused, Unavailable: it did not happen. Unknown: it may have. Slack's short word for it is in the message."""
    try:
        yield
    except SlackApiError as error:
        answer = error.response
        _judge(answer.status_code, str(answer.get("error", "")), answer.headers, doing)
        raise Unknown(f"{doing}: an answer that is none") from error
    except InvalidURL as error:
        raise Refused(f"{doing}: the address is none") from error
    except URLError as error:  # from connecting or sending; HTTPError, which is one, is answered above
        raise _broken(doing, error.reason) from error
    except (HTTPException, OSError) as error:  # from waiting for the answer
        raise Unknown(f"{doing}: no whole answer ({type(error).__name__})") from error


def _judge(status: int, error: str, headers: Any, doing: str) -> None:
    """Nothing, where the answer is good."""
    if status == BUSY or error in RATE_LIMITED:
        raise Throttled(doing, patience(headers.get("Retry-After") or headers.get("retry-after") or ""))
    if status >= 500 or status == 408 or error in DOUBTFUL or (error and not re.fullmatch(r"[a-z_ ]{1,60}", error)):
        raise Unknown(f"{doing}: answered {status}")
    if status >= 300 or error:
        raise Refused(f"{doing}: {error or status}")


def _broken(doing: str, reason: object) -> Unavailable | Unknown:
    """A line that was never there has carried nothing: refused, no such name, no trust. One that broke may have."""
    never = isinstance(reason, ConnectionRefusedError) or type(reason).__name__ in (
        "gaierror",
        "SSLCertVerificationError",
    )
    return (Unavailable if never else Unknown)(f"{doing}: {'not reached' if never else 'the connection broke'}")


def _all(method: Any, name: str, **about: Any) -> Iterator[dict[str, Any]]:
    """Page by page."""
    cursor = None
    while True:
        answer = method(limit=PAGE, **about, **({"cursor": cursor} if cursor else {}))
        yield from answer[name]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
