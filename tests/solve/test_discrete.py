"""Discrete choices: against all combinations on small accounts, and the certificate on larger ones."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from di_advisor.errors import InfeasibleError, UncertifiedError, UnfinishedError
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Problem
from di_advisor.solve import search_for, solve
from di_advisor.solve.choices import Choice
from di_advisor.solve.counts import SolverCounts
from di_advisor.solve.prices import PricedNames
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.solution import judge, objective_of
from di_advisor.testing.random_cases import random_case


def small_problem(seed: int, minimum: float, shared_groups: int = 0) -> Problem:
    case = random_case(seed, names=6, lots_a_name=2, styles=2, shared_groups=shared_groups)
    mandate = case.mandate.with_changes(
        tracking_error_max=None,
        min_trade_weight=minimum,
        sector_band=None,
        factor_bands={},
        turnover_max=None,
        cash_min=0.0,
        cash_max=0.05,
    )
    return formulate(case.signals, mandate, case.tax)


def allowed(problem: Problem, combination: tuple[int, ...]) -> bool:
    """No identical group on both sides."""
    groups = problem.identical_groups
    losses = problem.block.segments.names_with_losses(len(combination))
    for g in np.unique(groups):
        members = np.flatnonzero(groups == g)
        chosen = {combination[i] for i in members}
        sells_loss = any(combination[i] == Choice.SELL and losses[i] for i in members)
        if sells_loss and Choice.BUY in chosen:
            return False
    return True


def best_of_all(problem: Problem, options: tuple[Choice, ...]) -> float:
    """Smallest objective over every combination of choices, each solved as a convex problem."""
    best = np.inf
    for combination in itertools.product(options, repeat=len(problem.block.active_lower)):
        if not allowed(problem, combination):
            continue
        choices = np.array(combination, dtype=np.int64)
        answer = QuadraticProgram(problem.block, choices).solve(problem.block.aversion)
        if answer.status == "solved":
            best = min(best, objective_of(problem.block, answer.amounts, answer.active))
    return best


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(s, marks=pytest.mark.slow) for s in (2, 3))])
def test_sides_are_within_the_certificate_of_the_best_of_all_combinations(seed: int) -> None:
    problem = small_problem(seed, 0.0, shared_groups=seed % 2)
    solution = solve(problem)
    truth = best_of_all(problem, (Choice.SELL, Choice.BUY))
    assert solution.bound <= truth + 1e-9, "the bound must hold for every combination"
    assert truth <= solution.objective + 1e-9
    assert solution.objective - truth <= 0.02 * (solution.nothing - truth)


@pytest.mark.parametrize("seed", range(3))
def test_minimum_trades_are_within_the_certificate_of_the_best_of_all_combinations(seed: int) -> None:
    problem = small_problem(10 + seed, 0.004)
    truth = best_of_all(problem, (Choice.NOTHING, Choice.SELL, Choice.BUY))
    solution = solve(problem)
    assert solution.bound <= truth + 1e-9
    assert truth <= solution.objective + 1e-9
    assert solution.objective - truth <= 0.25 * max(solution.nothing - truth, 0.0) + 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_no_name_or_identical_group_is_sold_at_a_loss_and_bought(seed: int) -> None:
    case = random_case(seed, shared_groups=4)
    problem = formulate(case.signals, case.mandate.with_changes(tracking_error_max=None, turnover_max=None), case.tax)
    solution = solve(problem)
    account = case.signals.account
    at_loss = (account.lot_gain_usd < 0) & (solution.plan.sells > 1e-9)
    groups = problem.identical_groups
    sold = set(groups[account.lot_name[at_loss]].tolist())
    bought = set(groups[solution.plan.buys > 1e-9].tolist())
    assert not sold & bought


@pytest.mark.parametrize("seed", range(6))
def test_any_prices_give_a_bound_that_holds(seed: int) -> None:
    g = np.random.default_rng(seed)
    problem = small_problem(20 + seed, 0.0)
    solution = solve(problem)
    names = PricedNames(problem.block)
    for _ in range(20):
        noise = replace(
            solution.prices,
            exposures=solution.prices.exposures + 0.05 * g.standard_normal(len(solution.prices.exposures)),
            rows=solution.prices.rows + 0.05 * g.standard_normal(len(solution.prices.rows)),
        )
        assert names.bound(names.sanitised(noise)) <= solution.objective + 1e-9


def test_a_cap_below_the_smallest_tracking_error_says_what_is_possible() -> None:
    case = random_case(3)
    mandate = case.mandate.with_changes(tracking_error_max=0.0001, name_band=case.mandate.name_band)
    with pytest.raises(
        InfeasibleError, match=r"cannot be reached: the other rules allow \d+\.\d bps at best"
    ) as caught:
        solve(formulate(case.signals, mandate, case.tax))
    smallest = caught.value.facts["smallest"]
    solution = solve(formulate(case.signals, mandate.with_changes(tracking_error_max=smallest * 1.02), case.tax))
    assert solution.residual <= 1e-6


def test_rules_that_contradict_each_other_are_named() -> None:
    case = random_case(5)
    account = replace(
        case.signals.account, can_buy=np.zeros(60, dtype=bool), lot_sellable=case.signals.account.lot_sellable
    )
    signals = replace(case.signals, account=account)
    mandate = case.mandate.with_changes(
        tracking_error_max=None, cash_min=0.0, cash_max=0.001, turnover_max=None, sector_band=None, factor_bands={}
    )
    with pytest.raises(InfeasibleError, match=r"Cash is at least 0\.00 % of the account after trading costs") as caught:
        solve(formulate(signals, mandate, case.tax))
    assert "cash" in caught.value.facts["rules"]


def test_a_cancelled_solve_returns_nothing() -> None:
    case = random_case(1)
    with pytest.raises(UnfinishedError, match="cancelled"):
        solve(formulate(case.signals, case.mandate, case.tax), cancel=lambda: True)


def test_a_solution_that_breaks_a_rule_refuses_itself() -> None:
    case = random_case(2)
    problem = formulate(case.signals, case.mandate.with_changes(tracking_error_max=None), case.tax)
    solution = solve(problem)
    search = search_for(problem.block, lambda: False, 1)
    amounts = problem.block.segments.width.copy()
    broken = judge(search.names, solution.choices, amounts, solution.prices, solver="none", counts=SolverCounts())
    with pytest.raises(UncertifiedError, match="breaks a limit"):
        broken.check(scale=1.0)
    idle = judge(
        search.names, solution.choices, np.zeros_like(amounts), solution.prices, solver="none", counts=SolverCounts()
    )
    assert idle.residual <= 1e-6, "doing nothing keeps the rules of this case, and only its gap can refuse it"
    with pytest.raises(UncertifiedError, match="away from its proved bound"):
        idle.check(scale=abs(solution.nothing - solution.objective))


@pytest.mark.parametrize("seed", range(6))
def test_groups_of_identical_names_are_proved_within_a_sliver(seed: int) -> None:
    problem = small_problem(seed, 0.0, shared_groups=2)
    truth = best_of_all(problem, (Choice.SELL, Choice.BUY))
    proved = solve(problem, exact=True)
    assert proved.bound <= truth + 1e-9, "a bound that counts a group's sides together still holds"
    assert truth - 1e-9 <= proved.objective <= truth + 1e-6
    assert proved.gap <= 1e-5 * abs(proved.benefit) + 1e-6


def test_gaps_of_accounts_with_identical_names_are_small() -> None:
    gaps = []
    for seed in range(6):
        case = random_case(seed, names=120, shared_groups=2)
        problem = formulate(case.signals, case.mandate.with_changes(tracking_error_max=None), case.tax)
        solution = solve(problem)
        gaps.append(solution.gap / (solution.nothing - solution.objective))
    assert max(gaps) <= 5e-3
