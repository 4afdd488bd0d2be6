"""Limits on numbers of names and trades: against all combinations, and on the sizes they are meant for."""

import itertools
import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.formulate.count_rules import MaximumNames, MaximumTrades
from di_advisor.formulate.problem import Problem
from di_advisor.solve import Solution, search_for, solve
from di_advisor.solve.baseline import baseline_objective, names_that_stay
from di_advisor.solve.choices import Choice
from di_advisor.solve.counting import Counting
from di_advisor.solve.exact import prove
from di_advisor.solve.prices import PricedNames
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.reference import solve_reference
from di_advisor.solve.solution import FEASIBLE, objective_of, residual_of
from di_advisor.testing.random_cases import random_case

CHOICES = (Choice.NOTHING, Choice.SELL, Choice.BUY, Choice.EXIT)


def counted_problem(
    seed: int,
    *,
    names: int = 6,
    max_names: int | None = 3,
    max_trades: int | None = None,
    minimum: float = 0.0,
    cash_max: float = 0.1,
) -> Problem:
    """A small account with everything but cash and numbers left open."""
    case = random_case(seed, names=names, lots_a_name=2, styles=2)
    mandate = case.mandate.with_changes(
        tracking_error_max=None,
        name_band=type(case.mandate.name_band)(active_max=0.6),
        min_trade_weight=minimum,
        max_names=max_names,
        max_trades=max_trades,
        sector_band=None,
        factor_bands={},
        turnover_max=None,
        participation_max=None,
        cash_min=0.0,
        cash_max=cash_max,
    )
    free = np.ones(len(case.signals.account.lots), dtype=np.bool_)
    account = replace(case.signals.account, lot_sellable=free, can_sell=np.ones(names, dtype=np.bool_))
    return formulate(replace(case.signals, account=account), mandate, case.tax)


def combinations(problem: Problem) -> list[np.ndarray]:
    """Every combination of choices within the numbers."""
    block, counting = problem.block, Counting(problem.block)
    losses = block.segments.names_with_losses(len(block.active_lower))
    found = []
    for combination in itertools.product(CHOICES, repeat=len(block.active_lower)):
        choices = np.array(combination, dtype=np.int64)
        if ((choices == Choice.EXIT) & ~counting.can_leave).any():
            continue
        if block.min_trade.any() is np.False_ and ((choices == Choice.SELL) & ~losses).any():
            continue  # buying leaves such a name free to sell its gains
        if block.names_max is not None and counting.held(choices) > block.names_max:
            continue
        if block.trades_max is not None and counting.traded(choices) > block.trades_max:
            continue
        found.append(choices)
    return found


def best_of_all(problem: Problem) -> float:
    best = np.inf
    for choices in combinations(problem):
        answer = QuadraticProgram(problem.block, choices).solve(problem.block.aversion)
        if answer.status == "solved":
            best = min(best, objective_of(problem.block, answer.amounts, answer.active))
    return best


@pytest.mark.parametrize(
    ("seed", "max_names", "max_trades", "minimum"),
    [(0, 2, None, 0.0), (1, 3, None, 0.004), (2, None, 2, 0.0), (3, 3, 3, 0.0), (5, 2, 4, 0.004)],
)
def test_counts_are_within_the_certificate_of_the_best_of_all_combinations(
    seed: int, max_names: int | None, max_trades: int | None, minimum: float
) -> None:
    problem = counted_problem(seed, names=4, max_names=max_names, max_trades=max_trades, minimum=minimum)
    truth = best_of_all(problem)
    solution = solve(problem)
    proved = solve(problem, exact=True)
    assert proved.objective == pytest.approx(truth, abs=1e-7)
    assert proved.objective - 2e-7 <= proved.bound <= truth + 1e-9
    assert np.isfinite(truth)
    assert solution.bound <= truth + 1e-9, "the bound must hold for every combination"
    assert truth <= solution.objective + 1e-9
    assert solution.objective - truth <= 0.1 * max(abs(solution.nothing - truth), abs(truth))
    assert residual_of(problem.block, solution.choices, amounts_of(problem, solution), active_of(problem, solution)) < 1


@pytest.mark.parametrize("seed", [0, 4])
def test_the_reference_finds_nothing_better_in_any_combination(seed: int) -> None:
    problem = counted_problem(seed, names=4, max_names=2)
    best = np.inf
    for choices in combinations(problem):
        try:
            best = min(best, solve_reference(problem, choices).objective)
        except InfeasibleError:
            continue
    solution = solve(problem)
    assert solution.bound <= best + 1e-7
    assert best <= solution.objective + 1e-7
    assert solution.objective <= best + 0.05 * abs(best)


def active_of(problem: Problem, solution: Solution) -> np.ndarray:
    return problem.block.holdings.active + solution.plan.net(problem.block.holdings.lot_name)


def amounts_of(problem: Problem, solution: Solution) -> np.ndarray:
    """The plan again by segments, filled in order."""
    segments = problem.block.segments
    amounts = np.zeros(len(segments))
    left = {("lot", i): s for i, s in enumerate(solution.plan.sells.tolist())}
    left |= {("name", i): b for i, b in enumerate(solution.plan.buys.tolist())}
    for j in range(len(segments)):
        key = ("lot", int(segments.lot[j])) if segments.sell[j] else ("name", int(segments.name[j]))
        amounts[j] = min(left[key], segments.width[j])
        left[key] -= amounts[j]
    return amounts


@pytest.mark.parametrize("seed", range(8))
def test_plans_with_sold_out_names_agree_with_the_reference(seed: int) -> None:
    problem = counted_problem(20 + seed, names=24, max_names=14, max_trades=20, minimum=0.001 if seed % 2 else 0.0)
    solution = solve(problem)
    assert (solution.choices == Choice.EXIT).any()
    reference = solve_reference(problem, solution.choices)
    size = max(abs(reference.objective), abs(solution.nothing - reference.objective))
    assert solution.objective == pytest.approx(reference.objective, abs=1e-6 * size)
    held = active_of(problem, solution) + problem.block.holdings.target > 1e-9
    traded = np.abs(solution.plan.net(problem.block.holdings.lot_name)) > 1e-9
    assert held.sum() <= 14
    assert traded.sum() <= 20
    for rule in problem.rules:
        assert rule.slack(solution.plan) >= -FEASIBLE, rule.sentence


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 30), draw=st.integers(0, 10**6))
def test_no_plan_within_the_numbers_is_better_than_the_bound_at_any_prices(seed: int, draw: int) -> None:
    g = np.random.default_rng(draw)
    problem = counted_problem(seed, names=8, max_names=5, max_trades=6, minimum=0.002 * (seed % 2), cash_max=0.3)
    block, counting = problem.block, Counting(problem.block)
    names = PricedNames(block)
    choices = g.choice([int(c) for c in CHOICES], size=8)
    choices = np.where((choices == Choice.EXIT) & ~counting.can_leave, int(Choice.NOTHING), choices)
    choices = counting.kept(choices, np.where(np.arange(8) == Choice.EXIT, 0.1, 0.0) + g.random((8, 8)) * 0.01)
    choices = np.where((choices == Choice.EXIT) & ~counting.can_leave, int(Choice.NOTHING), choices)
    if counting.held(choices) > 5 or counting.traded(choices) > 6:
        return
    answer = QuadraticProgram(block, choices).solve(block.aversion)
    if answer.status != "solved" or residual_of(block, choices, answer.amounts, answer.active) > FEASIBLE:
        return
    objective = objective_of(block, answer.amounts, answer.active)
    clean = names.sanitised(answer.known_prices)
    for scale in (0.0, 0.01, 0.1):
        noisy = replace(
            clean,
            exposures=clean.exposures + scale * g.standard_normal(len(clean.exposures)),
            rows=clean.rows + scale * g.standard_normal(len(clean.rows)),
        )
        noisy = names.sanitised(noisy)
        noisy = replace(noisy, held=noisy.held * g.uniform(0, 2), traded=noisy.traded * g.uniform(0, 2))
        assert names.bound(noisy) <= objective + 1e-9


def test_the_best_prices_of_counts_are_no_worse_than_any_others() -> None:
    problem = counted_problem(7, names=30, max_names=12, max_trades=20)
    names = PricedNames(problem.block)
    found = QuadraticProgram(problem.block, np.full(30, int(Choice.EITHER))).solve(problem.block.aversion)
    best = names.sanitised(found.known_prices)
    top = names.bound(best)
    assert best.held > 0
    for factor in (0.0, 0.5, 0.9, 1.1, 2.0):
        assert names.bound(replace(best, held=best.held * factor)) <= top + 1e-12
        assert names.bound(replace(best, traded=best.traded * factor)) <= top + 1e-12


def test_names_that_cannot_be_sold_out_are_told_before_anything_is_solved() -> None:
    problem = counted_problem(1, names=12, max_names=4)
    lots = problem.block.holdings.lot_name
    locked = replace(problem.block.segments, width=np.where(lots[problem.block.segments.lot] < 0, 0.0, 0.5 * 1e-3))
    stuck = replace(problem, blocks=(replace(problem.block, segments=locked),))
    with pytest.raises(
        InfeasibleError, match=r"At most 4 names may be held, and \d+ of the \d+ held cannot be sold out"
    ):
        solve(stuck)


def test_more_names_to_sell_out_than_trades_allowed_is_told() -> None:
    problem = counted_problem(1, names=12, max_names=4, max_trades=3)
    with pytest.raises(InfeasibleError, match=r"have to be sold out, and at most 3 names may trade") as caught:
        solve(problem)
    assert caught.value.facts["trades_max"] == 3


def test_numbers_that_other_rules_do_not_go_with_are_proved_impossible() -> None:
    case = random_case(3, names=40, lots_a_name=2)
    mandate = case.mandate.with_changes(
        tracking_error_max=None,
        max_names=10,
        turnover_max=0.02,
        sector_band=None,
        factor_bands={},
        name_band=type(case.mandate.name_band)(),
    )
    free = np.ones(len(case.signals.account.lots), dtype=np.bool_)
    account = replace(case.signals.account, lot_sellable=free, can_sell=np.ones(40, dtype=np.bool_))
    problem = formulate(replace(case.signals, account=account), mandate, case.tax)
    with pytest.raises(InfeasibleError, match="At most 10 names are held after trading") as caught:
        solve(problem)
    assert set(caught.value.facts["rules"]) == {"turnover", "number of names"}
    assert caught.value.facts["irreducible"]


def test_the_baseline_is_doing_nothing_where_that_is_allowed() -> None:
    problem = counted_problem(2, names=12, max_names=12)
    solution = solve(problem)
    assert baseline_objective(problem.block) == pytest.approx(solution.nothing)
    assert solution.benefit == pytest.approx(solution.nothing - solution.objective)


def test_the_baseline_sells_out_the_smallest_holdings_and_keeps_the_rules() -> None:
    problem = counted_problem(2, names=12, max_names=5)
    stays = names_that_stay(problem.block)
    held = problem.block.holdings.held
    assert stays.sum() == 5
    assert held[stays].min() >= held[~stays].max()
    baseline = baseline_objective(problem.block)
    solution = solve(problem)
    assert baseline is not None
    assert solution.baseline == pytest.approx(baseline)
    assert solution.bound <= baseline, "the baseline is a plan like any other"
    assert solution.benefit > 0


def test_the_rules_measure_and_say_what_they_limit() -> None:
    problem = counted_problem(2, names=12, max_names=5, max_trades=12)
    names = next(r for r in problem.rules if isinstance(r, MaximumNames))
    trades = next(r for r in problem.rules if isinstance(r, MaximumTrades))
    nothing = problem.block.holdings.nothing()
    assert names.measure(nothing) == (problem.block.holdings.held > 0).sum()
    assert names.slack(nothing) == 5 - names.measure(nothing)
    assert names.binds(nothing)
    assert trades.measure(nothing) == 0
    assert trades.slack(nothing) == 12
    assert not trades.binds(nothing)
    assert names.sentence == "At most 5 names are held after trading."
    assert trades.sentence == "At most 12 names trade."


def test_the_same_problem_gives_the_same_plan_again() -> None:
    problem = counted_problem(9, names=40, max_names=20, max_trades=30, minimum=0.001)
    one, other = solve(problem), solve(problem)
    assert (one.choices == other.choices).all()
    assert one.objective == other.objective
    assert one.bound == other.bound


def test_branch_and_bound_proves_an_account_of_sixty_names() -> None:
    problem = counted_problem(11, names=60, max_names=25, minimum=0.002)
    fast, proved = solve(problem), solve(problem, exact=True, nodes_max=60)
    assert proved.objective <= fast.objective
    assert proved.bound >= fast.bound - 1e-12
    assert proved.gap <= 1e-5 * abs(proved.benefit) + 2e-7


def test_a_budget_of_nodes_that_runs_out_leaves_the_plan_with_its_bound() -> None:
    problem = counted_problem(0, names=4, max_names=2)
    proof = prove(search_for(problem.block, lambda: False, 12), nodes_max=2, tolerance=0.0)
    assert proof.nodes <= 3
    assert proof.solution.bound <= best_of_all(problem) + 1e-9


def test_the_gap_is_small_at_the_sizes_that_counts_are_meant_for() -> None:
    gaps = []
    for seed in range(6):
        case = random_case(300 + seed, names=200, lots_a_name=3, styles=6)
        mandate = case.mandate.with_changes(
            tracking_error_max=None,
            max_names=90,
            turnover_max=None,
            sector_band=None,
            name_band=type(case.mandate.name_band)(active_max=0.05),
        )
        solution = search_for(formulate(case.signals, mandate, case.tax).block, lambda: False, 12).run()
        gaps.append(solution.gap / solution.benefit)
    assert statistics.median(gaps) <= 5e-3
    assert max(gaps) <= 3e-2
