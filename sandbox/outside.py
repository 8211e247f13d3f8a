"""Outside services in this process: HTTP requests in, answers out, and the faults such services have."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from sandbox.aws_http import AwsServer, Faults, Reply, Request


@dataclass
class OutsideFaults(Faults):
    """Beside those of every stand-in (`latency`; `hang`: never answered, without effect), counts of coming calls that
    are `throttled` (429 with Retry-After `patience`), `failing` (500, without effect), `failing_late` (500, and yet it happened),
    `unanswered` (it happened, and nobody says so) or `broken_off` (it happened, and the answer ends in its middle).
    """

    throttled: int = 0
    patience: int = 1  # seconds
    failing: int = 0
    failing_late: int = 0
    unanswered: int = 0
    broken_off: int = 0


@dataclass(frozen=True)
class Refusal(Exception):
    """An answer that is none: the status, and what the service says of it."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)


class OutsideService(AwsServer):
    """Subclasses answer with what `json_reply` makes, or raise Refusal."""

    faults: OutsideFaults

    def __init__(self, faults: OutsideFaults | None = None) -> None:
        super().__init__(faults or OutsideFaults())
        self.lock = threading.RLock()  # requests come in threads

    def serve(self, request: Request) -> Reply | None:
        faults = self.faults
        if faults.take("throttled"):
            self._count(request)
            return json_reply({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(faults.patience)})
        if faults.take("failing"):
            self._count(request)
            return json_reply({"message": "something went wrong"}, 500)
        late, silent, broken = (faults.take(kind) for kind in ("failing_late", "unanswered", "broken_off"))
        try:
            reply = super().serve(request)
        except Refusal as refusal:
            return json_reply(refusal.body, refusal.status)
        if late:
            return json_reply({"message": "something went wrong"}, 500)
        if silent:
            self._stopping.wait()
            return None
        return replace(reply, broken_off=True) if broken and reply else reply

    def _count(self, request: Request) -> None:
        with self._lock:
            self.calls[request.path] += 1


def json_reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(orjson.dumps(body), status=status, headers=headers or {})


def sent_json(request: Request) -> Any:
    """Refusal: the body is no JSON."""
    try:
        return orjson.loads(request.body or b"{}")
    except orjson.JSONDecodeError:
        raise Refusal(400, {"message": "not JSON"}) from None
