"""One boto3 session for all clients of a process: the import is the cost, further clients are nearly free."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from adapters.aws.quick_bodies import quicken

# Request shapes are built by our own code and covered by tests; checking them again costs 3x of a batch write (performance.md, 4).
# A user agent of our own spares building botocore's for each request, a tenth of a call.
QUICK = Config(parameter_validation=False, retries={"mode": "standard", "total_max_attempts": 4}, user_agent="ovation")


@cache
def session() -> boto3.Session:
    return boto3.Session()


def client(service: str, config: Config | None = None) -> Any:
    return session().client(service, config=config)  # type: ignore[call-overload]


def dynamodb() -> Any:
    """The client for batches of items."""
    return quicken(client("dynamodb", QUICK))
