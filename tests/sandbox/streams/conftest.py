"""Streams on moto, on ministack and in memory."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws
from stream_rig import Cloud, InMemory

from sandbox.ministack import Ministack


@pytest.fixture(params=["moto", "ministack"])
def emulator(request: pytest.FixtureRequest) -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Name and client factory of each emulator."""
    if request.param == "ministack":
        yield "ministack", _of_ministack(request.getfixturevalue("ministack"))
        return
    with mock_aws():
        yield "moto", _of_moto


@cache  # making clients is what costs; moto takes hold of them whenever they were made
def _of_moto(service: str) -> Any:
    access = {"region_name": "eu-west-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, **access)  # type: ignore[call-overload]


@cache
def _of_ministack(server: Ministack) -> Callable[[str], Any]:
    return cache(server.client)


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
