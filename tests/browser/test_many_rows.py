"""3,000 lots in the grid: scrolled from end to end, traced by the browser, no frame's work takes 100 ms."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from di_advisor.report.tables import Align, Column, SecurityName, Table
from di_advisor.ui.grid import Grid
from tests.browser.watched import TRACED, measured, scrolled_to_the_end, tasks_ms

pytestmark = pytest.mark.browser

ROWS = 3_000
LONGEST_MS = 100.0
COLUMNS = ("Name", "Lot", "Bought", "Shares", "Value", "Gain", "Term", "State")

SHOW = """async ([esm, css, values]) => {
    document.head.insertAdjacentHTML('beforeend', `<style>${css}</style>`);
    const url = URL.createObjectURL(new Blob([esm], {type: 'text/javascript'}));
    const loaded = await import(url);
    const model = {
        get: (name) => values[name], set: (name, value) => { values[name] = value; },
        on: () => {}, off: () => {}, save_changes: () => {}, send: () => {},
    };
    await (loaded.default ?? loaded).render({model, el: document.getElementById('grid')});
}"""


def grid_of(rows: int) -> dict[str, Any]:
    columns = tuple(Column(name, align=Align.RIGHT if name in COLUMNS[3:6] else Align.LEFT) for name in COLUMNS)
    lots = tuple(
        (SecurityName(f"T{i % 500:03d}", "A company"), f"lot-{i:05d}", "2024-03-01", f"{i % 90}.25", f"{i:,}.00",
         f"{(i % 700) - 350}.00", "long" if i % 3 else "short", "known")
        for i in range(rows)
    )  # fmt: skip
    grid = Grid("Lots")
    grid.fill(Table("Lots", columns, lots), [f"lot-{i:05d}" for i in range(rows)])
    names = ("label", "empty", "height_px", "columns", "rows", "ids", "filled", "selected")
    return {name: getattr(grid, name) for name in names}


def test_three_thousand_lots_scroll_without_a_frame_of_a_tenth_of_a_second(browser: Browser, shots: Path) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content("<!doctype html><html lang=en><body><div id=grid></div></body></html>")
    page.evaluate(SHOW, [Grid._esm, Grid._css, grid_of(ROWS)])
    page.get_by_text("lot-00000").wait_for()
    browser.start_tracing(page=page, categories=TRACED)
    scrolled_to_the_end(page, "#grid")
    spent = tasks_ms(browser.stop_tracing())
    page.get_by_text(f"lot-{ROWS - 1:05d}").wait_for()
    assert page.evaluate("() => document.querySelectorAll('#grid tr, #grid [role=row]').length") < 200
    assert len(spent) > 100
    measured(shots, f"longest task while {ROWS} lots were scrolled: {max(spent):.1f} ms of {len(spent)} tasks")
    assert max(spent) < LONGEST_MS
    assert errors == []
    page.close()
