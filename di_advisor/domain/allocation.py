"""Allocation: how much of an account tracks each index, from a date on.

A change of allocation is announced as a change of an index is: with the day from which it holds.
Limits: fractions are stated, not earned; how they drift in between is `di_advisor.policy.composite`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError

__all__ = ["Allocation"]

_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Allocation:
    """Fractions of an account by index, from a date on.

    Attributes
    ----------
    effective : date
        First day on which they hold.
    fractions : Mapping of str to float
        Fraction by the component's index name; each at least 0, sum 1. Indexes left out get nothing.

    Raises
    ------
    InputError
        If a fraction is negative or not finite, or the sum is not 1.
    """

    effective: date
    fractions: Mapping[str, float]

    def __post_init__(self) -> None:
        wrong = [k for k, f in self.fractions.items() if not math.isfinite(f) or f < 0]
        total = math.fsum(self.fractions.values())
        if wrong or not abs(total - 1.0) <= _SUM_TOLERANCE:
            raise InputError(
                f"The allocation effective {self.effective} sums to {total:.6f}"
                f"{f' and is negative for {wrong[0]}' if wrong else ''}.",
                hint="Give fractions of at least 0 that sum to 1: 0.6 and 0.4.",
                total=total,
            )
        object.__setattr__(self, "fractions", FrozenMap(dict(self.fractions)))
