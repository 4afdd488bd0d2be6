"""Cost curves that differ by side: chords, the reference, dollars and orders all charge each side its own."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.costs import CostCurves
from di_advisor.errors import InfeasibleError, InputError
from di_advisor.formulate import formulate
from di_advisor.formulate.cost_knots import chords, shared_quadratic
from di_advisor.formulate.terms import TradingCost
from di_advisor.propose.explain import explain
from di_advisor.propose.settle import settle
from di_advisor.solve import solve
from di_advisor.solve.reference import solve_reference
from di_advisor.testing.random_cases import RandomCase, random_case


def by_side(seed: int) -> RandomCase:
    """A random case whose sales cost otherwise in every coefficient."""
    case = random_case(seed, names=30)
    costs = case.signals.market.costs
    g = np.random.default_rng(seed)
    n = len(costs.universe)
    selling = CostCurves(
        costs.universe,
        costs.linear * g.uniform(0.5, 4.0, n),
        costs.three_halves * g.uniform(0.5, 3.0, n),
        costs.quadratic + g.uniform(0, 3e-8, n),
    )
    market = replace(case.signals.market, costs=replace(costs, selling=selling))
    return replace(case, signals=replace(case.signals, market=market))


@pytest.mark.parametrize("seed", range(4))
def test_chords_lie_above_each_side_s_own_curve_and_near_it(seed: int) -> None:
    costs = by_side(seed).signals.market.costs
    value, largest = 1e6, np.full(len(costs.universe), 0.05)
    cut = chords(costs, largest, value)
    traded = np.outer(np.linspace(0, 1, 60), largest)
    for selling, sign in ((False, 1.0), (True, -1.0)):
        drawn = np.array([cut.side(selling=selling).cost(t) + shared_quadratic(costs) * value * t * t for t in traded])
        exact = np.array([costs.cost_usd(sign * t * value) / value for t in traded])
        assert (drawn >= exact - 1e-15).all()
        assert ((drawn - exact) * 1e4 <= (cut.worst_error_bps + 1e-9) * largest).all()


@pytest.mark.parametrize("seed", range(10))
def test_the_fast_path_agrees_with_cvxpy_where_sides_cost_differently(seed: int) -> None:
    case = by_side(seed)
    problem = formulate(case.signals, case.mandate, case.tax)
    try:
        solution = solve(problem)
    except InfeasibleError:
        return
    reference = solve_reference(problem, solution.choices)
    size = max(abs(reference.objective), abs(solution.nothing - reference.objective))
    assert solution.objective == pytest.approx(reference.objective, abs=1e-6 * size)
    assert solution.bound <= reference.objective + 1e-6 * size


def test_dollars_of_orders_charge_each_side_its_curve() -> None:
    case = by_side(5)
    mandate = case.mandate.with_changes(tracking_error_max=None)
    problem = formulate(case.signals, mandate, case.tax)
    solution = solve(problem)
    orders = settle(problem, solution, case.signals, mandate)
    proposal = explain(problem, solution, orders, case.signals, mandate)
    costs, value = case.signals.market.costs, problem.block.holdings.value_usd
    sold = orders.plan.sold(case.signals.account.lot_name) * value
    assert sold.any()
    assert orders.plan.buys.any()
    exact = float((costs.cost_usd(-sold) + costs.cost_usd(orders.plan.buys * value)).sum())
    term = next(t for t in problem.terms if isinstance(t, TradingCost))
    traded = float(sold.sum() + orders.plan.buys.sum() * value)
    error = term.chords.worst_error_bps * 1e-4 * traded
    assert exact - 0.01 <= float(proposal.terms_usd["trading cost"]) <= exact + error + 0.01
    assert float(orders.cost_usd) == pytest.approx(float(proposal.terms_usd["trading cost"]), abs=0.011)


def test_dearer_sales_are_sold_less() -> None:
    case = random_case(3, names=30)
    costs = case.signals.market.costs
    dear = replace(costs, selling=replace(costs, linear=costs.linear + 0.02))
    mandate = case.mandate.with_changes(tracking_error_max=None, turnover_max=None)
    plain = solve(formulate(case.signals, mandate, case.tax))
    market = replace(case.signals.market, costs=dear)
    less = solve(formulate(replace(case.signals, market=market), mandate, case.tax))
    assert less.plan.sells.sum() < plain.plan.sells.sum()


def test_curves_of_sales_must_fit_and_the_power_is_refused() -> None:
    case = by_side(1)
    costs = case.signals.market.costs
    with pytest.raises(InputError, match="sides of their own"):
        replace(costs, selling=costs)
    with pytest.raises(InputError, match="differ from those of buys"):
        formulate(case.signals, case.mandate, case.tax, exact_impact=True)
