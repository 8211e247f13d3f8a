"""Accepted mails in, kept in order; read by tests, by other processes as JSON, and by mail programs as .eml files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class SentMail:
    """`id` is SES's message id, `accepted_at` an instant of the sandbox's clock; header names are as they were given."""

    id: str
    to: tuple[str, ...]
    sender: str
    subject: str
    html: str
    text: str
    headers: Mapping[str, str]
    tags: Mapping[str, str]
    configuration_set: str | None
    accepted_at: datetime

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "to": list(self.to),
            "sender": self.sender,
            "subject": self.subject,
            "html": self.html,
            "text": self.text,
            "headers": dict(self.headers),
            "tags": dict(self.tags),
            "configurationSet": self.configuration_set,
            "acceptedAt": self.accepted_at.isoformat(),
        }

    def to_eml(self) -> bytes:
        """As a mail server would get it."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, ", ".join(self.to), self.subject
        message["Date"] = format_datetime(self.accepted_at)
        message["Message-ID"] = f"<{self.id}@email.amazonses.com>"
        for name, value in self.headers.items():
            message[name] = value
        message.set_content(self.text or "")
        if self.html:
            message.add_alternative(self.html, subtype="html")
        return message.as_bytes()


def write_eml(mails: tuple[SentMail, ...], folder: Path) -> int:
    """One file a mail, named by its id; how many."""
    folder.mkdir(parents=True, exist_ok=True)
    for mail in mails:
        (folder / f"{mail.id}.eml").write_bytes(mail.to_eml())
    return len(mails)
