"""Own terms for cones beside the whole Schedule D, budgets, priced wash sales, and exactness: brute force agrees."""

from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np
import own_wishes_under_test as wishes
import own_wishes_world as world
import pytest

from di_advisor.domain.mandate import Mandate, NameBand
from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate import formulate
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.wash_prices import WashPrices
from di_advisor.formulate.wash_term import WashDeferral
from di_advisor.solve import Solution, solve, solve_localised
from di_advisor.solve.choices import Choice
from di_advisor.solve.opaque import objective_on, residual_on
from di_advisor.solve.reference import solve_reference
from di_advisor.solve.solution import FEASIBLE
from di_advisor.testing.random_cases import random_case
from tests.solve.filers import best_by_cells, random_filer

PLAIN = Mandate(risk_aversion=20.0, name_band=NameBand(active_max=0.3), cash_min=0.001, cash_max=0.1)
OWN: tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...] = (
    ((wishes.Crowding(),), ()),
    ((wishes.Kinked(),), ()),
    ((), (wishes.Disk(0.8),)),
)
NAMES = 3


def filed(seed: int, **wish: Any) -> Problem:
    """A tiny account of a random filer with one own wish for cones."""
    g = np.random.default_rng(900 + seed)
    value = float(np.exp(g.uniform(np.log(1e5), np.log(3e6))))
    case = random_case(900 + seed, names=NAMES, lots_a_name=2, value_usd=value)
    mandate = PLAIN.with_changes(min_trade_weight=0.01 if seed % 2 else 0.0, **wish)
    if seed % 3 == 1:
        mandate = mandate.with_changes(gain_budget_usd=Decimal(int(value * g.uniform(-0.01, 0.02))))
    if seed % 3 == 2:
        mandate = mandate.with_changes(tax_budget_usd=Decimal(int(value * g.uniform(0, 0.005))))
    return formulate(case.signals, mandate, random_filer(g), own=OwnWishes(*OWN[seed // 2 % 3]))


def washed(seed: int) -> Problem:
    """A tiny account where every name has washable shares on both sides, at constant rates."""
    case = random_case(seed, names=NAMES, lots_a_name=2)
    found = formulate(case.signals, PLAIN, case.tax, own=OwnWishes(*OWN[seed % 3]))
    g, block = np.random.default_rng(seed), found.block
    prices = WashPrices(
        buy_width=g.uniform(0, 0.05, NAMES),
        buy_price=g.uniform(0, 0.06, NAMES),
        sell_width=block.holdings.held * g.uniform(0, 0.6, NAMES),
        sell_price=g.uniform(0, 0.1, NAMES),
    )
    losing = case.signals.account.lot_gain_usd < 0
    term = WashDeferral(block.holdings, prices, losing)
    return replace(found, blocks=(replace(block, wash=prices),), terms=(*found.terms, term))


def least_of_all(problem: Problem) -> float:
    """The best objective over all choices, each in cvxpy, each cell of the tax by itself."""
    losses = problem.block.segments.names_with_losses(NAMES)
    still = [Choice.NOTHING] if problem.block.min_trade.any() else []
    beyond = [] if problem.block.wash is None else [Choice.SELL_BEYOND, Choice.BUY_BEYOND]
    tax, best = schedule_d_of(problem), np.inf
    for picked in product(*([*still, Choice.SELL, Choice.BUY, *beyond] for _ in losses)):
        choices = np.array(picked, dtype=np.int64)
        try:
            found = solve_reference(problem, choices).objective if tax is None else best_by_cells(problem, tax, choices)
        except (InfeasibleError, UncertifiedError):
            continue
        best = min(best, found)
    return best


def check(problem: Problem, solution: Solution, best: float, gap: float) -> None:
    assert solution.bound <= best + 2e-8
    assert best - 1e-7 <= solution.objective
    assert solution.objective - best <= gap * max(solution.nothing - best, 1e-9) + 1e-7
    assert residual_on(problem, solution.plan) <= FEASIBLE
    assert solution.objective == pytest.approx(objective_on(problem, solution.plan), abs=1e-12)


@pytest.mark.parametrize("seed", [0, 2, pytest.param(10, marks=pytest.mark.slow)])
def test_under_a_whole_return_the_plan_and_its_bound_hold_against_brute_force(seed: int) -> None:
    problem = filed(seed)
    best = least_of_all(problem)
    if np.isinf(best):
        with pytest.raises(InfeasibleError):
            solve(problem)
        return
    check(problem, solve(problem), best, 0.02)
    proved = solve(problem, exact=True)
    check(problem, proved, best, 2e-5)
    assert proved.gap <= 2e-5 * (proved.nothing - proved.objective) + 2e-7


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_with_wash_sales_priced_the_plan_and_its_bound_hold_against_brute_force(seed: int) -> None:
    problem = washed(seed)
    best = least_of_all(problem)
    check(problem, solve(problem), best, 0.05)
    proved = solve(problem, exact=True)
    check(problem, proved, best, 2e-5)
    assert proved.gap <= 2e-5 * (proved.nothing - proved.objective) + 2e-7


def test_the_problem_that_comes_back_stands_at_the_rates_of_the_plan() -> None:
    problem = filed(1)
    local, solution = solve_localised(problem)
    there, law = schedule_d_of(local), schedule_d_of(problem)
    assert there is not None
    assert law is not None
    at_rates = there.gains.taxed(there.rates) @ solution.plan.sells + there.offset
    assert at_rates * there.holdings.value_usd == pytest.approx(law.value_usd(solution.plan), abs=0.01)
    assert local.opaque_terms == problem.opaque_terms


@pytest.mark.parametrize("budget", ["gain_budget_usd", pytest.param("tax_budget_usd", marks=pytest.mark.slow)])
def test_a_proposal_with_own_wishes_files_a_return_keeps_its_budget_and_answers_questions(budget: str) -> None:
    mandate = world.PLAIN.with_changes(**{budget: Decimal(300)})
    filer = random_filer(np.random.default_rng(2))
    workspace = replace(world.opened(5, mandate, 12, terms=(wishes.Crowding(),)), tax=filer)
    proposal = workspace.propose()
    assert proposal.trade_list
    assert "cvxpy and Clarabel" in proposal.certificate.solver
    assert 0 <= proposal.certificate.rounded_gap_usd <= 0.02 * float(proposal.benefit_usd)
    assert min(rule.slack for rule in proposal.checks) >= -2e-6
    tax = proposal.after.objective_usd["tax"] - proposal.before.objective_usd["tax"]
    if budget == "tax_budget_usd":
        assert tax <= Decimal("300.5")
    said = [r.sentence for s in workspace.signals.market.universe.security_ids[:3] for r in workspace.why_not(s)]
    assert said
    assert not [x for x in said if "could not be reckoned" in x]
    assert workspace.what_if(risk_aversion=40.0).certificate.gap_usd >= 0
