"""Triggers and measures in the app: pages with a made-up host, verbs with the sample."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from di_advisor.policy.policies import PolicyState, decide, policy_named, threshold
from di_advisor.policy.thresholds import with_thresholds
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.saved import SavedRun, run_from_toml, run_toml
from di_advisor.runs.watching import Watching
from di_advisor.ui.app_state import AppState
from di_advisor.ui.desk import Desk
from di_advisor.ui.pages.measures import MeasuresPage
from di_advisor.ui.pages.page import Page
from di_advisor.ui.pages.triggers import TriggersPage
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.repeat import answered_bundle
from di_advisor.ui.verbs import VERBS

SPEC = RunSpec(SampleSource(), "seasoned")
BUNDLE = {"text/html": "<p>found</p>", "text/markdown": "found", "text/plain": "found"}


class MadeUpHost:
    """Runs work at once, and answers every question alike."""

    def __init__(self, answer: dict[str, Any] | None) -> None:
        self.state, self.answer = AppState(SPEC), answer
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.shown: list[Any] = []

    def edit(self, spec: RunSpec) -> None:
        self.state.edit(spec)

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run(work())

    async def ask(self, verb: str, *, doing: str, **request: Any) -> Any | None:
        assert doing
        self.asked.append((verb, request))
        return self.answer

    async def propose(self) -> None:
        raise AssertionError

    async def follow(self) -> None:
        raise AssertionError

    def to_scenario(self, scenario: str) -> None:
        raise AssertionError(scenario)

    def show(self, page: Page) -> None:
        self.shown.append(page.result(self.state))

    def refresh(self) -> None:
        return


class Quiet:
    """Nobody listens."""

    def phase(self, text: str) -> None: ...

    def progress(self, fraction: float, text: str) -> None: ...

    def partial(self, content: Any) -> None: ...


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


def found(*fired: str, due: bool) -> dict[str, Any]:
    return {"due": ("seasoned",) if due else (), "fired": {"seasoned": fired}, "bundle": BUNDLE}


def test_untouched_controls_say_the_policy_that_ships() -> None:
    page = TriggersPage(MadeUpHost(None))
    for name in ("threshold", "opportunistic", "monthly"):
        page._named.value = name
        assert page.policy == policy_named(name)


def test_thresholds_are_typed_in_bps_and_dollars_and_travel_to_the_child() -> None:
    host = MadeUpHost(found("name drift", "cash", due=True))
    page = TriggersPage(host)
    page._boxes["name drift"].value = 50.0
    page._boxes["loss available"].value = 2500.0
    page._rest.value = 3
    page._one.click()
    ((verb, request),) = host.asked
    assert (verb, request["every"], request["spec"].solved) == ("watch", False, SPEC)
    assert request["spec"].watching.as_policy() == request["policy"]
    policy = restored(plain(request["policy"]))
    assert policy == request["policy"]
    assert (policy.triggers[0].active_max, policy.triggers[3].least_usd) == (0.005, 2500.0)
    assert policy.at_most_every_days == 3
    assert "Rebalance: name drift and cash fire." in page._says.value
    assert host.shown == [BUNDLE]


def test_a_negative_threshold_is_refused_with_what_to_do_and_nothing_is_asked() -> None:
    host = MadeUpHost(None)
    page = TriggersPage(host)
    page._boxes["cash"].value = -1.0
    page._one.click()
    assert not host.asked
    assert 'role="alert"' in page._says.value
    assert "Give 0 or more." in page._says.value


def test_what_was_found_is_marked_when_wishes_change_and_goes_with_its_account() -> None:
    host = MadeUpHost(found(due=False))
    page = TriggersPage(host)
    page._one.click()
    assert "Nothing fires today." in page._says.value
    host.edit(SPEC.with_wishes(tracking_error_max=0.02))
    page.show(host.state)
    assert "Wishes changed since" in page._says.value
    asked = page.asked(host.state)
    assert asked is not None
    assert "STALE: the controls now say tracking error max 200" in answered_bundle(asked, host.state.spec)["text/plain"]
    host.edit(SPEC.with_changes(watching=Watching("monthly")))
    asked = page.asked(host.state)
    assert asked is not None
    assert "another policy or other thresholds. Ask again." in answered_bundle(asked, SPEC)["text/plain"]
    host.edit(SPEC.with_wishes(tracking_error_max=0.02))
    assert page.result(host.state) == BUNDLE
    host.edit(SPEC.with_changes(account="young"))
    page.show(host.state)
    assert page.result(host.state) is None


def test_all_accounts_are_counted() -> None:
    host = MadeUpHost({"due": ("a",), "fired": {"a": ("cash",), "b": ()}, "bundle": BUNDLE})
    page = TriggersPage(host)
    page._all.click()
    assert host.asked[0][1]["every"]
    assert "1 of 2 accounts to rebalance today." in page._says.value


def test_measures_of_today_stand_whatever_is_wished() -> None:
    host = MadeUpHost({"tracking_error": 0.0123, "bundle": BUNDLE})
    page = MeasuresPage(host)
    page._now.click()
    host.edit(SPEC.with_wishes(tracking_error_max=0.02))
    page.show(host.state)
    assert "measure again" not in page._says.value
    asked = page.asked(host.state)
    assert asked is not None
    said = answered_bundle(asked, host.state.spec)["text/plain"]
    assert said == f"Measured for {SPEC.account}."


def test_measures_are_shown_and_marked_when_the_wishes_change() -> None:
    host = MadeUpHost({"tracking_error": 0.0123, "bundle": BUNDLE})
    page = MeasuresPage(host)
    page._with.click()
    assert host.asked == [("measure", {"spec": SPEC, "proposed": True})]
    assert "123.0 bps a year" in page._says.value
    assert page.result(host.state) == BUNDLE
    host.edit(SPEC.with_wishes(tracking_error_max=0.02))
    page.show(host.state)
    assert "measure again" in page._says.value


def test_the_learned_policy_can_be_chosen_and_travels_by_its_name(desk: Desk) -> None:
    host = MadeUpHost(found(due=False))
    page = TriggersPage(host)
    page._named.value = "ml"
    page._boxes["learned value"].value = 25.0
    page._one.click()
    ((_, request),) = host.asked
    assert request["spec"].watching == request["policy"] == Watching("ml", {"learned value": 25.0})
    sent = restored(plain(request))
    answer = VERBS["watch"](desk, sent, Quiet())
    assert set(answer["fired"]) == {"seasoned"}
    assert "learned value" in answer["bundle"]["text/plain"]


def test_the_sample_is_watched_account_by_account_with_figures(desk: Desk) -> None:
    answer = VERBS["watch"](desk, {"spec": SPEC, "policy": threshold(), "every": True}, Quiet())
    assert set(answer["fired"]) == {"young", "seasoned", "concentrated"}
    assert "concentrated" in answer["due"]
    for form in answer["bundle"].values():
        assert "bps" in form
    one = VERBS["watch"](desk, {"spec": SPEC, "policy": threshold()}, Quiet())
    assert one["fired"] == {"seasoned": answer["fired"]["seasoned"]}
    calm = with_thresholds(threshold(), dict.fromkeys(("name drift", "sector drift", "tracking error", "cash"), 10.0))
    calm = with_thresholds(calm, {"loss available": 1e12})
    assert VERBS["watch"](desk, {"spec": SPEC, "policy": calm}, Quiet())["fired"] == {"seasoned": ()}


def test_the_sample_is_measured_and_what_needs_a_past_says_so(desk: Desk) -> None:
    answer = VERBS["measure"](desk, {"spec": SPEC}, Quiet())
    from di_advisor.policy.day_facts import DayFacts

    day = DayFacts.of(desk.workspace(SPEC, Quiet()))
    decision, _ = decide(threshold(), day, PolicyState())
    watched = {f.trigger: f.reading.figure for f in decision.firings}
    assert answer["tracking_error"] == pytest.approx(watched["tracking error"])
    assert "needs a history of values" in answer["bundle"]["text/plain"]
    assert "<script" not in answer["bundle"]["text/html"]


def test_thresholds_are_part_of_the_spec_come_back_from_it_and_change_no_answer() -> None:
    host = MadeUpHost(None)
    page = TriggersPage(host)
    assert host.state.spec == SPEC
    page._named.value = "opportunistic"
    trigger = next(iter(page._boxes))
    page._boxes[trigger].value += 10.0
    page._rest.value = 12
    kept = host.state.spec
    assert (kept.watching.policy, set(kept.watching.thresholds)) == ("opportunistic", {trigger})
    assert kept.watching.at_most_every_days == 12
    assert kept.solved == SPEC
    again = run_from_toml(run_toml(SavedRun(kept))).spec
    assert again == kept
    host.state = AppState(again)
    other = TriggersPage(host)
    other.show(host.state)
    assert other.policy == page.policy
    assert host.state.spec == again
