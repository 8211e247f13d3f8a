"""A deployed HTTP API's routes in; a method and a path in, the route they reach and its path parameters out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

DEFAULT, ANY = "$default", "ANY"
FUNCTION = re.compile(r"arn:aws:lambda:[^:]+:\d+:function:[^/]+")


@dataclass(frozen=True, slots=True)
class Route:
    """`key` as API Gateway writes it (`GET /r/{token}`, `$default`); `function` is an ARN; `signed`: only with IAM's signature."""

    key: str
    function: str
    signed: bool = False

    @property
    def method(self) -> str:
        return ANY if self.key == DEFAULT else self.key.split(" ")[0]

    @property
    def segments(self) -> list[str]:
        return ["{proxy+}"] if self.key == DEFAULT else self.key.split(" ")[1].strip("/").split("/")

    @property
    def precision(self) -> tuple[bool, list[int], bool]:
        """Less is more specific: a default last, then fixed words before parameters before greedy ones, a method before ANY."""
        return self.key == DEFAULT, [_kind(segment) for segment in self.segments], self.method == ANY

    def parameters(self, path: str) -> dict[str, str] | None:
        """The path's parameters, decoded; None when this route does not lead there."""
        if self.key == DEFAULT:
            return {}
        found = re.fullmatch("/".join(_pattern(segment) for segment in self.segments), path.strip("/"))
        return found and {name: unquote(value) for name, value in found.groupdict().items()}


def choose(routes: Iterable[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The most specific route for a raw path. A HEAD reaches no GET route (API Gateway: routes)."""
    fitting = [route for route in routes if route.method in (method, ANY)]
    found = [(route, parameters) for route in fitting if (parameters := route.parameters(path)) is not None]
    return min(found, key=lambda one: one[0].precision, default=None)


def read_routes(apis: Any, api: str) -> list[Route]:
    """The routes that the `apigatewayv2` client knows of one API."""
    functions = {
        item["IntegrationId"]: FUNCTION.findall(item["IntegrationUri"])[-1]
        for item in apis.get_integrations(ApiId=api, MaxResults="1000")["Items"]
    }
    return [
        Route(
            item["RouteKey"],
            functions[item["Target"].split("/")[-1]],
            item.get("AuthorizationType", "NONE") == "AWS_IAM",
        )
        for item in apis.get_routes(ApiId=api, MaxResults="1000")["Items"]
    ]


def _kind(segment: str) -> int:
    return 2 if segment.endswith("+}") else 1 if segment.startswith("{") else 0


def _pattern(segment: str) -> str:
    name = segment.strip("{}+")
    return (re.escape(segment), f"(?P<{name}>[^/]+)", f"(?P<{name}>.+)")[_kind(segment)]
