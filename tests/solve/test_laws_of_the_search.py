"""Laws that any search must keep: never worse than nothing, one side for a group, bounds that order rightly."""

from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.solve import solve
from di_advisor.testing.random_cases import random_case


@pytest.mark.parametrize("seed", range(12))
def test_where_doing_nothing_is_allowed_no_plan_is_worse(seed: int) -> None:
    case = random_case(seed, names=20, lots_a_name=2, styles=2)
    mandate = Mandate(min_trade_usd=Decimal(20_000), cash_max=0.05)
    solution = solve(formulate(case.signals, mandate, case.tax), rounds=3)
    assert solution.objective <= solution.nothing + 1e-12


@pytest.mark.parametrize("seed", range(16))
def test_minimum_trades_keep_one_side_for_each_identical_group(seed: int) -> None:
    case = random_case(seed, names=8, lots_a_name=2, styles=2, shared_groups=3)
    mandate = Mandate(min_trade_weight=0.01, cash_max=0.2)
    problem = formulate(case.signals, mandate, case.tax)
    try:
        solution = solve(problem)
    except InfeasibleError:
        return
    account, groups = case.signals.account, problem.identical_groups
    sold = set(groups[account.lot_name[(account.lot_gain_usd < 0) & (solution.plan.sells > 1e-9)]].tolist())
    assert not sold & set(groups[solution.plan.buys > 1e-9].tolist())
    assert solution.residual <= 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_more_rules_never_lower_the_proved_bound_below_fewer_rules_plan(seed: int) -> None:
    case = random_case(40 + seed, names=40)
    free = solve(formulate(case.signals, Mandate(cash_max=0.05), case.tax))
    bound = solve(formulate(case.signals, Mandate(cash_max=0.05, min_trade_weight=0.002), case.tax))
    assert bound.objective >= free.bound - 1e-9, "a plan under more rules cannot pass the bound of fewer"
    assert free.objective <= bound.objective + 1e-6 * abs(free.nothing - free.objective) + free.gap


def test_the_bound_counts_the_reserve_of_cash_as_room() -> None:
    case = random_case(3, names=30)
    problem = formulate(case.signals, Mandate(cash_min=0.0, cash_max=0.001), case.tax)
    solution = solve(problem)
    cash = next(r for r in problem.rules if r.name == "cash")
    assert cash.slack(solution.plan) >= -1e-12
    assert solution.bound <= solution.convex_bound + 1e-12
    assert np.isfinite(solution.bound)
