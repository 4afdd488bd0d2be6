"""A notebook that somebody else ran: its stored results are whole, coloured and harmless without a kernel."""

from pathlib import Path

import nbformat
import pytest

from di_advisor.report.views import proposal_html
from tests.browser.lab import lab, open_notebook
from tests.browser.watched import Watched, expect, violations
from tests.report.fakes import proposal

pytestmark = pytest.mark.browser

STATIC = "static.ipynb"
BLUE = "rgb(30, 136, 229)"


def static_notebook() -> nbformat.NotebookNode:
    """A notebook whose outputs are stored, and which nobody here has trusted."""
    output = nbformat.v4.new_output("display_data", {"text/html": proposal_html(proposal(20, 15))})
    cell = nbformat.v4.new_code_cell("proposal", id="shown", outputs=[output])
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})


def test_a_stored_proposal_survives_in_a_notebook_nobody_trusted(watched: Watched, tmp_path: Path, shots: Path) -> None:
    page, notebooks, folder = watched.page, tmp_path / "notebooks", tmp_path / "jupyter"
    notebooks.mkdir()
    folder.mkdir()
    nbformat.write(static_notebook(), notebooks / STATIC)
    with lab(notebooks, folder) as address:
        open_notebook(page, address, STATIC)
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
        assert watched.misdeeds() == []
