"""The addresses in a mail: a delivery, a purpose and an expiry in, a signed token out, and back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Literal, NamedTuple

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from domain.errors import Rejected
from domain.solicitation.mail import MailLinks

Purpose = Literal["answer", "open", "click", "trap", "unsubscribe"]
ROUTES: dict[Purpose, str] = {"answer": "r", "open": "o", "click": "c", "trap": "h", "unsubscribe": "u"}
UNSUBSCRIBE_AT_LEAST = timedelta(days=400)  # as long as a delivery is kept, so that no mail outlives its way out
TOKEN = re.compile(r"\.?[A-Za-z0-9_-]{1,512}\.([A-Za-z0-9_-]{1,128})", re.ASCII)


class Forged(Rejected):
    """We did not sign this token, or not for this purpose; its text repeats nothing of it."""


class Expired(Rejected):
    """We signed this token and its time is over; `delivery` says which page to show, and in whose language."""

    def __init__(self, delivery: str) -> None:
        super().__init__(f"the link of delivery {delivery} has expired")
        self.delivery = delivery


class Signed(NamedTuple):
    """What a token says once its signature holds: the delivery, and when its time is over in epoch seconds."""

    delivery: str
    expires_at: int


@dataclass(frozen=True)
class Links:
    """`base_url` ends without a slash. `keys` are newest last: the newest signs, all of them verify."""

    base_url: str
    keys: Sequence[str]

    def token(self, purpose: Purpose, delivery: str, expires_at: int) -> str:
        """Text for a URL, some 110 characters, that `read` gives the delivery for until `expires_at`, in epoch seconds."""
        return str(self._serializers[purpose].dumps([delivery, expires_at]))

    def url(self, purpose: Purpose, delivery: str, expires_at: int) -> str:
        """The page or picture of a purpose, for one delivery."""
        return f"{self.base_url}/{ROUTES[purpose]}/{self.token(purpose, delivery, expires_at)}"

    def of_mail(self, delivery: str, expires_at: int, now: datetime) -> MailLinks:
        """All links of one mail, good until the candidate expires; the way out for 400 days at least."""
        way_out = max(expires_at, int((now + UNSUBSCRIBE_AT_LEAST).timestamp()))
        return MailLinks(
            answer=self.url("click", delivery, expires_at),
            pixel=self.url("open", delivery, expires_at),
            trap=self.url("trap", delivery, expires_at),
            unsubscribe=self.url("unsubscribe", delivery, way_out),
        )

    def read(self, token: str, purpose: Purpose, now: datetime) -> str:
        """The delivery a token was made for. Forged: not ours, or for another purpose. Expired: its time is over."""
        signed = self.signed(token, purpose)
        if now.timestamp() >= signed.expires_at:
            raise Expired(signed.delivery)
        return signed.delivery

    def signed(self, token: str, purpose: Purpose) -> Signed:
        """What a token says, expired or not. Forged: not ours, or for another purpose."""
        check_shape(token)
        try:
            return Signed(*self._serializers[purpose].loads(token))
        except BadData as error:
            raise Forged("the token's signature does not hold") from error

    @cached_property
    def _serializers(self) -> dict[Purpose, URLSafeSerializer]:
        """One salt a purpose, so that no purpose's tokens open another's page."""
        signer = {"digest_method": sha256, "key_derivation": "hmac"}
        return {
            purpose: URLSafeSerializer(list(self.keys), salt=f"ovation.link.{purpose}", signer_kwargs=signer)
            for purpose in ROUTES
        }


def check_shape(token: str) -> None:
    """Forged: no token of ours is written like this, whoever has signed it."""
    shape = TOKEN.fullmatch(token)
    # The signature's last character has two bits to spare, which the library ignores: of the four spellings only one is ours.
    if not shape or len(shape[1]) % 4 == 1 or base64_encode(base64_decode(shape[1])).decode() != shape[1]:
        raise Forged("the token is none of ours")
