"""A page that remembers what it should not have done, and what a person does with the app on it."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.lab import LOOPBACK, kernel_says

TIMEOUT_MS = 60_000
IN_CELL, IN_PANEL = ".jp-Notebook .di-app", ".di-Side .di-app"
TRACED = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
DARK, LIGHT = "JupyterLab Dark", "JupyterLab Light"

expect.set_options(timeout=TIMEOUT_MS)


class Watched:
    """A page, with every request that left loopback, every error and every dialog."""

    def __init__(self, browser: Browser) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1500, "height": 1100})
        self.page.set_default_timeout(TIMEOUT_MS)
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        self.page.on("request", lambda r: None if r.url.startswith(LOOPBACK) else self.outside.append(r.url))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._dialog)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def misdeeds(self) -> list[str]:
        """Requests that left loopback, dialogs, and errors of ours.

        A notebook reopened after its kernel has ended holds a view of a widget that is gone: JupyterLab's widget
        manager logs that, whoever made the widget; the results beside it are what must be there.
        """
        ours = [text for text in self.errors if re.search(r"di[_-]a|anywidget|jupyter-widgets", text)]
        ours = [text for text in ours if "widget model not found" not in text]
        return [*self.outside, *self.dialogs, *ours]


class App:
    """One view of the app, as a person uses it.

    Parameters
    ----------
    page : Page
        The browser's page.
    within : str
        Which view: `IN_CELL` or `IN_PANEL`.
    """

    def __init__(self, page: Page, within: str = IN_CELL) -> None:
        self.page = page
        self.within = within
        self.box: Locator = page.locator(within).first

    def turn_to(self, title: str) -> None:
        tab = self.box.get_by_role("tab", name=title, exact=True)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")

    def button(self, name: str) -> Locator:
        return self.box.get_by_role("button", name=name, exact=True).locator("visible=true").first

    def press(self, name: str) -> None:
        self.button(name).click()

    def inserts(self) -> int:
        """Press until the app says that it inserted a cell; how often that took: more than once on a busy machine."""
        says = self.box.locator(".di-notice")
        for presses in (1, 2):
            self.press("Insert as cell")
            try:
                expect(says).to_contain_text("Inserted as a cell", timeout=45_000)
            except AssertionError:
                if presses == 2:
                    raise
            else:
                return presses
        raise AssertionError

    def field(self, label: str) -> Locator:
        return self.box.get_by_label(label, exact=True).locator("visible=true").first

    def set(self, label: str, value: str) -> None:
        self.field(label).fill(value)
        self.field(label).press("Tab")

    @property
    def status(self) -> Locator:
        return self.box.locator(".di-footer").get_by_role("status")

    def done(self) -> None:
        """Wait until nothing runs, and all went well."""
        expect(self.status).to_have_text("Done")


@contextmanager
def held(page: Page) -> Iterator[None]:
    """Hold the process that answers, as if its work took long: what is pressed meanwhile is pressed in time."""
    pid = int(kernel_says(page, "di_advisor.app()._worker._process.pid"))
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def violations(page: Page, context: str) -> list[str]:
    """What axe finds within a selector."""
    found = Axe().run(page, context).response["violations"]
    return [f"{v['id']}: {[n['html'][:160] for n in v['nodes']]}" for v in found]


def shot(page: Page, selector: str, path: Path) -> None:
    """A picture of the window with an element at its top."""
    page.locator(selector).first.evaluate("element => element.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(400)
    page.screenshot(path=path)


def in_theme(page: Page, theme: str) -> None:
    """Change JupyterLab's theme and wait for it."""
    page.evaluate("theme => void window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
    page.wait_for_timeout(400)


def tasks_ms(trace: bytes) -> list[float]:
    """CPU milliseconds of each task of the page's main thread; by the clock where the trace has no CPU time."""
    events = json.loads(trace)["traceEvents"]
    main = {
        (e["pid"], e["tid"]) for e in events if e.get("name") == "thread_name" and e["args"]["name"] == "CrRendererMain"
    }
    tasks = [e for e in events if e.get("ph") == "X" and e["name"].endswith("RunTask") and (e["pid"], e["tid"]) in main]
    return [e.get("tdur", e["dur"]) / 1e3 for e in tasks]


def scrolled_to_the_end(page: Page, selector: str) -> None:
    """Turn the wheel over an element, as fast as frames come."""
    page.locator(selector).first.hover()
    for _ in range(60):
        page.mouse.wheel(0, 1_600)
        page.wait_for_timeout(16)
    page.wait_for_timeout(200)


def measured(shots: Path, line: str) -> None:
    """Keep a figure beside the screenshots; figures of a shared machine are told, never asserted."""
    with (shots / "measured.txt").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
