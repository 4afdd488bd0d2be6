"""The policy "ml": the state it reads, worked by hand, and what it needs to be there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from di_advisor import registry
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.rebalance_state import FEATURES, RebalanceState, RebalanceWorth
from di_advisor.errors import PluginError
from di_advisor.policy.policies import PolicyState, decide, learned, policy_named, threshold
from di_advisor.policy.thresholds import dials_of
from di_advisor.policy.triggers import would_act
from di_advisor.policy.triggers.state import rebalance_state
from tests.policy.world import HELD, WEIGHTS, Day


class Says:
    """Always the same."""

    provenance = "a test's model"

    def __init__(self, lower: float) -> None:
        self.lower = lower

    def rebalance_worth(self, state: RebalanceState) -> RebalanceWorth:  # noqa: ARG002  as every model
        return RebalanceWorth(self.lower + 0.0001, self.lower, 0.0, 10)


def test_the_state_of_an_account_is_what_a_hand_finds() -> None:
    book = HELD.replace("A @ 100.00 on 2020-01-02", "A @ 120.00 on 2026-08-03").replace("B @ 100.00", "B @ 90.00")
    day = Day(book, mandate=Mandate(tracking_error_max=0.08))
    state = rebalance_state(day.facts(last_rebalance=date(2026, 11, 10)))
    assert state.short_loss == pytest.approx(500 * 20 / 100_000)
    assert state.deep_loss == pytest.approx(state.short_loss)
    assert state.long_gain == pytest.approx(300 * 10 / 100_000)
    assert state.long_loss == state.short_gain == state.locked_loss == 0.0
    assert state.active_share == pytest.approx(0.11)
    assert state.largest_active == pytest.approx(0.12)
    assert state.cost_to_target == pytest.approx(0.001 * 0.22)
    variance = 0.01 * 0.22**2 + 0.04 * (0.1**2 + 0.12**2)
    assert state.tracking_error == pytest.approx(variance**0.5)
    assert state.tracking_error_of_cap == pytest.approx(variance**0.5 / 0.08)
    assert (state.quarter_end_days, state.year_end_days, state.rebalance_days) == (41.0, 41.0, 10.0)
    assert state.row().shape == (len(FEATURES),)


def test_the_next_announced_change_is_told_by_days_and_turnover() -> None:
    path = {date(2020, 1, 1): WEIGHTS, date(2026, 11, 30): {"A": 0.5, "B": 0.3, "C": 0.2}}
    state = rebalance_state(Day(path=path).facts())
    assert state.reconstitution_days == 10.0
    assert state.reconstitution_turnover == pytest.approx(0.1)
    assert rebalance_state(Day().facts()).reconstitution_days == 92.0


def test_a_quarter_ends_on_its_last_day() -> None:
    ends = [(date(2026, 3, 31), 0.0), (date(2026, 4, 1), 90.0), (date(2026, 12, 31), 0.0), (date(2026, 9, 1), 29.0)]
    for day, left in ends:
        assert rebalance_state(Day(as_of=day).facts()).quarter_end_days == left


def test_a_positive_lower_bound_is_acted_on_and_a_negative_one_is_not() -> None:
    facts = replace(Day(), cash_usd="1000").facts(last_rebalance=date(2026, 11, 10))
    acts, _ = decide(learned(Says(0.0002), tracking_error_max=0.5), facts, PolicyState())
    waits, _ = decide(learned(Says(-0.0002), tracking_error_max=0.5), facts, PolicyState())
    assert acts.due
    assert not waits.due
    assert any("Fixed thresholds" in sentence for sentence in acts.reasons)


def test_for_safety_the_policy_acts_against_the_model() -> None:
    facts = Day().facts(last_rebalance=date(2026, 11, 10))
    decision, _ = decide(learned(Says(-0.01)), facts, PolicyState())
    assert decision.due
    assert [f.trigger for f in decision.firings if f.fired] == ["tracking error"]


def test_the_fixed_thresholds_are_those_of_the_policy_threshold() -> None:
    facts = Day().facts()
    fired = tuple(f.trigger for f in decide(threshold(), facts, PolicyState())[0].firings if f.fired)
    assert would_act(facts) == fired == ("name drift", "sector drift", "tracking error")


def test_the_policy_ml_comes_with_its_installed_model() -> None:
    policy = policy_named("ml")
    assert "learned value" in [d.trigger for d in dials_of(policy)]


def test_without_a_model_the_policy_ml_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "available", lambda _group: {})
    with pytest.raises(PluginError, match="rebalance_value_models"):
        policy_named("ml")
