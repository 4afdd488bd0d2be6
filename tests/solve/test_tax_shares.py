"""Under the whole Schedule D the bound in whole shares lies below every such plan, and above the plain bound."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.formulate import formulate
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.rules import Locked, slack_in_rows
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.propose.settle import TOLERANCE, settle
from di_advisor.solve import solve_localised
from di_advisor.testing.random_cases import random_case
from tests.solve.filers import random_filer

WISHES = Mandate(risk_aversion=10.0, cash_max=0.3, rounding=Rounding.ROUND_LOTS)


@pytest.mark.parametrize("seed", range(6))
def test_no_plan_in_whole_shares_of_a_tiny_account_is_better_than_the_bound(seed: int) -> None:
    """Every one of them, by brute force and by the law itself."""
    case = random_case(seed, names=3, lots_a_name=1)
    problem = formulate(case.signals, WISHES, random_filer(np.random.default_rng(seed)))
    block = problem.block
    lots, n = len(block.holdings.lot_name), len(block.holdings.held)
    # steps so large that all plans can be looked at
    step = np.full(n, max(float(block.holdings.held.max()), 0.05) / 4.0)
    problem = replace(problem, blocks=(replace(block, share_step=step),))
    _, solution = solve_localised(problem)
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    choices = []
    for name in range(n):
        mine = np.flatnonzero(block.holdings.lot_name == name)
        most = float(locked.sell_max[mine].sum())
        sold = [-a for a in [*np.arange(1, int(most / step[name]) + 1) * step[name], most] if a > 0]
        bought = (np.arange(1, int(locked.buy_max[name] / step[name]) + 1) * step[name]).tolist()
        choices.append([0.0, *sold, *bought])
    value, best = block.holdings.value_usd, np.inf
    for trades in product(*choices):
        sells, buys = np.zeros(lots), np.zeros(n)
        for name, amount in enumerate(trades):
            left = max(-amount, 0.0)
            for lot in np.flatnonzero(block.holdings.lot_name == name).tolist():
                sells[lot] = min(left, float(locked.sell_max[lot]))
                left -= sells[lot]
            buys[name] = max(amount, 0.0)
        plan = Plan(sells, buys)
        if all(slack_in_rows(rule, plan) >= -TOLERANCE for rule in problem.rules):
            best = min(best, sum(t.value_usd(plan) for t in problem.terms) / value)
    assert np.isfinite(best)
    assert solution.shares_bound <= best + 1e-9
    assert solution.shares_bound >= solution.bound - 1e-12


def test_the_bound_in_shares_is_tighter_and_what_is_proposed_is_held_against_it() -> None:
    tighter = 0
    for seed in range(5):
        case = random_case(seed, names=12, lots_a_name=2)
        filer = random_filer(np.random.default_rng(seed))
        wishes = WISHES.with_changes(rounding=Rounding.WHOLE_SHARES)
        local, solution = solve_localised(formulate(case.signals, wishes, filer))
        orders = settle(local, solution, case.signals, wishes)
        value = local.block.holdings.value_usd
        rounded = sum(t.value_usd(orders.plan) for t in local.terms) / value
        assert solution.bound - 1e-12 <= solution.shares_bound <= rounded + 1e-9
        tighter += solution.shares_bound > solution.bound + 1e-9
        found = plan_for(case.signals, wishes, filer, Clock(silent), never).proposal.certificate
        assert found.rounded_gap_usd == pytest.approx((rounded - solution.shares_bound) * value, abs=0.02)
    assert tighter >= 3


def test_where_fractions_are_traded_there_is_no_bound_in_shares() -> None:
    case = random_case(1, names=8, lots_a_name=2)
    wishes = WISHES.with_changes(rounding=Rounding.FRACTIONAL)
    _, solution = solve_localised(formulate(case.signals, wishes, random_filer(np.random.default_rng(1))))
    assert solution.shares_bound == -np.inf
    assert solution.bound_after_rounding == solution.bound
