"""The oldest JupyterLab that is supported, and Notebook 7: card, palette, side panel, cell, insert as a cell.

Each lives in a virtual environment of its own, which `make labs` makes; the newest JupyterLab is the one of the
project's environment, where the other browser tests run.
"""

import os
from pathlib import Path

import nbformat
import pytest

from tests.browser.lab import Serves, kernel_says, lab
from tests.browser.watched import IN_CELL, IN_PANEL, App, Watched, expect, measured, violations

pytestmark = [pytest.mark.browser, pytest.mark.journey]

IN_CI = os.environ.get("CI", "").lower() == "true"
BOOT = "import di_advisor\ndi_advisor.app()"


def served_by(root: Path, name: str, program: str) -> Serves:
    python = root / "build" / "labs" / name / "bin" / "python"
    if not python.exists():
        reason = f"needs the environment {name}, which `make labs` makes"
        if IN_CI:
            pytest.fail(f"{reason}; in CI that is a failure, not a skip")
        pytest.skip(reason)
    return Serves(python, program)


def folders(tmp_path: Path) -> tuple[Path, Path]:
    notebooks, folder = tmp_path / "notebooks", tmp_path / "jupyter"
    notebooks.mkdir()
    folder.mkdir()
    return notebooks, folder


def propose_and_insert(watched: Watched) -> None:
    """What must work wherever the app is shown."""
    page = watched.page
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    app = App(page)
    expect(app.box).to_be_visible()
    app.done()
    app.turn_to("Optimize")
    app.press("Propose")
    expect(page.locator(".jp-Notebook .di-proposal").first).to_contain_text("Account young")
    app.done()
    assert violations(page, IN_CELL) == []
    before = page.locator(".jp-Notebook .jp-Cell").count()
    app.box.get_by_text("Python that repeats this", exact=True).first.click()
    presses = app.inserts()
    assert page.locator(".jp-Notebook .jp-Cell").count() == before + presses


def test_the_oldest_lab_has_card_palette_panel_and_cells(
    root: Path, tmp_path: Path, watched: Watched, shots: Path
) -> None:
    notebooks, folder = folders(tmp_path)
    page = watched.page
    with lab(notebooks, folder, served_by(root, "lab-4.2", "lab")) as address:
        page.goto(f"{address}/lab?reset")
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.wait_for_selector(".jp-LauncherCard")  # the splash may not be there yet when it is waited for to go
        version = page.evaluate("() => window.jupyterapp.version")
        assert version.startswith("4.2.")
        measured(shots, f"JupyterLab {version}")
        page.evaluate("() => void window.jupyterapp.commands.execute('apputils:activate-command-palette')")
        palette = page.locator(".lm-CommandPalette-item", has_text="Direct-indexing advisor")
        expect(palette).to_have_count(2)
        page.keyboard.press("Escape")
        page.locator('.jp-LauncherCard[title*="advisor"]').click()
        expect(App(page, IN_PANEL).box).to_be_visible()
        propose_and_insert(watched)
        page.screenshot(path=shots / "lab_4.2.png")
        assert kernel_says(page, "di_advisor.app().state.running") == "False"
    assert watched.misdeeds() == []


def test_notebook_7_has_the_panel_and_cells(root: Path, tmp_path: Path, watched: Watched, shots: Path) -> None:
    notebooks, folder = folders(tmp_path)
    page = watched.page
    cell = nbformat.v4.new_code_cell(BOOT)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel}), notebooks / "own.ipynb")
    with lab(notebooks, folder, served_by(root, "notebook-7", "notebook")) as address:
        page.goto(f"{address}/notebooks/own.ipynb")
        page.wait_for_selector(".jp-Notebook")
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )
        page.evaluate("() => void window.jupyterapp.commands.execute('di-advisor:open')")
        expect(App(page, IN_PANEL).box).to_be_visible()
        propose_and_insert(watched)
        page.screenshot(path=shots / "notebook_7.png")
    assert watched.misdeeds() == []
