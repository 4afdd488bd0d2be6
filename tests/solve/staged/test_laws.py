"""Laws of plans over stages on random accounts."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.transition import TransitionWish
from di_advisor.errors import InfeasibleError, UnfinishedError, UnsupportedWishError
from di_advisor.formulate import formulate
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.transition import formulate_transition
from di_advisor.solve import solve
from di_advisor.solve.staged.judge import breaches
from di_advisor.solve.staged.search import solve_staged
from di_advisor.testing.random_cases import RandomCase, random_case


def gains_only(seed: int, names: int = 20) -> RandomCase:
    """A random account in which every lot stands at a gain, so that no wash sale asks for a choice."""
    case = random_case(seed, names=names, lots_a_name=2)
    account = case.signals.account
    signals = replace(case.signals, account=replace(account, lot_gain_usd=np.abs(account.lot_gain_usd)))
    return replace(case, signals=signals, mandate=case.mandate.with_changes(tracking_error_max=None))


def unbound(seed: int, names: int = 20) -> RandomCase:
    """The same without bands that a budget could put out of reach, and without a harvest model."""
    case = gains_only(seed, names)
    account = replace(case.signals.account, continuation_usd=np.zeros(len(case.signals.account.lots)))
    mandate = Mandate(risk_aversion=case.mandate.risk_aversion, cash_max=0.02)
    return replace(case, signals=replace(case.signals, account=account), mandate=mandate)


def staged(case: RandomCase, quarters: int, **wishes: object) -> StagedProblem:
    wish = TransitionWish.quarterly(case.signals.market.as_of, quarters, **wishes)
    return formulate_transition(case.signals, case.mandate, case.tax, wish)


@pytest.mark.parametrize("seed", range(6))
def test_one_stage_with_a_year_to_go_equals_a_single_proposal(seed: int) -> None:
    case = gains_only(seed, names=30)
    if seed % 2:
        case = replace(case, mandate=case.mandate.with_changes(tracking_error_max=0.015))
    problem = staged(case, 1)
    assert problem.legs[0].years == 1.0
    single = solve(formulate(case.signals, case.mandate, case.tax))
    size = abs(single.nothing - single.objective)
    assert solve_staged(problem).objective == pytest.approx(single.objective, abs=2e-6 * size + 1e-8)
    assert problem.objective(problem.nothing()) == pytest.approx(single.nothing, abs=1e-12)


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), budget=st.integers(0, 20_000), more=st.integers(1, 20_000))
def test_a_larger_budget_never_costs_more(seed: int, budget: int, more: int) -> None:
    case = unbound(seed, names=12)
    low, high = (solve_staged(staged(case, 3, gain_budget_usd=b)) for b in (budget, budget + more))
    assert high.objective <= low.objective + low.gap + 1e-9
    assert high.bound <= low.objective + 1e-9


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), budget=st.integers(-2_000, 8_000))
def test_every_rule_and_budget_is_kept_and_the_bound_lies_below(seed: int, budget: int) -> None:
    case = random_case(seed, names=14, lots_a_name=2)
    problem = staged(
        replace(case, mandate=case.mandate.with_changes(tracking_error_max=None)), 3, gain_budget_usd=budget
    )
    try:
        solution = solve_staged(problem, nodes=2)
    except InfeasibleError:
        return
    assert max(breaches(problem, solution.plans).values()) <= 1e-6
    assert solution.bound <= solution.objective
    assert (
        solution.objective <= problem.objective(problem.nothing()) + 1e-9 or problem.cash_upper < problem.holdings.cash
    )


@pytest.mark.parametrize("seed", range(3))
def test_what_is_left_after_the_first_stage_goes_on_to_the_same_plan(seed: int) -> None:
    problem = replace(staged(unbound(seed), 3, gain_budget_usd=3000), reserve=0.0)
    whole = solve_staged(problem)
    rest = solve_staged(problem.after_first(whole.plans[0]))
    again = (whole.plans[0], *rest.plans)
    assert problem.objective(again) == pytest.approx(whole.objective, abs=2e-7)
    assert max(breaches(problem, again).values()) <= 1e-6


@pytest.mark.parametrize("seed", range(2))
def test_more_stages_never_cost_more(seed: int) -> None:
    case = unbound(seed)
    horizon = date(2028, 6, 30)
    costs = [solve_staged(staged(case, q, gain_budget_usd=2000, horizon=horizon)).objective for q in (1, 2, 4)]
    assert costs[0] >= costs[1] - 1e-8
    assert costs[1] >= costs[2] - 1e-8


def test_impact_that_grows_faster_than_size_splits_a_sale_over_the_stages() -> None:
    case = gains_only(3)
    costs = case.signals.market.costs
    dear = replace(costs, three_halves=50 * costs.three_halves)
    market = replace(case.signals.market, costs=dear)
    problem = staged(replace(case, signals=replace(case.signals, market=market)), 3)
    sold = np.array([p.sells.sum() for p in solve_staged(problem).plans])
    assert (sold > 0).sum() >= 2


def test_a_cap_that_budgets_cannot_reach_is_infeasible_and_says_what_to_do() -> None:
    problem = staged(gains_only(1), 2, gain_budget_usd=0, tracking_error_max=(0.0005, 0.0005))
    with pytest.raises(InfeasibleError, match="Raise the gain budget"):
        solve_staged(problem)


def test_a_transition_can_be_cancelled() -> None:
    with pytest.raises(UnfinishedError, match="cancelled"):
        solve_staged(staged(gains_only(1), 2), cancel=lambda: True)


@pytest.mark.parametrize(
    ("field", "value"), [("wash_policy", "ignore"), ("gain_budget_usd", "100"), ("benefit_min_usd", 5)]
)
def test_a_wish_that_a_transition_cannot_keep_is_refused_by_name(field: str, value: object) -> None:
    case = gains_only(0)
    with pytest.raises(UnsupportedWishError, match=field):
        staged(replace(case, mandate=case.mandate.with_changes(**{field: value})), 2)


def test_minimum_trades_of_today_are_kept() -> None:
    case = gains_only(2)
    case = replace(case, mandate=case.mandate.with_changes(min_trade_weight=0.01, turnover_max=None))
    problem = staged(case, 3)
    plans = solve_staged(problem).plans
    net = np.abs(plans[0].net(problem.holdings.lot_name))
    assert (net > 0).any()
    assert (net[net > 0] >= 0.01 - 1e-6).all()


def test_a_position_smaller_than_the_minimum_is_sold_whole_today_or_not_at_all() -> None:
    sold_out = 0
    for seed in range(2):
        case = unbound(seed, names=12)
        account = case.signals.account
        held_usd = np.bincount(account.lot_name, weights=account.lot_value_usd, minlength=12)
        least_usd = float(np.median(held_usd[held_usd > 0]))
        losing = (held_usd < least_usd)[account.lot_name]
        gain = np.where(losing, -0.5 * account.lot_value_usd, account.lot_gain_usd)
        least = least_usd / account.value_usd
        case = replace(
            case,
            signals=replace(case.signals, account=replace(account, lot_gain_usd=gain)),
            mandate=case.mandate.with_changes(min_trade_weight=least),
        )
        problem = staged(case, 2)
        net, held = solve_staged(problem).plans[0].net(problem.holdings.lot_name), problem.holdings.held
        small = (net < 0) & (held < least)
        assert (np.abs(net + held)[small] <= 1e-6).all()
        assert (np.abs(net)[(net != 0) & ~small] >= least - 1e-6).all()
        sold_out += int(small.sum())
    assert sold_out
