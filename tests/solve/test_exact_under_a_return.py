"""Branching until proved under the whole Schedule D and budgets: the best of all choices and cells, and proved so."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, NameBand
from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.solve import solve
from di_advisor.solve.choice_tree import options_of
from di_advisor.solve.choices import Choice
from di_advisor.solve.solution import FEASIBLE
from di_advisor.testing.random_cases import random_case
from tests.solve.filers import best_by_cells, random_filer


@pytest.mark.parametrize(
    ("seed", "budget", "least"),
    [
        (0, "", 0.0),
        pytest.param(2, "tax_budget_usd", 0.0, marks=pytest.mark.slow),
        pytest.param(3, "", 0.01, marks=pytest.mark.slow),
    ],
)
def test_the_proved_plan_is_the_best_of_all_choices_in_all_cells(seed: int, budget: str, least: float) -> None:
    g = np.random.default_rng(900 + seed)
    value = float(np.exp(g.uniform(np.log(1e5), np.log(3e6))))
    case = random_case(900 + seed, names=3, lots_a_name=2, value_usd=value, shared_groups=seed % 2)
    mandate = Mandate(
        risk_aversion=20.0,
        name_band=NameBand(active_max=0.3),
        cash_min=0.001,
        cash_max=0.1,
        min_trade_weight=least,
        **({budget: Decimal(int(value * 0.002))} if budget else {}),
    )
    problem = formulate(case.signals, mandate, random_filer(g))
    tax = schedule_d_of(problem)
    assert tax is not None
    losses, groups = problem.block.segments.names_with_losses(3), problem.block.groups
    best = np.inf
    for picked in product(*(o if len(o) == 1 else tuple(dict.fromkeys((*o, 0))) for o in options_of(problem.block))):
        choices = np.array(picked, dtype=np.int64)
        sold = set(groups[losses & (choices == Choice.SELL)].tolist())
        if not sold & set(groups[choices == Choice.BUY].tolist()):
            best = min(best, best_by_cells(problem, tax, choices))
    found = solve(problem, exact=True)
    benefit = found.nothing - found.objective
    assert found.bound <= best + 2e-8
    assert abs(found.objective - best) <= 2e-5 * benefit + 1e-7
    assert found.gap <= 2e-5 * benefit + 2e-7
    assert found.residual <= FEASIBLE


def test_a_budget_of_nodes_that_runs_out_leaves_a_true_bound() -> None:
    g = np.random.default_rng(5)
    case = random_case(31, names=12, lots_a_name=2)
    mandate = Mandate(risk_aversion=20.0, min_trade_weight=0.01, cash_max=0.05)
    problem = formulate(case.signals, mandate, random_filer(g))
    usual, short = solve(problem), solve(problem, exact=True, nodes_max=3)
    assert short.bound >= usual.bound - 1e-9
    assert short.objective <= usual.objective + 1e-9
    assert short.bound <= short.objective


def test_a_budget_that_no_plan_keeps_is_infeasible_for_the_proof_too() -> None:
    case = random_case(31, names=6, lots_a_name=2)
    mandate = Mandate(risk_aversion=20.0, gain_budget_usd=Decimal(-10_000_000), cash_max=0.05)
    problem = formulate(case.signals, mandate, random_filer(np.random.default_rng(5)))
    with pytest.raises(InfeasibleError, match="gain"):
        solve(problem, exact=True)
