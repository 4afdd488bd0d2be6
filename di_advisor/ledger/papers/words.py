"""Words that several papers share."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

__all__ = ["shares_text"]

_PLACES: Final = Decimal("0.000001")


def shares_text(shares: Fraction) -> str:
    """Shares as a person writes them: no trailing zeros, at most six places.

    Parameters
    ----------
    shares : Fraction
        Any number of shares.
    """
    rounded = (Decimal(shares.numerator) / Decimal(shares.denominator)).quantize(_PLACES, ROUND_HALF_UP)
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".")
