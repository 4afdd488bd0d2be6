"""The app under random clicks: scenarios, dials, proposals, tabs, Cancel, starting anew, answers that come late.

Nothing here waits for a clock or a process: pauses are one turn of the loop, and the machine answers the questions.
"""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from di_advisor.runs import RunSpec, SampleSource
from di_advisor.ui import application as module
from di_advisor.ui.app_state import SCENARIOS
from di_advisor.ui.application import Application
from di_advisor.ui.pages.optimize import OptimizePage
from di_advisor.ui.pages.trades import TradesPage
from di_advisor.ui.plain import plain, restored
from tests.report import fakes
from tests.ui.targets import OPENED

SPEC = RunSpec(SampleSource(), "young")
MADE = fakes.proposal(2, 1)


class Asked:
    """Questions that wait until the machine answers them; one at a time, as of the real child."""

    def __init__(self) -> None:
        self.generation, self.alive = 1, True
        self.waiting: list[tuple[str, Any, asyncio.Future[tuple[str, Any]]]] = []

    async def ask(self, verb: str, request: Any, *_: Any) -> tuple[str, Any]:
        assert not self.waiting, "two questions at once"
        future: asyncio.Future[tuple[str, Any]] = asyncio.get_running_loop().create_future()
        self.waiting.append((verb, restored(request), future))
        return await future

    def cancel(self) -> None:
        self.answer("cancelled", "")

    def answer(self, kind: str, content: Any) -> None:
        if self.waiting:
            _, _, future = self.waiting.pop(0)
            future.set_result((kind, content))


def mark(spec: RunSpec) -> str:
    return f"asked with {spec.mandate.tracking_error_max!r}"


class Clicks(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.app = Application(SPEC, (OptimizePage, TradesPage))
        self.worker = Asked()
        self.app._worker, self.app._loop = self.worker, self.loop  # type: ignore[assignment]
        self.clicked: set[str] = set()
        self.caps = iter(0.001 + k * 1e-6 for k in range(100_000))

    def teardown(self) -> None:
        self.settle()
        assert not self.app.state.running
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    def turn(self) -> None:
        self.loop.run_until_complete(asyncio.sleep(0))

    def settle(self) -> None:
        for _ in range(60):
            self.turn()
            self.answered()
        for _ in range(2000):  # proposals are restored in a thread, whose end no number of turns awaits
            if not self.app.state.running:
                break
            self.loop.run_until_complete(asyncio.sleep(0.005))
            self.answered()

    def answered(self) -> None:
        if not self.worker.waiting:
            return
        verb, request, _ = self.worker.waiting[0]
        if verb == "open":
            self.worker.answer("result", plain(OPENED))
            return
        made = replace(MADE, notes=(mark(request["spec"]),))
        found = {"proposal": made, "bundle": {"text/html": mark(request["spec"])}, "fingerprint": {}, "versions": {}}
        self.worker.answer("result", plain(found))

    @rule(turns=st.integers(1, 8))
    def time_passes(self, turns: int) -> None:
        for _ in range(turns):
            self.turn()

    @rule()
    def the_child_answers(self) -> None:
        for _ in range(6):
            self.turn()
        self.answered()
        for _ in range(6):
            self.turn()

    @rule()
    def the_child_refuses(self) -> None:
        self.worker.answer("refused", {"what": "No.", "hint": "Ask less.", "facts": plain({})})

    @rule()
    def the_child_dies(self) -> None:
        self.worker.answer("died", 9)

    @rule()
    def a_dial_is_moved(self) -> None:
        self.app.pages[0]._cap.value = next(self.caps) * 1e4  # type: ignore[attr-defined]

    @rule()
    def a_followed_dial_is_moved(self) -> None:
        self.app.pages[0]._follow.value = True  # type: ignore[attr-defined]
        self.clicked.add(self.app.state.scenario)
        self.a_dial_is_moved()
        self.app.pages[0]._follow.value = False  # type: ignore[attr-defined]

    @rule()
    def propose(self) -> None:
        self.clicked.add(self.app.state.scenario)
        self.app.start(self.app.propose)

    @rule()
    def cancel(self) -> None:
        self.app.cancel()

    @rule(scenario=st.sampled_from(SCENARIOS))
    def turn_to(self, scenario: str) -> None:
        self.app.to_scenario(scenario)

    @rule(title=st.sampled_from(["Optimize", "Trades"]))
    def open_page(self, title: str) -> None:
        self.app.turn_to(title)

    @precondition(lambda self: self.clicked)
    @rule()
    def start_anew(self) -> None:
        self.app.begin(SPEC)
        self.clicked.clear()

    @invariant()
    def an_answer_is_of_its_own_wishes_and_of_a_scenario_in_which_it_was_asked_for(self) -> None:
        state = self.app.state
        assert set(state.answers) <= self.clicked
        for answer in state.answers.values():
            assert answer.proposal.notes == (mark(answer.spec),)

    @invariant()
    def what_is_shown_is_of_the_scenario_at_hand(self) -> None:
        state = self.app.state
        above, below = self.app._answer.bundle, self.app._result.bundle
        if state.answer is None:
            assert not above["text/html"]
            assert not any(mark(a.spec) == below["text/html"] for a in state.answers.values())
        elif self.app._tabs.value == "Trades":
            assert below["text/html"] == mark(state.answer.spec)
        if state.answer is not None:
            assert ("STALE" in above["text/html"]) is state.stale


def test_no_order_of_clicks_and_answers_shows_one_scenarios_proposal_in_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "READ_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(module, "FOLLOW_AFTER_SECONDS", 0.0)
    Clicks.TestCase.settings = settings(
        max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    Clicks.TestCase("runTest").debug()
