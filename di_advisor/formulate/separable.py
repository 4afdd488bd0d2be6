"""What terms and rules add to the separable problem: the seam between wishes and the hot path.

A term that has no separable form (a user's own in cvxpy) says so with None and goes to a cone
solver; a rule that couples names gives rows, one that only limits single names or exposures gives
none and becomes a box of the block.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import UnsupportedWishError
from di_advisor.formulate.cost_knots import CostChords
from di_advisor.formulate.washed_rows import WashedRow

__all__ = ["Row", "Separable", "add_up"]


@dataclass(frozen=True)
class Row:
    """A coupling row: ``lower <= on_active . z + on_segments . x <= upper``.

    Attributes
    ----------
    rule : str
        Name of the rule it comes from.
    lower, upper : float
        Limits; infinite where open.
    on_active : ndarray of shape (n,), optional
        Coefficients on active weights after trading.
    on_segments : ndarray of shape (m,), optional
        Coefficients on the amounts of the segments; within each name and side they must not
        disturb the ascending order of the slopes.
    reserve : float
        Room that the solver keeps to the upper limit, for rounding; bounds are reckoned without it.
    washing : WashedRow, optional
        What losses that are washed add, by the discrete choices of names; nothing where those are open.
    """

    rule: str
    lower: float
    upper: float
    on_active: FloatArray | None = None
    on_segments: FloatArray | None = None
    reserve: float = 0.0
    washing: WashedRow | None = None


@dataclass(frozen=True)
class Separable:
    """A term, name by name; all figures are fractions of the account's value.

    Attributes
    ----------
    lot_slope : ndarray of shape (L,), optional
        Per unit of weight sold of each lot.
    traded : CostChords, optional
        Convex cost of the amount traded of each name, for either side.
    impact : ndarray of shape (n,), optional
        Per squared net trade.
    variance_price : float
        Price of the variance of the active return, which is separable once exposures are priced.
    power : ndarray of shape (n, 2), optional
        Per 3/2 power of the amount sold, and of the amount bought, of each name.
    linear : ndarray of shape (n,), optional
        Where there is a power: the cost per unit traded; `traded` then only says what cash must be kept for.
    name_slope : ndarray of shape (n,), optional
        Per unit of net trade of each name (positive: buying costs, selling earns).
    """

    lot_slope: FloatArray | None = None
    traded: CostChords | None = None
    impact: FloatArray | None = None
    variance_price: float = 0.0
    power: FloatArray | None = None
    linear: FloatArray | None = None
    name_slope: FloatArray | None = None


def add_up(parts: Iterable[Separable | None], lots: int, names: int) -> Separable:
    """The sum of the separable forms of all terms.

    Parameters
    ----------
    parts : iterable of Separable or None
        One of each term.
    lots, names : int
        Sizes of the sums.

    Raises
    ------
    UnsupportedWishError
        If a term has no separable form, or two terms charge for the amount traded, which this
        version cannot merge.
    """
    slope, impact = np.zeros(lots), np.zeros(names)
    traded: CostChords | None = None
    power = linear = name_slope = None
    price = 0.0
    for part in parts:
        if part is None or (traded is not None and part.traded is not None):
            raise UnsupportedWishError(
                "A term has no separable form, or a second one charges for the amount traded.",
                hint="This version takes tax, one trading cost, active risk and values by lot.",
            )
        slope = slope if part.lot_slope is None else slope + part.lot_slope
        impact = impact if part.impact is None else impact + part.impact
        traded = part.traded or traded
        power = part.power if power is None else power
        linear = part.linear if linear is None else linear
        if part.name_slope is not None:
            name_slope = part.name_slope if name_slope is None else name_slope + part.name_slope
        price += part.variance_price
    return Separable(slope, traded, impact, price, power, linear, name_slope)
