"""API Gateway's place in the sandbox: the deployed HTTP APIs over real HTTP, in virtual time."""

from sandbox.gateway.server import INSTANT, Gateway, HttpApi
from sandbox.gateway.signature import signed

__all__ = ["INSTANT", "Gateway", "HttpApi", "signed"]
