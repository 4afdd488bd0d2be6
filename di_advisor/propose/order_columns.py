"""Orders as columns: shares, dollars and cents of all sales and buys in whole numbers.

Problem: settling and recording an account multiplies, rounds and sums hundreds of decimals, several times over.
Decision: where lots and prices are columns of whole numbers, the same amounts are kept beside the orders as such
columns, exactly; where anything does not fit (a ratio, too many digits), there are no columns and the decimals serve.
Limits: a trade that is kept from another proposal comes with decimals of its own, and with it all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import as_floats, is_compiled
from di_advisor.domain.lot_columns import IntArray, LotColumns, Units
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.domain.unit_columns import cents_of, floats_of, product_of, rescaled
from di_advisor.propose.sale_curve import SaleCurve

__all__ = ["OrderColumns", "TradedColumn", "buys_of", "sells_of"]

_ALL: Final = 2**62
_LARGEST: Final = 2.0**53


@dataclass(frozen=True, slots=True)
class TradedColumn:
    """Trades on one side.

    Attributes
    ----------
    at : ndarray of int, shape (t,)
        Positions of the lots that are sold, or of the names that are bought.
    shares : Units
        How many of each.
    usd : Units
        Shares times price.
    """

    at: IntArray
    shares: Units
    usd: Units

    @property
    def cents(self) -> IntArray:
        """Dollars of each trade to the cent, halves to even."""
        return cents_of(self.usd)

    def weights(self, size: int, value_usd: float) -> FloatArray:
        """Trades as weights, at their places among so many."""
        found = np.zeros(size)
        found[self.at] = floats_of(self.usd) / value_usd
        return found


@dataclass(frozen=True, slots=True)
class OrderColumns:
    """Trades of one proposal.

    Attributes
    ----------
    sells, buys : TradedColumn
        By lot and by name.
    whole : ndarray of bool
        Which sales take all of their lot.
    """

    sells: TradedColumn
    buys: TradedColumn
    whole: NDArray[np.bool_]

    def oversold(self, lots: Sequence[TaxLot]) -> bool:
        """Whether more is sold of a lot than it holds."""
        sold = self.sells.shares
        held = rescaled(lots.shares.take(self.sells.at), sold.places) if isinstance(lots, LotColumns) else None
        return held is None or bool((sold.count > held.count).any())


def _traded(at: IntArray, count: IntArray, places: int, prices: Units, names: IntArray) -> TradedColumn | None:
    shares = Units(count, places)
    usd = product_of(shares, prices.take(names))
    return None if usd is None else TradedColumn(at, shares, usd)


def buys_of(bought: IntArray, steps: IntArray, step: Decimal, prices: Units | None) -> TradedColumn | None:
    """Buys of names, so many steps of shares of each; None where they do not fit."""
    unit = _unit_of(step)
    if prices is None or float(steps.max(initial=0)) * unit.count[0] >= _LARGEST:
        return None
    return _traded(bought, steps * unit.count[0], unit.places, prices, bought)


def sells_of(
    signals: Signals, sale: SaleCurve, counts: FloatArray, step: Decimal
) -> tuple[dict[int, Decimal], TradedColumn, NDArray[np.bool_]] | None:
    """Shares by lot, filling lots in order until the name's count of steps is reached.

    Parameters
    ----------
    signals : Signals
        Lots and prices.
    sale : SaleCurve
        Lots in the order in which they are filled.
    counts : ndarray of shape (n,)
        Steps of shares that are sold of each name; infinite where all of its lots are.
    step : Decimal
        Shares in a step.

    Returns
    -------
    tuple or None
        Shares by position of the lot, the same as a column, and which are whole lots; None where lots or prices are
        not columns that fit.
    """
    lots, prices, unit = signals.account.lots, signals.market.price_units, _unit_of(step)
    if not isinstance(lots, LotColumns) or prices is None:
        return None
    places = max(lots.shares.places, unit.places)
    held = rescaled(lots.shares.take(sale.lot), places)
    each = int(unit.count[0]) * 10 ** (places - unit.places)
    if held is None or float(held.count.sum(dtype=np.float64)) >= _LARGEST:
        return None
    if float(counts[np.isfinite(counts)].max(initial=0.0)) * each >= _LARGEST:
        return None
    at, count, whole, before = _filled(sale, counts, held.count, each)
    sold, names = sale.lot[at], sale.name[at]
    column = _traded(sold, count, places, prices, names)
    if column is None:
        return None
    lots_sold = sold.tolist()
    shares = lots.shares_at(lots_sold)
    parts = np.flatnonzero(~whole)
    for k, first, name in zip(parts.tolist(), (parts - before[parts]).tolist(), names[parts].tolist(), strict=True):
        # In decimals, so that it shows the places of what it is the rest of.
        rest = step * int(counts[name])
        for earlier in shares[first:k]:
            rest -= earlier
        shares[k] = rest
    return dict(zip(lots_sold, shares, strict=True)), column, whole


def _filled(
    sale: SaleCurve, counts: FloatArray, held: IntArray, each: int
) -> tuple[IntArray, IntArray, NDArray[np.bool_], IntArray]:
    """Places in the curve of what is sold, how much of each, whether that is all, and how many of a name come before.

    Counts are steps of ``each`` units of what is ``held`` at each place of the curve.
    """
    if is_compiled():
        from di_advisor.propose.rounding_loops import filled_by_loops

        return filled_by_loops(sale.lot, sale.name, as_floats(counts), np.ascontiguousarray(held), each)
    wanted = counts[sale.name]
    all_of = np.isinf(wanted)
    starts = np.flatnonzero(np.diff(sale.name, prepend=-1))
    lots_of_name = np.diff(starts, append=len(held))
    empty_before = np.cumsum(held) - held
    empty_before -= np.repeat(empty_before[starts], lots_of_name)
    left = np.where(all_of, _ALL, np.where(all_of, 0.0, wanted).astype(np.int64) * each - empty_before)
    at = np.flatnonzero((left > 0) & (wanted > 0))
    before = np.arange(len(held)) - np.repeat(starts, lots_of_name)
    return at, np.minimum(left[at], held[at]), left[at] >= held[at], before[at]


def _unit_of(step: Decimal) -> Units:
    """Shares in a step, in whole numbers."""
    places = max(-int(step.as_tuple().exponent), 0)
    return Units(np.array([int(step.scaleb(places))], dtype=np.int64), places)
