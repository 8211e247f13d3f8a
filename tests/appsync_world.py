"""The reminders' GraphQL API as its stand-in serves it, with the real schema and resolver, and functions that a test gives."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from sandbox.appsync import Api, AppSyncServer, Resolver
from sandbox.issuer import Issuer
from sandbox.timeline import VirtualClock

GRAPHQL = Path(__file__).parents[1] / "schemas/graphql"
SCHEMA = (GRAPHQL / "schema.graphql").read_text()
INVOKE = (GRAPHQL / "resolvers/invoke.js").read_text()
AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
FIELDS = {"Query": ("eventDetails", "myReminders"), "Mutation": ("remindMe", "forgetMe")}
NAME = "https://accounts.example.com"  # what the issuer is called in the world outside


@dataclass
class AppSyncWorld:
    """`functions`: what each field's function does with its payload; `asked`: the payloads, as they came."""

    server: AppSyncServer
    issuer: Issuer
    functions: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)

    def token(self, fan: str = "fan-1", **claims: Any) -> str:
        return self.issuer.token(fan, **claims)

    def post(self, query: Any, variables: Any = None, *, token: str | None = "", **headers: str) -> requests.Response:
        """With the token of fan-1 unless told; None: with none."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.token()}"
        body = query if isinstance(query, bytes) else json.dumps({"query": query, "variables": variables}).encode()
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.post(self.server.url, data=body, headers=told, timeout=30)

    def ask(self, query: str, **more: Any) -> Any:
        answer = self.post(query, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


def api(code: str = INVOKE, schema: str = SCHEMA, **bounds: Any) -> Api:
    resolvers = {(type, it): Resolver(code, it) for type, fields in FIELDS.items() for it in fields}
    return replace(Api("reminders", schema, resolvers, NAME), **bounds)


@contextmanager
def appsync_world(described: Api | None = None) -> Iterator[AppSyncWorld]:
    clock, functions, asked = VirtualClock(AT), {}, []

    def invoke(function: str, payload: Any) -> Any:
        asked.append(json.loads(json.dumps(payload)))
        return functions[function](payload)

    with (
        Issuer(NAME, clock=lambda: clock.now().timestamp()) as issuer,
        AppSyncServer(described or api(), invoke, clock, issuer.endpoint) as server,
    ):
        yield AppSyncWorld(server, issuer, functions, asked)
