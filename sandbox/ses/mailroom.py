"""Messages in; each is taken, kept and given a fate on the bus, or refused with the word SES has for why."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.ses.account import Account
from sandbox.ses.bus import Bus
from sandbox.ses.contents import Invalid, Message
from sandbox.ses.events import Event, events_of, rendering_failure
from sandbox.ses.fates import Fates, chance
from sandbox.ses.outbox import SentMail
from sandbox.ses.suppression import SuppressionList

Result = dict[str, str]  # as one of BulkEmailEntryResults
Call = Mapping[str, Any]


@dataclass
class Refusals:
    """Mails that meet a status: those to addresses that a test names, and a share of all, drawn by `seed` mail by mail."""

    shares: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    _named: list[tuple[str, str]] = field(default_factory=list)
    _mails: int = 0

    def name(self, address: str, status: str, times: int) -> None:
        self._named += [(address.lower(), status)] * times

    def of(self, addresses: Iterable[str]) -> str | None:
        self._mails += 1
        wanted = {address.lower() for address in addresses}
        if named := next((refusal for refusal in self._named if refusal[0] in wanted), None):
            self._named.remove(named)
            return named[1]
        drawn = chance(self.seed, self._mails)
        for status, share in self.shares.items():
            if drawn < share:
                return status
            drawn -= share
        return None


@dataclass
class Mailroom:
    """`mails` is the outbox. Calls must not overlap: the server holds its lock."""

    now: Callable[[], datetime]
    account: Account
    fates: Fates
    bus: Bus
    suppression: SuppressionList = field(default_factory=SuppressionList)
    refusals: Refusals = field(default_factory=Refusals)
    mails: list[SentMail] = field(default_factory=list)
    _taken: int = 0

    def take(self, call: Call, make: Callable[[], Message]) -> Result:
        try:
            message = make()
        except Invalid as error:
            return {"Status": "INVALID_PARAMETER", "Error": str(error)}
        if status := self.refusals.of(message.to) or self.account.take(self.now()):
            return {"Status": status, "Error": f"the account, or a fault, says {status}"}
        mail = self._mail(call, message)
        if message.missing:
            why = f"Attribute '{message.missing}' is not present in the rendering data."
            self.bus.put(rendering_failure(mail, why))
        else:
            self.mails.append(mail)
            self.bus.put(self._life(mail))
        return {"Status": "SUCCESS", "MessageId": mail.id}

    def _mail(self, call: Call, message: Message) -> SentMail:
        at = self.now()
        self._taken += 1
        unique = uuid5(NAMESPACE_URL, f"{self._taken} {at.isoformat()}")
        return SentMail(
            id=f"{int(at.timestamp() * 1000):016x}-{unique}-000000",
            to=message.to,
            sender=call.get("FromEmailAddress", ""),
            subject=message.subject,
            html=message.html,
            text=message.text,
            headers=message.headers,
            tags=message.tags,
            configuration_set=call.get("ConfigurationSetName"),
            accepted_at=at,
        )

    def _life(self, mail: SentMail) -> list[Event]:
        """The mail's events; SES itself lists an address that bounced for good or complained."""
        [address, *_] = mail.to
        fate = self.fates.of(address, address.lower() in self.suppression.listed)
        if fate in ("bounced", "complained"):
            self.suppression.put(address, "BOUNCE" if fate == "bounced" else "COMPLAINT", mail.accepted_at)
        return events_of(mail, fate)
