"""Returns of factors that somebody publishes: dated, in fractions, with gaps that stay gaps.

Problem: published factor files hold percent, codes for missing values and several frequencies, and one
of them read wrongly scales every exposure by a hundred. Decision: fractions for the period, NaN exactly
where nothing was published, one frequency a table. Limits: returns only, no constituents.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.observations import Provenance
from di_advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FactorReturnTable", "Frequency"]

FloatArray = NDArray[np.float64]


class Frequency(StrEnum):
    """How long a period is."""

    DAILY = "daily"
    MONTHLY = "monthly"


@dataclass(frozen=True, eq=False, repr=False)
class FactorReturnTable:
    """Returns of some factors.

    Attributes
    ----------
    name : str
        What the source calls the table.
    frequency : Frequency
        Of its rows.
    dates : ndarray of datetime64[D], shape (t,)
        Ascending; the trading day, or the last calendar day of the month.
    factors : tuple of str
        k names as published: ``Mkt-RF``, ``SMB``, ``RF``.
    values : ndarray of shape (t, k)
        Simple returns over the period, fractions; NaN where none was published.
    provenance : Provenance
        Where it comes from.
    also_from : tuple of Provenance
        Where more of it comes from, after `joined`.

    Raises
    ------
    InputError
        If shapes disagree, days are not ascending, or a name stands there twice.
    """

    name: str
    frequency: Frequency
    dates: NDArray[np.datetime64]
    factors: tuple[str, ...]
    values: FloatArray
    provenance: Provenance
    also_from: tuple[Provenance, ...] = ()

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.dates), len(self.factors)):
            raise InputError(
                f"{self.name}: values of shape {self.values.shape} for {len(self.dates)} days and "
                f"{len(self.factors)} factors.",
                hint="Rows are dates, columns are factors.",
            )
        if len(set(self.factors)) != len(self.factors):
            raise InputError(f"{self.name}: a factor stands there twice.", hint="Keep one column for each factor.")
        if len(self.dates) > 1 and not (np.diff(self.dates) > np.timedelta64(0, "D")).all():
            raise InputError(f"{self.name}: the dates do not ascend.", hint="Keep one row a day, in order.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FactorReturnTable):
            return NotImplemented
        mine, theirs = ((t.name, t.frequency, t.factors, t.provenance, t.also_from) for t in (self, other))
        same = mine == theirs and np.array_equal(self.dates, other.dates)
        return same and np.array_equal(self.values, other.values, equal_nan=True)

    __hash__ = None  # type: ignore[assignment]  # equal by arrays

    def __repr__(self) -> str:
        span = f"{self.dates[0]} to {self.dates[-1]}" if len(self.dates) else "empty"
        return f"FactorReturnTable({self.name}, {self.frequency.value}: {', '.join(self.factors)}; {span})"

    def column(self, factor: str) -> FloatArray:
        """Returns of one factor, shape (t,).

        Raises
        ------
        InputError
            If the table does not hold it.
        """
        if factor not in self.factors:
            raise InputError(f"{self.name} has no factor {factor}.", hint=f"It has: {', '.join(self.factors)}.")
        return np.asarray(self.values[:, self.factors.index(factor)], dtype=np.float64)

    def until(self, day: date) -> FactorReturnTable:
        """The rows up to a day, it included."""
        keep = int(np.searchsorted(self.dates, np.datetime64(day, "D"), side="right"))
        return replace(self, dates=self.dates[:keep], values=self.values[:keep])

    def joined(self, other: FactorReturnTable) -> FactorReturnTable:
        """Both tables' factors on the days that both have: five factors and momentum.

        Raises
        ------
        InputError
            If the frequencies differ, or a factor is in both.
        """
        if self.frequency is not other.frequency:
            raise InputError(
                f"{self.name} is {self.frequency.value}, {other.name} is {other.frequency.value}.",
                hint="Join tables of one frequency.",
            )
        dates, mine, theirs = np.intersect1d(self.dates, other.dates, return_indices=True)
        return FactorReturnTable(
            f"{self.name} + {other.name}",
            self.frequency,
            dates,
            (*self.factors, *other.factors),
            np.hstack([self.values[mine], other.values[theirs]]),
            self.provenance,
            (*self.also_from, other.provenance, *other.also_from),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a date, one column a factor."""
        import pandas as pd

        return pd.DataFrame(self.values, index=pd.DatetimeIndex(self.dates, name="date"), columns=list(self.factors))
