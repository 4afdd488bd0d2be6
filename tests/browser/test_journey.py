"""A person in a browser: from the launcher card to saved work, in both themes."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import CURRENT, execute, kernel_says, lab, open_notebook, wait_idle
from tests.browser.watched import DARK, IN_CELL, App, Watched, expect, held, in_theme, shot, violations

pytestmark = [pytest.mark.browser, pytest.mark.journey]

FIRST = "01_first_rebalance.ipynb"
CAP = "Tracking-error cap (bps a year)"
LEAST = "Minimum trade ($)"


@pytest.fixture(scope="module")
def served(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Return the address of a JupyterLab and the folder it serves."""
    notebooks, folder = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter")
    shutil.copy(root / "notebooks" / FIRST, notebooks)
    with lab(notebooks, folder) as address:
        yield address, notebooks


def below(page: Any) -> Any:
    """The proposal below the app in the notebook."""
    return page.locator(".jp-Notebook .di-proposal").last


def saved(page: Any, path: Path) -> dict[str, Any]:
    execute(page, "docmanager:save")
    page.wait_for_function(f"() => !{CURRENT}.context.model.dirty")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_a_person_rebalances_with_the_first_notebook(watched: Watched, served: tuple[str, Path], shots: Path) -> None:
    page, (address, folder) = watched.page, served
    open_notebook(page, address, FIRST)
    execute(page, "notebook:run-all-cells")
    app = App(page)
    expect(app.box).to_be_visible()
    wait_idle(page)
    inline = page.locator(".jp-OutputArea .di-proposal").first.locator("caption", has_text="Sell (")
    expect(inline.first).to_be_visible()
    shot(page, ".di-proposal", shots / "notebook_light.png")

    app.done()
    app.field("Account").select_option("concentrated")
    app.turn_to("Optimize")
    app.set(CAP, "150")
    with held(page):
        app.press("Propose")
        expect(app.button("Cancel")).to_be_enabled()
        assert kernel_says(page, "(1 + 1, di_advisor.app().state.running)") == "(2, True)"
    expect(page.locator(".di-answer").last).to_contain_text("for concentrated: tracking error max 150 bps a year")
    expect(below(page)).to_contain_text("Account concentrated")
    app.done()
    assert kernel_says(page, "di_advisor.app().proposal.after.tracking_error <= 0.015") == "True"
    assert violations(page, IN_CELL) == []
    shot(page, IN_CELL, shots / "app_light.png")

    cells = page.locator(".jp-Notebook .jp-Cell").count()
    app.button("Propose").focus()
    page.keyboard.type("badd")
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells

    app.set(LEAST, "750")
    expect(page.locator(".di-answer").last).to_contain_text("STALE: the controls now say min trade $750")
    with held(page):
        app.press("Propose")
        app.press("Cancel")
        assert kernel_says(page, "di_advisor.app()._worker._cancelled") == "True"
    expect(app.status).to_have_text("Cancelled")
    expect(page.locator(".di-answer").last).to_contain_text("STALE")
    expect(below(page)).to_contain_text("Account concentrated")

    app.set(CAP, "1")
    app.press("Propose")
    expect(app.box.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(below(page)).to_contain_text("Account concentrated")
    assert violations(page, IN_CELL) == []

    in_theme(page, DARK)
    shot(page, IN_CELL, shots / "app_dark.png")
    assert violations(page, IN_CELL) == []
    shot(page, ".di-proposal", shots / "notebook_dark.png")

    stored = saved(page, folder / FIRST)
    assert "widgets" not in stored["metadata"]
    last = json.dumps(stored["cells"][-1]["outputs"])
    assert all(words in last for words in ("Account concentrated", "STALE"))
    assert watched.misdeeds() == []
