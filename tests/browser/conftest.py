"""One Chromium a module, a watched page a test, and a folder for screenshots."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.watched import Watched


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Return a started Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """Return a page that remembers what it should not have done."""
    made = Watched(browser)
    yield made
    made.page.close()


@pytest.fixture
def shots(root: Path) -> Path:
    """Return the folder of screenshots, which git ignores."""
    folder = root / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
