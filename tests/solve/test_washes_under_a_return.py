"""Priced wash sales under a whole return: bounds over all choices and regions, brute force, the ledger's replay."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.mandate import Rounding, WashPolicy
from di_advisor.formulate import formulate
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.wash_term import WashDeferral
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.propose import explain, settle
from di_advisor.solve import solve_localised
from tests.propose.test_wash_prices_end_to_end import random_world, wishes
from tests.solve.agreement import no_choice_is_better, outcome
from tests.solve.whole_worlds import whole_world


def filer(seed: int) -> ReturnInputs:
    """A return in which the losses of these accounts meet a kink: gains to net, or the limit on losses."""
    g = np.random.default_rng([seed, 9])
    return ReturnInputs(
        tax_year=2026,
        ordinary_income_usd=Decimal(int(g.integers(30000, 400000))),
        net_short_usd=Decimal(int(g.integers(-6000, 9000))),
        net_long_usd=Decimal(int(g.integers(-9000, 15000))),
    )


def problem_of(seed: int) -> Problem:
    mandate = wishes(WashPolicy.PRICE, seed)
    return formulate(random_world(seed, mandate), mandate, filer(seed))


@pytest.mark.parametrize("seed", [1, 2, 3, 5, 12])
def test_bound_and_plan_meet_under_a_whole_return_with_wash_sales_priced(seed: int) -> None:
    problem = problem_of(seed)
    assert problem.block.wash is not None
    local, solution = solve_localised(problem)
    assert solution.gap <= 1e-5 * solution.benefit
    value = problem.block.holdings.value_usd
    assert solution.objective == pytest.approx(sum(t.value_usd(solution.plan) for t in problem.terms) / value, abs=1e-9)
    assert {t.name for t in local.terms} == {t.name for t in problem.terms}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [241, 337, 433])
def test_no_choice_of_a_tiny_world_is_better_than_its_bound(seed: int) -> None:
    world, found = whole_world(seed), outcome(seed)
    assert found.problem is not None
    assert found.problem.block.wash is not None
    assert schedule_d_of(found.problem) is not None
    assert no_choice_is_better(world, found) > 1


@pytest.mark.parametrize("seed", [8])
def test_no_plan_that_is_drawn_costs_less_than_the_bound(seed: int) -> None:
    """Of plans that keep the cash rule only: sold and bought as they come, without any solver."""
    problem = problem_of(seed)
    loose = replace(problem, blocks=(replace(problem.block, min_trade=np.zeros_like(problem.block.min_trade)),))
    _, solution = solve_localised(loose)
    g, holdings = np.random.default_rng(seed), problem.block.holdings
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    value, kept = holdings.value_usd, 0
    losing = next(t for t in problem.terms if isinstance(t, WashDeferral)).losing
    for _ in range(300):
        near = g.random() < 0.5
        share = np.clip(g.normal(1.0, 0.3, len(locked.sell_max)), 0, None) if near else g.random(len(locked.sell_max))
        sells = np.minimum(locked.sell_max, share * (solution.plan.sells if near else locked.sell_max * g.random()))
        spread = solution.plan.buys + 1e-4 if near else g.dirichlet(np.ones(len(locked.buy_max)))
        lost = np.bincount(holdings.lot_name, weights=np.where(losing, sells, 0.0), minlength=len(locked.buy_max))
        buys = np.where(lost > 0, 0.0, np.minimum(locked.buy_max, sells.sum() * spread / spread.sum()))
        plan = Plan(sells, buys)
        if any(r.slack(plan) < 0 for r in problem.rules if r.name != "minimum trade"):
            continue
        kept += 1
        assert solution.bound <= sum(t.value_usd(plan) for t in problem.terms) / value + 1e-9
    assert kept > 5


@pytest.mark.parametrize("seed", [1])
def test_final_orders_are_confirmed_by_the_ledger_and_explained(seed: int) -> None:
    mandate = wishes(WashPolicy.PRICE, seed, rounding=Rounding.WHOLE_SHARES)
    signals = random_world(seed, mandate)
    problem, solution = solve_localised(formulate(signals, mandate, filer(seed)))
    orders = settle(problem, solution, signals, mandate)  # refuses what the ledger books otherwise
    proposal = explain(problem, solution, orders, signals, mandate)
    assert orders.washed
    term = next(t for t in problem.terms if isinstance(t, WashDeferral))
    shown = sum((t.dollars[term.name] for t in proposal.trade_list), Decimal(0))
    assert abs(float(shown) - term.value_usd(orders.plan)) < 0.0051
    assert float(proposal.certificate.gap_usd) >= 0
