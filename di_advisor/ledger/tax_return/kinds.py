"""Three kinds of amount, one return: exact numbers, exact pieces, arrays.

Problem: the return is written once, but is asked three things: what is the tax (an exact number),
where are its kinks (exact straight pieces), and what is it at ten thousand points (float64).
Three implementations would drift apart.

Decision: the return uses only ``+``, ``-``, multiplication with an exact number, `larger` and
`smaller`. Three kinds of amount know these: `Fraction`; `OnCell`, an affine function on a cell (a
segment or a convex polygon) kept as its exact values at the corners; `OnPoints`, a float64 array.
On a cell a comparison that turns inside it raises `UndecidedError`, and
`di_advisor.ledger.tax_return.pieces` cuts the cell there. Every kink of the return comes from such a comparison,
so none is missed.

Limits: amounts are never multiplied with each other, and a return that jumps (the printed Tax
Table) exists for exact numbers only.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Amount", "OnCell", "OnPoints", "UndecidedError", "larger", "positive_part", "smaller"]


class UndecidedError(ArithmeticError):
    """Which of two amounts is larger changes inside the cell.

    Attributes
    ----------
    difference : tuple of Fraction
        Their difference at the corners of the cell; both signs occur.
    """

    def __init__(self, difference: tuple[Fraction, ...]) -> None:
        super().__init__("the comparison turns inside the cell")
        self.difference = difference


class OnCell:
    """An affine function on a cell, as its exact values at the corners."""

    __slots__ = ("at_corners",)

    def __init__(self, at_corners: tuple[Fraction, ...]) -> None:
        self.at_corners = at_corners

    def __add__(self, other: OnCell | Fraction) -> OnCell:
        if isinstance(other, OnCell):
            return OnCell(tuple(a + b for a, b in zip(self.at_corners, other.at_corners, strict=True)))
        return OnCell(tuple(a + other for a in self.at_corners)) if other else self

    __radd__ = __add__

    def __neg__(self) -> OnCell:
        return OnCell(tuple(-a for a in self.at_corners))

    def __sub__(self, other: OnCell | Fraction) -> OnCell:
        if isinstance(other, OnCell):
            return OnCell(tuple(a - b for a, b in zip(self.at_corners, other.at_corners, strict=True)))
        return OnCell(tuple(a - other for a in self.at_corners)) if other else self

    def __rsub__(self, other: Fraction) -> OnCell:
        return OnCell(tuple(other - a for a in self.at_corners))

    def __mul__(self, factor: Fraction) -> OnCell:
        return OnCell(tuple(a * factor if a else a for a in self.at_corners))

    __rmul__ = __mul__

    def at_least(self, other: OnCell | Fraction) -> bool:
        """Whether it is nowhere below the other on the cell (False: nowhere above).

        Raises
        ------
        UndecidedError
            If neither holds.
        """
        difference = (self - other).at_corners
        if all(each >= 0 for each in difference):
            return True
        if all(each <= 0 for each in difference):
            return False
        raise UndecidedError(difference)

    def constant(self, value: OnCell | Fraction) -> OnCell:
        """The value as a function on the same cell."""
        return value if isinstance(value, OnCell) else OnCell((value,) * len(self.at_corners))


class OnPoints:
    """Values at many points, float64 of shape (n,)."""

    __slots__ = ("values",)

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.values = values

    def __add__(self, other: OnPoints | Fraction) -> OnPoints:
        return OnPoints(self.values + _number(other))

    __radd__ = __add__

    def __neg__(self) -> OnPoints:
        return OnPoints(-self.values)

    def __sub__(self, other: OnPoints | Fraction) -> OnPoints:
        return OnPoints(self.values - _number(other))

    def __rsub__(self, other: Fraction) -> OnPoints:
        return OnPoints(float(other) - self.values)

    def __mul__(self, factor: Fraction) -> OnPoints:
        return OnPoints(self.values * float(factor))

    __rmul__ = __mul__


Amount = TypeVar("Amount", Fraction, OnCell, OnPoints)
"""An amount of one of the three kinds."""


def _number(value: OnPoints | Fraction) -> NDArray[np.float64] | float:
    return value.values if isinstance(value, OnPoints) else float(value)


def larger(a: Amount, b: Amount | Fraction) -> Amount:
    """The larger of two amounts, point by point."""
    if isinstance(a, OnCell):
        return a if a.at_least(b) else a.constant(b)
    if isinstance(a, OnPoints):
        return OnPoints(np.maximum(a.values, _number(b)))
    return max(a, b)


def smaller(a: Amount, b: Amount | Fraction) -> Amount:
    """The smaller of two amounts, point by point."""
    if isinstance(a, OnCell):
        return a.constant(b) if a.at_least(b) else a
    if isinstance(a, OnPoints):
        return OnPoints(np.minimum(a.values, _number(b)))
    return min(a, b)


def positive_part(amount: Amount) -> Amount:
    """The amount where it is above zero, else zero."""
    return larger(amount, Fraction(0))
