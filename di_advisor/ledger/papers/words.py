"""Words that several papers share."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import at_places

__all__ = ["shares_text"]

_PLACES: Final = 6


def shares_text(shares: Fraction) -> str:
    """Shares as a person writes them: no trailing zeros, at most six places.

    Parameters
    ----------
    shares : Fraction
        Any number of shares.
    """
    return f"{at_places(shares, _PLACES):f}".rstrip("0").rstrip(".")
