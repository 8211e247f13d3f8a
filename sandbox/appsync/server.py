"""A GraphQL API of AppSync on a free port of 127.0.0.1: requests with a fan's token in, data and typed errors out."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from graphql import GraphQLError, GraphQLSchema, GraphQLSyntaxError

from sandbox.appsync.api import Api
from sandbox.appsync.calling import Invoke
from sandbox.appsync.dialect import refusals
from sandbox.appsync.execution import Asker, Execution, error_of
from sandbox.appsync.query import Refused, document_of
from sandbox.appsync.schema import schema_of
from sandbox.appsync.scripts import Scripts
from sandbox.appsync.tokens import Door, Unauthorized
from sandbox.aws_http import AwsServer, Faults, Reply, Request
from sandbox.timeline import Clock

INSTANT = "x-sandbox-time"  # a request's own virtual time, as at the sandbox's other APIs; functions never see it
LONGEST = 2**20  # bytes of a request (AWS: AppSync quotas)


class AppSyncServer(AwsServer):
    """POST /graphql. `issuer`: where the API's issuer is really found, for its name may be an address of the world outside.

    ValueError: a resolver is in code that AppSync would not deploy, or stands at a field that the schema does not have.
    """

    def __init__(
        self, api: Api, invoke: Invoke, clock: Clock, issuer: str | None = None, faults: Faults | None = None
    ) -> None:
        super().__init__(faults or Faults())
        self.api, self._clock = api, clock
        self._door, self._scripts = Door(api, issuer), Scripts()
        schema = schema_of(api.schema)
        _check(api, schema)
        self._execution = Execution(api, schema, self._scripts, invoke)

    @property
    def url(self) -> str:
        return f"{self.endpoint}/graphql"

    def stop(self) -> None:
        super().stop()
        self._scripts.stop()

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", "/graphql"):
            return _refusal(404, "UnknownOperationException", "Unknown Operation Request.")
        if len(request.body) > LONGEST:
            return _refusal(413, "RequestEntityTooLargeException", "Request size exceeded 1048576 bytes.")
        try:
            now = datetime.fromisoformat(request.headers.get(INSTANT) or self._clock.now().isoformat())
            identity = self._door.identity(request.headers.get("authorization", ""), now)
            asked = _asked(request.body)
            told = {name: value for name, value in request.headers.items() if name != INSTANT}
            return _reply(200, self._answered(asked, Asker(identity, told, now)))
        except Unauthorized as refusal:
            return _refusal(401, "UnauthorizedException", str(refusal))
        except ValueError:
            return _refusal(400, "MalformedHttpRequestException", "Request body is not a valid JSON.")
        except (GraphQLSyntaxError, RecursionError):
            return _refusal(400, "MalformedHttpRequestException", "Unable to parse GraphQL query.")

    def _answered(self, asked: Mapping[str, Any], asker: Asker) -> dict[str, Any]:
        try:
            document = document_of(asked["query"], self._execution.schema, self.api)
        except Refused as refused:
            return {"data": None, "errors": [_refused(it) for it in refused.errors]}
        return self._execution.answer(document, asked.get("variables"), asked.get("operationName"), asker)


def _check(api: Api, schema: GraphQLSchema) -> None:
    for (type, field), resolver in api.resolvers.items():
        if field not in getattr(schema.type_map.get(type), "fields", ()):
            raise ValueError(f"{type}.{field}: a resolver, and no such field")
        if found := refusals(resolver.code):
            raise ValueError(f"{type}.{field}: {'; '.join(found)}")


def _asked(body: bytes) -> Mapping[str, Any]:
    """ValueError: it is no request of GraphQL."""
    asked = json.loads(body)
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        raise ValueError("no query")
    if not isinstance(asked.get("variables"), dict | None) or not isinstance(asked.get("operationName"), str | None):
        raise ValueError("no variables, or no operation's name")
    return asked


def _refused(error: GraphQLError) -> dict[str, Any]:
    told = error_of(error)
    return {name: told[name] for name in ("path", "locations", "message")}


def _refusal(status: int, type: str, message: str) -> Reply:
    return _reply(status, {"errors": [{"errorType": type, "message": message}]}, {"x-amzn-ErrorType": type})


def _reply(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(json.dumps(body).encode(), "application/json;charset=UTF-8", status, headers or {})
