"""From prices to solutions: sides, amounts and the certificate of each account.

Decision: the dual over all choices is climbed softly, which says who sells and who buys; with sides fixed it is
climbed to the top, which gives the plan; both prices give a bound on every plan, and the better one counts. An
account whose gap stays wide goes through both once more, more sharply, from where it stands. Limits: what is not
certified is None here, and belongs to the search of one account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import UncertifiedError
from di_advisor.formulate.problem import Block
from di_advisor.solve.batch.climb import Standing, climbed, slope_at
from di_advisor.solve.batch.common import Common
from di_advisor.solve.batch.laid import Laid, laid_out
from di_advisor.solve.batch.names import chosen, coupling, ordered, over_all
from di_advisor.solve.choices import Choice
from di_advisor.solve.counts import SolverCounts
from di_advisor.solve.prices import PricedNames, Prices
from di_advisor.solve.solution import FEASIBLE, Solution, objective_of, plan_of

__all__ = ["ENOUGH", "TOGETHER", "answers"]

TOGETHER = 8
"""Accounts side by side: more of them leave the nearest cache."""

_SOFTNESS, _SHARPER = 5e-7, 1e-7
_SOFT_STEPS, _SHARP_STEPS, _LAST_STEPS = 5, 10, 20
_PART = 0.3
_LEVEL = 1e-10
_REST = 1e-24
_GAP, _LEAST_GAP = 1e-9, 1e-12
_FINE = 2e-4
ENOUGH = 5e-4
"""Gap at which a plan is left as it is, a share of what it is better than doing nothing."""

_DUST = 1e-14


@dataclass(frozen=True)
class _Tops:
    """Prices at the top of the duals over all choices and with sides given, and what they prove."""

    soft: FloatArray
    last: Standing
    buys: NDArray[np.bool_]
    bound: FloatArray


def answers(blocks: list[Block], common: Common) -> list[Solution | None]:
    """Solutions of accounts that fit what they share; None where the ordinary search has the word."""
    starts = np.array([_start(block, common) for block in blocks])
    found: list[Solution | None] = []
    for few in _few(range(len(blocks))):
        laid = laid_out([blocks[i] for i in few], common)
        tops = _topped(laid, starts[few], _SOFTNESS, _SOFT_STEPS)
        found += _solutions(laid, tops)
        starts[few] = tops.soft
    wide = [i for i, solution in enumerate(found) if solution is None or solution.gap > _FINE * abs(solution.benefit)]
    for few in _few(wide):
        laid = laid_out([blocks[i] for i in few], common)
        again = _solutions(laid, _topped(laid, starts[few], _SHARPER, _SHARP_STEPS))
        for i, solution in zip(few, again, strict=True):
            found[i] = _better(found[i], solution)
    return found


def _start(block: Block, common: Common) -> FloatArray:
    """Prices to begin at: those of an earlier solve where they are known, none for rows."""
    start = np.zeros(common.levers.shape[1])
    if block.begins_at is not None:
        start[: common.factors] = common.back.T @ block.begins_at
    return start


def _few(places: Sequence[int]) -> list[list[int]]:
    """So many places at a time as stand side by side."""
    return [list(places[first : first + TOGETHER]) for first in range(0, len(places), TOGETHER)]


def _better(found: Solution | None, again: Solution | None) -> Solution | None:
    """What two attempts found; None where that is not enough either."""
    if found is not None and again is not None:
        bound = max(found.bound, again.bound)
        best = found if found.objective <= again.objective else again
        again = Solution(**{**vars(best), "bound": bound})
    found = again if again is not None else found
    return found if found is not None and found.gap <= ENOUGH * abs(found.benefit) else None


def _topped(laid: Laid, start: FloatArray, softness: float, steps: int) -> _Tops:
    """Climb softly, fix the sides, and climb to the top."""
    softly = climbed(laid, start, steps=steps, softness=np.full(len(laid.blocks), softness), enough=_PART * softness)
    soft, plain = softly.prices, chosen(laid, softly.prices, softly.sides)
    buys = plain.better <= 0
    last = climbed(laid, soft, plain, steps=_LAST_STEPS, buys=buys, enough=_REST)
    at_last = over_all(laid, last.sides, buys)
    bound = np.fmax(_unreserved(laid, soft, plain.value), _unreserved(laid, last.prices, at_last))
    return _Tops(soft, last, buys, bound)


def _unreserved(laid: Laid, prices: FloatArray, value: FloatArray) -> FloatArray:
    """A bound on every plan, whose rows need no reserve."""
    return value - coupling(laid, prices, kept=True) + coupling(laid, prices, kept=False)


def _solutions(laid: Laid, tops: _Tops) -> list[Solution | None]:
    slope, _ = slope_at(laid, tops.last.prices, tops.last.sides)
    fine = (np.abs(slope).max(axis=1) <= _LEVEL) & ordered(laid, tops.last.prices) & ordered(laid, tops.soft)
    return [_solution(laid, tops, i) if fine[i] else None for i in range(len(fine))]


def _solution(laid: Laid, tops: _Tops, i: int) -> Solution | None:
    """The solution of an account, judged by its own amounts; None where they do not certify it."""
    block, common = laid.blocks[i], laid.common
    n = laid.active.shape[1]
    mine = (laid.torn >= i * n) & (laid.torn < (i + 1) * n)
    sells = np.zeros(n, dtype=np.bool_)
    sells[laid.torn[mine][~tops.buys[mine]] - i * n] = True
    trade = tops.last.sides.best.trade[i].copy()
    trade[laid.torn[mine] - i * n] = np.where(
        tops.buys[mine], trade[laid.torn[mine] - i * n], tops.last.sides.best.selling[mine]
    )
    amounts = _amounts(laid, i, trade, sells)
    segments = block.segments
    moved = np.bincount(segments.name, weights=segments.sign * amounts, minlength=n)
    active = block.holdings.active + moved
    prices = _prices(laid, tops.last.prices[i], i)
    value, k = float(tops.last.sides.value[i]), common.factors
    found = Solution(
        plan=plan_of(block, amounts),
        choices=np.where(sells, int(Choice.SELL), int(Choice.BUY)),
        prices=prices,
        objective=objective_of(block, amounts, active),
        convex_bound=value,
        bound=float(tops.bound[i]),
        residual=_residual(block, common, amounts, active),
        nothing=float(laid.own[i] + laid.aversion[i] * (laid.idle[i, :k] ** 2).sum()),
        solver="dual Newton",
        counts=SolverCounts(dual_newton=1),
    )
    close = found.objective - value <= _GAP * max(abs(value), abs(found.objective)) + _LEAST_GAP
    if not close or not found.residual <= FEASIBLE:
        return None
    try:
        found.check(scale=max(abs(found.nothing - found.objective), 1e-6))
    except UncertifiedError:
        return None
    return _in_shares(found, block)


def _in_shares(found: Solution, block: Block) -> Solution:
    """With the bound on plans in whole shares, where shares are whole."""
    if block.share_step is None:
        return found
    return Solution(**{**vars(found), "shares_bound": PricedNames(block).bound_in_shares(found.prices)})


def _amounts(laid: Laid, i: int, trade: FloatArray, sells: NDArray[np.bool_]) -> FloatArray:
    """Amounts of the segments that make these net trades, shape (m,)."""
    segments, table = laid.blocks[i].segments, laid.pieces[laid.bounds[i] : laid.bounds[i + 1]]
    of_name, name = trade[segments.name], segments.name
    made = np.where(segments.sell, table[:, 1] - of_name, of_name - table[:, 0])
    made = np.minimum(np.maximum(made, 0.0), segments.width)
    made = np.where(made < _DUST, 0.0, np.where(made > segments.width - _DUST, segments.width, made))
    closed = np.where(segments.sell, laid.losses[i][name] & ~sells[name], sells[name])
    return np.where(closed, 0.0, made)


def _prices(laid: Laid, prices: FloatArray, i: int) -> Prices:
    """Prices in terms of the block: exposures turned back."""
    block, common = laid.blocks[i], laid.common
    k = common.factors
    point = common.back @ (prices[:k] / (2.0 * block.aversion))
    exposures = 2.0 * block.aversion * (block.risk.factor_covariance_per_year @ point)
    exposures[common.boxed] += prices[k + len(block.rows) :]
    return Prices(block.aversion, exposures, prices[k : k + len(block.rows)].copy(), point)


def _residual(block: Block, common: Common, amounts: FloatArray, active: FloatArray) -> float:
    """Largest violation of a name's limits, a row, or one side for a group."""
    over = float(np.maximum(block.active_lower - active, active - block.active_upper).max(initial=0.0))
    if len(common.boxed):
        e = (block.risk.exposures.T @ active)[common.boxed]
        low, high = block.exposure_lower[common.boxed], block.exposure_upper[common.boxed]
        over = max(over, float(np.maximum(low - e, e - high).max()))
    for row in block.rows:
        reached = 0.0 if row.on_active is None else float(row.on_active @ active)
        if row.on_segments is not None:
            reached += float(row.on_segments @ amounts)
        over = max(over, row.lower - reached, reached - row.upper)
    segments = block.segments
    lost = np.bincount(segments.name, weights=np.where(segments.loss, amounts, 0.0), minlength=len(active))
    bought = np.bincount(segments.name, weights=np.where(segments.sell, 0.0, amounts), minlength=len(active))
    over = max(over, float(np.minimum(lost, bought).max(initial=0.0)))
    for members in common.shared:
        over = max(over, min(float(lost[members].sum()), float(bought[members].sum())))
    return over
