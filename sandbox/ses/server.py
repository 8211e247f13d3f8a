"""SESv2 over HTTP: calls of boto3's client in, accepted mails in the outbox and per-entry results out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote

import orjson

from sandbox.aws_http import AwsError, AwsServer, Faults, Reply, Request
from sandbox.ses.account import Account
from sandbox.ses.bus import Bus
from sandbox.ses.contents import bulk_message, simple_message, unspoken
from sandbox.ses.events import Event, EventFaults, Publish
from sandbox.ses.fates import Fates
from sandbox.ses.mailroom import Mailroom, Result
from sandbox.ses.outbox import SentMail, write_eml

ENTRIES = 50  # at most in one SendBulkEmail
BULK, SINGLE = "/v2/email/outbound-bulk-emails", "/v2/email/outbound-emails"
LISTED = "/v2/email/suppression/addresses"
# What SendEmail raises for what SendBulkEmail says of an entry; all else is MessageRejected.
RAISED = {
    "ACCOUNT_THROTTLED": (429, "TooManyRequestsException"),
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": (429, "TooManyRequestsException"),
    "TRANSIENT_FAILURE": (503, "ServiceUnavailable"),
    "INVALID_PARAMETER": (400, "BadRequestException"),
}


@dataclass
class SesFaults(Faults):
    """`hang_after` and `cut_after`: coming send calls that take their mails and then never answer, or close the line."""

    hang_after: int = 0
    cut_after: int = 0


class SesServer(AwsServer):
    """boto3's `sesv2` client reaches it by `endpoint`. `now` is the sandbox's clock, `publish` puts events on the bus.

    Other processes read GET /_sandbox/mails (?since=N: all but the first N), and /_sandbox/mails/{id}.eml. Chosen or drawn
    entries fail by `refusals`.
    """

    faults: SesFaults

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        publish: Publish | None = None,
        account: Account | None = None,
        fates: Fates | None = None,
        event_faults: EventFaults | None = None,
    ) -> None:
        super().__init__(SesFaults())
        self.bus = Bus(publish, event_faults or EventFaults())
        self.room = Mailroom(now, account or Account(), fates or Fates(), self.bus)
        self.account, self.suppression, self.refusals = self.room.account, self.room.suppression, self.room.refusals

    def start(self) -> Self:
        self.bus.start()
        return super().start()

    def stop(self) -> None:
        super().stop()
        self.bus.stop()

    def mails(self) -> tuple[SentMail, ...]:
        """All accepted mails, in order."""
        return tuple(self.room.mails)

    def events(self) -> tuple[Event, ...]:
        """All events published so far, once what is under way has gone out."""
        self.bus.drain()
        return tuple(self.bus.published)

    def write_eml(self, folder: Path) -> int:
        return write_eml(self.mails(), folder)

    def refuse(self, address: str, status: str, times: int = 1) -> None:
        """The coming mails to this address meet that status."""
        self.refusals.name(address, status, times)

    def serve(self, request: Request) -> Reply | None:
        if request.path.startswith("/_sandbox/"):
            return self.answer(request)
        try:
            reply = super().serve(request)
        except AwsError as error:
            if error.code == "ThrottlingException":
                raise AwsError(429, "TooManyRequestsException", "Too many requests.") from error
            raise
        sends = request.path in (BULK, SINGLE)
        if sends and self.faults.take("hang_after"):
            self._stopping.wait()
            return None
        return None if sends and self.faults.take("cut_after") else reply

    def answer(self, request: Request) -> Reply:
        match request.method, request.path:
            case "GET", "/v2/email/account":
                return _json(self.account.described(self.room.now()))
            case "POST", path if path == BULK:
                return _json({"BulkEmailEntryResults": self._bulk(orjson.loads(request.body))})
            case "POST", path if path == SINGLE:
                return _json({"MessageId": self._single(orjson.loads(request.body))})
            case _, path if path.startswith(LISTED):
                return _json(self._listed(request))
            case "GET", path if path.startswith("/_sandbox/mails"):
                return self._shown(path, parse_qs(request.query))
        raise _no_operation(request)

    def _bulk(self, call: Mapping[str, Any]) -> list[Result]:
        entries = call.get("BulkEmailEntries", [])
        if not 1 <= len(entries) <= ENTRIES:
            raise AwsError(400, "BadRequestException", f"a call has 1 to {ENTRIES} entries, this one {len(entries)}")
        content = call.get("DefaultContent", {}).get("Template", {}).get("TemplateContent")
        if content is None:
            raise AwsError(404, "NotFoundException", "this stand-in keeps no templates: send the content inline")
        if unspoken(content):
            raise AwsError(400, "BadRequestException", "this stand-in fills in names only")
        with self._lock:
            self._admit(call, len(entries))
            return [self.room.take(call, lambda entry=entry: bulk_message(call, entry)) for entry in entries]  # type: ignore[misc]

    def _single(self, call: Mapping[str, Any]) -> str:
        with self._lock:
            self._admit(call, 1)
            result = self.room.take(call, lambda: simple_message(call))
        if result["Status"] != "SUCCESS":
            status, code = RAISED.get(result["Status"], (400, "MessageRejected"))
            raise AwsError(status, code, result["Error"])
        return result["MessageId"]

    def _admit(self, call: Mapping[str, Any], mails: int) -> None:
        """What is wrong with a call as a whole."""
        account, wanted = self.account, call.get("ConfigurationSetName")
        if not account.enabled:
            raise AwsError(400, "SendingPausedException", "Sending is paused for this account.")
        if not account.may_send(parseaddr(call.get("FromEmailAddress", ""))[1]):
            raise AwsError(400, "MessageRejected", "Email address is not verified.")
        if account.configuration_sets is not None and wanted and wanted not in account.configuration_sets:
            raise AwsError(404, "NotFoundException", f"Configuration set <{wanted}> does not exist.")
        if account.throttles == "call" and account.over_rate(mails):
            raise AwsError(429, "TooManyRequestsException", "Maximum sending rate exceeded.")

    def _listed(self, request: Request) -> dict[str, Any]:
        address = unquote(request.path.removeprefix(LISTED).removeprefix("/"))
        match request.method:
            case "PUT":
                body = orjson.loads(request.body)
                self.suppression.put(body["EmailAddress"], body.get("Reason", ""), self.room.now())
                return {}
            case "GET" if address:
                return self.suppression.get(address)
            case "GET":
                return self.suppression.page(request.query)
            case "DELETE" if address:
                return self.suppression.delete(address)
        raise _no_operation(request)

    def _shown(self, path: str, query: Mapping[str, list[str]]) -> Reply:
        wanted = re.fullmatch(r"/_sandbox/mails/([\w-]+)\.eml", path)
        if not wanted:
            return _json([mail.to_json() for mail in self.mails()[int(query.get("since", ["0"])[0]) :]])
        for mail in self.mails():
            if mail.id == wanted[1]:
                return Reply(mail.to_eml(), "message/rfc822")
        raise AwsError(404, "NotFoundException", "no such mail")


def _no_operation(request: Request) -> AwsError:
    return AwsError(404, "UnknownOperationException", f"no such operation: {request.method} {request.path}")


def _json(value: Any) -> Reply:
    return Reply(orjson.dumps(value))
