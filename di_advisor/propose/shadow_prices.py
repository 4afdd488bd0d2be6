"""Shadow prices: what one more unit of a rule's room would be worth, in dollars.

Problem: "this rule binds" does not say whether it matters. Decision: the multipliers that certify the
plan are turned into dollars per natural unit, one a binding side of each rule, and for the limits of
single names one a name. Limits: a shadow price is a slope, for the plan before rounding to shares and
under its discrete choices; with these kept, a step of room frees at most the price times the step,
and tightening by a step costs at least that (the optimum is convex in its limits).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from di_advisor.formulate.account_rules import MinimumTrade, TrackingErrorCap
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import NO_ROOM, ActiveGroup, NameLimits, Rule
from di_advisor.propose.limit_units import LimitUnit, unit_of
from di_advisor.propose.marginals import Marginals
from di_advisor.propose.proposal import ShadowPrice
from di_advisor.solve.choices import Choice, washed
from di_advisor.solve.solution import Solution

__all__ = ["shadow_prices"]

_WORTH_SAYING_USD = 0.005
_AT = 1e-8


def shadow_prices(problem: Problem, solution: Solution, tickers: Sequence[str]) -> tuple[ShadowPrice, ...]:
    """Prices of every rule that holds the plan back, largest first by what a step is worth.

    Parameters
    ----------
    problem, solution : Problem, Solution
        The plan before rounding.
    tickers : sequence of str
        Of the names, for the limits of single names.
    """
    if not (solution.plan.sells.any() or solution.plan.buys.any()):
        return ()  # doing nothing comes with the prices of another plan
    found = list(
        _of_rules(
            problem,
            solution,
            Marginals.of(washed(problem.block, solution.choices), solution.plan, solution.prices),
            tickers,
        )
    )
    return tuple(sorted(found, key=lambda s: -s.step * s.price_usd))


def _of_rules(
    problem: Problem, solution: Solution, marginals: Marginals, tickers: Sequence[str]
) -> Iterator[ShadowPrice]:
    block = problem.block
    of_row = {rule.name: rule for rule in problem.rules}
    for price, row in zip(solution.prices.rows.tolist(), block.rows, strict=True):
        rule = of_row.get(row.rule)
        if rule is not None:
            yield from _priced(problem, rule, abs(price), solution.plan, above=price > 0)
    boxes = dict(zip(block.risk.factors, marginals.box_prices.tolist(), strict=True))
    for rule in problem.rules:
        if isinstance(rule, ActiveGroup) and rule.factor:
            price = boxes.get(rule.factor, 0.0)
            yield from _priced(problem, rule, abs(price), solution.plan, above=price > 0)
        elif isinstance(rule, TrackingErrorCap) and block.tracking_error_max is not None:
            per_variance = max(solution.prices.risk - block.aversion, 0.0)
            capped = 2.0 * per_variance * block.tracking_error_max
            yield from _priced(problem, rule, capped, solution.plan, above=True)
        elif isinstance(rule, MinimumTrade):
            yield from _priced(problem, rule, _at_the_minimum(marginals, solution), solution.plan, above=False)
        elif isinstance(rule, NameLimits):
            yield from _of_names(problem, rule, marginals, tickers)


def _priced(problem: Problem, rule: Rule, price: float, plan: Plan, *, above: bool) -> Iterator[ShadowPrice]:
    """One side of a rule at a price in objective per unit of its rows; nothing where that is nothing."""
    unit = unit_of(rule, problem, plan)
    upper = above is not unit.mirrored
    subject = unit.higher if upper else unit.lower
    yield from _said(problem.block, rule.name, "upper" if upper else "lower", price, unit, subject)


def _said(
    block: Block, rule: str, side: str, price: float, unit: LimitUnit, subject: str, security_id: str = ""
) -> Iterator[ShadowPrice]:
    usd = price * unit.size * block.holdings.value_usd
    freed = usd * unit.step
    if freed >= _WORTH_SAYING_USD:
        shown = f"${freed:,.0f}" if freed >= 10 else f"${freed:,.2f}"
        sentence = f"{subject[0].upper()}{subject[1:]} would free up to about {shown}."
        yield ShadowPrice(rule, side, usd, unit.unit, unit.step, sentence, security_id)


def _at_the_minimum(marginals: Marginals, solution: Solution) -> float:
    """What all trades that stand at the minimum would gain if it were a unit smaller."""
    block, size = marginals.block, np.abs(marginals.trade)
    at = (solution.choices != Choice.NOTHING) & (block.min_trade > 0) & (size > 0) & (size - block.min_trade < _AT)
    at &= ~(block.sells_out & (marginals.trade < 0))  # a smaller minimum leaves them whole
    # a name whose limit forces it to trade is not held by the minimum
    forced = _forced(marginals)
    return float(np.maximum(marginals.at_margin, 0.0)[at & ~forced].sum())


def _forced(marginals: Marginals) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Names that stand at the limit which makes them trade (they must shrink, or grow, at least that far)."""
    block, trade = marginals.block, marginals.trade
    down = (trade < 0) & (block.active_upper < block.holdings.active - _AT)
    up = (trade > 0) & (block.active_lower > block.holdings.active + _AT)
    return np.asarray(
        (down & (block.active_upper - marginals.active < _AT)) | (up & (marginals.active - block.active_lower < _AT))
    )


def _of_names(
    problem: Problem, rule: NameLimits, marginals: Marginals, tickers: Sequence[str]
) -> Iterator[ShadowPrice]:
    """One price a name that stands at a limit of its own; sold out is no limit."""
    block, trade, force = marginals.block, marginals.trade, marginals.at_margin
    floor = block.active_lower + block.holdings.target
    ceiling = (trade > 0) & (block.active_upper - marginals.active < _AT) & (force < 0)
    bottom = (trade < 0) & (marginals.active - block.active_lower < _AT) & (floor > NO_ROOM) & (force < 0)
    must = _forced(marginals) & (force > 0)
    unit = unit_of(rule, problem)
    ids = block.risk.universe.security_ids
    for at in np.flatnonzero(ceiling | bottom | must).tolist():
        upper = bool(ceiling[at]) or (bool(must[at]) and trade[at] < 0)
        if upper and rule.leaving is not None and rule.leaving[at]:
            where = f"an exclusion that left {unit.step:g} points more of {tickers[at]}"
        else:
            where = f"a weight limit {unit.step:g} points {'higher' if upper else 'lower'} for {tickers[at]}"
        side = "upper" if upper else "lower"
        yield from _said(block, rule.name, side, abs(float(force[at])), unit, where, ids[at])
