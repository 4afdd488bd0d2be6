"""A plan with few trades, where the choices that prices ask for leave none within a limit on numbers.

Problem: with two trades allowed and cash to be raised, the cheapest plan sells a little of everything,
and any two of its names are not enough. Decision: what is traded is minimised instead of what it
costs, again and again, each name charged by how little it traded the time before (reweighted
l1 minimisation: Candes, Wakin and Boyd 2008), so that trades gather in few names. Limits: a
heuristic; the names that stay are those of the baseline.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from di_advisor.errors import DiAdvisorError
from di_advisor.formulate.problem import Block
from di_advisor.solve.baseline import staying
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.feasible import Groups, feasible_choices
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.tracking import solve_capped

__all__ = ["fewest_trades"]

_TURNS = 5
_SHARPER = 0.02
_TRADED = 1e-7


def fewest_trades(block: Block, shared: Groups) -> Iterator[Choices]:
    """Choices of plans that trade ever fewer names; none where not even the relaxation has a plan.

    Parameters
    ----------
    block : Block
        The account.
    shared : list of ndarray
        Members of identical groups.
    """
    name, n = block.segments.name, len(block.active_lower)
    open_, weight = staying(block), np.ones(n)
    loose = replace(block, impact=np.zeros(n), min_trade=np.zeros(n), power=None, wash=None, trades_max=None)
    for _ in range(_TURNS):
        charged = replace(loose, segments=replace(block.segments, slope=weight[name]))
        try:
            found = solve_capped(QuadraticProgram(charged, open_))
        except DiAdvisorError:  # infeasible or not certified: another way has to do
            return
        if found is None:
            return
        moves = np.bincount(name, weights=block.segments.sign * found.amounts, minlength=n)
        net = np.asarray(moves, dtype=np.float64)
        moved = np.abs(net)
        # first every trade as it is, then those that are too small at the minimum
        for trade in (net, np.sign(net) * np.maximum(moved, block.least_of(net))):
            choices = feasible_choices(block, np.asarray(trade, dtype=np.float64), shared)
            choices = np.where(moved <= _TRADED, int(Choice.NOTHING), choices)
            yield np.where(open_ == Choice.EXIT, int(Choice.EXIT), choices).astype(np.int64)
        weight = 1.0 / (moved + _SHARPER * max(float(moved.max()), _TRADED))
        weight = weight / weight.min()
