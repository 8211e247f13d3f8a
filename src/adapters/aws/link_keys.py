"""The keys that links are signed with: a secret of Secrets Manager in, the keys out, newest last."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.aws.faults import aws_calls
from domain.errors import Rejected

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT = timedelta(minutes=5)  # a key that was added signs, and one that was taken away is refused, after at most this


@dataclass(frozen=True)
class LinkKeys:
    """One secret, `{"keys": ["old", "new"]}`; `{"keys": "only"}` is what CloudFormation generates for the first one."""

    secrets: "SecretsManagerClient"
    arn: str
    _held: dict[str, tuple[datetime, tuple[str, ...]]] = field(default_factory=dict, repr=False, compare=False)

    def read(self, now: datetime) -> tuple[str, ...]:
        """The keys, newest last, read again when five minutes old. Unavailable: out of reach. Rejected: no keys in the secret."""
        read_at, keys = self._held.get(self.arn, (None, ()))
        if read_at is None or not read_at <= now < read_at + KEPT:
            with aws_calls("reading the signing keys of links"):
                secret = self.secrets.get_secret_value(SecretId=self.arn)
            keys = self._keys(secret.get("SecretString"))
            self._held[self.arn] = (now, keys)
        return keys

    def _keys(self, secret: str | None) -> tuple[str, ...]:
        try:
            keys = json.loads(secret or "")["keys"]
        except (ValueError, TypeError, KeyError):
            keys = None
        listed: Iterable[Any] = [keys] if isinstance(keys, str) else keys if isinstance(keys, list) else ()
        if not listed or not all(isinstance(key, str) and key for key in listed):
            # Not from the parser's error, whose text would repeat the secret.
            raise Rejected(
                f'the secret {self.arn} must hold {{"keys": ["old", "new"]}}, texts that are not empty'
            ) from None
        return tuple(listed)
