"""requests' calls in, a stand-in's answers out, without a socket: the adapters' own code, and time that nobody waits for."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from sandbox.aws_http import Request
from sandbox.outside import OutsideService


class InProcess(BaseAdapter):
    """To be mounted in a session at a stand-in's address."""

    def __init__(self, service: OutsideService) -> None:
        super().__init__()
        self._service = service

    def send(self, request: requests.PreparedRequest, *about: Any, **more: Any) -> requests.Response:
        url = urlsplit(request.url or "")
        headers: Mapping[str, str] = {name.lower(): str(value) for name, value in request.headers.items()}
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        reply = self._service.serve(Request(request.method or "", url.path, url.query, headers, body))
        if reply is None:
            raise requests.ReadTimeout(request=request)
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = reply.status, request.url or "", request
        answer.headers = CaseInsensitiveDict({**reply.headers, "Content-Type": reply.content_type})
        answer._content, answer._content_consumed = reply.body, True
        return answer

    def close(self) -> None:
        """There is nothing to close."""
