"""A real browser before the real pages, with the photos on the embedded AWS."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from page_server import PageServer
from pages_world import ROOT, PagesWorld, pages_world
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sandbox.ministack import Ministack

WORLDS = count()
expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def shots() -> Path:
    """Where pictures of the pages go, for people to look at."""
    folder = ROOT / "build/pages"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, ministack: Ministack) -> Iterator[PagesWorld]:
    """One a module: ask another customer in each test."""
    access = {"AWS_ENDPOINT_URL": ministack.endpoint, "AWS_DEFAULT_REGION": ministack.region}
    with pages_world(tmp_path_factory.mktemp("programs"), prefix=f"pages{next(WORLDS)}-", more=access) as made:
        yield made


@pytest.fixture
def pages(world: PagesWorld) -> Iterator[PageServer]:
    with PageServer(world) as server:
        yield server


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone of the smallest size that counts, without JavaScript: the pages must do with that."""
    made = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False, has_touch=True)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def picture(page: Page, tmp_path: Path) -> Path:
    """A small real PNG."""
    path = tmp_path / "lamp.png"
    page.set_content("<body bgcolor=orange>A lamp")
    page.screenshot(path=path)
    return path
