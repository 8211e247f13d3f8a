"""An OpenID Connect issuer in this process: fans' ids in, signed tokens out, and the keys by which anybody can check them."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.aws_http import Reply, Request
from sandbox.outside import OutsideFaults, OutsideService, Refusal, json_reply

DISCOVERY, KEYS = "/.well-known/openid-configuration", "/jwks.json"
LIFETIME = 3600  # seconds


class Issuer(OutsideService):
    """`name`: the issuer its tokens are of, which is its address unless told. GET /_token?fan=… is for other processes."""

    def __init__(
        self,
        name: str | None = None,
        *,
        client: str = "ovation",
        clock: Callable[[], float] = time.time,
        faults: OutsideFaults | None = None,
    ) -> None:
        super().__init__(faults)
        self._name, self.client, self.clock = name, client, clock
        self._keys: dict[str, RSAPrivateKey] = {}
        self.rotate()

    @property
    def name(self) -> str:
        return self._name or self.endpoint

    def rotate(self) -> None:
        """From now on a new key signs; tokens of the old ones are still good."""
        with self.lock:
            self._keys[uuid4().hex] = generate_private_key(public_exponent=65537, key_size=2048)

    def token(self, fan: str, **claims: Any) -> str:
        """A token of a fan who has just signed in, good for an hour. A claim that is None is left out."""
        now = int(self.clock())
        times = {"iat": now, "auth_time": now, "exp": now + LIFETIME}
        told = {"iss": self.name, "sub": fan, "aud": self.client, "azp": self.client, **times, **claims}
        with self.lock:
            id, key = list(self._keys.items())[-1]
        return signed({name: value for name, value in told.items() if value is not None}, id, key)

    def answer(self, request: Request) -> Reply:
        if request.path == DISCOVERY:
            return json_reply({"issuer": self.name, "jwks_uri": self.endpoint + KEYS})
        if request.path == KEYS:
            with self.lock:
                return json_reply({"keys": [_public(id, key) for id, key in self._keys.items()]})
        if request.path == "/_token":
            [fan] = parse_qs(request.query).get("fan") or [""]
            return json_reply({"token": self.token(fan)})
        raise Refusal(404, {"error": "not_found"})


def signed(claims: Any, id: str, key: RSAPrivateKey) -> str:
    """By RS256 (RFC 7515)."""
    head = {"alg": "RS256", "typ": "JWT", "kid": id}
    body = ".".join(_text(json.dumps(it, separators=(",", ":")).encode()) for it in (head, claims))
    return f"{body}.{_text(key.sign(body.encode(), PKCS1v15(), SHA256()))}"


def _public(id: str, key: RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    parts = {name: _text(it.to_bytes((it.bit_length() + 7) // 8)) for name, it in (("n", numbers.n), ("e", numbers.e))}
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, **parts}


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
