"""What share counts cost, are taxed and realise, name by name, each reckoned once.

Problem: a walk over share counts asks for the charges of the same few counts of a name thousands of times.
Decision: what a count of a name is charged is kept for the walk; the counts around the start are reckoned for
all names together, a further one by the same formulas when it is first asked for. Limits: one walk's lattice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.terms import TradingCost
from di_advisor.formulate.wash_prices import WashPrices
from di_advisor.propose.lattice_gains import BudgetedGains
from di_advisor.propose.sale_curve import SaleCurve

__all__ = ["Charged", "Charges", "KnownCharges"]


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
        """Charges of an amount of each name."""
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


class KnownCharges:
    """Charges of share counts, kept.

    Parameters
    ----------
    charges : Charges
        By name.
    unit : ndarray of shape (n,)
        Weight of one step of shares.

    Attributes
    ----------
    gains : int
        How many gains are budgeted.
    """

    def __init__(self, charges: Charges, unit: FloatArray) -> None:
        self._charges, self._unit = charges, unit
        self.gains = len(charges.gains.of(np.zeros(len(unit))))
        self._alone: dict[int, Charges] = {}
        self._known: list[dict[int, Sequence[float]]] = [{} for _ in unit]

    def learn(self, count: NDArray[np.int64]) -> None:
        """Reckon these counts of all names together."""
        rows = _rows(self._charges.reckoned(count * self._unit))
        for known, each, row in zip(self._known, count.tolist(), rows, strict=True):
            known[each] = row

    def of(self, name: int, count: int) -> Sequence[float]:
        """Cost, tax and the gains that budgets limit, of so many shares of a name."""
        known = self._known[name]
        if count not in known:
            if name not in self._alone:
                self._alone[name] = self._charges.of_names(np.array([name]))
            known[count] = _rows(self._alone[name].reckoned(count * self._unit[name : name + 1]))[0]
        return known[count]


def _rows(charged: Charged) -> list[list[float]]:
    columns = np.concatenate([charged.cost[None, :], charged.tax[None, :], charged.gains])
    rows: list[list[float]] = columns.T.tolist()
    return rows
