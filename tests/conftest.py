"""What every test may ask for."""

from collections.abc import Iterator

import pytest

from sandbox.ministack import Ministack


@pytest.fixture(scope="session")
def ministack() -> Iterator[Ministack]:
    """The embedded AWS, shared by the whole session: name your resources so that tests do not meet."""
    with Ministack() as running:
        yield running
