"""Orders in whole shares where rounding a solution, and walking on from there, keeps no rule: found exactly.

Problem: rounding moves every trade by up to half a step of shares; where steps are large against the
account, or a budget is narrow, no single step mends what that breaks. Decision: an integer program over the
counts of shares (`di_advisor.solve.share_program`), first with each name on the side where the solution
has it, then, unless what was found is near the bound (or the account large), with every side open and
with all tangents of the first, which hold for every plan; the first tangent is at the solution. What is
found is checked as any other orders. Where the second ends without orders within its budget, that there are
none is proved, and the error says so.

Limits: cash is kept to two cents times the root of the number of names; beside own rules for cones and
quadratic impact in cash nothing is proved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.signals import Signals
from di_advisor.errors import SettlementError
from di_advisor.formulate.account_rules import CashRange
from di_advisor.formulate.kept import kept_shares
from di_advisor.formulate.limits import share_step
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.replacements import StandInLimit
from di_advisor.formulate.rules import Locked, Rule
from di_advisor.formulate.separable import Row
from di_advisor.formulate.tax_rules import TaxBudget
from di_advisor.propose.settle import Orders, checked, decimal_shares
from di_advisor.solve.complete import places_of
from di_advisor.solve.share_program import ShareCounts, ShareSearch, Verdict
from di_advisor.solve.solution import Solution

__all__ = ["settle_exactly"]

_CENTS_USD = 0.02
_STILL = 1e-7
_LARGE = 400
"""Segments and names above which orders that are found are not searched for on other sides: seconds, for next to
nothing; what they may miss is in the certificate."""

_NEAR = 1e-4
"""Distance from the bound within which orders on the solution's own sides are near enough."""


def settle_exactly(
    problem: Problem,
    solution: Solution,
    signals: Signals,
    mandate: Mandate,
    failure: SettlementError,
    ask: Callable[[], None],
) -> Orders:
    """Orders in whole shares that keep every rule.

    Parameters
    ----------
    problem : Problem
        As asked for, at the rates of the solution.
    solution : Solution
        What could not be rounded.
    signals, mandate
        As for `settle`.
    failure : SettlementError
        What rounding broke.
    ask : callable
        Called before each solve; raises where the call was cancelled.

    Raises
    ------
    SettlementError
        ``failure``, or where it is proved that there are no such orders, the error that says so (``proved``).
    """
    step = problem.block.share_step
    if step is None:
        raise failure
    block = _with_rules(problem)
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    places = places_of(problem, schedule_d_of(problem), locked.sell_max)
    net = solution.plan.net(block.holdings.lot_name)
    near = np.where(np.abs(net) > _STILL, np.sign(net), 0.0)
    found: dict[int, Orders] = {}

    def judged(counts: ShareCounts) -> Verdict:
        try:
            found[id(counts)] = checked(problem, signals, mandate, *_shares(counts, signals, mandate))
        except SettlementError as error:
            return Verdict.CAP if error.facts.get("rule") == "tracking error cap" else Verdict.BROKEN
        return Verdict.KEPT

    value_usd = block.holdings.value_usd
    best: tuple[float, Orders] | None = None
    looked = [(np.asarray(block.holdings.active + net, dtype=np.float64), net)]
    for sides in (near, None):
        search = ShareSearch(block, places, step, sides)
        for active, moved in looked:
            search.take(active, moved)
        counts = search.run(judged, ask)
        looked += search.looked
        if counts is not None:
            orders = found[id(counts)]
            worth = sum(t.value_usd(orders.plan) for t in problem.terms) / value_usd
            best = (worth, orders) if best is None or worth < best[0] else best
        large = len(block.segments) + len(block.active_lower) > _LARGE
        if best is not None and (large or best[0] - solution.bound_after_rounding <= _NEAR):
            break
    if best is not None:
        return best[1]
    if search.exact:
        raise SettlementError(
            f"It is proved that no orders in steps of {share_step(mandate)} shares keep every rule. {failure.what}",
            hint=failure.hint,
            **{**failure.facts, "proved": True},
        ) from failure
    raise failure


def _with_rules(problem: Problem) -> Block:
    """The block with its rules as they are asked for, cash to some cents; a tax budget is kept by places."""
    block = problem.block
    segments = block.segments
    rows = [r for rule in problem.rules if not isinstance(rule, TaxBudget) for r in _rows(rule, block)]
    return replace(block, segments=segments, rows=tuple(rows))


def _rows(rule: Rule, block: Block) -> tuple[Row, ...]:
    rows = rule.rows(block.segments)
    if isinstance(rule, StandInLimit):
        return tuple(replace(row, upper=row.upper + rule.step) for row in rows)
    if isinstance(rule, CashRange):
        # Values of trades are rounded to cents, each by half a cent at most, up as often as down.
        kept = _CENTS_USD * len(block.holdings.held) ** 0.5 / block.holdings.value_usd
        return tuple(replace(row, reserve=kept if row.reserve else 0.0) for row in rows)
    return rows


def _shares(counts: ShareCounts, signals: Signals, mandate: Mandate) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """Exact shares by lot and by name."""
    step = share_step(mandate)
    sells = {
        lot: decimal_shares(signals, lot) if lot in counts.whole else min(step * k, decimal_shares(signals, lot))
        for lot, k in counts.sold.items()
    }
    buys = {name: step * k for name, k in counts.bought.items()}
    kept = kept_shares(signals)
    if kept is None:
        return sells, buys
    names, of_lot = kept.names, signals.account.lot_name
    sells = {lot: shares for lot, shares in sells.items() if not names[of_lot[lot]]}
    return {**sells, **kept.sells}, {**{n: q for n, q in buys.items() if not names[n]}, **kept.buys}
