"""Budgets of gain and tax beside priced wash sales: washed losses do not count towards them.

Problem: what a budget counts depends on what is washed, and that on the plan: it is no row. Decision: it is
one under the discrete choices of names, whose branches (all losses washed, or sold beyond the width) say what
is counted (`di_advisor.formulate.washed_rows`); so the search for choices has the budgets as rows, and their
prices bound all plans, branches inside. Where the tax is a curve its regions are searched around this, and a
tax budget is taken part by part of the gains that it allows (`budget_parts`). Only where that finds no plan, or own
terms are for a cone solver, the budgets are kept as if nothing were washed, whose bound is a bound, and the plan is
sought by tightening: each budget by what the last plan washes, washing dearer by what the budget charges for a
dollar of gain, then twice as dear, and at last so dear that nothing is washed. Whatever is found is judged by the
rules and terms as they are. Limits: of that second way the bound may be far below. The gap is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError, UndecidedError
from di_advisor.formulate.localise import AtAnyRates, schedule_d_of
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.schedule_d import ScheduleDTax
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.formulate.wash_term import WashDeferral
from di_advisor.solve.baseline import most
from di_advisor.solve.budget_parts import PartsSearch
from di_advisor.solve.budget_parts import Solving as SolvingPart
from di_advisor.solve.choices import Choices, beyond_widths
from di_advisor.solve.discrete import Search
from di_advisor.solve.exact import prove
from di_advisor.solve.prices import PricedNames
from di_advisor.solve.solution import FEASIBLE, Solution
from di_advisor.solve.tax_plans import margin_of

__all__ = ["Solving", "by_branches", "counts_washes", "solve_counted"]

Solving = Callable[[Problem], tuple[Problem, Solution]]
"""Solves a problem whose budgets know nothing of wash sales, and gives it back as it stands at the plan."""

BlockSearch = Callable[[Block], Search]
"""Makes the search for the choices of a block."""

_NO_PLAN = "No plan was found that keeps the budgets of gain or tax when losses that are washed are not taken off; "
_NO_PLAN_HINT = "Raise the budgets, or ban wash sales."

_ORDERS = 3
"""Searches at most until lots are in the order that they have at what the budgets charge."""

_SAME_RATES = 1e-4
_NEAR = 1e-3
"""Gap, as a share of the benefit, at which branching ends where no proof is asked for."""

_WORK, _FEWEST = 1_200, 20
"""Nodes times names of such branching: some seconds; small accounts count as so many names."""

_TURNS = 6
_NEVER = 10.0
_SMALLEST = 1e-3
_BUDGETS = (GainBudget, TaxBudget)


@dataclass(frozen=True)
class _Found:
    local: Problem
    solution: Solution
    objective: float
    bound: float = -np.inf


def counts_washes(problem: Problem) -> bool:
    """Whether a budget of a problem depends on what is washed."""
    return any(isinstance(r, _BUDGETS) and r.washes is not None for r in problem.rules)


def solve_counted(
    problem: Problem,
    tax: ScheduleDTax,
    solving: Solving,
    again: SolvingPart,
    *,
    searching: BlockSearch,
    nodes_max: int = 0,
) -> tuple[Problem, Solution]:
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
    searching : callable
        Makes the search for choices of a block.
    nodes_max : int
        Where more than 0, its choices are branched on until proved, within this budget of nodes.

    Raises
    ------
    UndecidedError
        When no plan was found; that there is none is not proved.
    InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
        When there is no plan even if nothing were washed, or none that certifies.
    """
    known = -np.inf
    if not problem.is_opaque:
        try:
            found, known = _counted_by_branches(problem, tax, again, searching, nodes_max)
        except InfeasibleError:  # proved; where the wishes clash whatever is washed, that is what is told
            solving(_asked(problem, _limits(problem), 0.0))
            raise
        kept = None if found is None else _kept(problem, found.local, found.solution, None)
        if found is not None and kept is not None:
            best = replace(found, objective=kept.objective)
            return _told(problem, _by_law(found.local), best, known, "budgets without washed losses")
    return _by_tightening(problem, tax, solving, again, known)


def _searched(search: Search, nodes_max: int) -> Solution:
    """The best plan of a search, its gap closed by branching on the names that are torn.

    Raises
    ------
    InfeasibleError, UncertifiedError, UnfinishedError
        When no plan was found.
    """
    try:
        found = search.run()
    except (InfeasibleError, UncertifiedError):
        if search.bound > most(search.block):
            said = f"{_NO_PLAN}it is proved that there is none."
            raise InfeasibleError(said, hint=_NO_PLAN_HINT, proved=True) from None
        raise
    if nodes_max:
        return prove(search, nodes_max=nodes_max, start=found).solution
    nodes = _WORK // max(len(search.block.active_lower), _FEWEST)
    return prove(search, nodes_max=nodes, tolerance=_NEAR, start=found).solution


def _counted_by_branches(
    problem: Problem, tax: ScheduleDTax, again: SolvingPart, searching: BlockSearch, nodes_max: int
) -> tuple[_Found | None, float]:
    """The best plan whose rows count by the branches of names, None where none is found; and a bound on all plans."""
    if tax.is_constant:
        found = _at_constant_rates(by_branches(problem), tax, searching, nodes_max)
        return found, -np.inf if found is None else found.bound
    search = PartsSearch(problem, tax, again)
    search.run()
    if search.best is None:
        return None, search.bound
    return _Found(*search.best, search.best[1].objective), search.bound


def _by_law(local: Problem) -> Problem:
    """The same with a tax budget that is measured by the law, not by its rows."""
    rules = tuple(replace(r, within=False) if isinstance(r, TaxBudget) else r for r in local.rules)
    return replace(local, rules=rules)


def _by_tightening(
    problem: Problem, tax: ScheduleDTax, solving: Solving, again: SolvingPart, known: float
) -> tuple[Problem, Solution]:
    """The plan by tightening budgets, and the bound of the budgets as if nothing were washed, or a known one."""
    limits = _limits(problem)
    first, loosest = solving(_asked(problem, limits, 0.0))
    bound, best = max(loosest.bound, known), _kept(problem, first, loosest, None)
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
        raise UndecidedError(f"{_NO_PLAN}that there is none is not proved.", hint=_NO_PLAN_HINT)
    return _at(problem, tax, best, bound)


def by_branches(problem: Problem) -> Problem:
    """The problem with rows of budgets that count washed losses by the branches of names."""
    rules = tuple(replace(r, by_choices=True) if isinstance(r, _BUDGETS) else r for r in problem.rules)
    rows = tuple(row for rule in rules for row in rule.rows(problem.block.segments))
    return replace(problem, rules=rules, blocks=(replace(problem.block, rows=rows),))


def _at_constant_rates(asked: Problem, tax: ScheduleDTax, searching: BlockSearch, nodes_max: int) -> _Found | None:
    """The best plan at constant rates; None where none is found."""
    family, rates = AtAnyRates.of(asked, tax), np.array(tax.rates)
    best: _Found | None = None
    margin = np.zeros(2)
    for _ in range(_ORDERS):
        order = rates + margin
        search = searching(family.block(rates, order=order))
        search.names = PricedNames(search.block, inner=family.all_washed(rates, order))
        try:
            found = _searched(search, nodes_max)
        except (InfeasibleError, UncertifiedError) as error:
            if best is None and "proved" in error.facts:
                raise
            return best
        before, margin = margin, margin_of(family, found.prices)
        bound = found.bound if best is None else max(best.bound, found.bound)
        if best is None or found.objective < best.objective:
            local = family.localised(rates, order, found.plan)
            best = _Found(local, found, found.objective, bound)
        else:
            best = replace(best, bound=bound)
        if np.abs(margin - before).max() < _SAME_RATES:
            break
    return best


def _limits(problem: Problem) -> dict[str, float]:
    return {r.name: r.upper for r in problem.rules if isinstance(r, _BUDGETS)}


def _solved(solving: SolvingPart, asked: Problem) -> tuple[Problem, Solution] | None:
    try:
        return solving(asked, np.inf)
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
    """The problem as it stands at the best plan of tightened budgets, and the plan with its figures."""
    plan, there = best.solution.plan, schedule_d_of(best.local)
    rates = np.array(tax.rates if there is None else there.rates)
    order = rates if there is None else rates + np.array(there.margin)
    local = AtAnyRates.of(problem, tax).localised(rates, order, plan)
    extra = _washed(problem, plan)
    rules = tuple(replace(r, counted=extra[r.name]) if isinstance(r, _BUDGETS) else r for r in local.rules)
    rows = tuple(row for rule in rules for row in rule.rows(local.block.segments))
    local = replace(local, rules=rules, blocks=(replace(local.block, rows=rows),))
    how = "budgets without washed losses by tightening"
    return _told(problem, local, best, bound, how, beyond_widths(problem.block, plan, best.solution.choices))


def _told(
    problem: Problem, local: Problem, best: _Found, bound: float, how: str, choices: Choices | None = None
) -> tuple[Problem, Solution]:
    plan = best.solution.plan
    over = max(-r.slack(plan) for r in problem.rules if isinstance(r, _BUDGETS))
    found = replace(
        best.solution,
        choices=best.solution.choices if choices is None else choices,
        objective=best.objective,
        convex_bound=best.objective - best.solution.convex_gap,
        bound=min(bound, best.objective),
        residual=max(best.solution.residual, over),
        solver=f"{best.solution.solver}, {how}",
    )
    found.check(scale=max(abs(found.nothing - found.objective), 1e-6))
    return local, found
