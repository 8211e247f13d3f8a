"""A notification's row in, the text as its service is asked to send it out; and what a service says of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.notifications.instants import moment
from domain.notifications.keys import Key
from domain.notifications.statuses import Row


@dataclass(frozen=True, slots=True)
class Text:
    """`to` in E.164. `message_id` is the same for all tries; `metadata` comes back with each status; nobody wants it after `expires_at`."""

    to: str = field(repr=False)
    body: str = field(repr=False)
    message_id: str
    group_id: str
    app_id: str
    metadata: Mapping[str, str]
    expires_at: datetime

    @property
    def key(self) -> Key:
        """Of the notification."""
        return Key(self.metadata["pk"], self.metadata["sk"])

    @classmethod
    def of(cls, row: Row, app_id: str) -> "Text":
        return cls(
            to=row["phoneNumber"],
            body=row["messageBody"],
            message_id=row["messageId"],
            group_id=row.get("groupId") or row["SK"],
            app_id=app_id,
            metadata={"pk": row["PK"], "sk": row["SK"]},
            expires_at=moment(row["saleStartDateTime"]),
        )


@dataclass(frozen=True, slots=True)
class Accepted:
    """The service has it; `provider_id` is its own name of it, where it says one."""

    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Not accepted, as far as the service says; `ambiguous`: nobody knows. `retry_after` in seconds; `status_code` 0: no answer.

    `reason` is the service's own text: it is kept with the notification, and in no log.
    """

    status_code: int
    reason: str
    retry_after: float = 0.0
    ambiguous: bool = False


class TextService(Protocol):
    """`honours_keys`: a text that comes again under its message id is not sent again."""

    @property
    def honours_keys(self) -> bool: ...

    def send(self, text: Text, now: datetime) -> Accepted | Refusal:
        """One call. Unavailable: it cannot be made at all, a token is missing say; nothing has happened."""
        ...
