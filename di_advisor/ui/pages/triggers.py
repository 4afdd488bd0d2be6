"""Triggers: a policy, its thresholds, and what would fire today with its reason.

Problem: "should this account be traded today" is asked before any solve, of one account or of all. Decision: one
number box a threshold, in the unit people read; the answer is asked for, and stands below with every trigger's
figure, fired or not; policy and thresholds are part of the spec and saved with it; a switch watches on polled quotes
(`di_advisor.ui.pages.live_watch`). Limits: the command `di-advisor watch` takes its own policy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import ipywidgets as widgets

from di_advisor.errors import InputError
from di_advisor.policy.policies import POLICIES, Policy, policy_named
from di_advisor.policy.thresholds import Dial, dials_of, with_thresholds
from di_advisor.registry import REBALANCE_VALUE_MODELS, available
from di_advisor.report.wording import count_of, joined, sentence_case
from di_advisor.runs.question_code import python_of_watch
from di_advisor.runs.spec import RunSpec
from di_advisor.runs.watching import LEARNED, Watching, as_sent
from di_advisor.ui.app_state import AppState
from di_advisor.ui.pages.fields import actions, button, choice, grid, line, said, typed_number
from di_advisor.ui.pages.live_watch import LiveWatch
from di_advisor.ui.pages.page import Asked, Bundle, Host, Page
from di_advisor.units import bps_from_fraction, fraction_from_bps

__all__ = ["TriggersPage"]

_IN_BPS: Final = {"weight": "bps", "per year": "bps a year"}
_UNITS: Final = {"USD": "$", "names": "names", "deviations": "standard deviations", "of the band": "of the band"}
_STEPS: Final = {"USD": 50.0, "names": 1.0, "deviations": 0.25, "of the band": 0.1, "weight": 5.0, "per year": 5.0}


@dataclass(frozen=True)
class _Watched:
    """What was found, and what it was asked with."""

    spec: RunSpec
    policy: Policy
    bundle: Bundle
    code: str


class TriggersPage(Page):
    """Says what would fire today, and why."""

    title = "Triggers"
    empty = "Nothing was asked yet. The answer shows every trigger's figure beside its threshold, fired or not."

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        learned = [("Learned (value of rebalancing now)", LEARNED)] if available(REBALANCE_VALUE_MODELS) else []
        named = [*((sentence_case(name), name) for name in POLICIES), *learned]
        self._named = choice("Policy", named, "Which reasons count, and how often it may call")
        self._rest = typed_number("At most every (days)", 0.0, 1.0, "0 lets it call daily")
        self._boxes: dict[str, widgets.FloatText] = {}
        self._grid = grid()
        self._one = button("What would fire today", "Every trigger on this account", style="primary")
        self._all = button("All accounts", "A worklist of every account of the source")
        self._one.on_click(lambda _: host.start(self._watch))
        self._all.on_click(lambda _: host.start(self._watch_all))
        self._says = line()
        self.live = LiveWatch(host, lambda: self.policy)
        self._box = widgets.VBox([self._grid, actions(self._one, self._all), self._says, self.live.box])
        self._box.add_class("di-page")
        self._watched: _Watched | None = None
        self._showing = True  # what the spec says comes with the first `show`
        self._named.observe(lambda _: self._chosen(), names="value")
        self._rest.observe(lambda _: self._set(), names="value")
        self._show_dials()
        self._showing = False

    @property
    def box(self) -> widgets.Widget:
        """Its controls."""
        return self._box

    @property
    def policy(self) -> Policy:
        """What the controls say.

        Raises
        ------
        InputError
            If a threshold is negative.
        """
        policy = policy_named(self._named.value)
        dials = {d.trigger: d for d in dials_of(policy)}
        values = {name: _from_box(dials[name], box.value) for name, box in self._boxes.items()}
        rest = max(round(self._rest.value), 0)
        return replace(with_thresholds(policy, values), at_most_every_days=rest)

    def show(self, state: AppState) -> None:
        """Say whether what stands below still answers what the controls say."""
        self._one.disabled = self._all.disabled = state.running
        self.live.show(state)
        self._take(state.spec.watching)
        watched = self._watched
        if watched is not None and not _same_account(watched.spec, state.spec):
            self._watched = watched = None
            self._says.value = ""
        if watched is not None and (watched.spec.solved, watched.spec.watching) != (
            state.spec.solved,
            state.spec.watching,
        ):
            self._says.value = said("Wishes changed since; ask again.")

    def result(self, state: AppState) -> Bundle | None:
        """What was found last for this account."""
        watched = self._watched
        return watched.bundle if watched is not None and _same_account(watched.spec, state.spec) else None

    def asked(self, state: AppState) -> Asked | None:
        """What was asked with, and whether its thresholds still stand."""
        watched = self._watched if self.result(state) is not None else None
        if watched is None:
            return None
        other = "" if watched.spec.watching == state.spec.watching else "another policy or other thresholds"
        return Asked(watched.spec, "Looked at", "Ask again.", watched.code, other=other)

    def _take(self, watching: Watching) -> None:
        """Show what the spec says, where the controls say something else and can be read."""
        try:
            if Watching.of(self._named.value, self.policy) == watching:
                return
        except InputError:  # what is being typed stays
            return
        self._showing = True
        try:
            self._named.value = watching.policy
            policy = watching.as_policy()
            self._rest.value = float(policy.at_most_every_days)
            for dial in dials_of(policy):
                self._boxes[dial.trigger].value = _to_box(dial)
        finally:
            self._showing = False

    def _set(self) -> None:
        """Take what the controls say into the spec, once it can be read."""
        if self._showing:
            return
        try:
            watching = Watching.of(self._named.value, self.policy)
        except InputError:  # said when it is asked with
            return
        self.host.edit(self.host.state.spec.with_changes(watching=watching))

    def _chosen(self) -> None:
        showing, self._showing = self._showing, True
        try:
            self._show_dials()
        finally:
            self._showing = showing
        self._set()

    def _show_dials(self) -> None:
        policy = policy_named(self._named.value)
        self._rest.value = float(policy.at_most_every_days)
        self._boxes = {
            d.trigger: typed_number(
                f"{sentence_case(d.trigger)} ({_IN_BPS.get(d.unit) or _UNITS[d.unit]})",
                _to_box(d),
                _STEPS[d.unit],
                f"{sentence_case(d.trigger)} fires from this figure on",
            )
            for d in dials_of(policy)
        }
        for box in self._boxes.values():
            box.observe(lambda _: self._set(), names="value")
        self._grid.children = (self._named, self._rest, *self._boxes.values())

    async def _watch(self) -> None:
        await self._ask(every=False)

    async def _watch_all(self) -> None:
        await self._ask(every=True)

    async def _ask(self, *, every: bool) -> None:
        spec = self.host.state.spec
        try:
            policy = self.policy
        except InputError as error:
            self._says.value = said(error.what, error.hint, role="alert")
            return
        doing = "Looking at all accounts" if every else "Looking at the account"
        found: dict[str, Any] | None = await self.host.ask(
            "watch", doing=doing, spec=spec, policy=as_sent(policy), every=every
        )
        if found is None:
            return
        self._watched = _Watched(spec, policy, found["bundle"], python_of_watch(spec, every=every))
        self._says.value = said(_in_words(found, spec.account, every=every))
        self.host.show(self)


def _in_words(found: dict[str, Any], account: str, *, every: bool) -> str:
    if every:
        return f"{len(found['due'])} of {count_of(len(found['fired']), 'account')} to rebalance today."
    fired = found["fired"].get(account, ())
    if not fired:
        return "Nothing fires today."
    says = "Rebalance" if found["due"] else "Held back"
    return f"{says}: {joined(fired)} {'fires' if len(fired) == 1 else 'fire'}."


def _same_account(one: RunSpec, other: RunSpec) -> bool:
    return (one.source, one.account) == (other.source, other.account)


def _to_box(dial: Dial) -> float:
    return round(bps_from_fraction(dial.value), 6) if dial.unit in _IN_BPS else dial.value


def _from_box(dial: Dial, shown: float) -> float:
    return float(f"{fraction_from_bps(shown):.10g}") if dial.unit in _IN_BPS else float(shown)
