"""Wash sales as prices: what the washed part of a trade costs, by partial quantity.

A loss sold beside a recent purchase is worth less for the washed shares only; a name bought back
after a loss bears the deferral for the washed shares only. So the marginal cost falls once the
washed quantity is used up, which is a branch of the name's scalar problem, not a convex term.
"""

from __future__ import annotations

from dataclasses import dataclass

from di_advisor.domain.market import FloatArray

__all__ = ["WashPrices"]


@dataclass(frozen=True)
class WashPrices:
    """Prices of the washed part of each name's trades; all amounts are fractions of the account's value.

    Attributes
    ----------
    buy_width : ndarray of shape (n,)
        The first so much bought replaces a loss that was sold in the window; 0 where there is none.
    buy_price : ndarray of shape (n,)
        Objective per unit of it: the value of the deferral, or in an IRA all of the loss's worth.
    sell_width : ndarray of shape (n,)
        The first so much sold at a loss meets a purchase in the window; 0 where there is none.
    sell_price : ndarray of shape (n,)
        Objective per unit of it that the loss is worth less.
    """

    buy_width: FloatArray
    buy_price: FloatArray
    sell_width: FloatArray
    sell_price: FloatArray
