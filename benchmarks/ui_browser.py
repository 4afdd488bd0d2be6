"""What a person feels: clicks and seconds in a real browser, from `make lab` to trades, dials, Cancel and scrolling.

Problem: CPU seconds of a process do not say how long a person waits. Decision: the command of `make lab` starts
JupyterLab on loopback, Debian's Chromium is driven as a person would, seconds are wall seconds of the browser's own
clock where it can tell them, and each figure stands beside the load of the machine at that moment. The kernel's echo
is asked twice: by a client of its own, which is the kernel's, and from the page, which draws meanwhile. Limits: on a
busy machine the figures measure the neighbours; without Chromium there are none. The browser runs before the command
does, and a new computer's first start, which reads everything from its disk, is slower.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.bars import Bar
from benchmarks.ui_kernel import Echo
from tests.browser.lab import CURRENT, KERNEL, Serves, environment, execute, free_port, kernel_says, serving, wait_idle
from tests.browser.watched import IN_CELL, IN_PANEL, TIMEOUT_MS, TRACED, App, scrolled_to_the_end, tasks_ms
from tests.conftest import chromium_executable

__all__ = ["AREA", "bars"]

AREA = "ui"

_ROOT = Path(__file__).resolve().parents[1]
_FIRST, _PLAN = "01_first_rebalance.ipynb", "plan.ipynb"
_BOOT = "import di_advisor\ndi_advisor.app()"
_CAP = "Tracking-error cap (bps a year)"
_BYTES_PER_MB, _MS_PER_S = 1e6, 1e3
_LOTS, _NAMES = 3_000, 120
_TRADES = 200
_KERNELS, _MOVES, _CANCELS = 3, 8, 5

_WITH_ESG = """
from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.runs.spec import RunSpec, SampleSource
wishes = (
    EsgWish("score, Lumenor Ratings (simulated)", uplift_min=0.05),
    EsgWish("carbon_intensity, Ardwell Risk (simulated)", cut_min=0.2),
    EsgWish("governance, Tessaly Scores (simulated)", usd_per_point=50.0),
)
app = di_advisor.app(spec=RunSpec(SampleSource(), "concentrated").with_wishes(esg=wishes))
app.start(app.open)
"""
_WITH_FILES = """
from datetime import date
from di_advisor.runs.spec import FileSource, RunSpec
source = FileSource("lots.csv", "prices.csv", "index.csv", date(2026, 6, 30))
app = di_advisor.app(spec=RunSpec(source, "mine"))
app.start(app.open)
"""

_APPEARS = """([selector]) => { window.felt = new Promise((resolve) => {
    window.addEventListener('keydown', function pressed(event) {
        if (event.key !== 'Enter') { return; }
        window.removeEventListener('keydown', pressed, true);
        const begun = performance.now();
        const look = () => document.querySelector(selector)?.offsetHeight > 0
            ? resolve((performance.now() - begun) / 1e3) : requestAnimationFrame(look);
        requestAnimationFrame(look);
    }, true);
}); }"""
_ANSWERS = """([view, status, words]) => { window.felt = new Promise((resolve) => {
    document.querySelector(view).addEventListener('change', () => {
        const begun = performance.now();
        let first = null;
        const passed = () => (performance.now() - begun) / 1e3;
        const look = () => {
            const said = [...document.querySelectorAll('.jp-Notebook .di-answer')].pop()?.textContent ?? '';
            if (first === null && document.querySelector('.jp-Notebook .di-unrounded')) { first = passed(); }
            const whole = !document.querySelector('.jp-Notebook .di-unrounded') && !said.includes('STALE');
            if (whole && said.includes(words)) { resolve([first ?? passed(), passed()]); }
            else { requestAnimationFrame(look); }
        };
        requestAnimationFrame(look);
    }, { capture: true, once: true });
}); }"""
_ECHOES = """([]) => { window.echoing = true; window.echoes = (async () => {
    const found = [];
    const kernel = KERNEL;
    while (window.echoing) {
        const begun = performance.now();
        await kernel.requestExecute({code: '', silent: true}).done;
        found.push((performance.now() - begun) / 1e3);
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return found;
})(); }""".replace("KERNEL", KERNEL)
_CANCELLED = """([view, wait]) => { window.felt = (async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const box = document.querySelector(view);
    const button = [...box.querySelectorAll('button')].find((b) => b.textContent.trim() === 'Cancel');
    while (button.disabled) { await frame(); }
    await new Promise((resolve) => setTimeout(resolve, wait));
    const begun = performance.now();
    button.click();
    while (!button.disabled) { await frame(); }
    return [(performance.now() - begun) / 1e3, box.querySelector('.di-footer [role=status]').textContent];
})(); }"""


def bars() -> list[Bar]:
    """Measure what a person feels; nothing where there is no Chromium."""
    executable = chromium_executable()
    if executable is None:
        sys.stdout.write("Clicks and seconds need Chromium, and none is installed (DI_CHROMIUM names one elsewhere).\n")
        return []
    found: list[Bar] = []
    with tempfile.TemporaryDirectory(prefix="felt-") as place, sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        folder = Path(place)
        _notebooks(folder / "notebooks")
        variables = environment(folder, Serves())
        for time_of in ("first", "second"):
            shutil.rmtree(folder / "workspaces", ignore_errors=True)  # else the panel stands open already
            begun = time.monotonic()
            with _made_lab(folder, variables) as address:
                page = _page(started)
                clicks = _first_trades(page, address)
                note = f"from the command of make lab, {time_of} start" + (" (sample not yet made)" * (not found))
                found.append(_bar(f"seconds_to_trades_{time_of}", time.monotonic() - begun, 20.0, "s", note))
                if time_of == "second":
                    found.append(_bar("clicks_to_trades", clicks, 6.0, "clicks", "panel, start, Optimize, Propose"))
                    found += _with_the_plan(started, address, folder)
                page.close()
        started.close()
    return found


def _bar(name: str, value: float, target: float, unit: str, note: str) -> Bar:
    return Bar.at_most(
        f"ui.felt_{name}", value, target, unit=unit, compared_to=f"{note}; load {os.getloadavg()[0]:.2f}"
    )


def _page(browser: Browser) -> Page:
    made = browser.new_page(viewport={"width": 1500, "height": 1100})
    made.set_default_timeout(TIMEOUT_MS)
    return made


def _notebooks(folder: Path) -> None:
    """The first notebook as it is delivered, one with the app alone, and an account of 3,000 lots."""
    folder.mkdir()
    shutil.copy(_ROOT / "notebooks" / _FIRST, folder)
    cell: dict[str, object] = {
        "cell_type": "code",
        "id": "app",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": _BOOT,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (folder / _PLAN).write_text(json.dumps(book), encoding="utf-8")
    prices = ["security_id,ticker,price_usd,sector,half_spread_bps,adv_usd,volatility_per_year"]
    prices += [f"S{i},T{i:03},{40 + i},Energy,2,5e7,0.2" for i in range(_NAMES)]
    lots = ["account_id,lot_id,security_id,shares,basis_total_usd,acquired"]
    lots += [f"mine,L{i:04},S{i % _NAMES},5,{150 + i % 400},2024-03-{1 + i % 28:02}" for i in range(_LOTS)]
    index = ["security_id,weight", *(f"S{i},{1 / _NAMES:.12f}" for i in range(_NAMES))]
    for name, rows in (("prices", prices), ("lots", lots), ("index", index)):
        (folder / f"{name}.csv").write_text("\n".join(rows), encoding="utf-8")


@contextlib.contextmanager
def _made_lab(folder: Path, variables: dict[str, str]) -> Iterator[str]:
    """What `make lab` runs, of a copy of the notebooks, without a window of its own and on a free port."""
    told = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "lab"],  # noqa: S607 as a person does
        cwd=_ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    program, *words = told.splitlines()[-1].split()
    port = free_port()
    command = [
        *(str(_ROOT / program), *words[:-1], str(folder / words[-1])),
        *("--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token=", "--ServerApp.password=", "--LabApp.expose_app_in_browser=True"),
    ]
    address = f"http://127.0.0.1:{port}"
    with serving(command, variables, folder / "lab.log", address, "/api/status"):
        yield address


def _first_trades(page: Page, address: str) -> int:
    """Clicks from the page that `make lab` opens to proposed trades in the side panel."""
    page.goto(f"{address}/lab/tree/{_FIRST}", wait_until="commit")
    panel = App(page, IN_PANEL)
    presses = (
        page.locator('.jp-SideBar [data-id="di-advisor-panel"]'),
        page.get_by_role("button", name=f"Start the advisor in {_FIRST}"),
        panel.box.get_by_role("tab", name="Optimize", exact=True),
        panel.button("Propose"),
    )
    for each in presses:
        each.click()
    expect(page.locator(".di-Side .di-proposal").first).to_be_visible()
    return len(presses)


def _with_the_plan(browser: Browser, address: str, folder: Path) -> list[Bar]:
    page = _page(browser)
    page.goto(f"{address}/lab/tree/{_PLAN}?reset")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    found = [_bar("panel_after_cell", _shown_after_cell(page), 3.0, "s", f"median of {_KERNELS} new kernels")]
    app = App(page)
    app.done()
    app.turn_to("Optimize")
    app.press("Propose")
    page.wait_for_selector(".jp-Notebook .di-proposal")
    app.done()
    found += _dials(app)
    found += _echoes(app, max((folder / "run").glob("kernel-*.json"), key=lambda path: path.stat().st_mtime))
    found += [_cancels(app), _scrolls(browser, app), _saved(app, folder / "notebooks" / _PLAN)]
    page.close()
    return found


def _shown_after_cell(page: Page) -> float:
    seconds = []
    for turn in range(_KERNELS):
        page.wait_for_function(
            f"() => window.jupyterapp && {CURRENT}?.sessionContext?.session?.kernel?.status === 'idle'"
        )
        if turn:
            page.evaluate(f"() => {CURRENT}.sessionContext.restartKernel()")
            execute(page, "notebook:clear-all-cell-outputs")
            page.wait_for_selector(IN_CELL, state="detached")
        wait_idle(page)
        page.wait_for_timeout(2000)
        page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
        page.evaluate(_APPEARS, [IN_CELL])
        page.keyboard.press("Shift+Enter")
        seconds.append(float(page.evaluate("() => window.felt")))
        App(page).done()
    return statistics.median(seconds)


def _dials(app: App) -> list[Bar]:
    """Dials that are followed, each to a place where it has not been."""
    app.box.get_by_label("Follow the dials").check()
    felt = _moved(app, range(95, 95 - 3 * _MOVES, -3))
    names = int(kernel_says(app.page, "di_advisor.app().state.opened['names']"))
    first, last = (statistics.median(each) for each in zip(*felt, strict=True))
    note = f"median of {_MOVES} moves, {names} names"
    return [
        _bar("dial_to_figures", first, 0.5, "s", f"certified, before rounding; {note}"),
        _bar("dial_to_trades", last, 0.5, "s", f"whole proposal drawn; {note}"),
    ]


def _echoes(app: App, connection: Path) -> list[Bar]:
    """The kernel's echo while dials are followed, apart from the dials' seconds: echoes are work, too."""
    with Echo(connection) as echo:
        _moved(app, range(94, 94 - 3 * _MOVES, -3))
    app.page.evaluate(_ECHOES, [])
    _moved(app, range(93, 93 - 3 * _MOVES, -3))
    app.page.evaluate("() => { window.echoing = false; }")
    in_page = app.page.evaluate("() => window.echoes")
    app.box.get_by_label("Follow the dials").uncheck()
    return [
        _bar("kernel_echo", max(echo.seconds), 0.1, "s", f"largest of {len(echo.seconds)} during {_MOVES} solves"),
        _bar("page_echo", max(in_page), 0.1, "s", f"the same from the page, which draws; largest of {len(in_page)}"),
    ]


def _moved(app: App, caps: Iterable[int]) -> list[tuple[float, float]]:
    """Seconds from each move to the first figures, and to the whole proposal."""
    felt = []
    for cap in caps:
        app.page.evaluate(_ANSWERS, [IN_CELL, "", f"tracking error max {cap} bps a year"])
        app.set(_CAP, str(cap))
        first, whole = app.page.evaluate("() => window.felt")
        felt.append((float(first), float(whole)))
        app.done()
        app.page.wait_for_timeout(300)
    return felt


def _cancels(app: App) -> Bar:
    page, seconds = app.page, []
    for turn in range(_CANCELS):
        app.set(_CAP, str(60 - turn))
        page.evaluate(_CANCELLED, [IN_CELL, 20 * turn])
        app.press("Propose")
        passed, status = page.evaluate("() => window.felt")
        if status == "Cancelled":
            seconds.append(float(passed))
    note = f"largest of {len(seconds)}, press to idle"
    return _bar("cancel", max(seconds, default=float("nan")), 0.3, "s", note)


def _scrolls(browser: Browser, app: App) -> Bar:
    """The real panel's grid of lots, traced by the browser."""
    page = app.page
    kernel_says(page, f"exec({_WITH_FILES!r})")
    app.turn_to("Account")
    expect(app.box).to_contain_text("3,000 lots")
    app.done()
    app.box.get_by_text("All lots", exact=True).click()
    app.press("Show all lots")
    page.get_by_role("grid", name="Lots").first.locator("tbody[role] tr").first.wait_for()
    app.done()
    page.locator(f"{IN_CELL} .di-rows").locator("visible=true").first.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    browser.start_tracing(page=page, categories=TRACED)
    scrolled_to_the_end(page, f"{IN_CELL} .di-rows-scroll >> visible=true")
    spent = tasks_ms(browser.stop_tracing())
    note = f"longest task of {len(spent)}, {_LOTS:,} lots scrolled in the panel"
    return _bar("longest_task", max(spent), 100.0, "ms", note)


def _saved(app: App, path: Path) -> Bar:
    page = app.page
    kernel_says(page, f"exec({_WITH_ESG!r})")
    expect(app.box).to_contain_text("concentrated,")
    app.done()
    app.turn_to("Optimize")
    app.press("Propose")
    expect(page.locator(".jp-Notebook .di-proposal").last).to_contain_text("Account concentrated")
    app.done()
    trades = int(kernel_says(page, "len(di_advisor.app().proposal.trade_list)"))
    execute(page, "docmanager:save")
    page.wait_for_function(f"() => !{CURRENT}.context.model.dirty")
    page.wait_for_timeout(1000)
    megabytes = path.stat().st_size / _BYTES_PER_MB
    note = f"{_TRADES} of {trades} trades of a notebook of {megabytes:.2f} MB, 3 ESG wishes"
    return _bar("saved_notebook", megabytes * min(1.0, _TRADES / trades), 1.0, "MB", note)
