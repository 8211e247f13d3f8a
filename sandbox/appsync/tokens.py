"""A request's authorization in, whose it is out, or that nobody's: OpenID Connect as AppSync checks it."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.appsync.api import Api

SECONDS = 3.0  # for the issuer's answer
Claims = Mapping[str, Any]


class Unauthorized(Exception):
    """Nobody is let in with this; the text goes to whoever asked."""


class Door:
    """`at`: where the issuer is really found; its keys are kept, and asked for again when a token names another one."""

    def __init__(self, api: Api, at: str | None = None) -> None:
        self._api, self._at = api, (at or api.issuer).rstrip("/")
        self._keys: dict[str, RSAPublicKey] = {}

    def identity(self, authorization: str, now: datetime) -> dict[str, Any]:
        """As resolvers see it. Unauthorized: no token, a forged one, one of somebody else's or one out of its time."""
        token = re.sub(r"^Bearer ", "", authorization.strip(), flags=re.IGNORECASE)
        if not token:
            raise Unauthorized("Valid authorization header not provided.")
        claims = self._claims(token)
        self._check_origin(claims)
        self._check_times(claims, now.timestamp())
        return {"claims": dict(claims), "sub": claims.get("sub"), "issuer": claims["iss"]}

    def _claims(self, token: str) -> Claims:
        try:
            head, body, signature = token.split(".")
            told = json.loads(_bytes(head))
            if told["alg"] != "RS256":
                raise Unauthorized("Unauthorized")
            self._key(str(told["kid"])).verify(_bytes(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
            claims = json.loads(_bytes(body))
        except (ValueError, binascii.Error, KeyError, TypeError, InvalidSignature):
            raise Unauthorized("Unauthorized") from None
        if not isinstance(claims, dict):
            raise Unauthorized("Unauthorized")
        return claims

    def _check_origin(self, claims: Claims) -> None:
        if claims.get("iss") != self._api.issuer:
            raise Unauthorized("Unauthorized")
        audience = claims.get("aud")
        told = [*(audience if isinstance(audience, list) else [audience]), claims.get("azp")]
        if self._api.client and not any(it and re.fullmatch(self._api.client, str(it)) for it in told):
            raise Unauthorized("Unauthorized")

    def _check_times(self, claims: Claims, now: float) -> None:
        """All in epoch seconds; the API's own bounds are in ms (AWS: OpenIDConnectConfig)."""
        if not _number(claims, "exp") > now:
            raise Unauthorized("Token has expired.")
        if _number(claims, "nbf") > now:
            raise Unauthorized("Unauthorized")
        bounds = (("iat", self._api.oldest_token), ("auth_time", self._api.oldest_sign_in))
        if any(longest and now - _number(claims, name) > longest / 1000 for name, longest in bounds):
            raise Unauthorized("Token has expired.")

    def _key(self, id: str) -> RSAPublicKey:
        """KeyError: the issuer knows no such key, or is out of reach."""
        if id not in self._keys:
            self._keys = self._read()
        return self._keys[id]

    def _read(self) -> dict[str, RSAPublicKey]:
        try:
            found = requests.get(f"{self._at}/.well-known/openid-configuration", timeout=SECONDS).json()
            keys = requests.get(found["jwks_uri"], timeout=SECONDS).json()["keys"]
        except (requests.RequestException, KeyError, TypeError):
            return {}
        return {it["kid"]: RSAPublicNumbers(_integer(it["e"]), _integer(it["n"])).public_key() for it in keys}


def _number(claims: Claims, name: str) -> float:
    """0 where it is missing, or none."""
    told = claims.get(name)
    return float(told) if isinstance(told, int | float) else 0.0


def _integer(text: str) -> int:
    return int.from_bytes(_bytes(text))


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
