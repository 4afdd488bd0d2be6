"""Ratios of shares in vendors' files: which factor is a split, and which decimals stand for a third.

Problem: vendors write a third as 0.333333 and mix spin-off factors (1.048) into the column of
splits. Decision: a factor is a split when one of its two numbers is at most four (3 for 2, 1 for
8); six or more decimals that a small fraction rounds to are that fraction. Limits: both are
readings of a figure, so whoever uses them keeps the row it came from.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

__all__ = ["plain_ratio", "share_ratio", "split_ratio"]

_LARGEST_SMALL_NUMBER = 4
_LARGEST_DENOMINATOR = 16
_ENOUGH_DECIMALS = 6


def plain_ratio(factor: str) -> Fraction | None:
    """The split ratio that a factor is, or None: n for m with one of the two at most 4 (3 for 2, 1 for 8)."""
    for small in range(1, _LARGEST_SMALL_NUMBER + 1):
        for exact in (Fraction(factor) * small, small / Fraction(factor)):
            if exact.denominator == 1 and Fraction(factor) != 1:
                return Fraction(factor)
    return None


def split_ratio(factor: str) -> Fraction | None:
    """As `plain_ratio`, for a factor as it is written: 0.33333333333333 is 1 for 3."""
    return plain_ratio(str(share_ratio(factor)))


def share_ratio(written: str) -> Fraction:
    """Ratio of shares as it was written, or the small fraction that rounds to it ("0.333333" is 1/3)."""
    ratio = Fraction(written)
    if "/" in written:
        return ratio
    decimals = -int(Decimal(written).as_tuple().exponent)
    if decimals < _ENOUGH_DECIMALS:
        return ratio
    near = ratio.limit_denominator(_LARGEST_DENOMINATOR)
    return near if near and abs(near - ratio) < Fraction(1, 10**decimals) else ratio
