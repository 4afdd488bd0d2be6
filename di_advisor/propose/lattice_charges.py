"""What share counts cost, are taxed and realise, name by name, looked up where nothing changed.

Problem: a walk over share counts asks for the charges of hundreds of names at every step, and a step changes
one of them. Decision: the answers of the last looks are kept, one for the counts themselves and one for each
direction of a step, and only names whose amount differs are reckoned anew, by the same formulas. Limits: where
many names differ everything is reckoned anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.terms import TradingCost
from di_advisor.formulate.wash_prices import WashPrices
from di_advisor.propose.lattice_gains import BudgetedGains
from di_advisor.propose.sale_curve import SaleCurve

__all__ = ["Charged", "Charges"]

_FEW = 24


@dataclass(frozen=True)
class Charged:
    """Charges of amounts in their directions.

    Attributes
    ----------
    cost, tax : ndarray of shape (n,)
        Cost of trading; tax with waiting value and the price of what is washed.
    gains : ndarray of shape (2, n)
        Short-term and long-term gain; of shape (0, n) without budgets.
    """

    cost: FloatArray
    tax: FloatArray
    gains: FloatArray


class Charges:
    """Charges by name.

    Parameters
    ----------
    cost : TradingCost
        Of trading.
    sale : SaleCurve
        Lots in filling order.
    gains : BudgetedGains
        Gains that budgets limit.
    direction : ndarray of shape (n,)
        -1 sells, +1 buys, 0 does not trade.
    wash : WashPrices, optional
        What washing costs, where that has a price.
    losing : ndarray of bool, optional
        Which of the sale curve's lots stand at a loss; needed with ``wash``.
    """

    def __init__(
        self,
        cost: TradingCost,
        sale: SaleCurve,
        gains: BudgetedGains,
        direction: FloatArray,
        wash: WashPrices | None,
        losing: NDArray[np.bool_] | None,
    ) -> None:
        self.cost, self.sale, self.gains, self.direction = cost, sale, gains, direction
        self.wash, self.losing = None if losing is None else wash, losing
        self._known: dict[int, tuple[FloatArray, Charged]] = {}

    def of(self, amount: FloatArray, look: int = 0) -> Charged:
        """Charges of an amount of each name; ``look`` names the earlier look that this one resembles."""
        known = self._known.get(look)
        at = None if known is None else np.flatnonzero(amount != known[0])
        if known is None or at is None or len(at) > _FEW:
            found = self.reckoned(amount)
        elif len(at):
            part = self.of_names(at).reckoned(amount[at])
            cost, tax, gains = known[1].cost.copy(), known[1].tax.copy(), known[1].gains.copy()
            cost[at], tax[at], gains[:, at] = part.cost, part.tax, part.gains
            found = Charged(cost, tax, gains)
        else:
            return known[1]
        self._known[look] = (amount, found)
        return found

    def of_names(self, at: NDArray[np.int64]) -> Charges:
        """The charges of a few names alone, in this order."""
        place = np.full(len(self.direction), -1)
        place[at] = np.arange(len(at))
        mine = np.flatnonzero(place[self.sale.name] >= 0)
        sale = SaleCurve(
            self.sale.lot[mine],
            place[self.sale.name[mine]],
            self.sale.start[mine],
            self.sale.width[mine],
            self.sale.slope[mine],
        )
        wash = self.wash
        return Charges(
            self.cost.of_names(at),
            sale,
            self.gains.along(sale, mine),
            self.direction[at],
            None if wash is None else replace(wash, **{f: getattr(wash, f)[at] for f in _BY_NAME}),
            None if self.losing is None else self.losing[mine],
        )

    def reckoned(self, amount: FloatArray) -> Charged:
        """Charges of an amount of each name, none of them looked up."""
        selling = self.direction < 0
        sold = np.where(selling, amount, 0.0)
        tax = self.sale.value(sold) + self._washed(amount, sold)
        return Charged(self.cost.of(amount, selling=selling), np.asarray(tax, dtype=np.float64), self.gains.of(sold))

    def _washed(self, amount: FloatArray, sold: FloatArray) -> FloatArray | float:
        """Cost of what is washed, by name; 0 where wash sales have no prices."""
        wash, losing = self.wash, self.losing
        if wash is None or losing is None:
            return 0.0
        filled = np.where(losing, self.sale.filled(sold), 0.0)
        lost = np.bincount(self.sale.name, weights=filled, minlength=len(amount))
        bought = np.where(self.direction > 0, amount, 0.0)
        charged = wash.sell_price * np.minimum(lost, wash.sell_width)
        return np.asarray(charged + wash.buy_price * np.minimum(bought, wash.buy_width), dtype=np.float64)


_BY_NAME = ("sell_price", "sell_width", "buy_price", "buy_width")
