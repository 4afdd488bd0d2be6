"""Optimize and compare: dials, the proposal they give, what stands in its way, scenarios, and a frontier of one dial.

Problem: a person tries wishes, and must see what each try gained and what the next one would have to give. Decision:
three scenarios, each with its own controls and its own proposal; as soon as two have one they stand side by side
above the proposal at hand. Limits: scenarios are of one account, and go when it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from di_advisor.errors import InputError
from di_advisor.report.compare_view import compare_bundle
from di_advisor.report.wording import joined
from di_advisor.runs.question_code import python_of_frontier
from di_advisor.runs.spec import RunSpec
from di_advisor.ui.app_state import SCENARIOS, Answer, AppState
from di_advisor.ui.pages.dials import FIRST, MORE, NumberDial, amount_of
from di_advisor.ui.pages.fields import actions, button, folds, grid, line, said, typed_text
from di_advisor.ui.pages.frontier_form import FrontierForm
from di_advisor.ui.pages.page import Asked, Bundle, Host, Page
from di_advisor.ui.pages.relaxing import ConflictBox, ways_of
from di_advisor.ui.repeat import differences

__all__ = ["OptimizePage", "compared", "number"]


def number(dial: NumberDial) -> widgets.BoundedFloatText:
    """A number box with a visible name; it reports when the reader is done, not at every key."""
    return widgets.BoundedFloatText(
        min=0.0,
        max=dial.highest,
        step=dial.step,
        description=dial.label,
        tooltip=dial.tip,
        style={"description_width": "auto"},
    )


@dataclass(frozen=True)
class _Drawn:
    """A frontier, and in which scenario it was drawn, beside which answer."""

    spec: RunSpec
    scenario: str
    answer: Answer | None
    bundle: Bundle
    code: str

    def stands(self, state: AppState) -> bool:
        """Whether it is of what the page shows now; wishes that changed since only mark it."""
        mine = (self.spec.source, self.spec.account, self.scenario)
        return mine == (state.spec.source, state.spec.account, state.scenario) and self.answer is state.answer


def compared(state: AppState) -> Bundle | None:
    """The scenarios that have a proposal, side by side, and what each asks differently; None where none has one."""
    answers = {name: state.answers[name] for name in SCENARIOS if name in state.answers}
    if not answers:
        return None
    first, *others = answers
    notes = []
    for name in others:
        apart = differences(answers[first].spec, answers[name].spec)
        notes.append(f"{name} against {first}: {joined(apart) if apart else 'nothing else is asked'}.")
    controls = {**state.specs, state.scenario: state.spec}
    stale = [n for n, a in answers.items() if n in controls and controls[n].solved != a.spec.solved]
    notes += [f"{name} was asked with older wishes than its controls say now." for name in stale]
    if state.scenario not in answers:
        notes.append(f"{state.scenario} has no proposal yet.")
    return compare_bundle({name: a.proposal for name, a in answers.items()}, notes)


class OptimizePage(Page):
    """Proposes, compares, and says what stands in the way."""

    title = "Optimize"
    empty = "No proposal yet in this scenario. Set the dials and press Propose: trades, what they are worth, and why."
    of_answer = True

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._scenario = widgets.ToggleButtons(
            options=[(f"Scenario {name}", name) for name in SCENARIOS], description="", tooltips=["Its own wishes"] * 3
        )
        self._scenario.add_class("di-scenarios")
        self._boxes = {dial: number(dial) for dial in (*FIRST, *MORE)}
        self._cap, self._least, self._band = (self._boxes[dial] for dial in FIRST)
        self._gains = typed_text("Gain budget ($)", "none", "Largest net gain of these trades; nothing sets none")
        self._propose = button("Propose", "Solve with these wishes", style="primary")
        self._follow = widgets.Checkbox(value=False, description="Follow the dials", indent=False)
        self._follow.tooltip = "Propose anew whenever a dial of this page was moved"
        self._wrong = line()
        self._ways = ConflictBox(self._relax)
        self._frontier = FrontierForm(lambda: host.start(self._draw))
        more = widgets.VBox([grid(*(self._boxes[dial] for dial in MORE), self._gains), self._wrong])
        more.add_class("di-page")
        self._box = widgets.VBox(
            [
                self._scenario,
                grid(*(self._boxes[dial] for dial in FIRST)),
                folds(("More dials", more), ("Frontier of one dial", self._frontier.box)),
                actions(self._propose, self._follow),
                self._ways.box,
            ]
        )
        self._box.add_class("di-page")
        self._showing = False
        self._drawn: _Drawn | None = None
        for dial, control in self._boxes.items():
            control.observe(lambda change, dial=dial: self._turned(dial, change["new"]), names="value")
        self._gains.observe(lambda _: self._budgeted(), names="value")
        self._scenario.observe(lambda change: self._to(change["new"]), names="value")
        self._propose.on_click(lambda _: host.start(host.propose))

    @property
    def box(self) -> widgets.Widget:
        """Its controls."""
        return self._box

    def show(self, state: AppState) -> None:
        """Show what the spec says, and what stands in its way."""
        mandate = state.spec.mandate
        self._showing = True
        try:
            self._scenario.value = state.scenario
            for dial, control in self._boxes.items():
                control.value = dial.shown(mandate)
            budget = mandate.gain_budget_usd
            if not self._wrong.value:
                self._gains.value = "" if budget is None else f"{budget:,}"
        finally:
            self._showing = False
        self._propose.disabled = self._scenario.disabled = state.running
        self._frontier.show(mandate, running=state.running)
        self._ways.show(state)

    def result(self, state: AppState) -> Bundle | None:
        """The frontier drawn last, or the proposal of the scenario at hand, below all where there are several."""
        if self._drawn is not None and self._drawn.stands(state):
            return self._drawn.bundle
        if state.answer is None:
            return compared(state)
        mine = state.answer.shown
        beside = compared(state) if len(state.answers) > 1 else None
        return mine if beside is None else {kind: f"{beside[kind]}\n{mine[kind]}" for kind in mine}

    def asked(self, state: AppState) -> Asked | None:
        """What the frontier, or else the proposal, was asked with."""
        drawn = self._drawn
        if drawn is None or not drawn.stands(state):
            return super().asked(state)
        return Asked(drawn.spec, "Drawn", "Draw again.", drawn.code)

    def explains(self, state: AppState) -> bool:
        """Whether what stands in the way is said above."""
        return bool(ways_of(state))

    # --- what the reader does

    def _to(self, scenario: str) -> None:
        if not self._showing:
            self._wrong.value = ""
            self.host.to_scenario(scenario)

    def _edit(self, **changes: Any) -> None:
        self.host.edit(self.host.state.spec.with_wishes(**changes))
        if self._follow.value:
            self.host.start(self.host.follow)

    def _turned(self, dial: NumberDial, value: float) -> None:
        if not self._showing and value != dial.shown(self.host.state.spec.mandate):
            self._edit(**{dial.field: dial.take(value)})

    def _budgeted(self) -> None:
        if self._showing:
            return
        try:
            budget = amount_of(self._gains.value)
        except InputError as error:
            self._wrong.value = said(error.what, error.hint, role="alert")
            return
        self._wrong.value = ""
        self._edit(gain_budget_usd=budget)

    def _relax(self, changes: Mapping[str, Any]) -> None:
        self.host.edit(self.host.state.spec.with_wishes(**changes))
        self.host.start(self.host.propose)

    async def _draw(self) -> None:
        asked = self._frontier.asked()
        if asked is None:
            return
        dial, values = asked
        spec, answer, scenario = self.host.state.spec, self.host.state.answer, self.host.state.scenario
        found: Bundle | None = await self.host.ask(
            "frontier", doing="Drawing a frontier", spec=spec, field=dial.field, values=values
        )
        if found is not None:
            code = python_of_frontier(spec, dial.field, values)
            self._drawn = _Drawn(spec, scenario, answer, found, code)
            self.host.show(self)
