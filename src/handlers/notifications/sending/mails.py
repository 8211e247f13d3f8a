"""Mails: up to fifty in one call of SES, at the account's own rate, which all mails share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from adapters.aws.link_keys import LinkKeys
from adapters.aws.mailer import MAILS_A_CALL, Letter, Mailer
from adapters.aws.rate_window import RateWindow
from adapters.files.reminder_links import ReminderLinks
from domain.errors import Rejected, Unavailable, Unknown
from domain.notifications.classifying import Fate, mail_fate
from domain.notifications.instants import moment
from domain.notifications.keys import EMAIL, Key
from domain.notifications.mail_tag import TAG, mail_tag
from domain.notifications.statuses import Row
from domain.solicitation.mail import Mail
from domain.solicitation.sending import deliverable
from handlers.notifications.sending.desk import MayBegin

WAY_OUT = timedelta(days=400)  # after the sale, as long as anybody may look for it in a mail
UNANSWERED = Fate("unknown", reason="SES did not answer", ambiguous=True)


class Renders(Protocol):
    """A notification's words in its locale."""

    def render(self, locale: str, variables: Mapping[str, str], unsubscribe: str) -> Mail: ...


@dataclass(frozen=True)
class Mails:
    mailer: Mailer
    window: RateWindow
    templates: Renders
    sender: str
    links_url: str
    link_keys: LinkKeys

    def rate(self) -> float:
        account = self.mailer.account()
        return account.rate if account.enabled and account.left != 0 else 0.0

    def most(self) -> int:
        left = self.mailer.account().left
        return MAILS_A_CALL if left is None else min(MAILS_A_CALL, left)

    def parts(self, row: Row) -> int:
        return 1

    def prepared(self, row: Row, now: datetime) -> Letter:
        """Rejected: no address that a mail can go to, or ids too long to find it again."""
        address = deliverable(row["email"])
        if address is None:
            raise Rejected("Invalid email address")
        ends = int((moment(row["saleStartDateTime"]) + WAY_OUT).timestamp())
        out = ReminderLinks(self.links_url, self._keys(now)).unsubscribe(EMAIL, row["email"], ends)
        mail = self.templates.render(row.get("locale") or "", row["templateVariables"], out)
        tags = (("kind", TAG), ("notification", row["messageId"]), (TAG, mail_tag(Key(row["PK"], row["SK"]))))
        return Letter(address, mail, tags, out)

    def _keys(self, now: datetime) -> tuple[str, ...]:
        """Unavailable: there are none, which can be put right."""
        try:
            return self.link_keys.read(now)
        except Rejected as reason:
            raise Unavailable(str(reason)) from reason

    def call(self, things: Sequence[Letter], nows: Sequence[Callable[[], datetime]], may_begin: MayBegin) -> list[Fate]:
        """One call for all that may begin."""
        fates = {number: fate for number in range(len(things)) if (fate := may_begin(number))}
        going = [number for number in range(len(things)) if number not in fates]
        if going:
            fates |= dict(zip(going, self._sent([things[number] for number in going]), strict=True))
        return [fates[number] for number in range(len(things))]

    def _sent(self, letters: Sequence[Letter]) -> list[Fate]:
        try:
            said = self.mailer.send(self.sender, letters)
        except Unknown:
            return [UNANSWERED] * len(letters)
        return [mail_fate(word.status, word.message_id) for word in said]
