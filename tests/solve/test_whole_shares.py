"""Whole shares in the certificate: a bound over plans on the lattice, and the gap of the rounded plan."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.mandate import NameBand, Rounding
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Problem
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.solve import solve
from di_advisor.solve.prices import PricedNames
from di_advisor.testing.random_cases import RandomCase, random_case


def coarse_case(seed: int, *, names: int = 8, value_usd: float = 20_000.0) -> RandomCase:
    """An account so small that a share is a large step."""
    case = random_case(seed, names=names, lots_a_name=2, styles=2, value_usd=value_usd)
    mandate = case.mandate.with_changes(
        tracking_error_max=None,
        name_band=NameBand(active_max=0.5),
        sector_band=None,
        factor_bands={},
        turnover_max=None,
        participation_max=None,
        rounding=Rounding.WHOLE_SHARES,
        cash_min=0.0,
        cash_max=0.3,
        min_trade_usd=Decimal(0),
    )
    return RandomCase(case.signals, mandate, case.tax)


def random_lattice_plan(problem: Problem, g: np.random.Generator) -> np.ndarray:
    """Amounts of segments of a plan in whole shares, lots in fill order, no name on both sides."""
    block, segments = problem.block, problem.block.segments
    step = block.share_step
    assert step is not None
    amounts = np.zeros(len(segments))
    for i in range(len(step)):
        selling = bool(g.random() < 0.5)
        mine = np.flatnonzero((segments.name == i) & (segments.sell == selling))
        most = segments.width[mine].sum()
        count = int(g.integers(0, int(most / step[i]) + 1)) if g.random() < 0.6 else 0
        left = most if selling and g.random() < 0.2 else count * step[i]
        for j in mine:
            amounts[j] = min(left, segments.width[j])
            left -= amounts[j]
    return amounts


@pytest.mark.parametrize("seed", range(6))
def test_no_plan_in_whole_shares_is_better_than_the_bound_in_shares(seed: int) -> None:
    case = coarse_case(seed)
    problem = formulate(case.signals, case.mandate, case.tax)
    solution = solve(problem)
    assert solution.shares_bound > -np.inf
    names, block = PricedNames(problem.block), problem.block
    value = block.holdings.value_usd
    g = np.random.default_rng(seed)
    kept = 0
    for _ in range(400):
        amounts = random_lattice_plan(problem, g)
        plan = plan_of_amounts(problem, amounts)
        if any(rule.slack(plan) < 0 for rule in problem.rules):
            continue
        kept += 1
        objective = sum(t.value_usd(plan) for t in problem.terms) / value
        assert solution.bound_after_rounding <= objective + 1e-9
        assert names.bound_in_shares(solution.prices) <= objective + 1e-9
    assert kept > 0


@pytest.mark.parametrize("seed", range(3))
def test_steps_of_shares_are_those_of_the_orders_where_cash_is_withdrawn(seed: int) -> None:
    """A share weighs more once a part of the account is set aside."""
    case = coarse_case(seed)
    mandate = case.mandate.with_changes(withdrawal_usd=Decimal(5_000), rounding=Rounding.WHOLE_SHARES)
    planned = plan_for(case.signals, mandate, case.tax, Clock(silent), never)
    block = planned.problem.block
    assert block.share_step is not None
    price = np.array([float(p) for p in case.signals.market.price_usd])
    np.testing.assert_allclose(block.share_step * block.holdings.value_usd, price)
    for name, shares in planned.orders.buys.items():
        assert planned.orders.plan.buys[name] == pytest.approx(float(shares) * block.share_step[name])
    objective = sum(t.value_usd(planned.orders.plan) for t in planned.problem.terms) / block.holdings.value_usd
    assert planned.solution.bound_after_rounding <= objective + 1e-9


def plan_of_amounts(problem: Problem, amounts: np.ndarray):
    from di_advisor.solve.solution import plan_of

    return plan_of(problem.block, amounts)


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_in_shares_is_no_lower_at_the_same_prices(seed: int) -> None:
    case = coarse_case(seed, names=30, value_usd=100_000.0)
    block = formulate(case.signals, case.mandate, case.tax).block
    names = PricedNames(block)
    solution = solve(formulate(case.signals, case.mandate, case.tax))
    assert names.bound_in_shares(solution.prices) >= names.bound(solution.prices) - 1e-12
    finer = PricedNames(replace(block, share_step=1e-6 * np.ones(30)))
    assert finer.bound_in_shares(solution.prices) == pytest.approx(names.bound(solution.prices), abs=3e-6)
    no_step = PricedNames(replace(block, share_step=None))
    assert no_step.bound_in_shares(solution.prices) == names.bound(solution.prices)


@pytest.mark.parametrize("seed", range(5))
def test_the_rounded_plan_is_near_the_bound_in_shares_and_keeps_the_numbers(seed: int) -> None:
    case = random_case(seed, names=50, value_usd=300_000.0)
    held = len(set(case.signals.account.lot_name.tolist()))
    mandate = case.mandate.with_changes(
        tracking_error_max=None,
        rounding=Rounding.WHOLE_SHARES,
        turnover_max=None,
        name_band=NameBand(active_max=0.05),
        max_names=held - 4,
        max_trades=25,
        min_trade_weight=0.001,
    )
    planned = plan_for(case.signals, mandate, case.tax, Clock(silent), never)
    certificate = planned.proposal.certificate
    rounded = sum(t.value_usd(planned.orders.plan) for t in planned.problem.terms)
    assert certificate.rounded_gap_usd == pytest.approx(
        max(rounded - planned.solution.bound_after_rounding * planned.problem.block.holdings.value_usd, 0.0)
    )
    assert planned.solution.bound_after_rounding * planned.problem.block.holdings.value_usd <= rounded + 1e-6
    after = planned.proposal.after
    assert after.names <= held - 4
    assert len({t.security_id for t in planned.proposal.trade_list}) <= 25
    checks = {c.rule: c for c in planned.proposal.checks}
    assert checks["number of names"].after <= held - 4
    assert checks["number of trades"].after <= 25


def test_fractions_of_shares_have_no_bound_in_shares() -> None:
    case = random_case(4)
    mandate = case.mandate.with_changes(rounding=Rounding.FRACTIONAL, tracking_error_max=None)
    problem = formulate(case.signals, mandate, case.tax)
    assert problem.block.share_step is None
    assert solve(problem).shares_bound == -np.inf
