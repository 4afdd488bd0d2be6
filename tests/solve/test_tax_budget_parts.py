"""A tax budget under a whole return beside priced washes: gaps, and no branch, cell or part of any plan is better."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np
import pytest
from cvxpy.error import SolverError

from di_advisor.domain.mandate import Mandate, NameBand
from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate import formulate
from di_advisor.formulate.allowed_gains import allowed_parts
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.plan import SymbolicPlan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.tax_cells import HalfPlane
from di_advisor.formulate.tax_rules import TaxBudget
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.solve import solve, solve_localised
from di_advisor.solve.choices import Choice
from di_advisor.solve.reference import solve_reference
from di_advisor.testing.random_cases import random_case
from di_advisor.testing.random_situations import with_washes
from tests.solve.filers import in_each_cell


def world(seed: int, names: int, share: float) -> Problem | None:
    """A world with washes and a tax budget that binds; None where nothing is washed."""
    g = np.random.default_rng([seed, 5])
    case = random_case(seed, names=names, lots_a_name=2, styles=2, value_usd=3e5)
    drawn = with_washes(g, case.signals)
    mandate = Mandate(
        risk_aversion=20.0, name_band=NameBand(active_max=0.6), cash_min=0.001, cash_max=0.1
    ).with_changes(**drawn.changes)
    filer = ReturnInputs(
        tax_year=2026,
        ordinary_income_usd=Decimal(int(g.integers(40_000, 300_000))),
        net_short_usd=Decimal(int(g.integers(-3_000, 6_000))),
        net_long_usd=Decimal(int(g.integers(-3_000, 9_000))),
    )
    free = formulate(drawn.signals, mandate.with_changes(tax_budget_usd=Decimal(10**7)), filer)
    if free.block.wash is None:
        return None
    rule, plan = budget_of(free), solve(formulate(drawn.signals, mandate, filer)).plan
    value = free.block.holdings.value_usd
    washed = (rule.measure(plan) - replace(rule, washes=None).measure(plan)) * value
    if washed < 20:
        return None
    limit = Decimal(round(rule.measure(plan) * value - share * washed))
    return formulate(drawn.signals, mandate.with_changes(tax_budget_usd=limit), filer)


def budget_of(problem: Problem) -> TaxBudget:
    return next(r for r in problem.rules if isinstance(r, TaxBudget))


@dataclass(frozen=True)
class ByLines:
    """One part of what a budget allows, in cvxpy, by one branch of each name: -1 all washed, else the level's lot."""

    rule: TaxBudget
    lines: tuple[HalfPlane, ...]
    levels: dict[int, int]
    buys_beyond: frozenset[int]
    of_lot: tuple[int, ...]
    name: str = "part"

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        washes, of_lot = self.rule.washes, np.array(self.of_lot)
        assert washes is not None
        found = []
        for line in self.lines:
            normal = (float(line.normal[0]), float(line.normal[1]))
            loss = np.zeros(len(of_lot))
            loss[washes.lot] = washes.counted(normal, at_most=False)
            on, whole = self.rule.tax.gains.taxed(normal).copy(), 0.0
            for name, lot in self.levels.items():
                level = 0.0 if lot < 0 else loss[lot]
                on = on + np.where(of_lot == name, np.maximum(loss - level, 0.0), 0.0)
                whole += level * washes.sell_width[name]
            rate = np.where(washes.buy_width > 0, normal[0] * washes.buy_loss, 0.0)
            beyond = np.array([i in self.buys_beyond for i in range(len(rate))])
            whole += float((rate * washes.buy_width)[beyond].sum())
            found.append(on @ symbols.sells + np.where(beyond, 0.0, rate) @ symbols.buys <= line.limit - whole)
        return found


def least_over_everything(problem: Problem) -> float:
    """Least objective over choices, branches, cells of the law and parts of the budget, by the reference."""
    block, rule, tax = problem.block, budget_of(problem), schedule_d_of(problem)
    assert tax is not None
    washes, n, of_lot = rule.washes, len(block.active_lower), block.holdings.lot_name
    assert washes is not None
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    reach = tax.gains.reach(locked.sell_max)
    before = float(washes.buy_loss @ washes.buy_width)
    parts = allowed_parts(tax, rule.upper, reach[0], reach[1] + np.array([before, 0.0]))
    assert parts
    losses, total = block.segments.names_with_losses(n), tax.gains.total
    options: list[list[tuple[Choice, int]]] = []
    for i in range(n):
        mine = [(Choice.BUY, -1)]
        if losses[i]:
            mine.append((Choice.SELL, -1))
            if washes.sell_width[i] > 0:
                mine += [(Choice.SELL_BEYOND, int(k)) for k in np.flatnonzero((of_lot == i) & (total < 0))]
        if washes.buy_width[i] > 0:
            mine.append((Choice.BUY_BEYOND, -1))
        options.append(mine)
    least = np.inf
    for local in in_each_cell(problem, tax):
        for part, taken in product(parts, product(*options)):
            counted = ByLines(
                rule,
                part,
                {i: k for i, (_, k) in enumerate(taken) if washes.sell_width[i] > 0},
                frozenset(i for i, (c, _) in enumerate(taken) if c == Choice.BUY_BEYOND),
                tuple(of_lot.tolist()),
            )
            rules = (*(r for r in local.rules if not isinstance(r, TaxBudget)), counted)
            asked = replace(local, rules=rules)  # type: ignore[arg-type]  # for cvxpy only
            try:
                plan = solve_reference(asked, np.array([int(c) for c, _ in taken], dtype=np.int64)).plan
            except (InfeasibleError, UncertifiedError, SolverError):
                continue
            least = min(least, sum(t.value_usd(plan) for t in problem.terms) / block.holdings.value_usd)
    return least


@pytest.mark.parametrize("seed", [2, 7])
def test_plan_and_bound_are_near_and_the_budget_is_kept(seed: int) -> None:
    problem = world(seed, 10, 0.3)
    assert problem is not None
    local, solution = solve_localised(problem)
    assert budget_of(problem).slack(solution.plan) >= -1e-6
    assert budget_of(local).slack(solution.plan) >= -1e-6
    assert solution.gap <= 5e-3 * solution.benefit


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_no_choice_cell_or_part_of_a_tiny_world_is_better_than_its_bound(seed: int) -> None:
    problem = world(seed, 3, 0.5)
    if problem is None:
        pytest.skip("nothing is washed in this world")
    _, solution = solve_localised(problem)
    least = least_over_everything(problem)
    size = max(abs(least), abs(solution.nothing - least))
    assert solution.bound <= least + 1e-6 * size
    assert solution.objective >= least - 1e-6 * size
    assert solution.objective - least <= 3e-2 * size
