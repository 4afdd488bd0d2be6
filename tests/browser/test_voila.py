"""For who writes no code: notebooks as pages in Voila, with their results and the app that answers."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest

from tests.browser.lab import voila
from tests.browser.watched import App, Watched, expect, violations

pytestmark = [pytest.mark.browser, pytest.mark.journey]

FIRST = "01_first_rebalance.ipynb"
ON_THE_PAGE = ".di-app"
BELOW_THE_APP = ".di-outlet .di-proposal"
RUNS_WITHIN_MS = 240_000


def small_notebook() -> nbformat.NotebookNode:
    """A title and the app."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [
        nbformat.v4.new_markdown_cell("# A desk"),
        nbformat.v4.new_code_cell("import di_advisor\ndi_advisor.app()"),
    ]
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def open_the_page(watched: Watched, address: str) -> App:
    watched.page.goto(address, timeout=RUNS_WITHIN_MS)
    app = App(watched.page, ON_THE_PAGE)
    expect(app.box).to_be_visible(timeout=RUNS_WITHIN_MS)
    expect(app.status).to_have_text("Done", timeout=RUNS_WITHIN_MS)
    return app


def propose(app: App) -> None:
    app.turn_to("Optimize")
    app.press("Propose")
    expect(app.page.locator(BELOW_THE_APP).first).to_contain_text("Account young")
    expect(app.page.locator(BELOW_THE_APP).first.locator("caption", has_text="Sell (").first).to_be_visible()
    app.done()


def misdeeds(watched: Watched) -> list[str]:
    """What a page should not have done; that Voila's own template asks for icons outside is not the app's."""
    return [told for told in watched.misdeeds() if not re.search(r"/@?font-?awesome", told)]


def test_a_page_without_code_proposes_and_shows_trades(watched: Watched, tmp_path: Path, shots: Path) -> None:
    page, folder = watched.page, tmp_path / "voila"
    folder.mkdir()
    nbformat.write(small_notebook(), tmp_path / "small.ipynb")
    with voila(tmp_path / "small.ipynb", folder) as address:
        app = open_the_page(watched, address)
        expect(page.get_by_role("heading", name="A desk")).to_be_visible()
        assert page.locator(".jp-CodeCell .jp-InputArea-editor").count() == 0
        expect(page.locator(".di-outlet").last).to_contain_text("Account young on 2026-06-30")
        propose(app)
        assert violations(page, ON_THE_PAGE) == []
        assert violations(page, BELOW_THE_APP) == []
        page.screenshot(path=shots / "voila_light.png")
        assert misdeeds(watched) == []


@pytest.mark.slow
def test_the_first_notebook_shows_its_results_and_trades_are_rejected_in_the_dark(
    watched: Watched, root: Path, tmp_path: Path, shots: Path
) -> None:
    page, folder = watched.page, tmp_path / "voila"
    folder.mkdir()
    shutil.copy(root / "notebooks" / FIRST, tmp_path)
    with voila(tmp_path / FIRST, folder) as address:
        app = open_the_page(watched, f"{address}/?theme=dark")
        assert page.locator(".di-proposal").count() > 0  # what the cells show, before anything is asked
        propose(app)
        app.turn_to("Trades")
        row = app.box.get_by_role("grid", name="Trades").locator("tbody[role] tr").first
        row.click()
        expect(page.locator(".di-outlet").last).to_contain_text("How to reproduce")
        app.done()
        app.press("Reject and solve again")
        expect(page.locator(".di-outlet .di-answer")).to_contain_text("1 trades rejected")
        app.done()
        assert violations(page, ON_THE_PAGE) == []
        page.screenshot(path=shots / "voila_dark.png")
        assert misdeeds(watched) == []
