"""What every test may ask for."""

from collections.abc import Iterator

import pytest
from xdist.scheduler import LoadScopeScheduling

from sandbox.ministack import Ministack

TOGETHER = ("tests/e2e/", "tests/infra/")  # one worker each: they share what takes long to build


class ByFolder(LoadScopeScheduling):
    """What `--dist loadgroup` promises. pytest 9.2 keeps xdist 3.8 from writing its groups into the test ids."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)  # there is no such hook in a run without xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFolder | None:
    return ByFolder(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def ministack() -> Iterator[Ministack]:
    """The embedded AWS, shared by the whole session: name your resources so that tests do not meet."""
    with Ministack() as running:
        yield running
