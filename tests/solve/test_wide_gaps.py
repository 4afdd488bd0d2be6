"""Searches that end far from their bound are branched on, and a name that must leave is never held to stand still."""

from __future__ import annotations

import numpy as np
import pytest

from di_advisor.formulate import formulate
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.solve import search_for, solve, solve_localised
from di_advisor.solve.choice_tree import options_of
from di_advisor.solve.choices import Choice
from di_advisor.solve.solution import FEASIBLE
from di_advisor.testing.random_cases import random_case
from tests.solve.agreement import problem_of
from tests.solve.whole_worlds import whole_world

WIDE = 0.03


@pytest.mark.parametrize(("seed", "better"), [(163, 6e-3), (20, 9e-5), (124, 0.0)])
def test_a_gap_that_a_search_leaves_wide_is_closed_by_a_few_nodes(seed: int, better: float) -> None:
    problem = problem_of(whole_world(seed))
    assert schedule_d_of(problem) is None
    alone = search_for(problem.block, lambda: False, 12).run()
    assert alone.gap > WIDE * alone.benefit, "the case no longer shows what it is for"
    found = solve(problem)
    assert found.gap <= WIDE * found.benefit
    assert found.bound >= alone.bound
    assert found.objective <= alone.objective - better
    assert found.residual <= FEASIBLE


def test_a_search_that_ends_near_its_bound_costs_no_nodes() -> None:
    case = random_case(1, names=30)
    problem = formulate(case.signals, case.mandate.with_changes(min_trade_weight=1e-3), case.tax)
    alone = search_for(problem.block, lambda: False, 12).run()
    assert alone.gap <= WIDE * alone.benefit
    assert solve_localised(problem)[1].solves == alone.solves


def test_a_name_that_must_leave_is_sold_in_every_branch_of_a_proof() -> None:
    problem = problem_of(whole_world(101))
    block = problem.block
    outside = block.holdings.active > block.active_upper + FEASIBLE
    assert outside.any()
    for name in np.flatnonzero(outside).tolist():
        assert int(Choice.NOTHING) not in options_of(block)[name]
        assert int(Choice.SELL) in options_of(block)[name]
    found = solve(problem, exact=True, nodes_max=12)
    assert found.residual <= FEASIBLE
    assert found.bound <= found.objective
