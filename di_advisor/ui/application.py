"""The app: pages over one state, a child process behind them, results that stay in the notebook.

Problem: a person wants to work without writing code, and the notebook must stay alive, keep what was shown,
and know the code that repeats it. Decision: widgets are controls only; work runs in a child process
(`Worker`), results go to a display handle (`Outlet`), everything known is in `AppState`, and handlers only
start tasks. Controls are read 0.3 s after the click, because a click can overtake the change made just
before it; what was read is shown with the result. Limits: one app a kernel, one question at a time.
"""

from __future__ import annotations

import asyncio
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any

import ipywidgets as widgets

from di_advisor.propose.proposal import Proposal
from di_advisor.runs.code import python_of as lines_of
from di_advisor.runs.facts import Facts
from di_advisor.runs.reading_code import python_of_saving
from di_advisor.runs.run import versions
from di_advisor.runs.saved import SavedRun
from di_advisor.runs.spec import KernelSource, RunSpec
from di_advisor.ui.app_state import Answer, AppState
from di_advisor.ui.beside import changes_since, told_of_saving
from di_advisor.ui.equivalents import python_of_question
from di_advisor.ui.footer import Footer
from di_advisor.ui.guard import Guard
from di_advisor.ui.heading import STATIC, heading
from di_advisor.ui.lab_cells import insert_cell
from di_advisor.ui.log_lines import listen
from di_advisor.ui.outlet import Outlet
from di_advisor.ui.pages.page import Page
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.repeat import answered_bundle, empty_bundle, python_of
from di_advisor.ui.serving import serve
from di_advisor.ui.serving_modules import preloaded
from di_advisor.ui.taking import taken
from di_advisor.ui.worker import Worker

__all__ = ["FOLLOW_AFTER_SECONDS", "READ_AFTER_SECONDS", "Application"]

READ_AFTER_SECONDS = 0.3
FOLLOW_AFTER_SECONDS = 0.05
_NOTHING = {"text/html": "", "text/plain": ""}


class Application:
    """The app of one kernel; it shows itself, and each time it is shown it is the same one.

    Parameters
    ----------
    spec : RunSpec
        What the controls start with.
    pages : sequence of Page classes
        In the order of their tabs.
    given : Facts, optional
        Values of the kernel, for a `KernelSource`.
    saved : SavedRun, optional
        What ``spec`` was read from: once its source is open, what changed since is said.

    Attributes
    ----------
    state : AppState
        What the app knows.
    pages : tuple of Page
        Made once.
    """

    def __init__(
        self,
        spec: RunSpec,
        pages: Sequence[type[Page]],
        given: Facts | None = None,
        saved: SavedRun | None = None,
    ) -> None:
        self.state = AppState(spec)
        self._take_given(spec, given)
        self._saved = saved
        self._worker = Worker(serve, preloaded())
        self._lock, self._asking = threading.RLock(), asyncio.Lock()
        self._loop = _running_loop()
        self._moves = self._ends = 0
        self._footer, self._guard = Footer(), Guard()
        self._answer, self._result = Outlet("di_advisor.app.answer"), Outlet("di_advisor.app.result")
        self.pages = tuple(page(self) for page in pages)
        self._tabs = widgets.ToggleButtons(options=[p.title for p in self.pages], description="")
        self._tabs.add_class("di-tabs")
        self._stack = widgets.Stack([p.box for p in self.pages], selected_index=0)
        self._stack.add_class("di-pages")
        self._subtitle = widgets.HTML("")
        app = widgets.VBox([self._guard, self._subtitle, self._tabs, self._stack, self._footer.box])
        app.add_class("di-app")
        below = [o.widget for o in (self._answer, self._result) if o.widget is not None]
        self._box = widgets.VBox([app, *below]) if below else app
        self._tabs.observe(lambda _: self._turned(), names="value")
        self._footer.cancel.on_click(lambda _: self.cancel())
        self._footer.insert.on_click(lambda _: self.start(self.insert_cell))
        self._footer.insert_last.on_click(lambda _: self.start(lambda: self.insert_cell(asked_last=True)))
        self._footer.save.on_click(lambda _: self.start(self.save))
        listen(self._hear)
        self.refresh()

    def begin(self, spec: RunSpec, given: Facts | None = None, saved: SavedRun | None = None) -> None:
        """Start again with another spec: every view of the app follows."""
        self.cancel()
        with self._lock:
            self._take_given(spec, given)
            self._saved = saved
            self.state = AppState(spec)
        self.refresh()
        self._show_page()

    def _take_given(self, spec: RunSpec, given: Facts | None) -> None:
        self._given = None if given is None else plain({"source": spec.source, "facts": given})
        self._given_to = 0

    @property
    def proposal(self) -> Proposal | None:
        """The last proposal of the scenario at hand; None before the first."""
        return None if self.state.answer is None else self.state.answer.proposal

    # --- what the notebook shows

    def _ipython_display_(self) -> None:
        from IPython.display import display

        self._loop = self._loop or _running_loop()
        shown = {**self._box._repr_mimebundle_(), "text/html": STATIC, "text/plain": "Direct-indexing advisor"}
        display(shown, raw=True)  # type: ignore[no-untyped-call]
        self._answer.place()
        self._result.place()
        if self.state.opened is None and not self.state.running:
            self.start(self.open)

    # --- what the footer asks

    def _hear(self, line: str) -> None:
        self.state.note(line)

    async def save(self) -> None:
        """Read the controls and write what they say beside the notebook."""
        await asyncio.sleep(READ_AFTER_SECONDS)
        with self._lock:
            self.state.repeat("Saving", python_of_saving(self.state.spec))
            self.state.tell(told_of_saving(self.state))
        self.refresh()

    async def insert_cell(self, *, asked_last: bool = False) -> None:
        """Put the Python of what the controls say, or of what was asked last, into the notebook, or show it."""
        self._say("Inserting as a cell …")
        await asyncio.sleep(READ_AFTER_SECONDS)
        if not self._guard.window:  # the press came before the window's name
            await asyncio.sleep(5 * READ_AFTER_SECONDS)
        code = self.state.repeated if asked_last else lines_of(self.state.spec)
        if await insert_cell(code, self._guard.window, self._offer_code):
            self._say("Inserted as a cell.")
        else:
            self._offer_code()

    def _offer_code(self) -> None:
        self._footer.unfold_code()
        self._say("Nothing here can insert cells: copy the Python below into a cell of your own.")

    def repeat(self, doing: str, code: str) -> None:
        """Show the Python of what was done without the child process."""
        with self._lock:
            self.state.repeat(doing, code)
        self._show_footer()

    def _show_footer(self) -> None:
        explained = self._page.explains(self.state)
        self._footer.show(self.state, lambda: python_of(self.state.spec), explained=explained)

    def _say(self, words: str) -> None:
        with self._lock:
            self.state.tell(words)
        self._show_footer()

    def show(self, page: Page) -> None:
        """Show another result of a page, where that page is open; else it waits there."""
        if page is self._page:
            self._show_page()

    def refresh(self) -> None:
        """Let every page and the footer show the state anew."""
        with self._lock:
            self._subtitle.value = heading(self.state)
            for page in self.pages:
                page.show(self.state)
            self._show_footer()

    def _turned(self) -> None:
        self._stack.selected_index = self._tabs.index
        self._page.opened()
        self._show_footer()
        self._show_page()

    @property
    def _page(self) -> Page:
        """The page that is open."""
        return self.pages[int(self._tabs.index)]

    def turn_to(self, title: str) -> None:
        """Open a page by its title, as a person would."""
        self._tabs.value = title

    # --- what pages ask

    def edit(self, spec: RunSpec) -> None:
        """Take what the controls say now; a new source or account is opened."""
        with self._lock:
            was = self.state.spec
            if spec == was:
                return
            self.state.edit(spec)
        self.refresh()
        if (spec.source, spec.account) == (was.source, was.account):
            self._show_asked()
        else:  # what stood there was of another account
            self._show_page()
        if spec.source != was.source:
            self.start(self.open)

    def to_scenario(self, scenario: str) -> None:
        """Go to another scenario: its controls and its answer; not while a question of the present one runs."""
        with self._lock:
            turned = not self.state.running and scenario != self.state.scenario
            if turned:
                self.state.turn_to(scenario)
        self.refresh()
        if turned:
            self._show_page()

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run work in the kernel's loop; never blocks."""
        loop = self._loop or asyncio.get_running_loop()
        asyncio.run_coroutine_threadsafe(work(), loop).add_done_callback(self._heed)

    def _heed(self, ended: Future[None]) -> None:
        """Show what a task raised: nobody waits for it, so it would be lost."""
        error = None if ended.cancelled() else ended.exception()
        if error is None:
            return
        with self._lock:
            self.state.fail("".join(traceback.format_exception(error)))
        self.refresh()

    def cancel(self) -> None:
        """End what is running, if anything, and what waits for it."""
        self._ends += 1
        if self.state.running:
            self._worker.cancel()

    async def ask(self, verb: str, *, doing: str, **request: Any) -> Any | None:  # noqa: ANN401 a verb's answer
        """Ask the child process; None where it was cancelled, refused or failed."""
        state, ends = self.state, self._ends
        code = python_of_question(verb, request)
        while not self._start(state, doing, code):  # a press before its button was disabled waits for its turn
            await asyncio.sleep(FOLLOW_AFTER_SECONDS)
            if state is not self.state or ends != self._ends:
                return None
        started = time.monotonic()
        self.refresh()
        try:
            async with self._asking:  # of a state that was replaced, the question ends before the next begins
                kind, content = await self._put(verb, request, started)
            if kind == "result":  # hundreds of trades through their constructors: not in the kernel's loop
                content = await asyncio.to_thread(restored, content)
            with self._lock:
                return taken(state, kind, content)
        finally:
            with self._lock:
                if state.running:
                    state.fail("The task was interrupted.")
            self.refresh()

    def _start(self, state: AppState, doing: str, code: str) -> bool:
        with self._lock:
            return state.start(doing, code)

    async def _put(self, verb: str, request: dict[str, Any], started: float) -> tuple[str, Any]:
        def tick() -> None:
            self._footer.tick(started)

        if isinstance(self.state.spec.source, KernelSource) and not self._worker_knows():
            kind, content = await self._worker.ask("give", self._given, self._told, tick)
            if kind != "result":
                return kind, content
            self._given_to = self._worker.generation
        return await self._worker.ask(verb, plain(request), self._told, tick)

    def _worker_knows(self) -> bool:
        return self._worker.alive and self._given_to == self._worker.generation

    def _told(self, kind: str, content: Any) -> None:  # noqa: ANN401 what a verb says on the way
        with self._lock:
            self.state.told(kind, restored(content) if kind == "partial" else content)
            if self.state.first is not None and kind == "partial" and self._page.of_answer:
                self._answer.show(self.state.first)
        self._show_footer()

    async def open(self) -> None:
        """Open the source of the spec."""
        state = self.state
        found = await self.ask("open", doing="Opening", source=state.spec.source)
        if found is None or state is not self.state:  # begun anew meanwhile: this is of what was before
            return
        with self._lock:
            state.opened = found
            if state.spec.account not in found["accounts"]:
                state.edit(state.spec.with_changes(account=found["accounts"][0]))
            if self._saved is not None and self._saved.spec.source == state.spec.source:
                told = changes_since(self._saved, found.get("fingerprint", {}), versions())
                state.tell(told or "Opened as it was saved; no input has changed since.")
                self._saved = None
        self.refresh()
        self._show_page()

    def propose(self) -> Coroutine[Any, Any, None]:
        """Read the controls, propose, and show what came of it; of the scenario at hand now, not when it begins."""
        return self._propose_soon(self.state, self.state.scenario)

    def follow(self) -> Coroutine[Any, Any, None]:
        """Propose once the dials rest; a move that comes while one is solved is proposed after it."""
        self._moves += 1
        return self._follow(self.state, self.state.scenario, self._moves)

    async def _propose_soon(self, state: AppState, scenario: str) -> None:
        await asyncio.sleep(READ_AFTER_SECONDS)
        await self._propose(state, scenario)

    async def _follow(self, state: AppState, scenario: str, mine: int) -> None:
        await asyncio.sleep(FOLLOW_AFTER_SECONDS)
        while state.running and mine == self._moves:
            await asyncio.sleep(FOLLOW_AFTER_SECONDS)
        if mine == self._moves and scenario == state.scenario and (state.answer is None or state.stale):
            await self._propose(state, scenario)

    async def _propose(self, state: AppState, scenario: str) -> None:
        ends = self._ends
        while state.running and state is self.state:
            await asyncio.sleep(FOLLOW_AFTER_SECONDS)
        if state is not self.state or ends != self._ends:
            return
        spec = state.spec_of(scenario)
        found = await self.ask("propose", doing="Proposing", spec=spec)
        if state is not self.state:
            return
        if found is not None:
            with self._lock:
                answer = Answer(
                    spec, found["proposal"], found["fingerprint"], found["versions"], found.get("bundle", {})
                )
                state.keep(answer, scenario)
            self.refresh()
            await asyncio.sleep(0)  # hundreds of rows were made: the kernel's other messages come first
        if found is None:
            self._show_asked()
        else:
            self._show_page()

    def _show_page(self) -> None:
        with self._lock:  # what is shown is of the scenario at hand, also where a click falls between
            self._show_asked()
            bundle = self._page.result(self.state) or empty_bundle(self._page.title, self._page.empty)
            if bundle != self._result.bundle:
                self._result.show(bundle)

    def _show_asked(self) -> None:
        state, asked = self.state, self._page.asked(self.state)
        if asked is None:
            bundle = _NOTHING
        else:
            stands = state.answer is not None and asked.spec is state.answer.spec and not state.stale
            bundle = answered_bundle(asked, asked.spec if stands else state.spec)
        if bundle != self._answer.bundle:
            self._answer.show(bundle)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
