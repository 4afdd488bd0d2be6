"""A person in a browser: runs the first notebook, proposes from the panel, cancels, in both themes."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from di_advisor.report.views import proposal_html
from tests.browser.lab import CURRENT, LOOPBACK, execute, kernel_says, lab, open_notebook, wait_idle
from tests.report.fakes import proposal

pytestmark = pytest.mark.browser

NOTEBOOK = "01_first_rebalance.ipynb"
STATIC = "static.ipynb"
BLUE = "rgb(30, 136, 229)"

expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def served(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    notebooks, folder = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter")
    shutil.copy(root / "notebooks" / NOTEBOOK, notebooks)
    nbformat.write(static_notebook(), notebooks / STATIC)
    with lab(notebooks, folder) as address:
        yield address, notebooks


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


class Watched:
    """A page that remembers what it should not have done."""

    def __init__(self, browser: Browser) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1500, "height": 1100})
        self.page.set_default_timeout(60_000)
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        self.page.on("request", lambda r: None if r.url.startswith(LOOPBACK) else self.outside.append(r.url))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._dialog)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    made = Watched(browser)
    yield made
    made.page.close()


@pytest.fixture
def shots(root: Path) -> Path:
    folder = root / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def static_notebook() -> nbformat.NotebookNode:
    """A notebook that somebody else ran: its outputs are stored, and nobody here has trusted it."""
    output = nbformat.v4.new_output("display_data", {"text/html": proposal_html(proposal(20, 15))})
    cell = nbformat.v4.new_code_cell("proposal", id="shown", outputs=[output])
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})


def set_number(page: Page, label: str, value: str) -> None:
    box = page.locator(".di-app").get_by_label(label, exact=True)
    box.fill(value)
    box.press("Tab")


def violations(page: Page, context: str) -> list[str]:
    return [
        f"{v['id']}: {[n['html'][:160] for n in v['nodes']]}" for v in Axe().run(page, context).response["violations"]
    ]


def screenshot(page: Page, selector: str, path: Path) -> None:
    page.locator(selector).first.evaluate("element => element.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(500)
    page.screenshot(path=path)


def button(page: Page, name: str) -> Any:
    return page.locator(".di-app").get_by_role("button", name=name, exact=True)


def status(page: Page) -> Any:
    return page.locator(".di-app").get_by_role("status")


def inline(page: Page) -> Any:
    """The proposal of the notebook's own cell."""
    return page.locator(".jp-OutputArea .di-proposal").first


def below(page: Page) -> Any:
    """The proposal below the panel."""
    return page.locator(".jp-OutputArea .di-proposal").last


def propose_while_the_kernel_answers(page: Page) -> None:
    page.locator(".di-app").get_by_label("Account", exact=True).select_option("concentrated")
    set_number(page, "Tracking-error cap (bps a year)", "150")
    button(page, "Propose").click()
    expect(button(page, "Propose")).to_be_disabled()
    assert kernel_says(page, "(1 + 1, di_advisor.app().state.running)") == "(2, True)"
    expect(page.locator(".di-answer")).to_contain_text("account concentrated, tracking-error cap 150 bps a year")
    expect(below(page)).to_contain_text("Account concentrated")
    expect(below(page).locator("caption", has_text="Buy (").first).to_be_visible()
    expect(status(page)).to_have_text("Done")
    assert kernel_says(page, "di_advisor.app().proposal.after.tracking_error <= 0.015") == "True"


def type_commands_of_the_notebook_at_a_button(page: Page) -> None:
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    button(page, "Propose").focus()
    for key in ("b", "a", "d", "d"):
        page.keyboard.press(key)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells


def change_a_control_and_cancel(page: Page) -> None:
    set_number(page, "Minimum trade ($)", "750")
    expect(page.locator(".di-answer")).to_contain_text("STALE: the panel now says minimum trade $750")
    button(page, "Propose").click()
    button(page, "Cancel").click()
    expect(status(page)).to_have_text("Cancelled")
    expect(page.locator(".di-answer")).to_contain_text("STALE")
    expect(below(page)).to_contain_text("Account concentrated")


def ask_for_what_cannot_be_kept(page: Page) -> None:
    set_number(page, "Tracking-error cap (bps a year)", "1")
    button(page, "Propose").click()
    expect(page.locator(".di-app").get_by_role("alert")).to_contain_text("cannot be reached")
    expect(below(page)).to_contain_text("Account concentrated")


def save_and_read(page: Page, folder: Path) -> dict[str, Any]:
    execute(page, "docmanager:save")
    page.wait_for_function(f"() => !{CURRENT}.context.model.dirty")
    return dict(json.loads((folder / NOTEBOOK).read_text(encoding="utf-8")))


def test_a_person_rebalances_with_the_first_notebook(watched: Watched, served: tuple[str, Path], shots: Path) -> None:
    page, (address, folder) = watched.page, served
    open_notebook(page, address, NOTEBOOK)
    execute(page, "notebook:run-all-cells")
    expect(button(page, "Propose")).to_be_visible()
    wait_idle(page)
    expect(inline(page).locator("caption", has_text="Sell (").first).to_be_visible()
    screenshot(page, ".di-proposal", shots / "notebook_light.png")
    assert violations(page, ".di-app") == []

    propose_while_the_kernel_answers(page)
    screenshot(page, ".di-app", shots / "panel_light.png")
    type_commands_of_the_notebook_at_a_button(page)
    change_a_control_and_cancel(page)
    ask_for_what_cannot_be_kept(page)
    assert violations(page, ".di-app") == []

    execute(page, "apputils:change-theme", theme="JupyterLab Dark")
    page.wait_for_function("() => document.body.dataset.jpThemeName === 'JupyterLab Dark'")
    screenshot(page, ".di-app", shots / "panel_dark.png")
    assert violations(page, ".di-app") == []
    screenshot(page, ".di-proposal", shots / "notebook_dark.png")

    saved = save_and_read(page, folder)
    assert "widgets" not in saved["metadata"]
    last = json.dumps(saved["cells"][-1]["outputs"])
    assert "Account concentrated" in last
    assert "STALE" in last
    assert watched.outside == []
    assert watched.dialogs == []
    assert [text for text in watched.errors if re.search(r"di[_-]a|anywidget", text)] == []


def test_a_stored_proposal_survives_in_a_notebook_nobody_trusted(
    watched: Watched, served: tuple[str, Path], shots: Path
) -> None:
    page = watched.page
    open_notebook(page, served[0], STATIC)
    shown = page.locator(".di-proposal")
    expect(shown).to_be_visible()
    trusted = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.cells.get(0).trusted")
    assert trusted is False
    bars = shown.locator("td div div")
    assert bars.count() > 40
    colours = bars.evaluate_all("all => all.map(e => getComputedStyle(e).backgroundColor)")
    assert BLUE in colours
    assert "rgba(0, 0, 0, 0)" not in colours
    assert shown.locator("details summary").count() > 3
    assert shown.get_by_text("<img src=x onerror=alert(1)>").count() > 0
    assert shown.locator("img, script, a").count() == 0
    assert page.locator("mjx-container").count() == 0
    expect(shown.locator("tr.di-total", has_text="All 20 lots")).to_be_visible()
    assert violations(page, ".di-proposal") == []
    page.screenshot(path=shots / "untrusted_light.png")
    assert watched.dialogs == []
    assert watched.outside == []
