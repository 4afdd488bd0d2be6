"""The climbs of one account by compiled loops. Limits: only where `is_compiled`."""

from __future__ import annotations

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.batch.common import Common, Shared
from di_advisor.solve.batch.laid_loops import are_ordered, lay_out_by_loops
from di_advisor.solve.batch.loops import climbed_by_loops, dual_over_all
from di_advisor.solve.batch.parts import Asked, Top, asked_of, blank_names, blank_state
from di_advisor.solve.batch.tuning import TUNING

__all__ = ["topped"]


def topped(block: Block, common: Common, start: FloatArray, softness: float, steps: int) -> Top:
    """Climb softly, fix the sides, and climb to the top.

    Parameters
    ----------
    block : Block
        The account.
    common : Common
        What it shares with others.
    start : ndarray of shape (d,)
        Prices to begin at.
    softness : float
        Of the minimum over sides.
    steps : int
        Newton steps of the soft climb.
    """
    shared, asked = common.for_loops, asked_of(block, common)
    n, c, d = len(asked.active), len(common.counting), len(start)
    names = blank_names(n, len(asked.name), c, d)
    names = names._replace(own=lay_out_by_loops(shared, asked, names))
    buys, state, room = np.ones(n, dtype=np.bool_), blank_state(n, c, d), blank_state(n, c, d)
    enough = TUNING.part * softness
    soft, value, state, slope = climbed_by_loops(
        shared, asked, names, start, state, room, softness, buys, steps, enough, TUNING
    )
    bound = dual_over_all(names, state, softness, buys, value) + _reserved(shared, asked, soft)
    last, value, state, slope = climbed_by_loops(
        shared, asked, names, soft, state, blank_state(n, c, d), 0.0, buys, TUNING.last_steps, TUNING.rest, TUNING
    )
    above = dual_over_all(names, state, 0.0, buys, value) + _reserved(shared, asked, last)
    fine = bool(np.abs(slope).max() <= TUNING.flat_enough)
    fine = fine and all(are_ordered(shared, asked, names, prices, TUNING.disorder) for prices in (last, soft))
    idle = names.idle[: common.factors]
    return Top(
        soft=soft,
        last=last,
        trade=np.where(buys, state.trade, state.selling),
        sells=~buys,
        value=value,
        bound=float(np.fmax(bound, above)),
        is_fine=fine,
        start=names.start[:-1],
        end=names.end[:-1],
        losing=names.losing,
        nothing=names.own + asked.aversion * float(idle @ idle),
    )


def _reserved(shared: Shared, asked: Asked, prices: FloatArray) -> float:
    """What the reserves of rows take off a bound on every plan, which needs none."""
    y = prices[shared.factors :]
    up = np.flatnonzero(y > 0)
    return float(y[up] @ (asked.kept[up] - asked.highest[up]))
