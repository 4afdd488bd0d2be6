"""The hot path against cvxpy with Clarabel: every kind of row, term and cost, and the hard names."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.convex_instances import solve_with_cvxpy
from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Block
from di_advisor.formulate.separable import Row
from di_advisor.solve import search_for
from di_advisor.solve.choices import relaxed
from di_advisor.solve.dual_newton import Certified, NotCertified, prepare
from di_advisor.solve.prices import PricedNames
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.reference import solve_reference
from di_advisor.solve.solution import FEASIBLE, objective_of
from di_advisor.testing.random_cases import random_case


def block_of(seed: int, **changes: object) -> Block:
    case = random_case(seed, shared_groups=seed % 3)
    mandate = case.mandate.with_changes(tracking_error_max=None, **changes)
    return formulate(case.signals, mandate, case.tax).block


def with_more_rows(block: Block, seed: int) -> Block:
    """A gain budget that reorders lots, a score, a carbon cut, an equality, and a turnover limit."""
    g = np.random.default_rng(seed)
    n, segments = len(block.active_lower), block.segments
    gain = np.where(segments.sell, np.where(segments.loss, 0.0, g.uniform(0.0, 0.6, len(segments))), 0.0)
    score, carbon = g.uniform(0, 10, n), g.lognormal(0, 1, n)
    active = block.holdings.active
    group = (g.random(n) < 0.3).astype(float)
    rows = (
        Row("gain budget", -np.inf, float(g.uniform(0.0, 0.002)), on_segments=gain),
        Row("score", float(score @ active + g.uniform(0.0, 0.05)), np.inf, on_active=score),
        Row("carbon", -np.inf, float(carbon @ active - g.uniform(0.0, 0.01)), on_active=carbon),
        Row("group", float(group @ active), float(group @ active), on_active=group),
        Row("turnover", -np.inf, 0.1, on_segments=np.full(len(segments), 0.5)),
    )
    keep = g.random(len(rows)) < 0.7
    return replace(block, rows=(*block.rows, *(r for r, k in zip(rows, keep, strict=True) if k)))


def assert_equal_to_cvxpy(block: Block) -> None:
    block = replace(block, rows=tuple(replace(row, reserve=0.0) for row in block.rows))  # cvxpy keeps none
    found = prepare(block).solve()
    if isinstance(found, NotCertified):
        assert QuadraticProgram(block, relaxed(block)).solve(block.aversion).status == "infeasible", found.reason
        return
    nothing = block.aversion * block.risk.variance_per_year(block.holdings.active)
    reference = solve_with_cvxpy(block, 1e-9)
    size = max(abs(reference), abs(nothing - reference))
    ours = objective_of(block, found.amounts, found.active)
    assert ours == pytest.approx(found.objective, abs=1e-12)
    assert ours == pytest.approx(reference, abs=1e-6 * size)
    assert found.bound <= ours + 1e-9 * size
    assert_kept(block, found)


def assert_kept(block: Block, found: Certified) -> None:
    """Every limit, from the amounts alone."""
    segments = block.segments
    assert (found.amounts >= 0).all()
    assert (found.amounts <= segments.width + 1e-12).all()
    trade = np.bincount(segments.name, weights=segments.sign * found.amounts, minlength=len(block.active_lower))
    z = block.holdings.active + trade
    moved = trade != 0
    assert (z[moved] <= block.active_upper[moved] + FEASIBLE).all()
    assert (z[moved] >= block.active_lower[moved] - FEASIBLE).all()
    e = block.risk.exposures.T @ z
    assert (e <= block.exposure_upper + 1e-9).all()
    assert (e >= block.exposure_lower - 1e-9).all()
    for row in block.rows:
        value = 0.0 if row.on_active is None else row.on_active @ z
        value += 0.0 if row.on_segments is None else row.on_segments @ found.amounts
        assert row.lower - 1e-9 <= value <= row.upper - row.reserve + 1e-9, row.rule


@pytest.mark.parametrize("seed", range(30))
def test_the_relaxation_of_a_random_mandate(seed: int) -> None:
    assert_equal_to_cvxpy(block_of(seed))


@pytest.mark.parametrize("seed", range(40))
def test_budgets_scores_equalities_and_turnover_together(seed: int) -> None:
    assert_equal_to_cvxpy(with_more_rows(block_of(200 + seed), seed))


@pytest.mark.parametrize("seed", range(8))
def test_a_turnover_limit_that_rations_losses_sold_and_bought_back(seed: int) -> None:
    """The dual has a kink at the price where one such pair is worth half making."""
    assert_equal_to_cvxpy(block_of(300 + seed, turnover_max=0.05 + 0.01 * seed))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("variance", [1e-4, 1e-8])
def test_names_with_next_to_no_specific_risk(seed: int, variance: float) -> None:
    block = block_of(400 + seed)
    own = block.risk.specific_variance_per_year.copy()
    own[np.random.default_rng(seed).random(len(own)) < 0.1] = variance
    assert_equal_to_cvxpy(replace(block, risk=replace(block.risk, specific_variance_per_year=own)))


@pytest.mark.parametrize("seed", range(4))
def test_a_price_of_risk_of_almost_nothing_is_certified_or_handed_over(seed: int) -> None:
    block = replace(block_of(500 + seed), aversion=1e-5)
    answer = QuadraticProgram(block, relaxed(block)).solve(block.aversion)
    assert answer.status == "solved"
    other = QuadraticProgram(block, relaxed(block))
    other._by_dual_newton = lambda *_: other._nothing("failed", "PIQP")  # type: ignore[method-assign]
    theirs = other.solve(block.aversion)
    ours = objective_of(block, answer.amounts, answer.active)
    assert ours <= objective_of(block, theirs.amounts, theirs.active) + 1e-8


@pytest.mark.parametrize("seed", range(12))
def test_the_exact_power_of_impact(seed: int) -> None:
    case = random_case(seed, shared_groups=seed % 3)
    mandate = case.mandate if seed % 2 else case.mandate.with_changes(tracking_error_max=None)
    problem = formulate(case.signals, mandate, case.tax, exact_impact=True)
    try:
        solution = search_for(problem.block, lambda: False, 2).run()
    except InfeasibleError:
        return
    reference = solve_reference(problem, solution.choices)
    size = max(abs(reference.objective), abs(solution.nothing - reference.objective))
    assert solution.objective == pytest.approx(reference.objective, abs=1e-6 * size)
    by_terms = sum(term.value_usd(solution.plan) for term in problem.terms) / problem.block.holdings.value_usd
    assert by_terms == pytest.approx(solution.objective, abs=1e-7 * size)


@pytest.mark.parametrize("seed", range(10))
def test_chords_cost_no_less_than_the_power_they_stand_for(seed: int) -> None:
    case = random_case(seed)
    mandate = case.mandate.with_changes(tracking_error_max=None)
    chords, exact = (formulate(case.signals, mandate, case.tax, exact_impact=flag).block for flag in (False, True))
    upper = search_for(chords, lambda: False, 2).run()
    names = PricedNames(exact)
    assert names.bound(names.sanitised(upper.prices)) <= upper.objective + 1e-9
