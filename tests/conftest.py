"""What every test may ask for."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from quick_aws import quicken_aws
from xdist.scheduler import LoadScopeScheduling

from sandbox.ministack import Ministack

AVSC = Path(__file__).parents[1] / "node_modules/avsc"
AXE = Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"
TOGETHER = ("tests/e2e/", "tests/infra/")  # one worker each: they share what takes long to build


class ByFolder(LoadScopeScheduling):
    """What `--dist loadgroup` promises. pytest 9.2 keeps xdist 3.8 from writing its groups into the test ids."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)  # there is no such hook in a run without xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFolder | None:
    return ByFolder(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(autouse=True, scope="session")
def quick_aws() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        quicken_aws(patch)
        yield


@pytest.fixture(scope="session")
def ministack() -> Iterator[Ministack]:
    """The embedded AWS, shared by the whole session: name your resources so that tests do not meet."""
    with Ministack() as running:
        yield running


def missing(what: str) -> None:
    """What CI installs must be there on CI; elsewhere its tests are left out, saying so."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing; .ci/run installs it")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker, as text to run in a page."""
    if not AXE.exists():
        missing("node_modules/axe-core (make node_modules/ready)")
    return AXE.read_text()


@pytest.fixture(scope="session")
def avsc() -> Path:
    """The reader of Avro for Node, to be required in a script."""
    if shutil.which("node") is None or not AVSC.exists():
        missing("node_modules/avsc (make node_modules/ready)")
    return AVSC
