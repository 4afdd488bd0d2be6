"""Arithmetic of whole columns of exact amounts, in whole numbers of their last decimal.

Problem: the orders of one account are hundreds of products of shares and prices, each wanted exactly, as a float and
to the cent; made as decimals one by one they take as long as to solve the account. Decision: columns of 64-bit whole
numbers (`Units`), multiplied, subtracted, rounded and summed without an error: every count stays below 2^53, so that
its float over a power of ten up to 18 is the amount's nearest one. What does not fit says None, and the caller
reckons in decimals. Limits: nothing here divides one amount by another.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

from di_advisor.domain.lot_columns import IntArray, Units
from di_advisor.domain.market import FloatArray

__all__ = ["cents_of", "decimal_of", "difference_of", "floats_of", "product_of", "rescaled", "total_of"]

_EXACT_WHOLE: Final = 2.0**53
_EXACT_POWER: Final = 18
_LARGEST_SUM: Final = 2.0**62
_CENT_PLACES: Final = 2


def _fits(most: float, size: int, places: int) -> bool:
    return most < _EXACT_WHOLE and most * max(size, 1) < _LARGEST_SUM and places <= _EXACT_POWER


def _largest(count: IntArray) -> float:
    return float(np.abs(count).max(initial=0))


def rescaled(amounts: Units, places: int) -> Units | None:
    """The same amounts with more decimal places; None where they do not fit."""
    more = places - amounts.places
    if more == 0:
        return amounts
    if more < 0 or not _fits(_largest(amounts.count) * 10.0**more, len(amounts.count), places):
        return None
    return Units(amounts.count * 10**more, places)


def product_of(shares: Units, price_usd: Units) -> Units | None:
    """Shares times prices, one by one; None where one does not fit."""
    most, places = _largest(shares.count) * _largest(price_usd.count), shares.places + price_usd.places
    if not _fits(most, len(shares.count), places):
        return None
    return Units(shares.count * price_usd.count, places)


def difference_of(amounts: Units, less: Units) -> Units | None:
    """Amounts less others, one by one; None where one does not fit."""
    places = max(amounts.places, less.places)
    one, other = rescaled(amounts, places), rescaled(less, places)
    if one is None or other is None or not _fits(_largest(one.count) + _largest(other.count), len(one.count), places):
        return None
    return Units(one.count - other.count, places)


def floats_of(amounts: Units) -> FloatArray:
    """The nearest float of each amount."""
    return np.asarray(amounts.count / 10.0**amounts.places, dtype=np.float64)


def cents_of(amounts_usd: Units) -> IntArray:
    """Amounts of money to the cent, halves to even, as whole cents."""
    if amounts_usd.places <= _CENT_PLACES:
        return np.asarray(amounts_usd.count * 10 ** (_CENT_PLACES - amounts_usd.places), dtype=np.int64)
    unit = 10 ** (amounts_usd.places - _CENT_PLACES)
    cents, rest = np.divmod(amounts_usd.count, unit)
    up = (2 * rest > unit) | ((2 * rest == unit) & (cents % 2 == 1))
    return np.asarray(cents + up, dtype=np.int64)


def decimal_of(count: int, places: int) -> Decimal:
    """A whole number of units with so many decimal places, as a decimal that shows them all."""
    return Decimal(count).scaleb(-places)


def total_of(cents: IntArray) -> Decimal:
    """Sum of whole cents in USD, exact; a plain zero where there are none, as `sum` gives."""
    return decimal_of(int(cents.sum()), _CENT_PLACES) if len(cents) else Decimal(0)
