"""The pages on a port of 127.0.0.1: HTTP in, payload 2.0 through the function in this process, HTTP out."""

import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from pages_world import NOON, PagesWorld

from sandbox.gateway.payload import Call


class PageServer:
    """`at` is the time of every request from now on; `seen` all requests that came, as method and path."""

    def __init__(self, world: PagesWorld) -> None:
        self.world = world
        self.at: datetime = NOON
        self.seen: list[tuple[str, str]] = []
        self._turn = threading.Lock()  # a function does one request at a time
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"pages": self}))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, call: Call) -> Any:
        with self._turn:
            self.seen.append((call.method, call.path))
            return self.world.answer(call, self.at)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pages: PageServer

    def _exchange(self) -> None:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()} | {"x-forwarded-proto": "http"}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        reply = self.pages.answer(Call(self.command, url.path, url.query, headers, body))
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_GET = do_HEAD = do_POST = _exchange

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""
