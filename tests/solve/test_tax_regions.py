"""The whole Schedule D, and budgets of gain and tax: equal to brute force over cells of the tax and choices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, NameBand
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import InfeasibleError, UnfinishedError
from di_advisor.formulate import formulate
from di_advisor.formulate.localise import AtAnyRates, schedule_d_of
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import FilerTax, ScheduleDTax
from di_advisor.formulate.tax_cells import regions_of
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.solve import Solution, solve_localised
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.reference import solve_reference
from di_advisor.solve.solution import FEASIBLE
from di_advisor.solve.tax_plans import FixedChoices
from di_advisor.solve.tax_regions import RegionSearch
from di_advisor.testing.random_cases import RandomCase, random_case
from tests.solve.filers import best_by_cells, random_filer

PLAIN = Mandate(risk_aversion=20.0, name_band=NameBand(active_max=0.2), cash_min=0.001, cash_max=0.1)


def taxed(case: RandomCase, mandate: Mandate, tax: FilerTax | TaxProfile) -> tuple[Problem, ScheduleDTax]:
    problem = formulate(case.signals, mandate, tax)
    term = schedule_d_of(problem)
    assert term is not None
    return problem, term


def regional(problem: Problem, tax: ScheduleDTax, choices: Choices) -> RegionSearch:
    """The search over regions under fixed choices, run."""
    family = AtAnyRates.of(problem, tax)
    least, most = tax.gains.reach(family.locked.sell_max)
    budgets = {type(r): r.upper for r in problem.rules if isinstance(r, (GainBudget, TaxBudget))}
    regions = regions_of(tax.cells, least, most, gain_budget=budgets.get(GainBudget), tax_budget=budgets.get(TaxBudget))
    search = RegionSearch(FixedChoices(family, choices, HotPath(problem.block), lambda: None), regions)
    search.run(np.array(tax.rates))
    return search


def sides(problem: Problem) -> Choices:
    block = problem.block
    losses = block.segments.names_with_losses(len(block.active_lower))
    return np.where(losses & (block.holdings.active > 0), int(Choice.SELL), int(Choice.BUY))


def size_of(problem: Problem, objective: float) -> float:
    nothing = sum(t.value_usd(problem.block.holdings.nothing()) for t in problem.terms)
    return max(abs(objective), abs(nothing / problem.block.holdings.value_usd - objective))


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(s, marks=pytest.mark.slow) for s in range(6, 24))])
def test_under_fixed_sides_the_regions_agree_with_cvxpy_in_every_cell(seed: int) -> None:
    g = np.random.default_rng(seed)
    value = float(np.exp(g.uniform(np.log(1e5), np.log(3e6))))
    case = random_case(500 + seed, names=8, lots_a_name=3, value_usd=value)
    problem, tax = taxed(case, PLAIN, random_filer(g))
    search = regional(problem, tax, sides(problem))
    assert search.best is not None
    reference = best_by_cells(problem, tax, sides(problem))
    tolerance = 1e-6 * size_of(problem, reference)
    assert search.best.objective == pytest.approx(reference, abs=tolerance)
    assert search.bounds().min() <= search.best.objective + tolerance
    assert search.bounds().min() >= reference - tolerance


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(s, marks=pytest.mark.slow) for s in range(3, 8))])
def test_with_every_choice_of_sides_the_plan_and_its_bound_hold_against_brute_force(seed: int) -> None:
    g = np.random.default_rng(100 + seed)
    case = random_case(900 + seed, names=3, lots_a_name=2, value_usd=float(np.exp(g.uniform(np.log(1e5), np.log(1e6)))))
    band = PLAIN.with_changes(name_band=NameBand(active_max=0.6))
    problem, tax = taxed(case, band, random_filer(g))
    _, solution = solve_localised(problem)
    n = len(problem.block.active_lower)
    losses = problem.block.segments.names_with_losses(n)
    open_ = [(int(Choice.SELL), int(Choice.BUY)) if has else (int(Choice.EITHER),) for has in losses]
    least = min(best_by_cells(problem, tax, np.array(choice)) for choice in product(*open_))
    tolerance = 1e-6 * size_of(problem, least)
    assert solution.bound <= least + tolerance
    assert solution.objective >= least - tolerance
    assert solution.objective - least <= max(solution.gap, 0.0) + tolerance


def plan_value(problem: Problem, solution: Solution) -> float:
    return sum(t.value_usd(solution.plan) for t in problem.terms) / problem.block.holdings.value_usd


@pytest.mark.parametrize("seed", [*range(5), *(pytest.param(s, marks=pytest.mark.slow) for s in range(5, 10))])
def test_a_solution_is_worth_what_its_terms_say_and_keeps_every_rule(seed: int) -> None:
    g = np.random.default_rng(seed)
    case = random_case(seed, names=40, shared_groups=seed % 3, value_usd=float(np.exp(g.uniform(12, 16))))
    mandate = case.mandate.with_changes(min_trade_weight=5e-4 if seed % 2 else 0)
    problem = formulate(case.signals, mandate, random_filer(g))
    try:
        local, solution = solve_localised(problem)
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            solve_localised(formulate(case.signals, mandate, case.tax))
        return
    both = solution.plan.sold(problem.block.holdings.lot_name) * solution.plan.buys
    doubly = 2.0 * float(problem.block.impact @ both)  # the block charges the square of the net trade
    assert plan_value(local, solution) == pytest.approx(solution.objective + doubly, abs=1e-12)
    assert solution.bound <= solution.objective
    for rule in problem.rules:
        assert rule.slack(solution.plan) >= -10 * FEASIBLE, rule.sentence


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(s, marks=pytest.mark.slow) for s in range(4, 8))])
def test_budgets_that_bind_agree_with_cvxpy_in_every_cell(seed: int) -> None:
    """Also under constant rates: a row on gains changes which lot of a name comes first."""
    g = np.random.default_rng(200 + seed)
    case = random_case(300 + seed, names=8, lots_a_name=4, value_usd=8e5)
    filer = case.tax if seed % 2 else random_filer(g)
    open_problem, open_tax = taxed(case, PLAIN.with_changes(gain_budget_usd=Decimal(10**9)), filer)
    free = regional(open_problem, open_tax, sides(open_problem)).best
    assert free is not None
    gain, owed = 8e5 * float(free.gains.sum()), 8e5 * free.tax
    wish = {"gain_budget_usd": Decimal(int(gain - 3000))} if seed < 4 else {"tax_budget_usd": Decimal(int(owed - 700))}
    problem, tax = taxed(case, PLAIN.with_changes(**wish), filer)
    reference = best_by_cells(problem, tax, sides(problem))
    if np.isinf(reference):
        with pytest.raises(InfeasibleError):
            regional(problem, tax, sides(problem))
        return
    search = regional(problem, tax, sides(problem))
    assert search.best is not None
    tolerance = 1e-6 * size_of(problem, reference)
    assert search.best.objective == pytest.approx(reference, abs=tolerance)
    assert search.bounds().min() >= reference - tolerance
    for rule in problem.rules:
        assert rule.slack(search.best.plan) >= -1e-8, rule.sentence


@pytest.mark.parametrize("kind", ["gain_budget_usd", "tax_budget_usd"])
def test_the_price_of_a_budget_predicts_what_a_dollar_more_brings(kind: str) -> None:
    case = random_case(11, names=30)
    value = case.signals.account.value_usd
    free_problem, tax = taxed(case, PLAIN.with_changes(gain_budget_usd=Decimal(10**9)), case.tax)
    _, free = solve_localised(free_problem)
    at = value * (sum(tax.gains.realised(free.plan)) if kind == "gain_budget_usd" else tax.value_usd(free.plan) / value)

    def solved(budget: float) -> tuple[Problem, Solution]:
        mandate = PLAIN.with_changes(**{kind: Decimal(round(budget))})
        return solve_localised(formulate(case.signals, mandate, case.tax))

    local, solution = solved(at - 5000)
    price = dict(zip((r.rule for r in local.block.rows), solution.prices.rows, strict=True))[
        kind[:-4].replace("_", " ")
    ]
    assert price > 0
    _, looser = solved(at - 4990)
    assert (solution.objective - looser.objective) * value == pytest.approx(10 * price, rel=0.05)


def test_a_localised_problem_is_the_same_problem_for_the_reference() -> None:
    case = random_case(4, names=30)
    problem = formulate(case.signals, PLAIN, random_filer(np.random.default_rng(5)))
    local, solution = solve_localised(problem)
    reference = solve_reference(local, solution.choices)
    assert solution.objective == pytest.approx(reference.objective, abs=1e-6 * size_of(problem, reference.objective))


def test_budgets_that_nothing_can_keep_are_named_with_what_they_would_have_to_be() -> None:
    case = random_case(0, names=20)
    value = int(case.signals.account.value_usd)
    for wish in ({"gain_budget_usd": Decimal(-value)}, {"tax_budget_usd": Decimal(-value)}):
        problem = formulate(case.signals, PLAIN.with_changes(**wish), random_filer(np.random.default_rng(1)))
        with pytest.raises(InfeasibleError, match="budget") as refused:
            solve_localised(problem)
        assert "$" in refused.value.hint


def test_a_cancelled_search_over_regions_proposes_nothing() -> None:
    case = random_case(0, names=20)
    problem = formulate(case.signals, PLAIN, random_filer(np.random.default_rng(1)))
    with pytest.raises(UnfinishedError):
        solve_localised(problem, cancel=lambda: True)


def test_plans_that_tie_cost_the_same_and_span_the_gains() -> None:
    """At rates of zero every lot of a name costs the same: no tax tells them apart."""
    case = random_case(9, names=20)
    account = replace(case.signals.account, continuation_usd=np.zeros(len(case.signals.account.lots)))
    signals = replace(case.signals, account=account)
    problem, tax = taxed(replace(case, signals=signals), PLAIN, random_filer(np.random.default_rng(2)))
    solves = FixedChoices(AtAnyRates.of(problem, tax), sides(problem), HotPath(problem.block), lambda: None)
    plan, _ = solves.at(np.zeros(2))
    tied = solves.tied(plan, np.zeros(2))
    assert len(tied) > 1
    for other in tied:
        assert other.beside == pytest.approx(plan.beside, abs=1e-12)
        assert np.allclose(
            other.plan.sold(problem.block.holdings.lot_name), plan.plan.sold(problem.block.holdings.lot_name)
        )
    assert np.ptp([p.gains.sum() for p in tied]) > 1e-4


def test_the_tax_of_doing_nothing_is_reckoned_once_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    case = random_case(3, names=40)
    problem, tax = taxed(
        case, case.mandate.with_changes(tracking_error_max=None), random_filer(np.random.default_rng(3))
    )
    asked: list[float] = []
    exact = ScheduleDTax.value_usd

    def counted(self: ScheduleDTax, plan: Plan) -> float:
        asked.append(float(plan.sells.sum() + plan.buys.sum()))
        return exact(self, plan)

    monkeypatch.setattr(ScheduleDTax, "value_usd", counted)
    search = regional(problem, tax, sides(problem))
    assert search.best is not None
    assert len({search.tolerance for _ in range(3)}) == 1
    assert asked.count(0.0) == 1
