"""Lots become arrays: the named crossing from exact amounts to the solver's floats.

Problem: the ledger is exact, the solver computes in float64. Decision: market value and gain of
each lot are computed exactly from shares, price and total basis, and rounded to float once; the
sign of a gain is therefore never wrong. Decimals take the fast path; `Fraction` is used only for
lots that a ratio made. Limits: the gain is at the market's price, before selling costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction
from operator import mul, sub
from typing import Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.amounts import Exact
from di_advisor.domain.lot_columns import LotColumns, Units
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.market import FloatArray
from di_advisor.ledger.days import EPOCH_ORDINAL, day_array
from di_advisor.ledger.holding_period import long_term_mask

__all__ = ["LotArrays", "arrays_of_columns", "lot_arrays"]

# Shares, prices and bases have at most 28 digits within 1e-28 and 1e28 (`domain.amounts.exact`), so a
# product less a basis fits; a figure that would not fit traps instead of being rounded.
_EXACT: Final[Context] = Context(prec=256, traps=[*Context().traps, Inexact])
_ZERO: Final = Decimal(0)
_EXACT_WHOLE: Final = 2.0**53
_EXACT_POWER: Final = 22
_LARGEST_SUM: Final = 2.0**62


@dataclass(frozen=True)
class LotArrays:
    """Arrays over L lots.

    Attributes
    ----------
    value_usd : ndarray of shape (L,)
        Market value.
    gain_usd : ndarray of shape (L,)
        Unrealised gain, negative for a loss; 0 where not known.
    long_term : ndarray of bool, shape (L,)
        Whether a sale is long-term; false where the date is not known.
    known : ndarray of bool, shape (L,)
        Whether basis and dates are known.
    total_value_usd : Fraction
        Sum of the values, exact.
    """

    value_usd: FloatArray
    gain_usd: FloatArray
    long_term: NDArray[np.bool_]
    known: NDArray[np.bool_]
    total_value_usd: Fraction


def lot_arrays(lots: Sequence[TaxLot], price_usd: Sequence[Decimal], as_of: date) -> LotArrays:
    """Value, gain and term of each lot.

    Parameters
    ----------
    lots : sequence of TaxLot
        L lots.
    price_usd : sequence of Decimal
        L prices per share, one for each lot.
    as_of : date
        Tax date of a sale.

    Raises
    ------
    InputError
        If a lot's holding period starts after ``as_of``, or its date is a timestamp.
    """
    bases = [lot.basis_total_usd for lot in lots]
    dates = [lot.acquired for lot in lots]
    if None in dates:
        bases = [None if on is None else basis for on, basis in zip(dates, bases, strict=True)]
    with localcontext(_EXACT):
        values, total_value_usd = _values([lot.shares for lot in lots], price_usd)
        gains = _gains(values, bases)
        return LotArrays(
            value_usd=np.array(list(map(float, values)), dtype=np.float64),
            gain_usd=np.array(list(map(float, gains)), dtype=np.float64),
            long_term=_long_term(lots, as_of),
            known=_given(bases),
            total_value_usd=total_value_usd,
        )


def arrays_of_columns(
    lots: Sequence[TaxLot], prices: Units | None, lot_name: NDArray[np.int64], as_of: date
) -> LotArrays | None:
    """`lot_arrays` of lots that are columns, in whole numbers: the same floats; None where they do not fit into these.

    Parameters
    ----------
    lots : sequence of TaxLot
        L lots.
    prices : Units or None
        Prices per share of all names.
    lot_name : ndarray of int, shape (L,)
        Name of each lot.
    as_of : date
        Tax date of a sale.

    Raises
    ------
    InputError
        As `lot_arrays`.
    """
    if not isinstance(lots, LotColumns) or prices is None:
        return None
    places = lots.shares.places + prices.places
    shift = places - lots.basis.places
    of_lot = prices.count[lot_name]
    most = float(lots.shares.count.max(initial=0)) * float(of_lot.max(initial=0))
    most = max(most, float(lots.basis.count.max(initial=0)) * 10.0 ** max(shift, 0))
    # A whole number below 2^53, over a power of ten up to 22: both floats are exact, and a division rounds once.
    if shift < 0 or places > _EXACT_POWER or most >= _EXACT_WHOLE or most * len(lots) >= _LARGEST_SUM:
        return None
    values, scale = lots.shares.count * of_lot, 10.0**places
    gains = values - lots.basis.count * 10**shift
    return LotArrays(
        value_usd=values / scale,
        gain_usd=gains / scale,
        long_term=long_term_mask((lots.held_since - EPOCH_ORDINAL).astype("datetime64[D]"), as_of),
        known=np.ones(len(lots), dtype=np.bool_),
        total_value_usd=Fraction(int(values.sum()), 10**places),
    )


def _values(shares: Sequence[Exact], price_usd: Sequence[Decimal]) -> tuple[Sequence[Exact], Fraction]:
    """Shares times price, and their sum."""
    if _all_decimal(shares):
        products = list(map(mul, shares, price_usd))
        return products, Fraction(sum(products, _ZERO))
    mixed = [s * p if isinstance(s, Decimal) else s * Fraction(p) for s, p in zip(shares, price_usd, strict=True)]
    return mixed, sum((Fraction(v) for v in mixed), Fraction(0))


def _gains(values: Sequence[Exact], bases: Sequence[Exact | None]) -> Sequence[Exact]:
    """Value less basis; 0 where the basis is None."""
    if _all_decimal(values) and _all_decimal(bases):
        return list(map(sub, values, bases))
    return [_ZERO if b is None else _difference(v, b) for v, b in zip(values, bases, strict=True)]


def _difference(value: Exact, basis: Exact) -> Exact:
    if isinstance(value, Decimal) and isinstance(basis, Decimal):
        return value - basis
    return Fraction(value) - Fraction(basis)


def _all_decimal(amounts: Sequence[Exact | None]) -> bool:
    # Whole columns of decimals are stepped through in C: a few microseconds a lot is what solving takes.
    return set(map(type, amounts)) <= {Decimal}


def _given(values: Sequence[object | None]) -> NDArray[np.bool_]:
    """Which are not None, shape (L,)."""
    if None not in values:
        return np.ones(len(values), dtype=np.bool_)
    return np.array([v is not None for v in values], dtype=np.bool_)


def _long_term(lots: Sequence[TaxLot], as_of: date) -> NDArray[np.bool_]:
    """Term of each lot by calendar months; lots without a date are never long-term here."""
    since = [lot.held_since for lot in lots]
    if None not in since:
        return long_term_mask(day_array(since), as_of)  # type: ignore[arg-type]
    dated = _given(since)
    term = np.zeros(len(lots), dtype=np.bool_)
    term[dated] = long_term_mask(day_array([day for day in since if day is not None]), as_of)
    return term
