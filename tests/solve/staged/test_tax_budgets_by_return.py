"""A budget of tax over stages by the whole return: kept after every stage, and equal to trying all there is."""

import contextlib
import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from di_advisor.domain.transition import TransitionWish
from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import StagedProblem
from di_advisor.ledger.tax_return import ReturnInputs, compute_return, known_tax_years
from di_advisor.propose.planned import Clock, never, silent
from di_advisor.propose.transition_plan import plan_transition
from di_advisor.solve.staged.assemble import build
from di_advisor.solve.staged.convex import solve_layout
from di_advisor.solve.staged.judge import breaches
from di_advisor.solve.staged.search import solve_staged
from tests.solve.staged.test_returns_over_stages import HELD, LATER, LOTS, MANDATE, MODEST, RICH, staged

ENOUGH = 2e-4
LOSING = replace(MODEST, net_short_usd=Decimal(-9_000), net_long_usd=Decimal(-4_000))
CASES = [
    (MODEST, {2026: "2000", 2027: "500"}),
    (MODEST, {2026: "-300"}),
    (RICH, {2026: "3000"}),
    (LOSING, {2026: "1000", 2027: "800"}),
]


def running_taxes(problem: StagedProblem, filer: ReturnInputs, plans: tuple[Plan, ...]) -> list[tuple[int, float]]:
    """Year and total of its return after each stage, carryovers of the finished years entered into the next."""
    value, found, inputs = problem.holdings.value_usd, [], filer
    for year in sorted({leg.on.year for leg in problem.legs}):
        tabled = max(y for y in known_tax_years() if y <= year)
        terms, done = [Fraction(inputs.net_short_usd), Fraction(inputs.net_long_usd)], None
        for leg, plan in zip(problem.legs, plans, strict=True):
            if leg.on.year == year:
                for at, of_term in enumerate((~leg.long_term, leg.long_term)):
                    terms[at] += Fraction(float(leg.gain[of_term] @ plan.sells[of_term]) * value)
                year_so_far = replace(inputs, tax_year=tabled, net_short_usd=terms[0], net_long_usd=terms[1])
                done = compute_return(year_so_far)
                found.append((year, float(done.total_usd)))
        assert done is not None
        carried = {"carryover_short_usd": done.short_carryover_usd, "carryover_long_usd": done.long_carryover_usd}
        inputs = replace(inputs, net_short_usd=Decimal(0), net_long_usd=Decimal(0), **carried)
    return found


def over_by_hand(problem: StagedProblem, filer: ReturnInputs, plans: tuple[Plan, ...], wish: dict[int, str]) -> float:
    """Dollars by which the budget that is passed most is passed, by the returns themselves."""
    mine, nothing = running_taxes(problem, filer, plans), running_taxes(problem, filer, problem.nothing())
    pairs = zip(mine, nothing, strict=True)
    return max(tax - still - float(wish[year]) for (year, tax), (_, still) in pairs if year in wish)


@pytest.mark.parametrize(("filer", "budget"), CASES)
def test_no_plan_on_a_grid_keeps_the_budget_of_tax_and_is_better(filer: ReturnInputs, budget: dict[int, str]) -> None:
    problem = staged(filer, tax_budget_usd=budget)
    free = solve_staged(staged(filer), nodes=400)
    solution = solve_staged(problem, nodes=400)
    h = problem.holdings
    assert over_by_hand(problem, filer, free.plans, budget) > 1.0  # the budget asks for something
    assert over_by_hand(problem, filer, solution.plans, budget) <= 0.02
    assert max(breaches(problem, solution.plans).values()) <= 1e-6
    assert solution.objective > free.bound
    benefit = problem.objective(problem.nothing()) - solution.objective
    assert solution.gap <= ENOUGH * max(benefit, abs(solution.objective))
    best, g = np.inf, np.random.default_rng(7)
    near = np.array([p.sells / h.lot_weight for p in solution.plans])
    for trial in range(150):
        shares = near * g.uniform(0.85, 1.0) + g.normal(0, 0.01, near.shape) if trial % 2 else g.random(near.shape)
        shares = np.clip(shares, 0.0, 1.0)
        shares = shares / np.maximum(shares.sum(axis=0), 1.0)
        plans = []
        for s in range(3):
            sells = shares[s] * h.lot_weight
            split = solution.plans[s].buys / max(float(solution.plans[s].buys.sum()), 1e-12)
            plans.append(Plan(sells, split * max(float(sells.sum()) * 0.999 - 2e-6, 0.0)))
        kept = {rule: over for rule, over in breaches(problem, tuple(plans)).items() if rule != "tax budget"}
        objective = problem.objective(tuple(plans))
        better = objective < best and max(kept.values()) <= 1e-9
        if better and over_by_hand(problem, filer, tuple(plans), budget) <= 0:
            best = objective
    assert best < np.inf
    assert best >= solution.bound - 1e-9
    assert best >= solution.objective - ENOUGH * max(benefit, abs(solution.objective))


def test_pieces_of_the_tax_and_of_the_year_so_far_equal_trying_them_all() -> None:
    problem = staged(MODEST, (date(2026, 12, 31),), tax_budget_usd={2026: "2000"})
    assert problem.taxes is not None
    solution = solve_staged(problem, nodes=400)
    size = len(problem.taxes.years[0].pieces)
    values = []
    for pattern in itertools.product(range(size), repeat=2):  # the whole year, and what its first stage leaves
        pieces = tuple(np.arange(size) == at for at in pattern)
        layout = build(problem, replace(solution.choices, pieces=pieces))
        with contextlib.suppress(InfeasibleError, UncertifiedError):
            values.append(solve_layout(problem, layout).bound)
    size_of = max(abs(solution.objective), problem.objective(problem.nothing()) - solution.objective)
    assert len(values) > 10
    assert min(values) == pytest.approx(solution.objective, abs=ENOUGH * size_of)
    assert solution.bound <= min(values) + 1e-9


def test_a_year_does_not_lean_on_losses_of_a_later_stage() -> None:
    budget = {2026: "50"}
    problem = staged(MODEST, tax_budget_usd=budget)
    h = problem.holdings
    gain, loss = np.zeros(len(LOTS)), np.zeros(len(LOTS))
    gain[3], loss[1] = h.lot_weight[3], h.lot_weight[1]
    later, sooner = (
        (Plan(gain, np.zeros(3)), Plan(loss, np.zeros(3))),
        (Plan(loss, np.zeros(3)), Plan(gain, np.zeros(3))),
    )
    nothing = h.nothing()
    assert problem.taxes is not None
    first, second = problem.taxes.limits({2026: 50 / h.value_usd})
    assert (first.ends, second.ends) == (False, True)
    for plans in (later, sooner):
        whole = (*plans, nothing)
        passed = breaches(problem, whole)["tax budget"] * h.value_usd
        assert passed == pytest.approx(over_by_hand(problem, MODEST, whole, budget), abs=0.02)


def test_todays_orders_keep_the_budget_of_tax_and_say_so() -> None:
    wish = TransitionWish(LATER, tax_budget_usd={2026: "2000", 2027: "900"})
    plan = plan_transition(HELD, MANDATE, MODEST, wish, Clock(silent), never)
    assert all(y.tax_usd <= y.tax_budget_usd + Decimal("0.02") for y in plan.years if y.tax_budget_usd is not None)
    assert any("tax on gains; the budget is $2,000" in said for said in plan.sentences)
    assert abs(sum(y.tax_usd for y in plan.years) - plan.terms_usd["tax"]) <= Decimal("0.05")
    assert sum((t.benefit_usd for t in plan.today.trade_list), Decimal(0)) == plan.today.benefit_usd
    waiting = next(a.saves_usd for a in plan.alternatives if a.name == "wait")
    assert waiting is None or abs(plan.today.benefit_usd - waiting) <= Decimal("0.05")
