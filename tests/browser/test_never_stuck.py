"""What can go wrong around a working person: a second window, a closed tab, a dead process, a restarted kernel."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser

from tests.browser.lab import CURRENT, execute, kernel_says, lab, open_notebook, wait_idle
from tests.browser.watched import IN_CELL, IN_PANEL, App, Watched, expect, measured

pytestmark = [pytest.mark.browser, pytest.mark.journey]

NAME = "plan.ipynb"
LEAST = "Minimum trade ($)"
STATUS = f"{IN_CELL} .di-footer [role=status]"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a JupyterLab that serves one notebook."""
    notebooks, folder = tmp_path_factory.mktemp("plans"), tmp_path_factory.mktemp("jupyter")
    cell = nbformat.v4.new_code_cell("import di_advisor\ndi_advisor.app()", id="app")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel}), notebooks / NAME)
    with lab(notebooks, folder) as started:
        yield started


def run_app(page: Any) -> App:
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    app = App(page)
    expect(app.box).to_be_visible()
    app.done()
    app.turn_to("Optimize")
    return app


def seconds_until(page: Any, words: str) -> float:
    """Seconds from now until the footer says something, by the browser's own clock."""
    script = """([selector, words]) => new Promise((resolve) => {
        const begun = performance.now();
        const look = () => document.querySelector(selector)?.textContent === words
          ? resolve((performance.now() - begun) / 1e3) : requestAnimationFrame(look);
        look();
    })"""
    return float(page.evaluate(script, [STATUS, words]))


CANCELS = """(view) => {
    const find = () => [...document.querySelector(view).querySelectorAll('button')]
        .find((b) => b.textContent.trim() === 'Cancel');
    window.cancelled = new Promise((resolve) => {
        const look = () => { const b = find(); if (b && !b.disabled) { b.click(); resolve(true); }
                             else { requestAnimationFrame(look); } };
        look();
    });
}"""
"""Press Cancel as soon as it can be pressed: from outside, a press may come after the answer."""

SAYS_THAT_THE_KERNEL_ENDED = """(view) => {
    const app = document.querySelector(view);
    const before = (element) => getComputedStyle(element, '::before').content;
    const marks = [...app.querySelectorAll('.jupyter-widgets-disconnected')].filter((e) => before(e) !== 'none');
    return before(app).includes('Run this cell again') && marks.length === 0;
}"""
"""One sentence, and no broken link on every control."""

KILLS_WHAT_RUNS = """
def _kills_what_runs():
    import time
    app = di_advisor.app()
    while not app.state.running:
        time.sleep(0.002)
    while (process := app._worker._process) is None or not process.is_alive():
        time.sleep(0.002)
    time.sleep(0.05)
    process.kill()


__import__("threading").Thread(target=_kills_what_runs, daemon=True).start()
"""
"""Kill the process as soon as it works: a cell that is run by hand may come after the answer."""


def another_window_sees_and_changes_the_same(browser: Browser, address: str, first: App) -> None:
    second = Watched(browser)
    open_notebook(second.page, address, NAME)
    execute(second.page, "di-advisor:open")
    panel = App(second.page, IN_PANEL)
    expect(panel.field(LEAST)).to_have_value(first.field(LEAST).input_value())
    panel.set(LEAST, "650")
    expect(first.field(LEAST)).to_have_value("650")
    panel.box.get_by_text("Python that repeats this", exact=True).first.click()
    cells, theirs = (p.locator(".jp-Notebook .jp-Cell").count() for p in (second.page, first.page))
    written = panel.inserts()
    assert second.page.locator(".jp-Notebook .jp-Cell").count() in range(cells + 1, cells + written + 1)
    assert first.page.locator(".jp-Notebook .jp-Cell").count() == theirs
    panel.press("Propose")
    second.page.wait_for_timeout(600)  # past the pause in which controls settle
    second.page.close()
    first.done()
    expect(first.page.locator(".jp-Notebook .di-answer").first).to_contain_text("min trade $650")
    assert second.misdeeds() == []


def figures(app: App, shots: Path) -> None:
    """Told, not asserted: the kernel's echo while a question runs, Cancel, and a moved dial."""
    page = app.page
    app.set(LEAST, "700")
    app.press("Propose")
    page.wait_for_timeout(350)
    begun = time.monotonic()
    assert kernel_says(page, "1 + 1") == "2"
    measured(shots, f"kernel's echo during a proposal: {time.monotonic() - begun:.2f} s")
    app.done()
    app.set(LEAST, "750")
    page.evaluate("s => { document.querySelector(s).textContent = ''; }", STATUS)
    app.press("Propose")
    measured(shots, f"Propose after a moved dial, 0.3 s of it settling: {seconds_until(page, 'Done'):.2f} s")


def a_process_that_dies_is_replaced(app: App) -> None:
    page = app.page
    kernel_says(page, "__import__('os').kill(di_advisor.app()._worker._process.pid, 9)")
    app.set(LEAST, "800")
    app.press("Propose")
    expect(page.locator(".jp-Notebook .di-answer").first).to_contain_text("min trade $800")
    app.done()


def cancel_and_kill(app: App, shots: Path) -> None:
    """A new process has everything to load: time enough to end it by Cancel, and from outside."""
    page = app.page
    kernel_says(page, "di_advisor.app()._worker._process.kill()")
    page.evaluate(CANCELS, IN_CELL)
    app.press("Propose")
    page.evaluate("() => window.cancelled")
    measured(shots, f"Cancel: {seconds_until(page, 'Cancelled'):.2f} s")
    expect(app.status).to_have_text("Cancelled")
    kernel_says(page, f"exec({KILLS_WHAT_RUNS!r})")
    app.press("Propose")
    expect(app.box.get_by_role("alert").first).to_contain_text("ended by itself")
    app.press("Propose")
    app.done()


def test_the_app_survives_windows_processes_and_kernels(
    browser: Browser, watched: Watched, address: str, shots: Path
) -> None:
    page = watched.page
    open_notebook(page, address, NAME)
    app = run_app(page)
    app.press("Propose")
    expect(page.locator(".jp-Notebook .di-proposal").first).to_contain_text("Account young")
    app.done()
    another_window_sees_and_changes_the_same(browser, address, app)
    figures(app, shots)
    a_process_that_dies_is_replaced(app)
    cancel_and_kill(app, shots)

    page.evaluate(f"() => void {CURRENT}.sessionContext.restartKernel()")
    page.wait_for_timeout(1500)
    wait_idle(page)
    expect(page.locator(".jp-Notebook .di-proposal").first).to_contain_text("Account young")
    page.wait_for_function(SAYS_THAT_THE_KERNEL_ENDED, arg=IN_CELL)
    app = run_app(page)
    app.press("Propose")
    expect(page.locator(".jp-Notebook .di-proposal").first).to_contain_text("Account young")
    app.done()
    assert watched.misdeeds() == []
