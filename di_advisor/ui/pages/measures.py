"""Measures: the five measures of the account, today and under its wishes.

Limits: those that need a past (realised tracking error, after-tax return, tax alpha) say so until a history of
values is given to `di_advisor.policy.measures` in code; nothing is made up for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from di_advisor.report.wording import bps
from di_advisor.runs.question_code import python_of_measures
from di_advisor.runs.spec import RunSpec
from di_advisor.ui.app_state import AppState
from di_advisor.ui.pages.fields import actions, button, line, said
from di_advisor.ui.pages.page import Asked, Bundle, Host, Page

__all__ = ["MeasuresPage"]


@dataclass(frozen=True)
class _Measured:
    """What was measured, and with what."""

    spec: RunSpec
    bundle: Bundle
    code: str
    proposed: bool

    def answers(self, spec: RunSpec) -> bool:
        """Whether it is what would be measured now: without a proposal, wishes change nothing."""
        mine, asked = self.spec.solved, spec.solved
        if not self.proposed:
            asked = asked.with_changes(mandate=mine.mandate, decisions=mine.decisions)
        return mine == asked


class MeasuresPage(Page):
    """Measures the account."""

    title = "Measures"
    empty = (
        "Nothing is measured yet. Measure today shows five measures of the account; the other button adds a proposal's."
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._now = button("Measure today", "The account as it stands", style="primary")
        self._with = button("Beside the proposal", "Today, and after the trades that the wishes ask for")
        self._now.on_click(lambda _: host.start(self._measure))
        self._with.on_click(lambda _: host.start(self._measure_proposed))
        self._says = line()
        self._box = widgets.VBox([actions(self._now, self._with), self._says])
        self._box.add_class("di-page")
        self._measured: _Measured | None = None

    @property
    def box(self) -> widgets.Widget:
        """Its controls."""
        return self._box

    def show(self, state: AppState) -> None:
        """Say whether what stands below still answers what the controls say."""
        self._now.disabled = self._with.disabled = state.running
        measured = self._measured
        if measured is None:
            self._says.value = ""
        elif not measured.answers(state.spec):
            self._says.value = said("The account, the taxpayer or the wishes changed since; measure again.")

    def result(self, state: AppState) -> Bundle | None:
        """What was measured last for this account."""
        measured, spec = self._measured, state.spec
        if measured is None or (measured.spec.source, measured.spec.account) != (spec.source, spec.account):
            return None
        return measured.bundle

    def asked(self, state: AppState) -> Asked | None:
        """What was measured under."""
        measured = self._measured if self.result(state) is not None else None
        if measured is None:
            return None
        return Asked(measured.spec, "Measured", "Measure again.", measured.code, under_wishes=measured.proposed)

    async def _measure(self) -> None:
        await self._ask(proposed=False)

    async def _measure_proposed(self) -> None:
        await self._ask(proposed=True)

    async def _ask(self, *, proposed: bool) -> None:
        spec = self.host.state.spec
        found: dict[str, Any] | None = await self.host.ask("measure", doing="Measuring", spec=spec, proposed=proposed)
        if found is None:
            return
        self._measured = _Measured(spec, found["bundle"], python_of_measures(spec, proposed=proposed), proposed)
        self._says.value = said(f"Tracking error today: {bps(found['tracking_error'])} bps a year.")
        self.host.show(self)
