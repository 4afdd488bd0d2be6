"""From prices to solutions: sides, amounts and the certificate of each account.

Decision: the dual over all choices is climbed softly, which says who sells and who buys; with sides fixed it is
climbed to the top, which gives the plan; both prices give a bound on every plan, and the better one counts. An
account whose gap stays wide goes through both once more, more sharply, from where it stands. Limits: what is not
certified is None here, and belongs to the search of one account.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from di_advisor.compiled import is_compiled
from di_advisor.domain.market import FloatArray
from di_advisor.errors import UncertifiedError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block
from di_advisor.solve.batch.common import Common
from di_advisor.solve.batch.parts import Asked, Top
from di_advisor.solve.batch.tuning import TUNING
from di_advisor.solve.choices import Choice
from di_advisor.solve.counts import SolverCounts
from di_advisor.solve.prices import PricedNames, Prices
from di_advisor.solve.solution import FEASIBLE, Solution, objective_of, plan_of

__all__ = ["ENOUGH", "TOGETHER", "answers"]

TOGETHER = 8
"""Accounts side by side: more of them leave the nearest cache."""

_GAP, _LEAST_GAP = 1e-9, 1e-12
_FINE = 2e-4
ENOUGH = 5e-4
"""Gap at which a plan is left as it is, a share of what it is better than doing nothing."""

_DUST = 1e-14


def answers(blocks: list[Block], common: Common, *, by_loops: bool | None = None) -> list[Solution | None]:
    """Solutions of accounts that fit what they share; None where the ordinary search has the word.

    Parameters
    ----------
    blocks : list of Block
        The accounts.
    common : Common
        What they share.
    by_loops : bool, optional
        Whether each is solved by compiled loops, or all by arrays; what is there (`is_compiled`) where left out.
    """
    topped = _by_loops if (is_compiled() if by_loops is None else by_loops) else _by_arrays
    starts = [_start(block, common) for block in blocks]
    tops = topped(blocks, common, starts, TUNING.softness, TUNING.soft_steps)
    found = [_solution(block, common, top) for block, top in zip(blocks, tops, strict=True)]
    wide = [i for i, solution in enumerate(found) if solution is None or solution.gap > _FINE * abs(solution.benefit)]
    again = topped([blocks[i] for i in wide], common, [tops[i].soft for i in wide], TUNING.sharper, TUNING.sharp_steps)
    for i, top in zip(wide, again, strict=True):
        found[i] = _better(found[i], _solution(blocks[i], common, top))
    return found


def _start(block: Block, common: Common) -> FloatArray:
    """Prices to begin at: those of an earlier solve where they are known, none for rows."""
    start = np.zeros(common.levers.shape[1])
    if block.begins_at is not None:
        start[: common.factors] = common.back.T @ block.begins_at
    return start


def _better(found: Solution | None, again: Solution | None) -> Solution | None:
    """What two attempts found; None where that is not enough either."""
    if found is not None and again is not None:
        bound = max(found.bound, again.bound)
        best = found if found.objective <= again.objective else again
        again = Solution(**{**vars(best), "bound": bound})
    found = again if again is not None else found
    return found if found is not None and found.gap <= ENOUGH * abs(found.benefit) else None


def _by_loops(
    blocks: Sequence[Block], common: Common, starts: Sequence[FloatArray], softness: float, steps: int
) -> list[Top]:
    """Climb softly, fix the sides, and climb to the top: one account after another."""
    from di_advisor.solve.batch.single import topped

    return [topped(block, common, start, softness, steps) for block, start in zip(blocks, starts, strict=True)]


def _by_arrays(
    blocks: Sequence[Block], common: Common, starts: Sequence[FloatArray], softness: float, steps: int
) -> list[Top]:
    """The same for so many accounts at a time as stand side by side."""
    from di_advisor.solve.batch.several import topped

    found: list[Top] = []
    for first in range(0, len(blocks), TOGETHER):
        few = slice(first, first + TOGETHER)
        found += topped(blocks[few], common, np.array(starts[few]), softness, steps)
    return found


def _solution(block: Block, common: Common, top: Top) -> Solution | None:
    """The solution of an account, judged by its own amounts; None where they do not certify it."""
    if not top.is_fine:
        return None
    made = _made(block, common, top) if top.asked is None else _made_by_loops(block, common, top, top.asked)
    found = Solution(
        plan=made.plan,
        choices=np.where(top.sells, int(Choice.SELL), int(Choice.BUY)),
        prices=_prices(block, common, top.last),
        objective=objective_of(block, made.amounts, made.active),
        convex_bound=top.value,
        bound=top.bound,
        residual=made.residual,
        nothing=top.nothing,
        solver="dual Newton",
        counts=SolverCounts(dual_newton=1),
    )
    close = found.objective - top.value <= _GAP * max(abs(top.value), abs(found.objective)) + _LEAST_GAP
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


class _Made(NamedTuple):
    """What net trades come to: amounts of segments (m,), the plan, active weights (n,), the largest violation."""

    amounts: FloatArray
    plan: Plan
    active: FloatArray
    residual: float


def _made(block: Block, common: Common, top: Top) -> _Made:
    """What the net trades come to, by arrays."""
    segments, name = block.segments, block.segments.name
    of_name, sells = top.trade[name], top.sells[name]
    made = np.where(segments.sell, top.pieces.end - of_name, of_name - top.pieces.start)
    made = np.minimum(np.maximum(made, 0.0), segments.width)
    made = np.where(made < _DUST, 0.0, np.where(made > segments.width - _DUST, segments.width, made))
    closed = np.where(segments.sell, top.pieces.losing[name] & ~sells, sells)
    amounts = np.where(closed, 0.0, made)
    active = block.holdings.active + np.bincount(name, weights=segments.sign * amounts, minlength=len(top.trade))
    return _Made(amounts, plan_of(block, amounts), active, _residual(block, common, amounts, active))


def _made_by_loops(block: Block, common: Common, top: Top, asked: Asked) -> _Made:
    """The same by compiled loops."""
    from di_advisor.solve.batch.answer_loops import made_by_loops, residual_by_loops

    lot, lots = np.ascontiguousarray(block.segments.lot), len(block.holdings.lot_name)
    amounts, sold, bought, active = made_by_loops(asked, top.pieces, top.trade, top.sells, lot, lots, _DUST)
    return _Made(amounts, Plan(sold, bought), active, residual_by_loops(common.for_loops, asked, amounts, active))


def _prices(block: Block, common: Common, prices: FloatArray) -> Prices:
    """Prices in terms of the block: exposures turned back."""
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
