"""HTTP requests of an AWS client in, answers or errors in AWS's own form out: the plumbing of the machine-learning stand-ins."""

import socket
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import orjson


@dataclass
class AwsError(Exception):
    """An error answer; `code` is AWS's name of it, `details` join the body beside the message."""

    status: int
    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes
    content_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    broken_off: bool = False  # half of the body goes out, then the line is closed


@dataclass
class Faults:
    """What goes wrong: `latency` seconds before every answer; the others count the coming calls that fail that way."""

    latency: float = 0.0
    throttle: int = 0
    unavailable: int = 0
    hang: int = 0  # accepted, never answered
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, kind: str) -> bool:
        """Whether this call is one of those that fail this way; counts it off."""
        with self._lock:
            left: int = getattr(self, kind)
            if left > 0:
                setattr(self, kind, left - 1)
            return left > 0


class AwsServer:
    """One stand-in on a free port of 127.0.0.1, in threads of this process. Subclasses answer; `calls` counts by path."""

    faults: Faults

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    def answer(self, request: Request) -> Reply:
        """The reply, or AwsError."""
        raise NotImplementedError

    @property
    def endpoint(self) -> str:
        assert self._server is not None, "not started"
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Self:
        self._stopping.clear()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Close the port and let calls that hang go; a second call does nothing."""
        server, self._server = self._server, None
        self._stopping.set()
        if server is not None:
            server.shutdown()
            server.server_close()

    def serve(self, request: Request) -> Reply | None:
        """Count the call, let the faults have it, answer it; None: the caller gets no answer."""
        with self._lock:
            self.calls[request.path] += 1
        if self.faults.latency:
            self._stopping.wait(self.faults.latency)
        if self.faults.take("hang"):
            self._stopping.wait()
            return None
        if self.faults.take("throttle"):
            raise AwsError(400, "ThrottlingException", "Rate exceeded")
        if self.faults.take("unavailable"):
            raise AwsError(503, "ServiceUnavailable", "The service is currently unavailable.")
        return self.answer(request)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Handler", (_Handler,), {"stand_in": self})

    def __enter__(self) -> Self:
        return self if self._server else self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    """Ends its connections with itself: callers keep them open, and each has a thread that would wait for more until the end."""

    daemon_threads = True
    block_on_close = False  # a call that hangs must not keep us

    def __init__(self, *arguments: Any) -> None:
        self._open: set[Any] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):  # it has ended by itself
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stand_in: AwsServer

    def _exchange(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            reply = self.stand_in.serve(Request(self.command, url.path, url.query, headers, body))
        except AwsError as error:
            content = orjson.dumps({"message": error.message, "Message": error.message, **error.details})
            self._send(error.status, Reply(content), {"x-amzn-errortype": error.code})
        else:
            if reply is None:
                self.close_connection = True
            else:
                self._send(reply.status, reply, reply.headers)

    do_GET = do_POST = do_PUT = do_DELETE = _exchange  # the base class looks methods up by these names

    def _send(self, status: int, reply: Reply, headers: Mapping[str, str]) -> None:
        try:
            self.send_response(status)
            for name, value in {**headers, "Content-Type": reply.content_type}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.broken_off else reply.body)
            self.close_connection = self.close_connection or reply.broken_off
        except ConnectionError:  # the caller gave up waiting
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: tests and the console belong to others."""
