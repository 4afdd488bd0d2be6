"""The whole return over the years of a plan: equal to the return of each year by itself, and to grids of plans."""

import contextlib
import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.transition import TransitionWish
from di_advisor.errors import InfeasibleError, InputError, UncertifiedError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.schedule_d import FilerTax
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.transition import formulate_transition
from di_advisor.ledger.tax_return import CarryoverValue, ReturnInputs, compute_return, known_tax_years
from di_advisor.propose.planned import Clock, never, silent
from di_advisor.propose.transition_plan import plan_transition
from di_advisor.solve.staged.assemble import build
from di_advisor.solve.staged.convex import solve_layout
from di_advisor.solve.staged.judge import breaches
from di_advisor.solve.staged.search import solve_staged
from tests.solve.staged.worlds import signals

OLD, YOUNG = date(2020, 1, 2), date(2026, 1, 5)
LATER = (date(2026, 12, 31), date(2027, 3, 31))
MANDATE = Mandate(risk_aversion=8.0, cash_max=0.02)
MODEST = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(60_000), carryover_long_usd=Decimal(500))
RICH = ReturnInputs(
    tax_year=2026,
    ordinary_income_usd=Decimal(230_000),
    net_short_usd=Decimal(4_000),
    qualified_dividends_usd=Decimal(9_000),
)
LOSING = replace(MODEST, net_short_usd=Decimal(-9_000), net_long_usd=Decimal(-4_000))
LOTS = [(0, 6000, 20000, OLD), (1, 2000, 24000, OLD), (2, 1000, 14000, YOUNG), (2, 1000, 8000, OLD)]
HELD = signals([0.0, 0.5, 0.5], LOTS)


def staged(filer: Any, later: tuple[date, ...] = LATER, **wishes: Any) -> StagedProblem:
    return formulate_transition(HELD, MANDATE, filer, TransitionWish(later, **wishes))


def taxes_by_hand(problem: StagedProblem, filer: ReturnInputs, plans: tuple[Plan, ...]) -> list[float]:
    """The total of each year's return, its carryovers entered into the next one's."""
    value, found, inputs = problem.holdings.value_usd, [], filer
    last = problem.legs[-1].on.year
    for year in range(problem.legs[0].on.year, last + 1):
        terms = []
        for long_term in (False, True):
            gain = sum(
                float(leg.gain[leg.long_term == long_term] @ plan.sells[leg.long_term == long_term])
                for leg, plan in zip(problem.legs, plans, strict=True)
                if leg.on.year == year
            )
            terms.append(Fraction(gain * value))
        tabled = max(y for y in known_tax_years() if y <= year)
        done = compute_return(
            replace(
                inputs,
                tax_year=tabled,
                net_short_usd=Fraction(inputs.net_short_usd) + terms[0],
                net_long_usd=Fraction(inputs.net_long_usd) + terms[1],
            )
        )
        found.append(float(done.total_usd))
        carried = {"carryover_short_usd": done.short_carryover_usd, "carryover_long_usd": done.long_carryover_usd}
        inputs = replace(inputs, net_short_usd=Decimal(0), net_long_usd=Decimal(0), **carried)
    return found


@pytest.mark.parametrize("filer", [MODEST, RICH, LOSING])
def test_the_tax_of_every_year_is_that_of_its_return_with_the_losses_of_the_year_before(filer: ReturnInputs) -> None:
    problem = staged(filer, (date(2026, 12, 31), date(2027, 3, 31), date(2029, 6, 30)))
    assert problem.taxes is not None
    assert [y.year for y in problem.taxes.years] == [2026, 2027, 2028, 2029]  # a year between uses up losses too
    g, value = np.random.default_rng(3), problem.holdings.value_usd
    for _ in range(12):
        parts = g.dirichlet(np.ones(5), size=len(LOTS))[:, :4] * g.uniform(0.2, 1.0, (len(LOTS), 1))
        plans = tuple(Plan(parts[:, s] * problem.holdings.lot_weight, np.zeros(3)) for s in range(4))
        by_hand = taxes_by_hand(problem, filer, plans)
        assert [t * value for t in problem.taxes.by_year(plans)] == pytest.approx(by_hand, abs=0.01)
        nothing = sum(taxes_by_hand(problem, filer, problem.nothing()))
        spent = sum(s.tax for s in problem.spent(plans)) * value
        assert spent == pytest.approx(sum(by_hand) - nothing, abs=0.02)


@pytest.mark.parametrize("filer", [MODEST, RICH, LOSING])
def test_no_plan_on_a_grid_is_better_by_the_returns_of_every_year(filer: ReturnInputs) -> None:
    problem = staged(filer)
    solution = solve_staged(problem, nodes=400)
    value, h = problem.holdings.value_usd, problem.holdings
    benefit = -solution.objective + problem.objective(problem.nothing())
    assert benefit > 0
    assert max(breaches(problem, solution.plans).values()) <= 1e-6
    assert solution.gap <= 2e-4 * benefit
    nothing = sum(taxes_by_hand(problem, filer, problem.nothing()))
    by_hand = sum(taxes_by_hand(problem, filer, solution.plans)) - nothing
    assert sum(s.tax for s in problem.spent(solution.plans)) * value == pytest.approx(by_hand, abs=0.02)
    best, g = np.inf, np.random.default_rng(5)
    near = [p.sells / h.lot_weight for p in solution.plans]
    for trial in range(400):
        # around the plan, and anywhere: shares of each lot by stage, never more than all of it
        shares = np.array(near) + g.normal(0, 0.05, (3, len(LOTS))) if trial % 2 else g.random((3, len(LOTS)))
        shares = np.clip(np.round(shares, 2), 0.0, 1.0)
        shares = shares / np.maximum(shares.sum(axis=0), 1.0)
        plans = []
        for s in range(3):
            sells = shares[s] * h.lot_weight
            split = solution.plans[s].buys / max(float(solution.plans[s].buys.sum()), 1e-12)
            plans.append(Plan(sells, split * max(float(sells.sum()) * 0.999 - 2e-6, 0.0)))
        if max(breaches(problem, tuple(plans)).values()) <= 1e-9:
            best = min(best, problem.objective(tuple(plans)))
    assert best < np.inf
    assert best >= solution.bound - 1e-9
    assert best >= solution.objective - 2e-4 * benefit


def test_pieces_of_the_tax_equal_trying_them_all() -> None:
    problem = staged(MODEST, (date(2027, 3, 31),))
    assert problem.taxes is not None
    solution = solve_staged(problem, nodes=400)
    sizes = [len(y.pieces) for y in problem.taxes.years]
    values = []
    for pattern in itertools.product(*(range(size) for size in sizes)):
        pieces = tuple(np.arange(size) == at for size, at in zip(sizes, pattern, strict=True))
        layout = build(problem, replace(solution.choices, pieces=pieces))  # its sides of wash windows
        with contextlib.suppress(InfeasibleError, UncertifiedError):  # no plan stands on these pieces
            values.append(solve_layout(problem, layout).bound)
    benefit = problem.objective(problem.nothing()) - solution.objective
    assert len(values) > 20
    assert min(values) == pytest.approx(solution.objective, abs=2e-4 * benefit)
    assert solution.bound <= min(values) + 1e-9


def test_a_loss_of_this_year_is_carried_into_gains_of_the_next() -> None:
    held = signals([0.0, 1.0], [(0, 500, 15000, OLD), (1, 500, 1000, OLD)])
    filer = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(90_000))
    problem = formulate_transition(held, Mandate(risk_aversion=0.0, cash_max=1.0), filer, TransitionWish(LATER))
    lost = Plan(np.array([0.5, 0.0]), np.zeros(2))  # 10,000 of loss: 3,000 against income, 7,000 carried
    won = Plan(np.array([0.0, 0.5]), np.zeros(2))  # 4,000 of gain
    later = (lost, problem.holdings.nothing(), won)
    assert problem.taxes is not None
    gains = problem.taxes.gains(later)
    assert gains[1] * problem.holdings.value_usd == pytest.approx([0.0, -3000.0], abs=1e-6)
    assert problem.taxes.years[0].carried(gains[0]) * problem.holdings.value_usd == pytest.approx([0.0, 7000.0])


def test_todays_orders_and_the_years_say_the_return() -> None:
    plan = plan_transition(HELD, MANDATE, MODEST, TransitionWish(LATER), Clock(silent), never)
    assert abs(sum(y.tax_usd for y in plan.years) - plan.terms_usd["tax"]) <= Decimal("0.05")
    assert abs(sum(s.tax_usd for s in plan.stages) - plan.terms_usd["tax"]) <= Decimal("0.05")
    by_trades = sum((t.benefit_usd for t in plan.today.trade_list), Decimal(0))
    assert by_trades == plan.today.benefit_usd
    waiting = next(a.saves_usd for a in plan.alternatives if a.name == "wait")
    assert waiting is not None
    assert abs(plan.today.benefit_usd - waiting) <= Decimal("0.05")
    assert any("whole return" in note for note in plan.notes)
    assert plan.certificate.rounded_gap_usd <= 0.01 * float(plan.benefit_usd)


def test_a_linear_return_gives_the_plan_of_constant_rates() -> None:
    """Far inside one bracket with gains only, the return is its marginal rates."""
    lots = [(0, 600, 2000, OLD), (1, 200, 1900, OLD), (2, 200, 1500, OLD)]
    held = signals([0.0, 0.5, 0.5], lots)
    filer = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(150_000), net_long_usd=Decimal(5_000))
    by_return = formulate_transition(held, MANDATE, filer, TransitionWish(LATER))
    assert by_return.taxes is not None
    rate = by_return.taxes.years[0].law.at(0, 1) - by_return.taxes.years[0].law.at(0, 0)
    later = by_return.taxes.years[1].law.at(0, 1) - by_return.taxes.years[1].law.at(0, 0)
    assert rate == later
    constant = TaxProfile(ConstantRates(0.24, float(rate)))
    by_rates = formulate_transition(held, MANDATE, constant, TransitionWish(LATER))
    assert solve_staged(by_return).objective == pytest.approx(solve_staged(by_rates).objective, abs=1e-7)


def test_a_return_of_another_year_is_refused() -> None:
    with pytest.raises(InputError, match="for 2025"):
        staged(replace(MODEST, tax_year=2025))


def test_what_is_left_at_the_end_is_worth_what_the_filer_says() -> None:
    held = signals([0.0, 1.0], [(0, 500, 15000, OLD), (1, 500, 4900, OLD)])
    nothing = FilerTax(MODEST)
    worth = replace(nothing, carryover_value=CarryoverValue(Decimal("0.2"), Decimal("0.15")))
    wish = TransitionWish((date(2026, 12, 31),))
    lost = Plan(np.array([0.5, 0.0]), np.zeros(2))
    taxes = []
    for filer in (nothing, worth):
        problem = formulate_transition(held, MANDATE, filer, wish)
        assert problem.taxes is not None
        taxes.append(sum(problem.taxes.changed_by_year((lost, problem.holdings.nothing()))) * 10_000)
    # 10,000 lost and 500 carried in, of which 3,000 meet income; 500 alone would be used up
    assert taxes[0] - taxes[1] == pytest.approx(0.15 * (10_500 - 3_000), abs=0.02)
