"""The SMS service in this process: texts over HTTP in, each key's once; its book, and the statuses of what it took, out."""

import re
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import orjson

from domain.notifications.sms_parts import measured
from sandbox.aws_http import Reply, Request
from sandbox.outside import OutsideFaults, OutsideService, Refusal, sent_json
from sandbox.text_fates import TextFates
from sandbox.text_statuses import Tell, Teller, life_of

GIVEN = "sms-test"  # the token it knows unless told another one
NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
WANTED = ("text", "groupId", "messageId", "appId", "appMetadata")
INVALID, OPTED_OUT, FLAKY = "Invalid phone number", "Recipient has opted out", "The carrier gateway failed"


@dataclass(frozen=True, slots=True)
class SentText:
    """One that was taken; `at` in epoch seconds of the stand-in's clock, `parts` as it is paid for."""

    to: str
    text: str
    message_id: str
    group_id: str
    app_id: str
    metadata: Mapping[str, str]
    expires_at: str | None
    at: float
    parts: int


class SmsServer(OutsideService):
    """POST /messages. `accepted` are all texts taken, in order; a key's second call answers as its first, and is taken no more.

    What a failing call is answered with is not remembered under its key. `clock` dates what happens, `seconds` measures the rate.
    Other processes read GET /_texts, and POST numbers with their fates to /_fates.
    """

    def __init__(
        self,
        faults: OutsideFaults | None = None,
        *,
        token: str = GIVEN,
        clock: Callable[[], float] = time.time,
        seconds: Callable[[], float] = time.monotonic,
        tell: Tell | None = None,
        fates: TextFates | None = None,
    ) -> None:
        super().__init__(faults)
        self.token, self.clock, self.seconds = token, clock, seconds
        self.fates = fates or TextFates()
        self.statuses = Teller(tell)
        self._nothing_yet()

    def _nothing_yet(self) -> None:
        self.accepted: list[SentText] = []
        self._answers: dict[str, tuple[bytes, Reply | Refusal]] = {}
        self._asked: list[tuple[float, int]] = []

    def forget(self) -> None:
        """Every text and key, whoever has a fate, and every fault."""
        with self.lock:
            self.faults, self.fates = OutsideFaults(), TextFates()
            self._nothing_yet()

    def start(self) -> Self:
        self.statuses.start()
        return super().start()

    def stop(self) -> None:
        super().stop()
        self.statuses.stop()

    def peak(self) -> int:
        """The most parts that it was asked to send in any one second, whether it took them or not."""
        return peak(self._asked)

    def answer(self, request: Request) -> Reply:
        if request.method == "GET" and request.path == "/_texts":
            return self._book()
        if (request.method, request.path) == ("POST", "/_fates"):
            self.fates.named.update(sent_json(request))
            return Reply(b"", status=204)
        if request.method != "POST" or request.path != "/messages":
            raise refused(404, "there is no such route")
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise refused(401, "who is this?")
        with self.lock:
            return self._once(request)

    def _once(self, request: Request) -> Reply:
        key = request.headers.get("idempotency-key", "")
        if known := self._answers.get(key):
            if known[0] != request.body:
                raise refused(422, "another text had this Idempotency-Key")
            if isinstance(known[1], Refusal):
                raise known[1]
            return known[1]
        message = checked(sent_json(request))
        self._asked.append((self.seconds(), measured(message["text"]).parts))
        try:
            reply = self._taken(message)
        except Refusal as refusal:
            if key and refusal.status < 500:
                self._answers[key] = (request.body, refusal)
            raise
        if key:
            self._answers[key] = (request.body, reply)
        return reply

    def _taken(self, message: Mapping[str, Any]) -> Reply:
        number = str(message["to"]["phoneNumber"])
        fate = "invalid" if not NUMBER.fullmatch(number) else self.fates.of(number)
        if fate == "invalid":
            raise refused(400, INVALID)
        if fate == "opted_out":
            raise refused(400, OPTED_OUT)
        if self.fates.fails_now(number):
            raise refused(500, FLAKY)
        self._keep(number, message)
        self.statuses.add(life_of(message, self.clock(), fate != "undelivered"))
        return Reply(b"", status=202)

    def _keep(self, number: str, message: Mapping[str, Any]) -> None:
        told = (message[name] for name in ("text", "messageId", "groupId", "appId", "appMetadata"))
        parts = measured(message["text"]).parts
        self.accepted.append(SentText(number, *told, message.get("expiresAt"), self.clock(), parts))

    def _book(self) -> Reply:
        with self.lock:
            return Reply(orjson.dumps({"texts": [_shown(it) for it in self.accepted]}))


def checked(told: Any) -> Mapping[str, Any]:
    """Refusal: something is missing."""
    message = told.get("message") if isinstance(told, dict) else None
    if not isinstance(message, dict) or not isinstance(message.get("to"), dict) or not message["to"].get("phoneNumber"):
        raise refused(400, "message.to.phoneNumber is missing")
    if missing := [name for name in WANTED if not message.get(name)]:
        raise refused(400, f"message.{missing[0]} is missing")
    return message


def refused(status: int, detail: str) -> Refusal:
    """As the service words it: the reason is nested."""
    said = "Internal Server Error" if status >= 500 else "Bad Request" if status == 400 else "Refused"
    return Refusal(status, {"statusCode": status, "message": said, "error": {"detail": detail}})


def peak(asked: list[tuple[float, int]]) -> int:
    """Of instants in seconds and parts, the most within any one second."""
    ordered = sorted(asked)
    instants, sums = [at for at, _ in ordered], [0]
    for _, parts in ordered:
        sums.append(sums[-1] + parts)
    return max((sums[n] - sums[bisect_right(instants, at - 1.0)] for n, at in enumerate(instants, 1)), default=0)


def _shown(text: SentText) -> dict[str, Any]:
    return {name: getattr(text, name) for name in text.__slots__}
