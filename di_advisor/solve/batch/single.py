"""The climbs of one account by compiled loops. Limits: only where `is_compiled`."""

from __future__ import annotations

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.batch.common import Common
from di_advisor.solve.batch.laid_loops import are_ordered, lay_out_by_loops
from di_advisor.solve.batch.loops import topped_by_loops
from di_advisor.solve.batch.parts import Case, Pieces, Top, asked_of, blank_names, blank_state
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
    case = Case(shared, asked, names._replace(own=lay_out_by_loops(shared, asked, names)))
    rooms = blank_state(n, c, d), blank_state(n, c, d)
    soft, last, trade, buys, value, bound, steepest = topped_by_loops(case, start, rooms, softness, steps, TUNING)
    fine = steepest <= TUNING.flat_enough and are_ordered(*case, last, soft, TUNING.disorder)
    idle = names.idle[: common.factors]
    return Top(
        soft=soft,
        last=last,
        trade=trade,
        sells=~buys,
        value=value,
        bound=bound,
        is_fine=fine,
        pieces=Pieces(names.start[:-1], names.end[:-1], names.losing),
        nothing=case.names.own + asked.aversion * float(idle @ idle),
        asked=asked,
    )
