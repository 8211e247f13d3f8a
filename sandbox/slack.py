"""Slack in this process: posts of callers with a token or a webhook in, the channels' messages out."""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from sandbox.aws_http import Reply, Request
from sandbox.outside import OutsideFaults, OutsideService, json_reply, sent_json

GIVEN = "xoxb-test"  # the token it knows unless told another one
WEBHOOK = "/services/T0/B0/x"
PAGE, MOST = 100, 999  # messages of one answer: without a limit, and with one
LONGEST = 40_000  # characters; Slack cuts what is longer


class SlackServer(OutsideService):
    """The methods under /api/ that we use; the webhook posts to the first channel. `messages` are all posts, oldest first.

    As Slack does: refusals are `{"ok": false, "error": ..}` with status 200; a channel may be called by name when posting,
    and by its id alone when reading. GET /_outbox is for other processes, and asks for no token.
    """

    def __init__(
        self,
        faults: OutsideFaults | None = None,
        *,
        token: str = GIVEN,
        channels: Sequence[str] = ("scrubbed",),
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(faults)
        self.token, self.clock = token, clock
        self.channels = {f"C{number:08d}": name for number, name in enumerate(channels, 1)}
        self.messages: list[dict[str, Any]] = []
        self._number = itertools.count(1)

    @property
    def webhook(self) -> str:
        return self.endpoint + WEBHOOK

    def posted(self, channel: str | None = None) -> list[dict[str, Any]]:
        """Of one channel, by its name, or of all."""
        with self.lock:
            return [it for it in self.messages if channel in (None, self.channels[it["channel"]])]

    def answer(self, request: Request) -> Reply:
        if request.path == "/_outbox":
            return json_reply({"messages": self.posted()})
        if request.path.startswith("/services/"):
            return self._hooked(request)
        method = METHODS.get(request.path.removeprefix("/api/"))
        if method is None:
            return refused("unknown_method")
        given = request.headers.get("authorization", "")
        if not given:
            return refused("not_authed")
        if given != f"Bearer {self.token}":
            return refused("invalid_auth")
        return method(self, arguments(request))

    def _post(self, told: Mapping[str, Any]) -> Reply:
        channel = self._channel(str(told.get("channel", "")).removeprefix("#"), by_name=True)
        if channel is None:
            return refused("channel_not_found")
        if not told.get("text") and not told.get("blocks") and not told.get("attachments"):
            return refused("no_text")
        if "metadata" in told and not well_formed(told["metadata"]):
            return refused("invalid_metadata_format")
        message = self._keep(channel, told)
        return json_reply({"ok": True, "channel": channel, "ts": message["ts"], "message": message})

    def _history(self, told: Mapping[str, Any]) -> Reply:
        channel = self._channel(str(told.get("channel", "")), by_name=False)
        if channel is None:
            return refused("channel_not_found")
        oldest, latest = float(told.get("oldest") or 0), float(told.get("latest") or "inf")
        with self.lock:
            found = [it for it in self.messages if it["channel"] == channel and oldest < float(it["ts"]) < latest]
        if str(told.get("include_all_metadata")).lower() not in ("true", "1"):
            found = [{name: it[name] for name in it if name != "metadata"} for it in found]
        return paged("messages", found[::-1], told)

    def _list(self, told: Mapping[str, Any]) -> Reply:
        return paged("channels", [{"id": id, "name": name} for id, name in self.channels.items()], told)

    def _test(self, told: Mapping[str, Any]) -> Reply:
        return json_reply(
            {"ok": True, "url": self.endpoint, "team": "Ovation", "user": "ovation", "bot_id": "B00000001"}
        )

    def _hooked(self, request: Request) -> Reply:
        if request.path != WEBHOOK:
            return Reply(b"no_service", content_type="text/html", status=404)
        told = sent_json(request)
        if not isinstance(told, dict) or not told.get("text"):
            return Reply(b"no_text", content_type="text/html", status=400)
        self._keep(next(iter(self.channels)), {name: told[name] for name in told if name != "metadata"})
        return Reply(b"ok", content_type="text/html")

    def _keep(self, channel: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """`ts` is the message's name in its channel, and grows."""
        known = {name: told[name] for name in ("attachments", "blocks", "metadata") if name in told}
        with self.lock:
            number = next(self._number) % 1_000_000
            ts = f"{int(self.clock())}.{number:06d}"
            text = str(told.get("text", ""))[:LONGEST]
            message = {"type": "message", "channel": channel, "ts": ts, "text": text, **known}
            self.messages.append(message)
        return message

    def _channel(self, called: str, *, by_name: bool) -> str | None:
        return next((id for id, name in self.channels.items() if called == id or (by_name and called == name)), None)


METHODS: Mapping[str, Callable[[SlackServer, Mapping[str, Any]], Reply]] = {
    "chat.postMessage": SlackServer._post,
    "conversations.history": SlackServer._history,
    "conversations.list": SlackServer._list,
    "auth.test": SlackServer._test,
}


def arguments(request: Request) -> dict[str, Any]:
    """JSON or a form, and what the address holds."""
    is_json = "json" in request.headers.get("content-type", "")
    sent = sent_json(request) if is_json else dict(parse_qsl(request.body.decode()))
    return {**dict(parse_qsl(request.query)), **sent}


def well_formed(metadata: Any) -> bool:
    return isinstance(metadata, dict) and bool(metadata.get("event_type")) and "event_payload" in metadata


def paged(name: str, found: Sequence[Any], told: Mapping[str, Any]) -> Reply:
    """From `cursor` on, `limit` at most, and where to go on."""
    begin, size = int(told.get("cursor") or 0), min(int(told.get("limit") or PAGE), MOST)
    more = str(begin + size) if begin + size < len(found) else ""
    answer = {"ok": True, name: found[begin : begin + size], "has_more": bool(more)}
    return json_reply({**answer, "response_metadata": {"next_cursor": more}})


def refused(error: str) -> Reply:
    return json_reply({"ok": False, "error": error})
