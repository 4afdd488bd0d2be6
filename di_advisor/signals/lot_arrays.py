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
from typing import Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.amounts import Exact
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.market import FloatArray
from di_advisor.ledger.days import day_array
from di_advisor.ledger.holding_period import long_term_mask

__all__ = ["LotArrays", "lot_arrays"]

# Shares, prices and bases have at most 28 digits within 1e-28 and 1e28 (`domain.amounts.exact`), so a
# product less a basis fits; a figure that would not fit traps instead of being rounded.
_EXACT: Final[Context] = Context(prec=256, traps=[*Context().traps, Inexact])
_ZERO: Final = Decimal(0)


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
        Price per share of each lot, aligned to ``lots``.
    as_of : date
        Tax date of a sale.

    Raises
    ------
    InputError
        If a lot's holding period starts after ``as_of``, or its date is a timestamp.
    """
    # Whole-column steps, because a few microseconds a lot are what the optimizer itself takes.
    shares = [lot.shares for lot in lots]
    bases = [None if lot.acquired is None else lot.basis_total_usd for lot in lots]
    with localcontext(_EXACT):
        values = [s * p if isinstance(s, Decimal) else s * Fraction(p) for s, p in zip(shares, price_usd, strict=True)]
        gains = [_ZERO if b is None else _difference(v, b) for v, b in zip(values, bases, strict=True)]
        decimals = sum((v for v in values if isinstance(v, Decimal)), _ZERO)
        total = sum((v for v in values if isinstance(v, Fraction)), Fraction(decimals))
        return LotArrays(
            value_usd=np.array([float(v) for v in values], dtype=np.float64),
            gain_usd=np.array([float(g) for g in gains], dtype=np.float64),
            long_term=_long_term(lots, as_of),
            known=np.array([b is not None for b in bases], dtype=np.bool_),
            total_value_usd=total,
        )


def _difference(value: Exact, basis: Exact) -> Exact:
    if isinstance(value, Decimal) and isinstance(basis, Decimal):
        return value - basis
    return Fraction(value) - Fraction(basis)


def _long_term(lots: Sequence[TaxLot], as_of: date) -> NDArray[np.bool_]:
    """Term of each lot by calendar months; lots without a date are never long-term here."""
    since = [lot.held_since for lot in lots]
    dated = np.array([day is not None for day in since], dtype=np.bool_)
    term = np.zeros(len(lots), dtype=np.bool_)
    term[dated] = long_term_mask(day_array([day for day in since if day is not None]), as_of)
    return term
