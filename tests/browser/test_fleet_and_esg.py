"""A desk in the browser: a fleet is run and listed, one account of it opened; an ESG file is named, tried and used."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.browser.lab import execute, kernel_says, lab, open_notebook
from tests.browser.test_own_account import files_of_an_account, run_cell
from tests.browser.watched import DARK, IN_CELL, IN_PANEL, LIGHT, App, Watched, expect, in_theme, shot, violations

pytestmark = [pytest.mark.browser, pytest.mark.journey]

NOTEBOOK = "desk.ipynb"
HOSTILE = "<img src=x onerror=alert(2)>"
RUNS_WITHIN_MS = 400_000


def scores() -> str:
    """Made-up scores of most names by ticker, of a stranger with a hostile name, and one blank."""
    rows = ["Symbol,ESG total,CO2 intensity", f'"{HOSTILE}",50,100']
    rows += [f"T{i:02},{'' if i == 5 else 30 + 2 * i},{100 + 3 * i}" for i in range(20)]
    return "\n".join(rows)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Return the address of a JupyterLab and the folder it serves, with an account's files in it."""
    notebooks, folder = tmp_path_factory.mktemp("desk"), tmp_path_factory.mktemp("jupyter")
    for name, text in {**files_of_an_account(), "scores.csv": scores()}.items():
        (notebooks / name).write_text(text, encoding="utf-8")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cell = nbformat.v4.new_code_cell("import di_advisor\ndi_advisor.app()")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel}), notebooks / NOTEBOOK)
    with lab(notebooks, folder) as address:
        yield address, notebooks


IN_ORDER = """(view) => {
    const grid = document.querySelector(`${view} [role=grid][aria-label='Accounts of the fleet']`);
    const values = [...grid.querySelectorAll('tbody[role] tr td:nth-child(4)')]
        .map((cell) => Number(cell.textContent.replaceAll(',', '')));
    return values.length === 2 && values[0] >= values[1];
}"""


def accounts(app: App) -> Any:
    return app.box.get_by_role("grid", name="Accounts of the fleet").locator("tbody[role] tr")


def run_a_fleet(app: App, shots: Path) -> None:
    app.turn_to("Fleet")
    app.set("Folder of the run", "tonight")
    app.set("How many are generated", "2")
    app.box.get_by_text("Run a fleet", exact=True).click()
    app.set("Joint rounds", "0")
    app.press("Start or go on")
    expect(accounts(app)).to_have_count(2, timeout=RUNS_WITHIN_MS)
    expect(app.box).to_contain_text("2 of 2 accounts with a proposal")
    app.done()
    shot(app.page, IN_CELL, shots / "fleet_light.png")
    assert violations(app.page, IN_CELL) == []
    assert violations(app.page, ".jp-Notebook .di-desk") == []


def open_one_of_them(app: App, shots: Path) -> None:
    """Sorted where the list is kept; the app's answer for the account is the list's."""
    expect(app.box.get_by_role("searchbox")).to_have_count(0)  # found by the field above: the grid has one page only
    app.box.get_by_role("columnheader", name="Value, $").get_by_role("button").click()
    expect(app.box.get_by_role("columnheader", name="Value, $")).to_have_attribute("aria-sort", "descending")
    app.page.wait_for_function(IN_ORDER, arg=IN_CELL)  # the heading says so before the list was read anew
    app.done()
    row = accounts(app).nth(1)
    label = row.locator("td").first.inner_text()
    worth = row.locator("td").nth(4).inner_text()
    row.click()
    expect(app.box.locator(".di-rows-bar:visible")).to_have_text("2 rows, 1 chosen")
    app.set("Find", label)
    expect(app.box.locator(".di-rows-bar:visible")).to_have_text(re.compile(r"^1 row\b"))
    app.set("Find", "")
    expect(accounts(app)).to_have_count(2)
    app.done()
    accounts(app).filter(has_text=label).click()
    in_theme(app.page, DARK)
    shot(app.page, IN_CELL, shots / "fleet_dark.png")
    assert violations(app.page, IN_CELL) == []
    app.press("Open the account")
    expect(app.box.get_by_role("tab", name="Account")).to_have_attribute("aria-selected", "true")
    expect(app.box).to_contain_text(f"account {label} of a fleet")
    app.done()
    app.turn_to("Optimize")
    app.press("Propose")
    expect(app.page.locator(".jp-Notebook .di-proposal").first).to_contain_text(f"Account {label}")
    app.done()
    assert kernel_says(app.page, "f'{di_advisor.app().proposal.benefit_usd:,}'") == repr(worth)
    in_theme(app.page, LIGHT)


def name_the_columns(app: App) -> None:
    app.turn_to("Account")
    app.field("Source").select_option("My files")
    for label, value in {
        "Lots file": "lots.csv",
        "Prices file": "prices.csv",
        "Index weights file": "index.csv",
        "As-of date (tax date)": "2026-06-30",
        "ESG measures file (optional)": "scores.csv",
    }.items():
        app.set(label, value)
    app.box.get_by_text("Columns of the ESG file", exact=True).click()
    app.press("Read its columns")
    expect(app.field("Provider")).to_be_visible()
    app.done()
    app.set("Provider", "House")
    app.field("It holds").select_option("Ticker")
    app.set("Known since (day)", "2026-06-01")
    for column, measure, kind, better, more in (
        ("ESG total", "score", "Score on a scale", "Higher is better", {"Scale from": "0", "Scale to": "100"}),
        ("CO2 intensity", "carbon_intensity", "Figure with a unit", "Lower is better", {"Unit": "t/$M"}),
    ):
        app.field("Column").select_option(column)
        expect(app.field("Measures")).to_have_value("")
        app.set("Measures", measure)
        app.field("As").select_option(kind)
        app.field("Which way is good").select_option(better)
        for label, value in more.items():
            app.set(label, value)
        app.press("Count this column")
        expect(app.box.get_by_label("Columns that count")).to_contain_text(f"{column}: {measure}")


def try_and_use_the_file(app: App, shots: Path) -> None:
    page = app.page
    app.press("Try it")
    expect(page.locator(".jp-Notebook .di-wishes").last).to_contain_text("names 21 securities; 19 are recognised")
    app.done()
    assert violations(page, IN_CELL) == []
    assert violations(page, ".jp-Notebook .di-wishes") == []
    execute(page, "di-advisor:open")
    panel = App(page, IN_PANEL)
    expect(panel.box).to_be_visible()
    shot(page, IN_CELL, shots / "esg_file_light.png")
    assert violations(page, IN_PANEL) == []
    app.press("Open")
    expect(app.box).to_contain_text("2 ESG measures")
    app.done()
    in_theme(page, DARK)
    shot(page, IN_CELL, shots / "esg_file_dark.png")
    assert violations(page, IN_CELL) == []
    assert violations(page, IN_PANEL) == []
    panel.turn_to("ESG and factors")
    expect(page.locator(".jp-Notebook .di-wishes").last).to_contain_text("score, House")
    panel.done()
    assert violations(page, ".di-Side") == []  # its results too: a wide table is reached by keys
    panel.turn_to("Fleet")
    page.screenshot(path=shots / "fleet_panel_dark.png")
    assert violations(page, IN_PANEL) == []
    code = "(lambda s: di_advisor.runs.facts_of(s.source).measures)(di_advisor.app().state.spec)"
    assert kernel_says(page, code) == "('carbon_intensity, House', 'score, House')"


def test_a_desk_runs_a_fleet_opens_an_account_and_uses_its_own_esg_file(
    watched: Watched, served: tuple[str, Path], shots: Path
) -> None:
    page, (address, _) = watched.page, served
    open_notebook(page, address, NOTEBOOK)
    run_cell(page, 0)
    app = App(page)
    expect(app.box).to_be_visible()
    expect(app.status).to_have_text("Done", timeout=RUNS_WITHIN_MS)
    run_a_fleet(app, shots)
    open_one_of_them(app, shots)
    name_the_columns(app)
    try_and_use_the_file(app, shots)
    assert watched.misdeeds() == []
