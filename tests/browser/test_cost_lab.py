"""A person trains a cost model in a browser: orders, progress, Cancel, the card, the choice; both themes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.browser.lab import kernel_says, lab, open_notebook
from tests.browser.watched import DARK, IN_CELL, App, Watched, expect, held, in_theme, shot, violations

pytestmark = [pytest.mark.browser, pytest.mark.journey]

NAME = "costs.ipynb"
CARD = ".jp-Notebook .di-cost-card"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Return the address of a JupyterLab that serves one notebook, and its folder."""
    notebooks, folder = tmp_path_factory.mktemp("costs"), tmp_path_factory.mktemp("jupyter")
    cell = nbformat.v4.new_code_cell("import di_advisor\ndi_advisor.app()", id="app")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel}), notebooks / NAME)
    with lab(notebooks, folder) as started:
        yield started, notebooks


def lab_page(page: Any, address: str) -> App:
    open_notebook(page, address, NAME)
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    app = App(page)
    expect(app.box).to_be_visible()
    app.done()
    app.turn_to("Costs")
    app.done()
    return app


def test_a_person_trains_cancels_trains_again_and_chooses(watched: Watched, served: Any, shots: Path) -> None:
    page, (address, folder) = watched.page, served
    app = lab_page(page, address)
    app.press("Read and check")
    expect(page.locator(".jp-Notebook .di-orders").last).to_contain_text("20,000 simulated orders")
    app.done()

    app.press("Train")
    expect(app.button("Cancel")).to_be_enabled()
    with held(page):  # it trains until it is let go, however quick the machine is
        assert kernel_says(page, "(1 + 1, di_advisor.app().state.running)") == "(2, True)"
        app.press("Cancel")
        assert kernel_says(page, "di_advisor.app()._worker._cancelled") == "True"
    expect(app.status).to_have_text("Cancelled")
    models = folder / "cost_models"
    assert not models.exists() or not [*models.iterdir()]

    app.press("Train")
    expect(page.locator(CARD).last).to_contain_text("The model replaces the prior: skill")
    app.done()
    (kept,) = models.iterdir()
    assert violations(page, IN_CELL) == []
    shot(page, IN_CELL, shots / "costs_light.png")

    app.press("Use in proposals")
    expect(app.box).to_contain_text(f"Trades are priced by the model {kept.name}.")
    app.done()
    app.press("Compare")
    expect(page.locator(CARD).last).to_contain_text("Two cost models side by side")
    app.done()
    in_theme(page, DARK)
    shot(page, IN_CELL, shots / "costs_dark.png")
    assert violations(page, IN_CELL) == []

    app.turn_to("Optimize")
    app.press("Propose")
    expect(page.locator(".jp-Notebook .di-proposal").last).to_contain_text("Account young")
    app.done()
    assert kernel_says(page, "'20,000 simulated orders' in str(di_advisor.app().proposal.provenance)") == "True"
    assert watched.misdeeds() == []
