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
from di_advisor.ledger.holding_period import long_term_mask

__all__ = ["LotArrays", "lot_arrays"]

# Shares, prices and bases have at most 28 digits within 1e-28 and 1e28 (`domain.amounts.exact`), so a
# product less a basis fits; a figure that would not fit traps instead of being rounded.
_EXACT: Final = Context(prec=256, traps=[*Context().traps, Inexact])


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
    values: list[float] = []
    gains: list[float] = []
    known: list[bool] = []
    decimal_total = Decimal(0)
    fraction_total = Fraction(0)
    with localcontext(_EXACT):
        for lot, price in zip(lots, price_usd, strict=True):
            shares, basis = lot.shares, lot.basis_total_usd
            value: Exact
            if isinstance(shares, Decimal):
                value = shares * price
                decimal_total += value
            else:
                value = shares * Fraction(price)
                fraction_total += value
            values.append(float(value))
            gains.append(0.0 if basis is None or lot.acquired is None else float(_difference(value, basis)))
            known.append(lot.known)
    return LotArrays(
        value_usd=np.array(values, dtype=np.float64),
        gain_usd=np.array(gains, dtype=np.float64),
        long_term=_long_term(lots, as_of),
        known=np.array(known, dtype=np.bool_),
        total_value_usd=Fraction(decimal_total) + fraction_total,
    )


def _difference(value: Exact, basis: Exact) -> Exact:
    if isinstance(value, Decimal) and isinstance(basis, Decimal):
        return value - basis
    return Fraction(value) - Fraction(basis)


def _long_term(lots: Sequence[TaxLot], as_of: date) -> NDArray[np.bool_]:
    """Term of each lot by calendar months; lots without a date are never long-term here."""
    dated = np.array([lot.held_since is not None for lot in lots], dtype=np.bool_)
    since = np.array([lot.held_since for lot in lots if lot.held_since is not None], dtype="datetime64[D]")
    term = np.zeros(len(lots), dtype=np.bool_)
    term[dated] = long_term_mask(since, as_of)
    return term
