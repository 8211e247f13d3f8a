"""Texts: each its own call, a slice of them at once, by whichever service sends them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.aws.rate_window import RateWindow
from domain.errors import Unavailable
from domain.notifications.classifying import Fate, SendingRules
from domain.notifications.sms import Text, TextService
from domain.notifications.statuses import Row
from handlers.notifications.sending.desk import AT_ONCE, MayBegin, Together

ASU = "notification:asu"  # the other type of notifications, which goes by another application


@dataclass(frozen=True)
class Texts:
    """`parts_per_second` of one origination, for all workers together; `app_ids` by a notification's type."""

    service: TextService
    window: RateWindow
    rules: SendingRules
    parts_per_second: float
    app_id: str
    asu_app_id: str
    together: Together

    def rate(self) -> float:
        return self.parts_per_second

    def most(self) -> int:
        return AT_ONCE

    def parts(self, row: Row) -> int:
        return max(1, int(row.get("parts") or 1))

    def prepared(self, row: Row, now: datetime) -> Text:
        return Text.of(row, self.asu_app_id if row.get("type") == ASU else self.app_id)

    def call(self, things: Sequence[Text], nows: Sequence[Callable[[], datetime]], may_begin: MayBegin) -> list[Fate]:
        """Each looks again whether it may begin: with little of a processor, threads take their time."""
        return self.together(
            lambda number: may_begin(number) or self._sent(things[number], nows[number]()), range(len(things))
        )

    def _sent(self, text: Text, now: datetime) -> Fate:
        try:
            outcome = self.service.send(text, now)
        except Unavailable:
            return Fate("held")
        return self.rules.judge(outcome, honours_keys=self.service.honours_keys)
