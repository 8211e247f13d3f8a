"""AWS End User Messaging in this process: SendTextMessage in, its answers or AWS's errors, and events of texts, out."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

import orjson

from domain.notifications.sms_parts import measured
from sandbox.aws_http import AwsError, AwsServer, Faults, Reply, Request
from sandbox.text_fates import TextFates
from sandbox.text_statuses import STEPS, Tell, Teller

TARGET = "PinpointSMSVoiceV2.SendTextMessage"
NUMBER = re.compile(r"\+?[1-9][0-9]{7,18}")
LIVES = range(5, 259_201)  # seconds
EVENTS = (("TEXT_QUEUED", "queued"), ("TEXT_SUCCESSFUL", "sent"), ("TEXT_DELIVERED", "delivered"))
WORDS = {
    "TEXT_QUEUED": "Message has been queued",
    "TEXT_SUCCESSFUL": "Message has been accepted by phone carrier",
    "TEXT_DELIVERED": "Message has been accepted by phone",
    "TEXT_UNREACHABLE": "Phone is currently unreachable/unavailable",
}


@dataclass
class TextFaults(Faults):
    """Beside those of every stand-in: coming calls that are `unanswered` though their text is taken, or `failing` (500), or that
    find the month's money `spent`.
    """

    unanswered: int = 0
    failing: int = 0
    spent: int = 0


class EndUserMessagingServer(AwsServer):
    """boto3's `pinpoint-sms-voice-v2` client reaches it by `endpoint`. It knows no keys: a text that comes twice is sent twice.

    `accepted` are the requests whose texts were taken, each with its `MessageId`.
    """

    faults: TextFaults

    def __init__(
        self, *, clock: Callable[[], float] = time.time, tell: Tell | None = None, fates: TextFates | None = None
    ) -> None:
        super().__init__(TextFaults())
        self.clock, self.fates = clock, fates or TextFates()
        self.statuses = Teller(tell)
        self.accepted: list[Mapping[str, Any]] = []
        self._numbers = count(1)

    def forget(self) -> None:
        """Every text, whoever has a fate, and every fault."""
        with self._lock:
            self.faults, self.fates = TextFaults(), TextFates()
            self.accepted.clear()

    def start(self) -> Self:
        self.statuses.start()
        return super().start()

    def stop(self) -> None:
        super().stop()
        self.statuses.stop()

    def serve(self, request: Request) -> Reply | None:
        """In AWS's JSON 1.0 an error's name is in the body."""
        try:
            return self._served(request)
        except AwsError as error:
            raise AwsError(error.status, error.code, error.message, {**error.details, "__type": error.code}) from error

    def _served(self, request: Request) -> Reply | None:
        silent, failing = self.faults.take("unanswered"), self.faults.take("failing")
        reply = super().serve(request)
        if silent:
            self._stopping.wait()
            return None
        if failing:
            raise AwsError(500, "InternalServerException", "An error has occurred.")
        return reply

    def answer(self, request: Request) -> Reply:
        if request.headers.get("x-amz-target") != TARGET:
            raise AwsError(400, "UnknownOperationException", "this stand-in sends texts only")
        asked = orjson.loads(request.body)
        check(asked)
        number = asked["DestinationPhoneNumber"]
        fate = self.fates.of(number)
        if fate == "invalid":
            raise invalid("DestinationPhoneNumber", "is not a valid phone number")
        if fate == "opted_out":
            told = {"Reason": "DESTINATION_PHONE_NUMBER_OPTED_OUT", "ResourceType": "opt-out-list"}
            raise AwsError(400, "ConflictException", "The number is opted out", told)
        if self.fates.fails_now(number):
            raise AwsError(400, "ThrottlingException", "Rate exceeded")
        if self.faults.take("spent"):
            reason = {"Reason": "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"}
            raise AwsError(400, "ServiceQuotaExceededException", "The limit is reached", reason)
        return self._taken(asked, fate != "undelivered")

    def _taken(self, asked: Mapping[str, Any], delivered: bool) -> Reply:
        with self._lock:
            message = {**asked, "MessageId": f"00000000-0000-4000-8000-{next(self._numbers):012d}"}
            self.accepted.append(message)
        self.statuses.add(events_of(message, self.clock(), delivered))
        return Reply(orjson.dumps({"MessageId": message["MessageId"]}), "application/x-amz-json-1.0")


def check(asked: Mapping[str, Any]) -> None:
    """AwsError: what AWS's own shapes forbid."""
    if not NUMBER.fullmatch(str(asked.get("DestinationPhoneNumber", ""))):
        raise invalid("DestinationPhoneNumber", "must be a phone number")
    if not 1 <= len(str(asked.get("MessageBody", ""))) <= 1600:
        raise invalid("MessageBody", "must have 1 to 1600 characters")
    if asked.get("TimeToLive", LIVES[0]) not in LIVES:
        raise invalid("TimeToLive", f"must be {LIVES[0]} to {LIVES[-1]}")
    about = asked.get("Context", {})
    if len(about) > 5 or any(not 1 <= len(it) <= 800 for it in about.values()):
        raise invalid("Context", "must have 5 entries at most, of 1 to 800 characters")


def invalid(field: str, why: str) -> AwsError:
    told = {"Reason": "INVALID_PARAMETER", "Fields": [{"Name": field, "Message": why}]}
    return AwsError(400, "ValidationException", f"{field} {why}", told)


def events_of(message: Mapping[str, Any], at: float, delivered: bool) -> Sequence[Mapping[str, Any]]:
    """A text's, in their order, as its configuration set tells them; `at` in epoch seconds."""
    lives = EVENTS if delivered else (*EVENTS[:2], ("TEXT_UNREACHABLE", "failed"))
    shared = {
        "eventVersion": "1.0",
        "destinationPhoneNumber": message["DestinationPhoneNumber"],
        "originationPhoneNumber": message.get("OriginationIdentity"),
        "messageId": message["MessageId"],
        "messageRequestTimestamp": round(at * 1000),
        "messageEncoding": "GSM" if measured(message["MessageBody"]).encoding == "GSM-7" else "Unicode",
        "messageType": message.get("MessageType"),
        "context": message.get("Context", {}),
        "totalMessageParts": measured(message["MessageBody"]).parts,
    }
    return [
        {
            "eventType": type,
            "eventTimestamp": round((at + STEPS[step]) * 1000),
            "isFinal": type not in ("TEXT_QUEUED", "TEXT_SUCCESSFUL"),
            "messageStatus": type.removeprefix("TEXT_"),
            "messageStatusDescription": WORDS[type],
            **shared,
        }
        for type, step in lives
    ]
