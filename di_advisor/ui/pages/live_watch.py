"""The live panel of triggers: a switch that polls quotes and shows the worklist as it changes.

Problem: a person wants to leave the page open and see who calls, while the notebook stays alive. Decision: a task in
the kernel's loop asks the child process and then only waits; the list stands in the page itself, so that it replaces
no result of another page. It steps back while another question runs, and ends when it is switched off, when Cancel
ends a poll, when a poll is refused, or when another account is chosen. Limits: what is remembered lives as long as
the app; the command `di-advisor watch --quotes` keeps it in a file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

import ipywidgets as widgets

from di_advisor.errors import InputError
from di_advisor.policy.policies import Policy
from di_advisor.report.wording import joined
from di_advisor.runs.polled import SystemClock
from di_advisor.runs.spec import RunSpec
from di_advisor.runs.watching import as_sent
from di_advisor.ui.app_state import AppState
from di_advisor.ui.pages.fields import actions, folds, grid, line, said, typed_number, typed_text
from di_advisor.ui.pages.page import Host

__all__ = ["LiveWatch"]

_PIECE_SECONDS: Final = 1.0
_SECONDS_PER_MINUTE: Final = 60.0
_LEAST_MINUTES: Final = 1 / _SECONDS_PER_MINUTE


class LiveWatch:
    """Watches while its switch is on.

    Parameters
    ----------
    host : Host
        The app.
    policy : callable
        What the page's controls say; raises InputError where they cannot be read.

    Attributes
    ----------
    box : widget
        Its controls and the list.
    now, pause : callable
        The clock, and how to wait; a test puts its own here.
    """

    def __init__(self, host: Host, policy: Callable[[], Policy]) -> None:
        self._host, self._policy = host, policy
        self.now: Callable[[], datetime] = SystemClock().now
        self.pause: Callable[[float], Awaitable[None]] = asyncio.sleep
        self._quotes = typed_text(
            "Quotes", "quotes.csv", "A CSV or JSON file, or a folder, that another process writes"
        )
        self._every = typed_number("Every (minutes)", 5.0, 1.0, "From one poll to the next")
        self._whole = widgets.Checkbox(value=False, description="All accounts", indent=False)
        self._switch = widgets.ToggleButton(
            value=False, description="Watch", tooltip="Poll quotes within the exchange's hours until switched off"
        )
        self._says, self._list = line(), widgets.HTML("")
        self.box = folds(
            (
                "Watch live on polled quotes",
                widgets.VBox(
                    [grid(self._quotes, self._every), actions(self._switch, self._whole), self._says, self._list]
                ),
            )
        )
        self._switch.observe(lambda change: self._turned(on=change["new"]), names="value")
        self._memory, self._policy_name = "", ""
        self._round = 0
        self._spec: RunSpec | None = None

    @property
    def on(self) -> bool:
        """Whether it watches."""
        return bool(self._switch.value)

    def show(self, state: AppState) -> None:
        """Stop where another account was chosen."""
        spec = self._spec
        if spec is None or (spec.source, spec.account) == (state.spec.source, state.spec.account):
            return
        self._memory, self._list.value = "", ""
        self._stop("Another account was chosen; switch on again to watch it.")

    def _turned(self, *, on: bool) -> None:
        self._round += 1
        self._switch.description = "Stop watching" if on else "Watch"
        if on:
            self._spec = self._host.state.spec
            self._host.start(self._watch)
        else:
            self._spec = None
            self._says.value = said("Not watching.")

    def _stop(self, why: str, role: str = "note") -> None:
        self._switch.value = False
        self._says.value = said(why, role=role)

    def _goes_on(self, mine: int) -> bool:
        return self.on and mine == self._round

    async def _watch(self) -> None:
        mine = self._round
        while self._goes_on(mine):
            polled = False if self._host.state.running else await self._poll(mine)
            seconds = max(float(self._every.value), _LEAST_MINUTES) * _SECONDS_PER_MINUTE if polled else _PIECE_SECONDS
            while seconds > 0 and self._goes_on(mine):
                await self.pause(min(seconds, _PIECE_SECONDS))
                seconds -= _PIECE_SECONDS

    async def _poll(self, mine: int) -> bool:
        """Ask once; false where it is to be asked again soon, or the answer is no longer wanted."""
        try:
            policy = self._policy()
        except InputError as error:
            self._stop(f"{error.what} {error.hint}", "alert")
            return False
        if policy.name != self._policy_name:
            self._memory, self._policy_name = "", policy.name
        found: dict[str, Any] | None = await self._host.ask(
            "poll_quotes",
            doing="Polling quotes",
            spec=self._host.state.spec,
            policy=as_sent(policy),
            quotes=self._quotes.value,
            every=bool(self._whole.value),
            memory=self._memory,
            now=self.now(),
        )
        if not self._goes_on(mine):  # switched off meanwhile, or it was of another account
            return False
        if found is None:
            if not self._host.state.running:  # cancelled or refused: the footer says which
                self._stop("The watch ended.", "alert")
            return False
        self._memory = found["memory"]
        done = "Looked" if found["closed"] else "Polled"
        self._says.value = said(f"{done} at {self.now():%H:%M:%S} UTC. {_in_words(found)}", found["ages"])
        self._list.value = found["bundle"].get("text/html", self._list.value)
        return True


def _in_words(found: dict[str, Any]) -> str:
    if found["closed"]:
        return str(found["closed"])
    if found["failed"]:
        return f"Nothing could be read: {found['failed']}"
    if found["called"]:
        return f"New: {joined(found['called'])}."
    return f"Standing: {joined(found['standing'])}." if found["standing"] else "Nobody calls."
