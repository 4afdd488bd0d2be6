"""From weights to shares: every trade at its place on the mandate's lattice, sales with the lots that they empty.

Problem: a plan is fractions of the account, an order is shares of a lot. Decision: counts of steps of shares, those
nearest to the plan within every limit (whole shares then walk downhill, `lattice`); what is sold out is sold out
exactly, fraction included; kept trades are the shares that were kept. Limits: nothing is checked here; `settle` does.
"""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import as_floats, is_compiled
from di_advisor.domain.amounts import Exact
from di_advisor.domain.lot_columns import shares_at
from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.formulate.kept import KeptShares, kept_shares
from di_advisor.formulate.limits import share_step
from di_advisor.formulate.own_affine import AffineTerm
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.schedule_d import ScheduleDTax
from di_advisor.formulate.terms import LotTax, WaitingValue
from di_advisor.propose.lattice import descend
from di_advisor.propose.lattice_steps import Lattice
from di_advisor.propose.order_columns import OrderColumns, TradedShares, buys_of, sells_of
from di_advisor.propose.sale_curve import SaleCurve
from di_advisor.solve.solution import Solution
from di_advisor.solve.tangent import lot_tangent

__all__ = ["decimal_shares", "rounded"]

_WHOLE = 1e-6
_FLOAT_PLACES = 12
_TIE = 1e-12


def rounded(problem: Problem, solution: Solution, signals: Signals, mandate: Mandate) -> TradedShares:
    """Shares sold by lot and bought by name, on the mandate's lattice."""
    holdings, block = problem.block.holdings, problem.block
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    n = len(holdings.held)
    kept = kept_shares(signals) or KeptShares.none(n)
    sale = SaleCurve.of(holdings.lot_name, locked.sell_max, _lot_slope(problem, solution, locked))
    step = share_step(mandate)
    unit = float(step) * signals.market.price_float_usd / holdings.value_usd
    near = _counts(block, locked, solution.plan.net(holdings.lot_name), unit, kept.names)
    count, sold_out = near.counts, near.sold_out
    if mandate.rounding is not Rounding.FRACTIONAL:
        fixed = np.where(sold_out, -near.sellable, np.where(kept.names, locked.buy_max - near.sellable, 0.0))
        lattice = Lattice(near.direction, unit, near.least, near.most, near.forced)
        count = descend(problem, lattice, sale, count, fixed, solution.prices.risk, steps_max=4 * n)
    selling = np.where(sold_out, np.inf, np.where(near.direction < 0, count, 0.0))
    bought = np.flatnonzero((near.direction > 0) & (count > 0))
    return _shares(signals, sale, selling, (bought, count[bought]), step, kept)


class _Counts(NamedTuple):
    """Counts of steps nearest to a plan, and what they may become, shapes (n,)."""

    counts: NDArray[np.int64]
    direction: FloatArray
    sold_out: NDArray[np.bool_]
    forced: NDArray[np.bool_]
    least: NDArray[np.int64]
    most: NDArray[np.int64]
    sellable: FloatArray


def _counts(block: Block, locked: Locked, net: FloatArray, unit: FloatArray, kept: NDArray[np.bool_]) -> _Counts:
    """The counts nearest to net trades within every limit; ``kept`` names have none."""
    holdings = block.holdings
    if is_compiled():
        from di_advisor.propose.rounding_loops import counts_by_loops

        lots = np.ascontiguousarray(holdings.lot_name), as_floats(holdings.lot_weight), as_floats(locked.sell_max)
        limits = (block.active_lower, block.active_upper, locked.buy_max, block.min_trade)
        limits = as_floats(limits[0]), as_floats(limits[1]), as_floats(limits[2]), as_floats(limits[3])
        now = as_floats(holdings.held), as_floats(holdings.active)
        return _Counts(*counts_by_loops(lots, now, limits, as_floats(net), as_floats(unit), kept))
    n = len(net)
    size = np.abs(net)
    sellable = np.bincount(holdings.lot_name, weights=locked.sell_max, minlength=n)
    # What must not be held is sold as far as its locks allow, and rounding must not take that back.
    unwanted = holdings.active > block.active_upper + _WHOLE * unit
    whole = np.bincount(holdings.lot_name, weights=np.where(locked.sell_max > 0, holdings.lot_weight, 0.0), minlength=n)
    limited = sellable < whole * (1 - _WHOLE)  # a largest trade: what is sold is no whole lot
    everything = (unwanted & ~limited) | (sellable >= holdings.held * (1 - _WHOLE))
    sold_out = ~kept & (net < 0) & (-net >= sellable * (1 - _WHOLE)) & everything
    direction = np.where(sold_out | kept | (size <= 0.5 * _WHOLE * unit), 0.0, np.sign(net))
    least = np.maximum(np.ceil(block.min_trade / unit - 1e-9), 1).astype(np.int64)
    down, up = holdings.active - block.active_lower, block.active_upper - holdings.active
    limit = np.where(direction > 0, np.minimum(locked.buy_max, up), np.minimum(sellable, down))
    most = np.floor(np.maximum(limit, 0.0) / unit + 1e-9).astype(np.int64)
    count = np.minimum(np.rint(size / unit), most).astype(np.int64)
    count = np.where(count < least, np.where(least <= most, least, 0), count)
    count[direction == 0] = 0
    # What must be sold but for the last shares that an order can hold is not taken back.
    forced = (direction < 0) & unwanted
    if forced.any():
        must = np.ceil((holdings.active - block.active_upper) / unit - 1e-9)
        least = np.where(forced, np.clip(must, least, np.maximum(most, least)), least).astype(np.int64)
        count = np.where(forced, np.clip(count, np.minimum(least, most), most), count)
    count[(size < 0.5 * least * unit) & ~forced] = 0
    return _Counts(count, direction, sold_out, forced, least, most, np.asarray(sellable, dtype=np.float64))


def _lot_slope(problem: Problem, solution: Solution, locked: Locked) -> FloatArray:
    """Tax and all else that selling each lot is charged, by unit of weight, shape (L,): the order of sales."""
    slope = np.zeros(len(problem.block.holdings.lot_name))
    for t in problem.terms:
        if isinstance(t, LotTax | WaitingValue):
            slope = slope + (t.tax_rate if isinstance(t, LotTax) else -t.worth)
        if isinstance(t, ScheduleDTax):
            slope = slope + t.filling_slope(solution.plan, locked.sell_max)
        if isinstance(t, AffineTerm):
            slope = slope + t.lot_slope
    if problem.opaque_terms:
        slope = slope + lot_tangent(problem, solution.plan)
    for memo in problem.memos:  # a tax that is not in the objective still settles which of equal lots is sold
        if isinstance(memo, LotTax):
            slope = slope + _TIE * memo.tax_rate
        if isinstance(memo, ScheduleDTax):
            slope = slope + _TIE * memo.filling_slope(solution.plan, locked.sell_max)
    return np.asarray(slope, dtype=np.float64)


def _shares(
    signals: Signals,
    sale: SaleCurve,
    selling: FloatArray,
    buying: tuple[NDArray[np.int64], NDArray[np.int64]],
    step: Decimal,
    kept: KeptShares,
) -> TradedShares:
    """Steps of shares as shares, in whole numbers where they fit; beside kept trades, which are decimals, in these."""
    bought, steps = buying
    if not (kept.sells or kept.buys):
        sells, buys = sells_of(signals, sale, selling, step), buys_of(bought, steps, step, signals.market.price_units)
        if sells is not None and buys is not None:
            return TradedShares(OrderColumns(sells, buys))
    sold = _by_lot(sale, selling, step, signals)
    taken = dict(zip(bought.tolist(), [step * k for k in steps.tolist()], strict=True))
    return TradedShares(in_decimals=({**sold, **kept.sells}, {**taken, **kept.buys}))


def _by_lot(sale: SaleCurve, counts: FloatArray, step: Decimal, signals: Signals) -> dict[int, Decimal]:
    """Shares by lot, filling lots in order until the name's count is reached."""
    left: dict[int, Decimal | None] = {}
    selling = np.flatnonzero(counts > 0)
    for i, count in zip(selling.tolist(), counts[selling].tolist(), strict=True):
        left[i] = None if math.isinf(count) else step * int(count)
    sells: dict[int, Decimal] = {}
    concerned = counts[sale.name] > 0
    lots, names = sale.lot[concerned].tolist(), sale.name[concerned].tolist()
    shares = map(_terminating, shares_at(signals.account.lots, lots))
    for lot, name, held in zip(lots, names, shares, strict=True):
        rest = left[name]
        if rest is not None and not rest:
            continue
        take = held if rest is None else min(held, rest)
        if take > 0:
            sells[lot] = take
        if rest is not None:
            left[name] = rest - take
    return sells


def decimal_shares(signals: Signals, lot: int) -> Decimal:
    """Shares of a lot as a decimal; a fraction that does not terminate is rounded down."""
    (shares,) = shares_at(signals.account.lots, [lot])
    return _terminating(shares)


def _terminating(shares: Exact) -> Decimal:
    """Shares as a decimal; a fraction that does not terminate is rounded down."""
    if isinstance(shares, Decimal):
        return shares
    return (Decimal(shares.numerator) / Decimal(shares.denominator)).quantize(
        Decimal(1).scaleb(-_FLOAT_PLACES), rounding=ROUND_DOWN
    )
