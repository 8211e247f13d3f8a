"""The way out of reminders: an address and an expiry in, a signed link out, and back to the list's key for that address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer

from adapters.files.links import Forged, check_shape
from domain.errors import Rejected
from domain.notifications.keys import METHODS, Key, opt_out

SALT = "ovation.link.reminder"  # so that no token of another purpose opens this page


class Outlived(Rejected):
    """We signed this token and its time is over."""


@dataclass(frozen=True)
class ReminderLinks:
    """`links_url` ends without a slash. `keys` are newest last: the newest signs, all of them verify.

    A token holds the address's digest, as the list of opt-outs does, and never the address.
    """

    links_url: str
    keys: Sequence[str]

    def unsubscribe(self, method: str, address: str, expires_at: int) -> str:
        """For a mail's List-Unsubscribe and its footer; until `expires_at`, in epoch seconds."""
        return f"{self.links_url}/u/{self.token(opt_out(method, address), expires_at)}"

    def token(self, key: Key, expires_at: int) -> str:
        """Some 190 characters for a path."""
        return str(self._serializer.dumps([key.pk, key.sk, expires_at]))

    def read(self, token: str, now: datetime) -> Key:
        """The key of the opt-out that a token is for. Forged: not ours. Outlived: its time is over."""
        check_shape(token)
        try:
            pk, method, expires_at = self._serializer.loads(token)
        except BadData as error:
            raise Forged("the token's signature does not hold") from error
        if method not in METHODS:
            raise Forged("a token of a way of contact that is none any more")
        if now.timestamp() >= expires_at:
            raise Outlived("the link has expired")
        return Key(pk, method)

    @cached_property
    def _serializer(self) -> URLSafeSerializer:
        signer = {"digest_method": sha256, "key_derivation": "hmac"}
        return URLSafeSerializer(list(self.keys), salt=SALT, signer_kwargs=signer)
