"""The panel: pick an account, set a few wishes, propose; results and reasons appear below.

Problem: a person wants to try wishes without writing code, and the notebook must stay alive and
keep what was shown. Decision: widgets are controls only; the work runs in a child process (`job`),
results go to display handles (`outlet`), everything known is in `PanelState`, and handlers only
start tasks. Controls are read 0.3 s after the click, because a click can overtake the change made
just before it; what was read is shown with the result. Limits: one panel a kernel, one job at a time.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Mapping
from typing import Any

from di_advisor.domain.portfolio import Portfolio
from di_advisor.errors import InputError
from di_advisor.propose.proposal import Proposal
from di_advisor.ui import child, controls
from di_advisor.ui.case import SAMPLE_ACCOUNTS, STARTING_MANDATE, STARTING_TAX, Case, accounts_offered
from di_advisor.ui.choices import Choices
from di_advisor.ui.formatters import proposal_bundle
from di_advisor.ui.job import Job, warm_up
from di_advisor.ui.outlet import Outlet
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.recipe import answer_bundle
from di_advisor.ui.state import PanelState

__all__ = ["Panel", "app"]

READ_AFTER_SECONDS = 0.3
_STATIC = (
    '<div class="mathjax_ignore tex2jax_ignore"><p><b>di_advisor panel.</b> Run this cell to use the controls; '
    "the last result stays below.</p></div>"
)


class Panel:
    """The panel of one kernel; it shows itself, and each time it is shown it is the same one.

    Parameters
    ----------
    case : Case, optional
        The user's own portfolios; the sample without it.

    Attributes
    ----------
    state : PanelState
        What the panel knows.
    """

    def __init__(self, case: Case | None = None) -> None:
        self._case = case
        self._offered = {} if case is None else accounts_offered(case.portfolios)
        labels = list(self._offered) or list(SAMPLE_ACCOUNTS)
        mandate, tax = (STARTING_MANDATE, STARTING_TAX) if case is None else (case.mandate, case.tax)
        self.state = PanelState(Choices.starting_from(labels[0], mandate, tax))
        self._controls = controls.Controls(labels, self.state.choices, simulated=case is None)
        self._answer, self._result = Outlet("di_advisor.panel.answer"), Outlet("di_advisor.panel.result")
        self._plain_case = None if case is None else plain(case)
        self._job: Job | None = None
        self._lock = threading.RLock()
        self._loop = _running_loop()
        self._controls.on_edit(self._edited)
        self._controls.propose.on_click(lambda _: self._start(self.propose()))
        self._controls.cancel.on_click(lambda _: self.cancel())

    @property
    def proposal(self) -> Proposal | None:
        """The result that is shown, for further work in the notebook."""
        return self.state.proposal

    def _ipython_display_(self) -> None:
        from IPython.display import display

        self._loop = self._loop or _running_loop()
        display({**self._controls.view(), "text/html": _STATIC, "text/plain": "di_advisor panel"}, raw=True)  # type: ignore[no-untyped-call]
        self._answer.place()
        self._result.place()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        loop = self._loop or asyncio.get_running_loop()
        asyncio.run_coroutine_threadsafe(work, loop)

    def _edited(self) -> None:
        with self._lock:
            was = self.state.stale_because, self.state.tried_in_vain
            self.state.edit(self._controls.choices())
            if (self.state.stale_because, self.state.tried_in_vain) != was:
                self._show_answer()

    def _show_answer(self) -> None:
        if self.state.answered is not None:
            own = self._offered.get(self.state.answered.account)
            because, in_vain = self.state.stale_because, self.state.tried_in_vain
            self._answer.show(answer_bundle(self.state.answered, because, own, tried_in_vain=in_vain))

    def cancel(self) -> None:
        """End the running job, if any."""
        if self._job is not None:
            self._job.cancel()

    async def propose(self) -> None:
        """Read the controls, propose in a child process, and show what came of it."""
        with self._lock:
            if not self.state.start():
                return
        started = time.monotonic()
        self._job = Job(child.propose_and_send, child.preloaded())
        self._controls.show(self.state)
        try:
            await asyncio.sleep(READ_AFTER_SECONDS)
            with self._lock:
                self.state.freeze(self._controls.choices())
            request = {
                "choices": plain(self.state.asked),
                "case": self._plain_case,
                **(self.state.estimates or {"risk": None, "costs": None}),
            }
            kind, content = await self._job.run(request, self._progress, lambda: self._controls.tick(started))
            with self._lock:
                self._take(kind, content)
        finally:
            with self._lock:
                if self.state.running:
                    self.state.fail("The task was interrupted.")
                self._job = None
            self._controls.show(self.state)

    def _progress(self, text: str) -> None:
        with self._lock:
            self.state.progress(text)
        self._controls.show(self.state)

    def _take(self, kind: str, content: Any) -> None:  # noqa: ANN401 plain data from the child
        match kind:
            case "result":
                proposal: Proposal = restored(content["proposal"])
                self.state.finish(proposal, {"risk": content["risk"], "costs": content["costs"]})
                self._result.show(proposal_bundle(proposal))
            case "cancelled":
                self.state.cancel()
            case "refused":
                self.state.refuse(content["what"], content["hint"])
            case "died":
                self.state.fail(
                    f"The process that solves ended by itself (exit code {content}); memory may have run out."
                )
            case _:
                self.state.fail(str(content))
        self._show_answer()


_PANELS: list[Panel] = []  # at most one: the cell and any other view show the same object


def app(portfolios: Mapping[str, Portfolio] | None = None, **parts: Any) -> Panel:
    """The panel of this kernel.

    Parameters
    ----------
    portfolios : Mapping of str to Portfolio, optional
        The user's own, by name; the simulated sample without them.
    **parts
        With own portfolios, the other fields of `di_advisor.ui.case.Case`: ``market``, ``target``,
        ``returns`` (and ``exposures``) or ``risk``, and if wanted ``costs``, ``tax``, ``mandate``.

    Returns
    -------
    Panel
        One object a kernel; giving portfolios makes a new one.

    Raises
    ------
    InputError
        If parts are missing.
    """
    if portfolios is None and parts:
        raise InputError(f"The panel was given {', '.join(parts)} without portfolios.", hint="Pass portfolios too.")
    if portfolios is not None:
        _PANELS[:] = [Panel(Case(portfolios=portfolios, **parts))]
    elif not _PANELS:
        _PANELS.append(Panel())
    warm_up(child.preloaded())
    return _PANELS[0]


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
