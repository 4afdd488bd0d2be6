"""Orders as columns: shares, dollars and cents of all sales and buys in whole numbers.

Problem: settling and recording an account multiplies, rounds and sums hundreds of decimals, several times over.
Decision: where lots and prices are columns of whole numbers, orders are such columns, exactly, and decimals are made of
them where somebody asks for one; where anything does not fit (a ratio, too many digits), decimals serve from the start.
Limits: a trade that is kept from another proposal comes with decimals of its own, and with it all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import as_floats, is_compiled
from di_advisor.domain.lot_columns import LotColumns
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.domain.unit_columns import cents_of, floats_of, product_of, rescaled
from di_advisor.domain.written_amounts import IntArray, Units, Written
from di_advisor.propose.sale_curve import SaleCurve

__all__ = ["OrderColumns", "SoldColumn", "TradedColumn", "TradedShares", "buys_of", "sells_of"]

_ALL: Final = 2**62
_LARGEST: Final = 2.0**53


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class SoldColumn(TradedColumn):
    """Sales, which take all of a lot or a part of it.

    Attributes
    ----------
    lots : LotColumns
        Those of the account.
    whole : ndarray of bool, shape (t,)
        Which sales take all of their lot.
    before : ndarray of int, shape (t,)
        How many sales of the same name stand right before each.
    step_places : int
        Decimal places of a step of shares.
    """

    lots: LotColumns
    whole: NDArray[np.bool_]
    before: IntArray
    step_places: int

    @cached_property
    def shown(self) -> IntArray:
        """Places that each sale shows: of a lot as it is written, of a part those of what it is the rest of."""
        held = self.lots.written[0]
        found = np.full(len(self.at), held.units.places) if held.places is None else held.places[self.at]
        parts = np.flatnonzero(~self.whole)
        for k, before in zip(parts.tolist(), self.before[parts].tolist(), strict=True):
            found[k] = found[k - before : k].max(initial=self.step_places)
        return found

    def oversold(self) -> bool:
        """Whether more is sold of a lot than it holds."""
        held = rescaled(self.lots.shares.take(self.at), self.shares.places)
        return held is None or bool((self.shares.count > held.count).any())


@dataclass(frozen=True, slots=True)
class OrderColumns:
    """Trades of one proposal.

    Attributes
    ----------
    sells : SoldColumn
        By lot.
    buys : TradedColumn
        By name.
    """

    sells: SoldColumn
    buys: TradedColumn


@dataclass(frozen=True)
class TradedShares:
    """Shares that are sold and bought, in whole numbers or in decimals.

    Parameters
    ----------
    columns : OrderColumns, optional
        In whole numbers, where they fit into these.
    in_decimals : tuple of two dicts of int to Decimal
        Where they do not: sales by position of the lot, buys by position of the name.
    """

    columns: OrderColumns | None = None
    in_decimals: tuple[dict[int, Decimal], dict[int, Decimal]] = field(default_factory=lambda: ({}, {}))

    @cached_property
    def sells(self) -> dict[int, Decimal]:
        """Shares by position of the lot."""
        if self.columns is None:
            return self.in_decimals[0]
        sold = self.columns.sells
        return dict(
            zip(sold.at.tolist(), Written(sold.shares, sold.shown).decimals_at(range(len(sold.at))), strict=True)
        )

    @cached_property
    def buys(self) -> dict[int, Decimal]:
        """Shares by position of the name."""
        if self.columns is None:
            return self.in_decimals[1]
        bought = self.columns.buys
        shares = Written(bought.shares).decimals_at(range(len(bought.at)))
        return dict(zip(bought.at.tolist(), shares, strict=True))

    @property
    def sold_at(self) -> IntArray:
        """Positions of the lots that are sold from."""
        return _positions(self.in_decimals[0]) if self.columns is None else self.columns.sells.at

    @property
    def bought_at(self) -> IntArray:
        """Positions of the names that are bought."""
        return _positions(self.in_decimals[1]) if self.columns is None else self.columns.buys.at

    @property
    def is_empty(self) -> bool:
        """Whether nothing is traded."""
        return not (len(self.sold_at) or len(self.bought_at))


def _positions(shares: Mapping[int, Decimal]) -> IntArray:
    return np.fromiter(shares, dtype=np.int64, count=len(shares))


def buys_of(bought: IntArray, steps: IntArray, step: Decimal, prices: Units | None) -> TradedColumn | None:
    """Buys of names, so many steps of shares of each; None where they do not fit."""
    each, places = _unit_of(step)
    if prices is None or float(steps.max(initial=0)) * each >= _LARGEST:
        return None
    shares = Units(steps * each, places)
    usd = product_of(shares, prices.take(bought))
    return None if usd is None else TradedColumn(bought, shares, usd)


def sells_of(signals: Signals, sale: SaleCurve, counts: FloatArray, step: Decimal) -> SoldColumn | None:
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
    SoldColumn or None
        None where lots or prices are not columns that fit.
    """
    lots, prices, (each, step_places) = signals.account.lots, signals.market.price_units, _unit_of(step)
    if not isinstance(lots, LotColumns) or prices is None:
        return None
    places = max(lots.shares.places, step_places)
    held = rescaled(lots.shares.take(sale.lot), places)
    each *= 10 ** (places - step_places)
    if held is None or float(held.count.sum(dtype=np.float64)) >= _LARGEST:
        return None
    if float(counts[np.isfinite(counts)].max(initial=0.0)) * each >= _LARGEST:
        return None
    at, count, whole, before = _filled(sale, counts, held.count, each)
    shares = Units(count, places)
    usd = product_of(shares, prices.take(sale.name[at]))
    return None if usd is None else SoldColumn(sale.lot[at], shares, usd, lots, whole, before, step_places)


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


def _unit_of(step: Decimal) -> tuple[int, int]:
    """Shares in a step, in whole numbers of so many decimal places."""
    places = max(-int(step.as_tuple().exponent), 0)
    return int(step.scaleb(places)), places
