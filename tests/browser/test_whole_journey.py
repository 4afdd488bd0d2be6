"""The whole way with own files in either theme: trained, wished, proposed, rejected, compared, exported, reopened."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from di_advisor.sample import load
from tests.browser.lab import lab
from tests.browser.test_fleet_and_esg import name_the_columns, scores
from tests.browser.test_own_account import (
    CAP,
    NAMES,
    decide_on_trades,
    export_orders,
    files_of_an_account,
    restart_and_reopen,
    save_and_insert,
    start_from_the_card,
)
from tests.browser.watched import DARK, IN_CELL, IN_PANEL, LIGHT, App, Watched, expect, in_theme, shot, violations

pytestmark = [pytest.mark.browser, pytest.mark.journey]

TRAINS_WITHIN_MS = 400_000


def orders() -> str:
    """The sample's simulated orders in the columns of a file of orders."""
    names = {
        "order_id": "order_id",
        "security_id": "symbol",
        "side": "side",
        "shares": "order_shares",
        "filled_shares": "filled_shares",
        "average_price_usd": "avg_fill_price_usd",
        **{name: name for name in ("arrival_price_usd", "half_spread_bps", "volatility_daily_bps", "adv_usd")},
        "volume_span": "volume_span",
    }
    simulated = load().orders
    table = simulated[list(names)].rename(columns=names)
    for ours, theirs in (("arrival_utc", "arrival_time"), ("end_utc", "end_time")):
        table[theirs] = simulated[ours].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(table.assign(arrival_price_source="mid at arrival").to_csv(index=False))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Return the address of a JupyterLab and the folder it serves: an account, its scores and simulated orders."""
    notebooks, folder = tmp_path / "mine", tmp_path / "jupyter"
    notebooks.mkdir()
    folder.mkdir()
    for name, text in {**files_of_an_account(), "scores.csv": scores()}.items():
        (notebooks / name).write_text(text, encoding="utf-8")
    (notebooks / "orders.csv").write_text(orders(), encoding="utf-8")
    with lab(notebooks, folder) as address:
        yield address, notebooks


def looked_at(app: App, shots: Path, name: str) -> None:
    shot(app.page, IN_CELL, shots / f"{name}.png")
    assert violations(app.page, IN_CELL) == []
    assert violations(app.page, IN_PANEL) == []


def open_own_files(app: App) -> None:
    app.done()
    name_the_columns(app)
    app.set("Cash ($)", "2500")
    app.set("Past orders file (optional)", "orders.csv")
    app.press("Open")
    expect(app.box).to_contain_text(f"mine, 2026-06-30, {NAMES} names")
    app.done()


def train(app: App, shots: Path) -> None:
    app.turn_to("Costs")
    app.press("Train")
    expect(app.page.locator(".jp-Notebook .di-cost-card").last).to_be_visible(timeout=TRAINS_WITHIN_MS)
    app.done()
    looked_at(app, shots, "trained")
    app.press("Use in proposals")
    expect(app.box).to_contain_text("Trades are priced by the model")
    app.done()


def wish(app: App, shots: Path) -> None:
    """A wish is priced before it is set."""
    app.turn_to("ESG and factors")
    app.done()
    app.field("Measure").select_option("score, House")
    app.set("At least (% of the index's average)", "2")
    app.press("Price it")
    expect(app.page.locator(".jp-Notebook .di-wishes").last).to_contain_text("What it costs, before rounding to shares")
    app.done()
    looked_at(app, shots, "wished")
    app.press("Set it")
    expect(app.box).not_to_contain_text("No ESG wish, screen or factor wish is set.")


def propose(app: App, cap: str) -> None:
    app.turn_to("Optimize")
    app.set(CAP, cap)
    app.press("Propose")
    said = app.page.locator(".jp-Notebook .di-answer").last
    expect(said).to_contain_text(f"tracking error max {cap} bps a year")
    expect(said).not_to_contain_text("STALE")
    app.done()


def compare(app: App, shots: Path) -> None:
    """Scenario B asks for less risk; both stand side by side, and A is as it was."""
    app.turn_to("Optimize")
    app.press("Scenario B")
    expect(app.button("Scenario B")).to_have_class(re.compile("mod-active"))
    propose(app, "60")
    expect(app.page.locator(".jp-Notebook").last).to_contain_text("B against A: tracking error max 60 bps a year")
    looked_at(app, shots, "compared")
    app.press("Scenario A")
    expect(app.field(CAP)).to_have_value("80")


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_whole_way_passes_in_either_theme(
    theme: str, watched: Watched, served: tuple[str, Path], shots: Path
) -> None:
    page: Any = watched.page
    address, folder = served
    kept = shots / f"journey_{'dark' if theme == DARK else 'light'}"
    kept.mkdir(exist_ok=True)
    start_from_the_card(page, address)
    in_theme(page, theme)
    app = App(page)
    open_own_files(app)
    train(app, kept)
    wish(app, kept)
    propose(app, "80")
    decide_on_trades(page, kept)
    compare(app, kept)
    app.turn_to("Trades")
    export_orders(page, folder)
    app.turn_to("Optimize")  # with the proposal below it, which must still stand when the notebook is opened again
    expect(page.locator(".jp-Notebook .di-proposal").first).to_contain_text("Account mine")
    save_and_insert(page, folder)
    restart_and_reopen(page, address, folder)
    page.screenshot(path=kept / "reopened.png")
    assert page.locator("mjx-container").count() == 0
    assert watched.misdeeds() == []
