"""What the stages from one on would pay for the lots, holdings, cash and budget that reach them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.staged_tax import TaxYear
from di_advisor.solve.staged.answer import StagedAnswer

__all__ = ["LaterPrices", "later_prices"]

_SAME = 1e-9


@dataclass(frozen=True)
class LaterPrices:
    """Derivatives of the cost of the later stages.

    Attributes
    ----------
    per_lot : ndarray of shape (L,)
        Cost of having a unit of weight of each lot less, and of the budget its gain takes.
    per_name : ndarray of shape (n,)
        Cost of holding a unit of weight of each name more, and so much less cash.
    """

    per_lot: FloatArray
    per_name: FloatArray


def _rate(law: TaxYear, gains: FloatArray, term: int) -> float:
    """Marginal rate of a year's tax at gains, of the piece they lie in."""
    piece = law.pieces[law.holds(gains)]
    plane = np.linalg.lstsq(np.c_[np.ones(len(piece.tax)), piece.corners], piece.tax, rcond=None)[0]
    return float(plane[1 + term])


def later_prices(
    problem: StagedProblem, answer: StagedAnswer, leg: int, first: StagedProblem, today: Plan | None = None
) -> LaterPrices:
    """Prices of what reaches a stage.

    Parameters
    ----------
    problem, answer : StagedProblem, StagedAnswer
        A solved problem.
    leg : int
        The stage of it that is reached.
    first : StagedProblem
        The whole plan, whose first stage is priced: its gains and its tax year.
    today : Plan, optional
        What the first stage trades: by a return, its own tax is that of its gains alone.
    """
    sold = np.zeros(len(problem.holdings.lot_name)) if today is None else today.sells
    m, h = answer.layout, problem.holdings
    here = m.legs[leg]
    before = h.active if leg == 0 else answer.v[m.legs[leg - 1].z]
    impact = 2.0 * problem.legs[leg].growth * problem.cost.impact
    holding = -answer.equality[here.chain] - impact * (answer.v[here.z] - before)
    cash = -answer.equality[here.cash_row] + max(float(answer.rows[m.cash_rows[leg]]), 0.0)
    lots = np.zeros(len(h.lot_name))
    coupled = m.lot_row >= 0
    lots[coupled] = np.maximum(answer.rows[m.lot_row[coupled]], 0.0)
    reduced = m.q + m.P @ answer.v + m.A.T @ answer.equality + m.G.T @ answer.rows
    for place, stage in zip(m.legs[leg:], problem.legs[leg:], strict=True):
        whole = stage.sell_max[place.lots] >= h.lot_weight[place.lots] * (1.0 - _SAME)
        at_end = answer.v[place.x] >= 0.5 * m.upper[place.x]
        lots[place.lots] += np.where(whole & at_end, np.maximum(-reduced[place.x], 0.0), 0.0)
    start = first.legs[0]
    if first.taxes is not None and m.years:
        standing = np.array([float(first.taxes.short[0] @ sold), float(first.taxes.long[0] @ sold)])
        law = first.taxes.years[0]
        for term, row in enumerate(m.years[0].gain_rows):
            gain = (first.taxes.short, first.taxes.long)[term][0]
            lots = lots + (-float(answer.equality[row]) - _rate(law, standing, term)) * gain
        for after, check in m.checks.items():  # budgets after later stages of this year
            if after >= leg and problem.legs[after].on.year == start.on.year:
                for term, row in enumerate(check.gain_rows):
                    lots = lots - float(answer.equality[row]) * (first.taxes.short, first.taxes.long)[term][0]
    for kind, per in (("gain", start.gain), ("tax", start.tax_rate)):
        for row in m.budget_rows.get((start.on.year, kind), ()):
            lots = lots + max(float(answer.rows[row]), 0.0) * per
    return LaterPrices(lots, np.asarray(holding - cash, dtype=np.float64))
