"""For who writes no code: the first notebook as a page in Voila, with its results and the app that answers."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.lab import voila
from tests.browser.watched import App, Watched, expect, measured, violations

pytestmark = pytest.mark.browser

FIRST = "01_first_rebalance.ipynb"
ON_THE_PAGE = ".di-app"
BELOW_THE_APP = ".di-outlet .di-proposal"
RUNS_WITHIN_MS = 240_000


@pytest.fixture(scope="module")
def address(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Voila that shows the first notebook."""
    notebooks, folder = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("voila")
    shutil.copy(root / "notebooks" / FIRST, notebooks)
    with voila(notebooks / FIRST, folder) as found:
        yield found


def open_the_page(watched: Watched, address: str) -> App:
    watched.page.goto(address, timeout=RUNS_WITHIN_MS)
    app = App(watched.page, ON_THE_PAGE)
    expect(app.box).to_be_visible(timeout=RUNS_WITHIN_MS)
    expect(app.status).to_have_text("Done", timeout=RUNS_WITHIN_MS)
    return app


def misdeeds(watched: Watched) -> list[str]:
    """What a page should not have done; that Voila's own template asks for icons outside is not the app's."""
    return [told for told in watched.misdeeds() if not re.search(r"/@?font-?awesome", told)]


def test_the_notebook_shows_its_results_and_the_app_proposes(watched: Watched, address: str, shots: Path) -> None:
    page, app = watched.page, open_the_page(watched, address)
    assert page.locator(".jp-CodeCell .jp-InputArea-editor").count() == 0  # no code
    assert page.locator(".di-proposal").count() > 0  # what the cells show
    expect(page.locator(".di-outlet")).to_contain_text(["", "Account young on 2026-06-30"])
    app.turn_to("Optimize")
    app.press("Propose")
    expect(page.locator(BELOW_THE_APP).first).to_contain_text("Sell (")
    app.done()
    assert violations(page, ON_THE_PAGE) == []
    assert violations(page, ".di-outlet .di-proposal") == []
    app.box.scroll_into_view_if_needed()
    page.screenshot(path=shots / "voila_light.png")
    assert misdeeds(watched) == []


@pytest.mark.slow
def test_trades_are_rejected_solved_again_and_looked_at_in_the_dark(
    watched: Watched, address: str, shots: Path
) -> None:
    page, app = watched.page, open_the_page(watched, f"{address}/?theme=dark")
    app.turn_to("Optimize")
    app.press("Propose")
    expect(page.locator(BELOW_THE_APP).first).to_be_visible()
    app.done()
    app.turn_to("Trades")
    rows = app.box.get_by_role("grid", name="Trades").locator("tbody[role] tr")
    expect(rows.first).to_be_visible()
    rows.first.click()
    expect(page.locator(".di-outlet").last).to_contain_text("How to reproduce")
    app.done()
    app.press("Reject and solve again")
    expect(page.locator(".di-outlet .di-answer")).to_contain_text("1 trades rejected")
    app.done()
    assert violations(page, ON_THE_PAGE) == []
    measured(shots, f"voila: {rows.count()} rows drawn in the dark")
    page.screenshot(path=shots / "voila_dark.png")
    assert misdeeds(watched) == []
