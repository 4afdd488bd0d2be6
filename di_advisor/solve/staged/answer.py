"""A solved convex problem of several stages."""

from __future__ import annotations

from dataclasses import dataclass

from di_advisor.domain.market import FloatArray
from di_advisor.solve.staged.layout import Layout

__all__ = ["StagedAnswer"]


@dataclass(frozen=True)
class StagedAnswer:
    """A solved convex problem.

    Attributes
    ----------
    layout : Layout
        What was solved.
    v : ndarray
        Variables, in weights.
    equality, rows : ndarray
        Multipliers per weight; of a row more than zero from its upper limit.
    caps : ndarray of shape (S,)
        Prices of variance that the tracking-error caps add.
    bound : float
        Lower bound of the objective under these choices.
    solver : str
        Which one.
    slope : ndarray or None
        What the bound charges for each variable: closing one that it would fill raises the bound by that. None
        where the bound is reckoned otherwise.
    """

    layout: Layout
    v: FloatArray
    equality: FloatArray
    rows: FloatArray
    caps: FloatArray
    bound: float
    solver: str
    slope: FloatArray | None = None
