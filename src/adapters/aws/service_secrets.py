"""What outside services know us by: one secret of Secrets Manager in, its texts by name out."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.aws.faults import aws_calls
from domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT = timedelta(minutes=5)  # a new token is used after at most this
SLACK_TOKEN, SLACK_WEBHOOK, CAMPAIGN_TOKEN, ENTRY_TOKEN = "slackToken", "slackWebhook", "campaignToken", "entryToken"
DISCOVERY_KEY, BITLY_TOKEN, SMS_TOKEN = "discoveryKey", "bitlyToken", "smsToken"


@dataclass(frozen=True)
class ServiceSecrets:
    """One secret, `{"slackToken": "…", "campaignToken": "…", "entryToken": "…"}`; `slackWebhook` instead of a token will do."""

    secrets: "SecretsManagerClient"
    arn: str
    _held: dict[str, tuple[datetime, dict[str, str]]] = field(default_factory=dict, repr=False, compare=False)

    def read(self, now: datetime) -> dict[str, str]:
        """The texts that are set, trimmed. Unavailable: out of reach, or the secret is no such object; it can be put right any moment."""
        read_at, found = self._held.get(self.arn, (None, {}))
        if read_at is None or not read_at <= now < read_at + KEPT:
            with aws_calls("reading the services' tokens"):
                secret = self.secrets.get_secret_value(SecretId=self.arn)
            found = self._texts(secret.get("SecretString"))
            self._held[self.arn] = (now, found)
        return found

    def one(self, name: str, now: datetime) -> str:
        """Unavailable: it is not set; the text says where to."""
        found = self.read(now).get(name)
        if not found:
            raise Unavailable(f"the secret {self.arn} holds no {name}: put it there")
        return found

    def _texts(self, secret: str | None) -> dict[str, str]:
        try:
            found: Any = json.loads(secret or "")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            # Not from the parser's error, whose text would repeat the secret.
            raise Unavailable(f'the secret {self.arn} must hold an object like {{"slackToken": "…"}}') from None
        texts = {name: value.strip() for name, value in found.items() if isinstance(value, str)}
        # What fits into no header is none: a library that refuses it repeats it in its error, and so in a log.
        return {name: text for name, text in texts.items() if text and text.isascii() and text.isprintable()}
