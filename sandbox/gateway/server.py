"""The HTTP APIs deployed on the embedded AWS in, each on a free port of 127.0.0.1 out, its functions called in virtual time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from threading import BoundedSemaphore
from typing import Any, Self
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.credentials import Credentials

from sandbox.aws_http import AwsServer, Faults
from sandbox.gateway.payload import FAILED, Call, Response, event_of, response_of
from sandbox.gateway.routes import Route, choose, read_routes
from sandbox.gateway.signature import signer_of
from sandbox.ministack import Ministack
from sandbox.timeline import Clock

AT_ONCE = 2  # calls of functions by one API; each that runs beside another is a process more
LONGEST = 10 * 2**20  # bytes of a request (AWS: HTTP API quotas)
TIMEOUT = 30  # seconds of an integration (AWS: HTTP API quotas)
INSTANT = "x-sandbox-time"  # a request's own virtual time; functions never see it


class HttpApi(AwsServer):
    """One API on a port of its own, as API Gateway serves it at its `$default` stage."""

    def __init__(self, id: str, routes: Sequence[Route], aws: Ministack, clock: Clock) -> None:
        super().__init__(Faults())
        self.id, self._routes, self._clock, self._region = id, routes, clock, aws.region
        self._turn = BoundedSemaphore(AT_ONCE)
        self._known = Credentials("test", "test")
        once = Config(read_timeout=TIMEOUT, retries={"total_max_attempts": 1}, max_pool_connections=AT_ONCE)
        self._lambda = aws.client("lambda", config=once)

    def respond(self, call: Call) -> Response:
        """Route the call, check its signature where the route wants one, call the function."""
        self.calls[call.path] += 1
        if len(call.body) > LONGEST:
            return refusal(413, "Request Entity Too Large")
        found = choose(self._routes, call.method, call.path)
        if found is None:
            return refusal(404, "Not Found")
        route, parameters = found
        caller = signer_of(call, self._known, self._region, datetime.now(UTC)) if route.signed else None
        if route.signed and caller is None:
            return refusal(403, "Forbidden")
        try:
            at = datetime.fromisoformat(call.headers.get(INSTANT) or self._clock.now().isoformat())
        except ValueError:
            return refusal(400, f"{INSTANT} is no ISO instant")
        told = {name: value for name, value in call.headers.items() if name != INSTANT}
        seen = replace(call, headers={**told, "x-forwarded-proto": "http"})  # there is no TLS here
        return self._invoke(route.function, event_of(seen, self.id, route.key, parameters, at, caller))

    def _invoke(self, function: str, event: dict[str, Any]) -> Response:
        with self._turn:
            answer = self._lambda.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        content = answer["Payload"].read()
        return Response(500, FAILED) if "FunctionError" in answer else response_of(json.loads(content or b"null"))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Handler", (_Handler,), {"api": self})


def refusal(status: int, message: str) -> Response:
    return Response(status, json.dumps({"message": message}).encode())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    api: HttpApi

    def _exchange(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
        call = Call(self.command, url.path, url.query, headers, body, str(self.client_address[0]))
        self._send(self.api.respond(call))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _exchange

    def _send(self, response: Response) -> None:
        try:
            self.send_response(response.status)
            for name, value in response.headers:
                if name not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)
        except ConnectionError:  # the caller gave up waiting
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: tests and the console belong to others."""


class Gateway:
    """All HTTP APIs of one embedded AWS. `urls`: where each is found, by the module of the handler that answers it."""

    def __init__(self, apis: Mapping[str, HttpApi]) -> None:
        self._apis = apis

    @classmethod
    def start(cls, aws: Ministack, clock: Clock) -> Self:
        """Serve what is deployed now."""
        client, apis = aws.client("apigatewayv2"), {}
        for found in client.get_apis(MaxResults="1000")["Items"]:
            routes = read_routes(client, found["ApiId"])
            if found["ProtocolType"] == "HTTP" and routes:
                apis[_name(routes, aws)] = HttpApi(found["ApiId"], routes, aws, clock).start()
        return cls(apis)

    @property
    def urls(self) -> dict[str, str]:
        return {name: api.endpoint for name, api in self._apis.items()}

    def addressed(self, text: str) -> str:
        """A function's setting; where it is the address of one of these APIs, where that API is served instead."""
        url = urlsplit(text)
        for api in self._apis.values():
            if url.netloc.startswith(f"{api.id}.execute-api."):
                return api.endpoint + url.path.rstrip("/")
        return text

    def stop(self) -> None:
        for api in self._apis.values():
            api.stop()


def _name(routes: Sequence[Route], aws: Ministack) -> str:
    """`engage` for `handlers.solicitation.engage.handler`: CDK gives all APIs the same name."""
    found = aws.client("lambda").get_function_configuration(FunctionName=routes[0].function)
    return str(found["Handler"].split(".")[-2])
