"""How the sample's past orders asked to be filled, and what that is bound to cost.

Problem: a router that ranks order types can only be tested on orders whose types differ in a known way. Decision: the
desk draws the type by chance, except that its closing algorithm always goes to the closing auction; the truth is

=================  =================  =====================  =================================================
type               of the half-spread  of the impact          filled
=================  =================  =====================  =================================================
market             all of it          all of it              all (but for one order in thirty)
marketable limit   95 %               all of it              all (but for one order in thirty)
midpoint           40 %               all of it              90 %, less 3 % for each z that the price runs away
passive limit      earns 30 %         all of it              75 %, less 6 % for each z
close auction      none of it         on 10 % of the volume  all
=================  =================  =====================  =================================================

where "all" is what the order would cost without its type (`true_cost_bps` of `di_advisor.sample.orders`). The
auction's impact is ``0.55 sigma 0.3 sqrt(size / 0.1)``, whatever the hour and the algorithm. z is the move from
arrival to the close against the order over ``s = sigma x part of the day that is left`` (and a tenth of sigma, in
squares): what is not filled is mostly what ran away, so its completion at the close is bound to cost ``slope x s x mean
of z^2``, told as ``true_unfilled_bps`` (of the whole order). An auction order comes in the last tenth of the day, its
planned span is the auction's share of the day's volume, and the market's move until the close is its noise.

Limits: types are not chosen for the orders that they suit, as a desk would choose them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.order_types import OrderType
from di_advisor.sample.randomness import stream

__all__ = ["AUCTION_SHARE", "OrderKinds", "auction_cost_bps", "draw_kinds"]

AUCTION_SHARE = 0.1
"""Closing auction's share of a day's volume."""

_AUCTION_FACTOR = 0.3
_LAST_PART = 0.1
_KINDS = (OrderType.MARKET, OrderType.MARKETABLE_LIMIT, OrderType.MIDPOINT, OrderType.PASSIVE_LIMIT)
_SHARES = (0.4, 0.25, 0.15, 0.2)
_SPREAD = (1.0, 0.95, 0.4, -0.3)
_FILLED = (1.0, 1.0, 0.9, 0.75)
_RUNS_AWAY = (0.0, 0.0, 0.03, 0.06)
_LEAST_FILLED = 0.05
_OF_QUOTES = 0.1
"""Daily volatilities by which a quote at arrival is off the day's path."""


@dataclass(frozen=True)
class OrderKinds:
    """Types of m orders, and what they change.

    Attributes
    ----------
    order_type : ndarray of str, shape (m,)
        `OrderType` words.
    at_close : ndarray of bool, shape (m,)
        Whether it goes to the closing auction.
    spread_factor : ndarray of shape (m,)
        Of the spread part of the cost.
    """

    order_type: NDArray[np.str_]
    at_close: NDArray[np.bool_]
    spread_factor: FloatArray
    _usual: FloatArray
    _slope: FloatArray

    def clock(self, drawn: FloatArray) -> FloatArray:
        """Arrival as a fraction of the day: the last tenth for the auction, as drawn for others."""
        return np.asarray(np.where(self.at_close, 1.0 - _LAST_PART * (1.0 - drawn), drawn))

    def filled(
        self, move_bps: FloatArray, volatility_daily_bps: FloatArray, clock: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Share that is filled, and what the completion of the rest is bound to cost, bps of the order; shape (m,).

        Parameters
        ----------
        move_bps : ndarray of shape (m,)
            From arrival to the close, positive where it hurts the order.
        volatility_daily_bps, clock : ndarray of shape (m,)
            As in the orders.
        """
        left = volatility_daily_bps * np.hypot(1.0 - clock, _OF_QUOTES)
        z = move_bps / left
        waits = self._usual < 1.0
        share = np.where(waits, np.clip(self._usual - self._slope * z, _LEAST_FILLED, 1.0), 1.0)
        return share, np.asarray(self._slope * left * float(np.mean(z[waits] ** 2)))


def auction_cost_bps(volatility_daily_bps: FloatArray, size: FloatArray, efficiency: FloatArray) -> FloatArray:
    """Expected cost of orders in the closing auction, bps; ``efficiency`` is the name's."""
    impact = volatility_daily_bps * _AUCTION_FACTOR * np.sqrt(size / AUCTION_SHARE)
    return np.asarray(0.55 * impact * efficiency)


def draw_kinds(seed: int, closing: NDArray[np.bool_]) -> OrderKinds:
    """Draw the types; ``closing``, shape (m,), says which orders a closing algorithm works."""
    kind = stream(seed, "order types").choice(len(_KINDS), size=len(closing), p=_SHARES)

    def of(values: tuple[float, ...], at_close: float) -> FloatArray:
        return np.where(closing, at_close, np.array(values)[kind])

    words = np.where(closing, str(OrderType.CLOSE_AUCTION), np.array([str(k) for k in _KINDS])[kind])
    return OrderKinds(words, closing, of(_SPREAD, 0.0), of(_FILLED, 1.0), of(_RUNS_AWAY, 0.0))
