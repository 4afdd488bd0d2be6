"""Fleet: all accounts of a run on one list, exceptions first, and each of them one click from its own pages.

Problem: a desk looks at ten thousand accounts by their totals and exceptions, then at one of them closely. Decision:
a run's folder is read, finished or under way; the list is sorted, filtered and cut into pages where it is kept, in the
child process; an account that is opened becomes the app's account with the facts it was solved on, over the built-in
market or that of the app's files. A run can be started here: it works aside (`Aside`), the app's questions go on, and
what it wrote when it is stopped stands. Limits: it solves one account after another and ends with the kernel; a large
run belongs to `di-advisor fleet`, and is looked at here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import ipywidgets as widgets
from markupsafe import Markup

from di_advisor.errors import InputError
from di_advisor.fleet.worklist import BY_URGENCY, Shown
from di_advisor.report.wording import count_of
from di_advisor.ui.app_state import AppState
from di_advisor.ui.aside import Aside
from di_advisor.ui.equivalents import ROWS_A_PAGE, python_of_question
from di_advisor.ui.grid import Grid
from di_advisor.ui.pages.account import AccountPage
from di_advisor.ui.pages.fields import actions, button, choice, folds, grid, line, said, typed_text
from di_advisor.ui.pages.fleet_form import FleetForm
from di_advisor.ui.pages.page import Bundle, Host, Page
from di_advisor.ui.verbs.fleets import ORDERED_BY

__all__ = ["FleetPage"]

_SHOWN: Final = [
    ("All accounts", Shown.ALL.value),
    ("To look at first", Shown.EXCEPTIONS.value),
    ("Without a proposal", Shown.NO_PROPOSAL.value),
    ("With warnings", Shown.WARNINGS.value),
    ("With trades", Shown.TRADING.value),
]
_STOPPED = "Stopped; what was solved stands. Start again to go on."
_CODE = Markup('<pre class="di-code" tabindex="0" aria-label="Python that repeats the run">{}</pre>')


class FleetPage(Page):
    """Lists the accounts of a run, opens one, and starts a run."""

    title = "Fleet"
    empty = "No list is read yet. Name the folder of a run and read its list; under Run a fleet one can be started."

    def __init__(self, host: Host, aside: Aside | None = None) -> None:
        super().__init__(host)
        self._aside = aside or Aside()
        self._form = FleetForm()
        self._read = button("Read the list", "The accounts of the run as it stands now", style="primary")
        self._read.on_click(lambda _: host.start(self._first))
        self._shown = choice("Show", _SHOWN, "Which accounts stand on the list")
        self._find = typed_text("Find", "label, error or warning", "Only accounts with this text")
        self._before = button("Previous page", f"The {ROWS_A_PAGE} accounts before these")
        self._after = button("Next page", f"The {ROWS_A_PAGE} accounts after these")
        self._open = button("Open the account", "Make the chosen account the app's account, with the run's facts")
        self._where, self._says, self._wrong = line(), line(), line()
        self._list = Grid("Accounts of the fleet", empty="No account is like that.", height_px=420, elsewhere=True)
        self._shown.observe(lambda _: self._asked_again(), names="value")
        self._find.observe(lambda _: self._asked_again(), names="value")
        self._before.on_click(lambda _: self._turn(-1))
        self._after.on_click(lambda _: self._turn(1))
        self._open.on_click(lambda _: host.start(self._open_account))
        self._list.on_order(self._asked_again)
        self._list.on_choice(lambda _: self._enable(host.state))
        self._start = button("Start or go on", "Solve every account that is not solved yet, beside other questions")
        self._stop = button("Stop the run", "At once; what was solved stands")
        self._start.on_click(lambda _: host.start(self._run))
        self._stop.on_click(lambda _: self._aside.stop())
        self._runs = line()
        self._code = widgets.HTML("")
        self._listed = widgets.VBox(
            [
                grid(self._shown, self._find),
                self._list,
                actions(self._open, self._before, self._after, self._where),
            ]
        )
        runs = widgets.VBox([self._form.numbers, actions(self._start, self._stop), self._runs, self._code])
        for part in (self._listed, runs):
            part.add_class("di-page")
        self._listed.layout.display = "none"
        self._box = widgets.VBox(
            [self._form.box, actions(self._read), self._wrong, self._says, self._listed, folds(("Run a fleet", runs))]
        )
        self._box.add_class("di-page")
        self._folder: Path | None = None
        self._found: dict[str, Any] = {}

    @property
    def box(self) -> widgets.Widget:
        """Its controls."""
        return self._box

    def show(self, state: AppState) -> None:
        """Enable what can be asked now; the list is of the run, not of the app's account."""
        self._enable(state)

    def result(self, state: AppState) -> Bundle | None:
        """Totals, tracking errors, exceptions and the first accounts of the run."""
        del state
        found: Bundle | None = self._found.get("bundle")
        return found

    def _enable(self, state: AppState) -> None:
        number, pages = self._found.get("number", 1), self._found.get("pages", 1)
        self._read.disabled = state.running
        self._start.disabled, self._stop.disabled = self._aside.running, not self._aside.running
        self._before.disabled = state.running or number <= 1
        self._after.disabled = state.running or number >= pages
        self._open.disabled = state.running or len(self._list.selected) != 1

    # --- what the reader does

    def _say_wrong(self, error: InputError) -> None:
        self._wrong.value = said(error.what, error.hint, role="alert")

    def _asked_again(self) -> None:
        if self._folder is not None:
            self.host.start(self._page)

    def _turn(self, by: int) -> None:
        number = self._found.get("number", 1) + by
        self.host.start(lambda: self._page(number))

    async def _first(self) -> None:
        self._wrong.value = ""
        try:
            self._folder = self._form.path
        except InputError as error:
            self._say_wrong(error)
            return
        await self._page()

    async def _page(self, number: int = 1) -> None:
        """Ask for a page under the present order and filter; the first one after either changed."""
        column, descending = self._list.order or (-1, False)
        found: dict[str, Any] | None = await self.host.ask(
            "fleet_page",
            doing="Reading the list",
            folder=self._folder,
            number=number,
            shown=self._shown.value,
            find=self._find.value,
            by=ORDERED_BY[column] if column >= 0 else BY_URGENCY,
            descending=bool(descending),
        )
        if found is None:
            return
        is_new = found["bundle"] != self._found.get("bundle")
        self._found = found
        self._list.fill(found["table"], found["ids"])
        self._listed.layout.display = ""
        self._says.value = said(found["sentence"], "" if found["finished"] else _under_way(found))
        self._where.value = said(_whereabouts(found))
        self._enable(self.host.state)
        if is_new:
            self.host.show(self)

    async def _open_account(self) -> None:
        """Make the chosen account the app's: its wishes and its taxpayer come with it."""
        self._wrong.value = ""
        label = self._list.selected[0]
        try:
            known = int(self._found.get("accounts", 0))
            source = self._form.request(self.host.state.spec.source, at_least=known).account(label)
        except InputError as error:
            self._say_wrong(error)
            return
        found: dict[str, Any] | None = await self.host.ask("account_of_fleet", doing=f"Opening {label}", source=source)
        if found is None:
            return
        self.host.edit(found["spec"])
        self.host.turn_to(AccountPage.title)

    async def _run(self) -> None:
        self._wrong.value = ""
        try:
            request = self._form.request(self.host.state.spec.source)
        except InputError as error:
            self._say_wrong(error)
            return
        self._folder = request.folder
        self._tell("Starting")
        self.host.repeat("Running the fleet", python_of_question("start_fleet", {"request": request}))
        self._start.disabled, self._stop.disabled = True, False
        kind, found = await self._aside.work("start_fleet", self._tell, request=request)
        self._enable(self.host.state)
        match kind:
            case "result":
                self._tell(f"Finished: {count_of(found['done'], 'account')} done, {found['set_aside']:,} set aside.")
                self._code.value = _CODE.format(found["code"])
                await self._page()
            case "stopped":
                self._tell(_STOPPED)
            case _:
                self._tell("")
                self._wrong.value = said("The run ended early.", str(found), role="alert")

    def _tell(self, words: str) -> None:
        self._runs.value = said(words)


def _under_way(found: dict[str, Any]) -> str:
    rounds = f" It is in pass {found['passes']}; the list is of the first." if found["passes"] > 1 else ""
    return f"The run is not finished: read the list again for what was done since.{rounds}"


def _whereabouts(found: dict[str, Any]) -> str:
    of = "" if found["matched"] == found["accounts"] else f" of {found['accounts']:,}"
    return f"Page {found['number']:,} of {found['pages']:,}: {count_of(found['matched'], 'account')}{of}."
