"""Streams on moto, on ministack and in memory."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from stream_rig import Cloud, InMemory


@pytest.fixture(params=["moto", "ministack"])
def emulator(request: pytest.FixtureRequest) -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Name and client factory of each emulator."""
    clients: dict[str, Any] = {}

    def of(make: Callable[[str], Any]) -> Callable[[str], Any]:
        return lambda service: clients.get(service) or clients.setdefault(service, make(service))

    if request.param == "ministack":
        yield "ministack", of(request.getfixturevalue("ministack").client)
        return
    access = {"region_name": "eu-west-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    with mock_aws():
        yield "moto", of(lambda service: boto3.client(service, **access))


@pytest.fixture(params=["kinesis", "table"])
def cloud(request: pytest.FixtureRequest, emulator: tuple[str, Callable[[str], Any]]) -> Cloud:
    """Each emulator with each kind of stream."""
    return Cloud(emulator[0], request.param, emulator[1])


@pytest.fixture
def kinesis(emulator: tuple[str, Callable[[str], Any]]) -> Cloud:
    """Each emulator with Kinesis streams."""
    return Cloud(emulator[0], "kinesis", emulator[1])


@pytest.fixture
def tables(emulator: tuple[str, Callable[[str], Any]]) -> Cloud:
    """Each emulator with DynamoDB streams."""
    return Cloud(emulator[0], "table", emulator[1])


@pytest.fixture
def memory() -> InMemory:
    return InMemory()
