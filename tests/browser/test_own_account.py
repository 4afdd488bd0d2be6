"""From the launcher card to saved work with own files: panel, cell, decisions, orders, code, restart, reopened."""

import ast
import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator

from tests.browser.lab import CURRENT, execute, kernel_says, lab, wait_idle
from tests.browser.watched import (
    DARK,
    IN_CELL,
    IN_PANEL,
    LIGHT,
    App,
    Watched,
    expect,
    in_theme,
    measured,
    shot,
    violations,
)

pytestmark = [pytest.mark.browser, pytest.mark.journey]

CAP = "Tracking-error cap (bps a year)"
SECTORS = ("Energy", "Utilities", "Technology", "Health care")
NAMES = 24
FORMULA = '=HYPERLINK("file:x","y")'
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Return the address of a JupyterLab and the folder it serves, with an account's files in it."""
    notebooks, folder = tmp_path_factory.mktemp("mine"), tmp_path_factory.mktemp("jupyter")
    for name, text in files_of_an_account().items():
        (notebooks / name).write_text(text, encoding="utf-8")
    with lab(notebooks, folder) as address:
        yield address, notebooks


def files_of_an_account() -> dict[str, str]:
    """Made-up lots, prices and index; one ticker and one lot are hostile."""
    prices = ["security_id,ticker,price_usd,sector,half_spread_bps,adv_usd,volatility_per_year"]
    lots = ["account_id,lot_id,security_id,shares,basis_total_usd,acquired"]
    index = ["security_id,weight"]
    for i in range(NAMES):
        ticker = f'"{FORMULA.replace(chr(34), chr(34) * 2)}"' if i == 3 else f"T{i:02}"
        price, drift = 40 + 7 * (i % 9), 0.7 + 0.045 * (i % 13)
        prices.append(f"S{i:02},{ticker},{price},{SECTORS[i % 4]},2,5e7,{0.2 + 0.01 * (i % 7):.2f}")
        lot = HOSTILE if i == 3 else f"L{i:02}"
        lots.append(
            f"mine,{lot},S{i:02},{60 + 5 * (i % 5)},{(60 + 5 * (i % 5)) * price / drift:.2f},2024-0{1 + i % 9}-15"
        )
        index.append(f"S{i:02},{1 / NAMES:.12f}")
    return {"lots.csv": "\n".join(lots), "prices.csv": "\n".join(prices), "index.csv": "\n".join(index)}


def run_cell(page: Any, number: int) -> None:
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    cell.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")


def saved(page: Any, path: Path) -> dict[str, Any]:
    execute(page, "docmanager:save")
    page.wait_for_function(f"() => !{CURRENT}.context.model.dirty")
    for _ in range(100):  # the server empties the file before it writes it
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except json.JSONDecodeError:
            page.wait_for_timeout(100)
    raise AssertionError(f"{path.name} stayed no notebook for ten seconds")


def open_own_files(app: App) -> None:
    app.turn_to("Account")
    app.field("Source").select_option("My files")
    app.set("Lots file", "lots.csv")
    app.set("Prices file", "prices.csv")
    app.set("Index weights file", "index.csv")
    app.set("As-of date (tax date)", "2026-06-30")
    app.set("Cash ($)", "2500")
    app.press("Open")
    expect(app.box).to_contain_text(f"{NAMES} names")
    expect(app.box).to_contain_text("mine, 2026-06-30")
    app.done()


def start_from_the_card(page: Any, address: str) -> None:
    page.goto(f"{address}/lab?reset")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    page.locator('.jp-LauncherCard[title*="advisor"]').click()
    expect(App(page, IN_PANEL).box).to_be_visible()
    expect(page.locator(".di-Side-line").get_by_role("status")).to_contain_text("Untitled.ipynb")
    run_cell(page, 0)
    expect(App(page).box).to_be_visible()


def first_trades(page: Any, shots: Path, begun: float) -> None:
    """Both views are of one app: turned in the cell, pressed in the panel, shown in the notebook."""
    cell, panel = App(page), App(page, IN_PANEL)
    cell.done()
    cell.turn_to("Optimize")
    expect(panel.box.get_by_role("tab", name="Optimize")).to_have_attribute("aria-selected", "true")
    panel.press("Propose")
    expect(page.locator(".jp-Notebook .di-proposal").first).to_be_visible()
    measured(shots, f"page's address to first trades: 4 clicks, {time.monotonic() - begun:.1f} s")
    cell.done()
    page.wait_for_timeout(500)
    shot(page, IN_CELL, shots / "card_panel_light.png")


def propose_for_own_files(page: Any, shots: Path) -> None:
    cell = App(page)
    open_own_files(cell)
    assert violations(page, IN_CELL) == []
    assert violations(page, IN_PANEL) == []
    shot(page, IN_CELL, shots / "own_account_light.png")
    cell.turn_to("Optimize")
    cell.set(CAP, "80")
    cell.press("Propose")
    expect(page.locator(".jp-Notebook .di-proposal").first).to_contain_text("Account mine")
    cell.done()
    shot(page, IN_CELL, shots / "own_optimize_light.png")
    assert violations(page, IN_CELL) == []


def proposed(page: Any) -> list[tuple[str, str, str]]:
    """Side, name and ticker of each proposed trade, in order."""
    asked = "[(t.side.value, t.security_id, t.ticker) for t in di_advisor.app().proposal.trade_list]"
    return list(ast.literal_eval(kernel_says(page, asked)))


def row_of(cell: App, ticker: str) -> Locator:
    rows = cell.box.get_by_role("grid", name="Trades").locator("tbody[role] tr")
    return rows.filter(has=cell.page.get_by_role("gridcell", name=ticker, exact=True)).first


def copied_rows_hold_no_formula(page: Any, row: Locator) -> None:
    """What goes to the clipboard is what a spreadsheet takes as text and figures."""
    page.evaluate("""() => { const set = DataTransfer.prototype.setData;
        DataTransfer.prototype.setData = function (kind, text) {
            window.copied = text; return set.call(this, kind, text); }; }""")
    row.click()
    page.keyboard.press("ControlOrMeta+c")
    heading, first = page.evaluate("() => window.copied").split("\n")
    assert "Ticker" in heading or "Name" in heading
    assert f"'{FORMULA}" in first.split("\t")
    assert not [c for c in first.split("\t") if c.startswith("−")]


def decide_on_trades(page: Any, shots: Path) -> None:
    """Two rejected trades do not come back; the card of a trade whose names are hostile is text."""
    cell = App(page)
    cell.turn_to("Trades")
    before = proposed(page)
    unwanted = [(side, name, ticker) for side, name, ticker in before if ticker != FORMULA][:2]
    row_of(cell, unwanted[0][2]).click()
    expect(page.locator(".jp-Notebook .di-proposal").last).to_contain_text("How to reproduce")
    cell.done()
    row_of(cell, unwanted[1][2]).click(modifiers=["ControlOrMeta"])
    cell.press("Reject and solve again")
    expect(page.locator(".di-answer").last).to_contain_text("2 trades rejected")
    cell.done()
    copied_rows_hold_no_formula(page, row_of(cell, FORMULA))
    again = proposed(page)
    assert again
    assert not {(side, name) for side, name, _ in unwanted} & {(side, name) for side, name, _ in again}
    assert kernel_says(page, "di_advisor.app().state.stale") == "False"
    row_of(cell, FORMULA).click()
    expect(page.locator(".jp-Notebook .di-proposal").last).to_contain_text(f"explain_trade('{HOSTILE}')")
    cell.done()
    cell.press("Accept")
    expect(row_of(cell, FORMULA).get_by_role("gridcell", name="accepted")).to_be_visible()
    shot(page, IN_CELL, shots / "own_trades_light.png")
    assert violations(page, IN_CELL) == []
    assert violations(page, IN_PANEL) == []


def export_orders(page: Any, folder: Path) -> None:
    """The orders stand beside the notebook, are not overwritten unasked, and hold no formula."""
    cell, trades = App(page), proposed(page)
    cell.press("Export orders")
    expect(cell.box.get_by_role("note").last).to_contain_text("written to orders_mine_2026-06-30: trades.csv")
    cell.done()
    text = (folder / "orders_mine_2026-06-30" / "trades.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert [r["ticker"].removeprefix("'") for r in rows] == [ticker for _, _, ticker in trades]
    assert f"'{FORMULA}" in {r["ticker"] for r in rows}
    assert not [c for r in rows for k, c in r.items() if not k.endswith("_usd") and c.startswith(tuple("=+-@\t"))]
    cell.press("Export orders")
    expect(cell.box.get_by_role("alert")).to_contain_text("already holds")


def look_at_the_other_pages(page: Any, shots: Path) -> None:
    """Trades, triggers and measures in both themes, in the cell and in the panel."""
    cell = App(page)
    for title, ask in (("Triggers", "What would fire today"), ("Measures", "Beside the proposal")):
        cell.turn_to(title)
        cell.press(ask)
        expect(page.locator(f".jp-Notebook .di-{'worklist' if title == 'Triggers' else 'measures'}")).to_be_visible()
        cell.done()
        assert violations(page, IN_CELL) == []
    in_theme(page, DARK)
    for title in ("Measures", "Triggers", "Trades"):
        cell.turn_to(title)
        page.wait_for_timeout(300)
        shot(page, IN_CELL, shots / f"own_{title.lower()}_dark.png")
        assert violations(page, IN_CELL) == []
        assert violations(page, IN_PANEL) == []
    for view in (IN_CELL, IN_PANEL):  # drawn while out of sight too: the grid has no blank below its rows
        assert page.locator(f"{view} .di-rows").locator("visible=true").locator("tbody[role] tr").count() >= 15
    in_theme(page, LIGHT)
    cell.turn_to("Optimize")
    expect(page.locator(".jp-Notebook .di-proposal").last).to_contain_text("Account mine")


def save_and_insert(page: Any, folder: Path) -> None:
    """The file says what was asked, and the inserted cell gives the same dollars as the app."""
    cell = App(page)
    cell.press("Save")
    expect(cell.box.get_by_role("note").last).to_contain_text("Saved as Untitled.di.toml")
    text = (folder / "Untitled.di.toml").read_text(encoding="utf-8")
    assert 'lots = "lots.csv"' in text
    assert "tracking_error_max = 0.008" in text
    before = page.locator(".jp-Notebook .jp-Cell").count()
    cell.box.get_by_text("Python that repeats this", exact=True).first.click()
    presses = cell.inserts()
    assert page.locator(".jp-Notebook .jp-Cell").count() == before + presses
    stored = saved(page, folder / "Untitled.ipynb")
    inserted = next("".join(c["source"]) for c in stored["cells"] if "FileSource(" in "".join(c["source"]))
    asked = kernel_says(page, "float(di_advisor.app().proposal.benefit_usd)")
    code = f"(lambda n: (exec({inserted!r}, n), float(n['result'].proposal.benefit_usd))[1])(dict())"
    assert kernel_says(page, code) == asked


def restart_and_reopen(page: Any, address: str, folder: Path) -> None:
    """Results stand without a kernel; the saved file brings the controls back and says what changed."""
    page.evaluate(f"() => void {CURRENT}.sessionContext.restartKernel()")
    expect(page.locator(".di-Side-line").get_by_role("status")).to_contain_text("restarted")
    saved(page, folder / "Untitled.ipynb")
    page.goto(f"{address}/lab/tree/Untitled.ipynb?reset")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    expect(page.locator(".jp-Notebook .di-proposal").first).to_contain_text("Account mine")
    page.wait_for_function(f"() => {CURRENT}.sessionContext.session?.kernel?.status === 'idle'")
    wait_idle(page)
    with (folder / "index.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    page.locator(".jp-Notebook .jp-CodeCell").first.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type('%load_ext di_advisor\n%di "Untitled.di.toml"')
    page.keyboard.press("Shift+Enter")
    cell = App(page)
    expect(cell.box.get_by_role("note").last).to_contain_text("other contents of index")
    cell.turn_to("Optimize")
    expect(cell.field(CAP)).to_have_value("80")


def test_own_lots_from_the_launcher_card_to_a_reopened_notebook(
    watched: Watched, served: tuple[str, Path], shots: Path
) -> None:
    page, (address, folder) = watched.page, served
    begun = time.monotonic()
    start_from_the_card(page, address)
    first_trades(page, shots, begun)
    propose_for_own_files(page, shots)
    decide_on_trades(page, shots)
    export_orders(page, folder)
    look_at_the_other_pages(page, shots)
    save_and_insert(page, folder)
    in_theme(page, DARK)
    assert violations(page, IN_CELL) == []
    shot(page, IN_CELL, shots / "own_optimize_dark.png")
    in_theme(page, LIGHT)
    restart_and_reopen(page, address, folder)
    assert page.locator("mjx-container").count() == 0
    assert watched.misdeeds() == []
