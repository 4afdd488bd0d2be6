"""The separable problem that lies below one with own terms: its tangent at a plan (outer approximation).

A convex term is at least its tangent, and a convex rule demands at least its linearised inequality.
With both in their place the problem is separable again, so the search over discrete choices, its dual
and its certificate apply: whatever bounds it from below bounds the true problem too, discrete choices
inside (Duran and Grossmann 1986). At the relaxed optimum the two share their optimality conditions,
so its choices are good ones. Limits: a linearised rule whose slopes differ between lots of one name
has no row, and is left out, which keeps the bound true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.own_affine import charged_anyway
from di_advisor.formulate.own_opaque import OpaqueRule, OpaqueTerm
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.segments import Segments, cut
from di_advisor.formulate.separable import Row, add_up

__all__ = ["lot_tangent", "tangent"]

_ROWS_MAX = 30
_NEAR = 0.02
"""Room, as a weight, from which on a linearised rule is too far away to matter."""

_SAME = 1e-9


def tangent(problem: Problem, plan: Plan, others: Sequence[Plan] = ()) -> tuple[Block, float] | None:
    """The block with tangents of the own terms at a plan, and the constant that its objective lacks.

    Rules are linearised there and at other plans.

    None where some own term has no slope there.
    """
    block, holdings = problem.block, problem.block.holdings
    value, lot_name = holdings.value_usd, holdings.lot_name
    lots, names = np.zeros(len(lot_name)), np.zeros(len(holdings.held))
    constant = charged_anyway(problem.terms)
    for term in problem.opaque_terms:
        found = term.slopes(plan) if isinstance(term, OpaqueTerm) else None
        if found is None:
            return None
        here = found.by_trade(lot_name)
        moved = float(here.sells @ plan.sells + here.buys @ plan.buys)
        constant += (term.value_usd(plan) - moved) / value
        # a slope of buys that sales do not mirror is one of lots
        names += here.buys / value
        lots += (here.sells + here.buys[lot_name]) / value
    segments = _sloped(problem, lots).tilted(names)
    rows = [row for rule in problem.rules for row in rule.rows(segments)]
    near = [cut for point in (plan, *others) for cut in _cuts(problem, point, plan, segments)]
    rows += [row for _, row in sorted(near, key=lambda one: one[0])[:_ROWS_MAX]]
    tilt = names if block.tilt is None else block.tilt + names
    return replace(block, segments=segments, rows=tuple(rows), tilt=tilt), constant


def lot_tangent(problem: Problem, plan: Plan) -> FloatArray:
    """Slopes of the own terms per unit sold of each lot, a fraction of the account, shape (L,)."""
    holdings = problem.block.holdings
    total = np.zeros(len(holdings.lot_name))
    for term in problem.opaque_terms:
        found = term.slopes(plan) if isinstance(term, OpaqueTerm) else None
        if found is not None:
            total += found.by_trade(holdings.lot_name).sells / holdings.value_usd
    return total


def _sloped(problem: Problem, lots: FloatArray) -> Segments:
    """The block's segments with a slope more on lots; cut anew, since their order may change."""
    block = problem.block
    if np.abs(lots).max(initial=0.0) <= _SAME:
        return block.segments
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    total = add_up((t.separable() for t in problem.separable_terms), len(lots), len(block.holdings.held))
    slope = lots if total.lot_slope is None else total.lot_slope + lots
    lost = np.isin(np.arange(len(lots)), block.segments.lot[block.segments.loss])
    found = cut(block.holdings.lot_name, locked.sell_max, slope, lost, locked.buy_max, total.traded, total.linear)  # type: ignore[arg-type]
    return found.tilted(total.name_slope)


def _cuts(problem: Problem, point: Plan, plan: Plan, segments: Segments) -> list[tuple[float, Row]]:
    """Rules linearised at a point, each with the room that a plan has in it, near ones only."""
    lot_name, n = problem.block.holdings.lot_name, len(problem.block.holdings.held)
    active = problem.block.holdings.active + plan.net(lot_name)
    rows: list[tuple[float, Row]] = []
    for rule in problem.opaque_rules:
        for one in rule.cuts(point) if isinstance(rule, OpaqueRule) else ():
            on_sells, on_buys = one.slopes.on_sells[one.at], one.slopes.on_buys[one.at]
            on_active = one.slopes.on_active[one.at]
            size = max(float(np.abs(part).max(initial=0.0)) for part in (on_sells, on_buys, on_active))
            if size <= 0:
                continue
            on_sold = np.zeros(n)
            on_sold[lot_name] = on_sells
            if (np.abs(on_sells - on_sold[lot_name]) > _SAME * size).any():
                continue
            on = np.where(segments.sell, on_sold[segments.name], on_buys[segments.name]) / size
            limit = -one.constant / size
            here = on_sells @ plan.sells + on_buys @ plan.buys + on_active @ active
            row = Row(rule.name, -np.inf, limit, on_active / size, on if on.any() else None)
            rows.append((limit - float(here) / size, row))
    return [one for one in rows if one[0] < _NEAR]
