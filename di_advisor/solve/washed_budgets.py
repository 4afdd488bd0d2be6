"""Budgets of gain and tax beside priced wash sales: washed losses do not count towards them.

Problem: what a budget counts depends on what is washed, and that on the plan: it is no row. Decision:
the budgets are first kept as if nothing were washed. That allows more, so its bound is a bound; and
where its plan washes nothing that matters, it is the answer. Else the plan is sought by tightening:
each budget by what the last plan washes, washing dearer by what the budget charges for a dollar
of gain, then twice as dear, and at last so dear that nothing is washed. Whatever is found is judged by
the rules and terms as they are. Limits: the plan is a heuristic's, and the bound that of the looser
problem, which may be far below; the gap is shown, and `exact` does not close it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError, UndecidedError
from di_advisor.formulate.localise import AtAnyRates, schedule_d_of
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import ScheduleDTax
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.formulate.wash_term import WashDeferral
from di_advisor.solve.choices import beyond_widths
from di_advisor.solve.solution import FEASIBLE, Solution

__all__ = ["Solving", "counts_washes", "solve_counted"]

Solving = Callable[[Problem], tuple[Problem, Solution]]
"""Solves a problem whose budgets know nothing of wash sales, and gives it back as it stands at the plan."""

_TURNS = 6
_NEVER = 10.0
_SMALLEST = 1e-3
_BUDGETS = (GainBudget, TaxBudget)


@dataclass(frozen=True)
class _Found:
    local: Problem
    solution: Solution
    objective: float


def counts_washes(problem: Problem) -> bool:
    """Whether a budget of a problem depends on what is washed."""
    return any(isinstance(r, _BUDGETS) and r.washes is not None for r in problem.rules)


def solve_counted(problem: Problem, tax: ScheduleDTax, solving: Solving, again: Solving) -> tuple[Problem, Solution]:
    """The best plan found whose gains, without what is washed, keep the budgets; with a bound on all such plans.

    Parameters
    ----------
    problem : Problem
        With budgets that count washed losses.
    tax : ScheduleDTax
        Its tax.
    solving : callable
        Solves the same without; whatever it raises is told.
    again : callable
        Solves tightened ones, of which some have no plan.

    Raises
    ------
    UndecidedError
        When tightening found no plan; that there is none is not proved.
    InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
        When there is no plan even if nothing were washed, or none that certifies.
    """
    limits = {r.name: r.upper for r in problem.rules if isinstance(r, _BUDGETS)}
    first, loosest = solving(_asked(problem, limits, 0.0))
    bound, best = loosest.bound, _kept(problem, first, loosest, None)
    charge = max(_charged(first, loosest), _SMALLEST)
    tight, plan = dict(limits), loosest.plan
    for turn in range(_TURNS):
        if best is not None and (turn == 0 or best.objective - bound <= FEASIBLE):
            break
        tight = {name: limits[name] - extra for name, extra in _washed(problem, plan).items()}
        last = turn >= _TURNS - 2 and best is None
        found = _solved(again, _asked(problem, limits if last else tight, _NEVER if last else charge))
        if found is None:
            charge *= 4.0
            plan = problem.block.holdings.nothing() if best is None else best.solution.plan
            continue
        before = best
        best = _kept(problem, *found, best)
        if before is not None and best is before:
            break
        plan, charge = found[1].plan, charge if best is not before else 2.0 * charge
    if best is None:
        raise UndecidedError(
            "No plan was found that keeps the budgets of gain or tax when losses that are washed are not taken off; "
            "that there is none is not proved.",
            hint="Raise the budgets, or ban wash sales.",
        )
    return _at(problem, tax, best, bound)


def _solved(solving: Solving, asked: Problem) -> tuple[Problem, Solution] | None:
    try:
        return solving(asked)
    except (InfeasibleError, UncertifiedError):  # too tight
        return None


def _asked(problem: Problem, limits: dict[str, float], charge: float) -> Problem:
    """The problem with budgets that count every loss, at other limits, and washing dearer by a charge on gains."""
    rules = tuple(
        replace(r, upper=limits[r.name], washes=None) if isinstance(r, _BUDGETS) else r for r in problem.rules
    )
    block, terms = problem.block, problem.terms
    rows = tuple(row for rule in rules for row in rule.rows(block.segments))
    washes = next(r.washes for r in problem.rules if isinstance(r, _BUDGETS) and r.washes is not None)
    if charge and block.wash is not None:
        per_unit = np.where(block.wash.sell_width > 0, washes.dearest(), 0.0)
        dearer = replace(
            block.wash,
            sell_price=block.wash.sell_price + charge * per_unit,
            buy_price=block.wash.buy_price + charge * np.where(block.wash.buy_width > 0, washes.buy_loss, 0.0),
        )
        block = replace(block, wash=dearer)
        terms = tuple(replace(t, prices=dearer) if isinstance(t, WashDeferral) else t for t in terms)
    return replace(problem, blocks=(replace(block, rows=rows),), terms=terms, rules=rules)


def _washed(problem: Problem, plan: Plan) -> dict[str, float]:
    """What washed losses add to each budget's measure on a plan."""
    return {
        r.name: r.measure(plan) - replace(r, washes=None).measure(plan)
        for r in problem.rules
        if isinstance(r, _BUDGETS)
    }


def _charged(local: Problem, solution: Solution) -> float:
    """What the budgets charge for a dollar of gain where a plan stands."""
    rows = local.block.rows
    if len(rows) != len(solution.prices.rows):
        return 0.0
    tax = schedule_d_of(local)
    rate = 0.0 if tax is None else max(tax.rates)
    names = {r.name: 1.0 if isinstance(r, GainBudget) else rate for r in local.rules if isinstance(r, _BUDGETS)}
    return sum(float(p) * names.get(row.rule, 0.0) for p, row in zip(solution.prices.rows, rows, strict=True))


def _kept(problem: Problem, local: Problem, solution: Solution, best: _Found | None) -> _Found | None:
    """The better of a plan, if it keeps the budgets as they are, and of the best one."""
    over = max(-r.slack(solution.plan) for r in problem.rules if isinstance(r, _BUDGETS))
    if over > FEASIBLE:
        return best
    worth = {True: 0.0, False: 0.0}
    for mine, terms in ((True, problem.terms), (False, local.terms)):
        worth[mine] = sum(t.value_usd(solution.plan) for t in terms if isinstance(t, WashDeferral))
    objective = solution.objective + (worth[True] - worth[False]) / problem.block.holdings.value_usd
    return _Found(local, solution, objective) if best is None or objective < best.objective else best


def _at(problem: Problem, tax: ScheduleDTax, best: _Found, bound: float) -> tuple[Problem, Solution]:
    """The problem as it stands at the best plan, and the plan with its figures."""
    plan, there = best.solution.plan, schedule_d_of(best.local)
    rates = np.array(tax.rates if there is None else there.rates)
    order = rates if there is None else rates + np.array(there.margin)
    local = AtAnyRates.of(problem, tax).localised(rates, order, plan)
    extra = _washed(problem, plan)
    rules = tuple(replace(r, counted=extra[r.name]) if isinstance(r, _BUDGETS) else r for r in local.rules)
    rows = tuple(row for rule in rules for row in rule.rows(local.block.segments))
    local = replace(local, rules=rules, blocks=(replace(local.block, rows=rows),))
    over = max(-r.slack(plan) for r in rules if isinstance(r, _BUDGETS))
    found = replace(
        best.solution,
        choices=beyond_widths(problem.block, plan, best.solution.choices),
        objective=best.objective,
        convex_bound=best.objective - best.solution.convex_gap,
        bound=min(bound, best.objective),
        residual=max(best.solution.residual, over),
        solver=f"{best.solution.solver}, budgets without washed losses by tightening",
    )
    found.check(scale=max(abs(found.nothing - found.objective), 1e-6))
    return local, found
