"""Rollouts: the same path for both branches, a trunk that nobody notices, and labels that add up."""

from __future__ import annotations

from datetime import date

import pytest

from di_advisor.backtest.record import DayRow
from di_advisor.backtest.replay import replay
from di_advisor.backtest.rollouts import RolloutPlan, rollouts, rollouts_frame, worth_usd
from di_advisor.backtest.sample_past import sample_past
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.rebalance_state import FEATURES
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.policy.policies import policy_named

RATES = ConstantRates(short_term=0.4, long_term=0.2)
PLAN = RolloutPlan(RATES, wait_sessions=4, first_session=5, every_sessions=6)


def _row(day: int, **given: float) -> DayRow:
    plain = dict.fromkeys(
        "value_usd cash_usd flow_usd dividend_usd cost_usd tax_usd short_term_usd long_term_usd washed_usd bought_usd "
        "sold_usd unrealised_usd harvested_usd tracking_error index_return index_yield".split(),
        0.0,
    )
    return DayRow(day=date(2026, 3, day), **{**plain, **given}, fired=(), traded=False)


def test_worth_is_tax_cost_risk_and_market_worked_by_hand() -> None:
    plan = RolloutPlan(RATES, later_rate=0.1, mandate=Mandate(risk_aversion=36.5))
    rows = [
        _row(2, value_usd=1000.0, cost_usd=3.0, short_term_usd=-50.0, tracking_error=0.1),
        _row(4, value_usd=1100.0, cost_usd=2.0, long_term_usd=20.0, unrealised_usd=80.0, tracking_error=0.5),
    ]
    worth = worth_usd(rows, plan, open_usd=10.0)
    assert worth.tax_usd == pytest.approx(0.4 * -50 + 0.2 * 20 + 0.1 * 70)
    assert worth.cost_usd == 5.0
    assert worth.risk_usd == pytest.approx(36.5 * 0.01 * 1000 * 2 / 365)
    assert worth.market_usd == 1105.0


def test_branches_leave_the_trunk_alone_and_labels_add_up() -> None:
    past = sample_past(7, 12)
    start = next(i for i, day in enumerate(past.sessions) if day >= date(2023, 3, 1))
    sessions = past.sessions[start : start + 16]
    found = list(rollouts(past, sessions, policy_named("monthly"), PLAN, seed=3))
    assert 1 <= len(found) <= 2
    first = found[0]
    assert first.day == sessions[5]
    assert first.label == pytest.approx(first.tax + first.cost + first.risk)
    assert first.state.rebalance_days == (sessions[5] - sessions[0]).days
    frame = rollouts_frame(found)
    assert set(FEATURES) <= set(frame.columns)
    again = list(rollouts(past, sessions, policy_named("monthly"), PLAN, seed=3))
    assert again == found
    settings = ReplaySettings(risk_every_months=3)
    plain = replay(past, sessions[0], sessions[-1], policy_named("monthly"), PLAN.mandate, TaxProfile(RATES), settings)
    assert plain.days[4].value_usd == pytest.approx(first.value_usd, abs=0)


def test_a_walk_without_room_for_a_branch_is_refused() -> None:
    past = sample_past(7, 12)
    with pytest.raises(InputError, match="no room"):
        next(rollouts(past, past.sessions[300:305], policy_named("monthly"), PLAN, seed=1))


def test_a_plan_waits_a_session_or_more() -> None:
    with pytest.raises(InputError):
        RolloutPlan(RATES, wait_sessions=0)
    with pytest.raises(InputError):
        RolloutPlan(RATES, later_rate=1.0)
