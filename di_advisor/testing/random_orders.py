"""Random trade histories whose true expected cost is known: what cost models are scored on.

Problem: nobody publishes parent orders, and a model judged on noisy outcomes cannot be told from a lucky
one. Decision: orders in invented names; the truth is a half-spread part (by venue and time of day) and a
square-root impact (by name, time of day and speed), so that no simple law is quite right; the noise is
that of a linear schedule with fat tails. The mean true cost is about 8 bps under some 27 bps of noise.
Limits: noise of different orders is independent, venues are chosen at random, and the spread, volatility
and volume that a model is given are the true ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.units import BPS_PER_UNIT

__all__ = ["VENUES", "OrderNames", "RandomOrders", "random_names", "random_orders"]

VENUES = ("Amberly", "Brackwater", "Corvane", "Dunmere")
"""Invented venues, cheapest first."""

_VENUE_FACTOR = np.array([0.8, 1.0, 1.1, 1.3])
_PARTICIPATION = 0.06
_SMALLEST, _LARGEST = 1e-6, 0.3
_SHORTEST_SPAN = 0.01
_ORDERS_A_DAY = 20
_FEWEST_DAYS = 20
_FIRST_DAY = np.datetime64("2020-01-06")
_OPEN_SECONDS, _SESSION_SECONDS = 14.5 * 3600, 6.5 * 3600
_ADV_USD = 1e8
_PRICE_USD = 50.0
_LOWEST_COST_BPS = -0.9 * BPS_PER_UNIT


@dataclass(frozen=True)
class OrderNames:
    """Names of n companies with what their orders have in common.

    Attributes
    ----------
    half_spread_bps, volatility_daily_bps : ndarray of shape (n,)
        Of the name; those of an order scatter around them.
    impact_factor : ndarray of shape (n,)
        What the square-root impact of the name is multiplied by: no model is told.
    """

    half_spread_bps: FloatArray
    volatility_daily_bps: FloatArray
    impact_factor: FloatArray


@dataclass(frozen=True)
class RandomOrders:
    """m orders and their truth.

    Attributes
    ----------
    history : TradeHistory
        The orders, simulated.
    true_cost_bps, noise_bps : ndarray of shape (m,)
        Expected cost, and standard deviation of the measured cost around it.
    """

    history: TradeHistory
    true_cost_bps: FloatArray
    noise_bps: FloatArray


def random_names(seed: int, count: int = 300) -> OrderNames:
    """Draw the names."""
    g = np.random.default_rng([seed, 1])
    return OrderNames(
        np.exp(g.normal(np.log(2.5), 0.7, count)),
        np.exp(g.normal(np.log(170.0), 0.35, count)),
        np.exp(g.normal(0.0, 0.3, count)),
    )


def random_orders(names: OrderNames, orders: int, seed: int, *, pure_noise: bool = False) -> RandomOrders:
    """Draw orders in the names.

    Parameters
    ----------
    names : OrderNames
        Training and test orders share them.
    orders : int
        m; spread over ``max(20, m // 20)`` days.
    seed : int
        Of the orders.
    pure_noise : bool
        The truth is then ``0.55 h + 0.55 sigma sqrt(size)``: nothing is left for trees to learn.

    Returns
    -------
    RandomOrders
        In order of arrival.
    """
    g = np.random.default_rng([seed, 2])
    of = g.integers(len(names.half_spread_bps), size=orders)
    spread = names.half_spread_bps[of] * np.exp(0.2 * g.standard_normal(orders))
    sigma = names.volatility_daily_bps[of] * np.exp(0.25 * g.standard_normal(orders))
    size = np.clip(np.exp(g.normal(np.log(2e-3), 1.6, orders)), _SMALLEST, _LARGEST)
    span = np.clip(size / np.exp(g.normal(np.log(_PARTICIPATION), 0.5, orders)), _SHORTEST_SPAN, 1.0)
    clock, venue = g.random(orders), g.integers(len(VENUES), size=orders)
    if pure_noise:
        truth = 0.55 * spread + 0.55 * sigma * np.sqrt(size)
    else:
        time = 1.0 + 0.5 * np.exp(-8.0 * clock)
        speed = 1.0 + 0.3 * np.tanh(np.log(size / (_PARTICIPATION * span)))
        impact = sigma * np.sqrt(size) * names.impact_factor[of] * speed
        truth = 0.55 * time * (_VENUE_FACTOR[venue] * spread + impact)
    noise = np.sqrt(sigma**2 * span / 3.0 + spread**2)
    cost = np.maximum(truth + noise * g.standard_t(4, orders) / np.sqrt(2.0), _LOWEST_COST_BPS)
    side = np.where(g.random(orders) < 0.5, 1, -1)
    cost = np.where(side < 0, np.minimum(cost, -_LOWEST_COST_BPS), cost)  # a price is not negative
    day = np.sort(g.integers(max(_FEWEST_DAYS, orders // _ORDERS_A_DAY), size=orders))
    seconds = _OPEN_SECONDS + clock * _SESSION_SECONDS
    end = np.minimum(seconds + span * _SESSION_SECONDS, _OPEN_SECONDS + _SESSION_SECONDS)
    midnight = (_FIRST_DAY + day).astype("datetime64[s]")
    shares = size * _ADV_USD / _PRICE_USD
    columns = {
        "order_id": [f"R{k + 1:06d}" for k in range(orders)],
        "security_id": np.char.add("N", of.astype(np.str_)),
        "side": side,
        "arrival_utc": midnight + seconds.astype("timedelta64[s]"),
        "end_utc": midnight + end.astype("timedelta64[s]"),
        "ordered_shares": shares,
        "filled_shares": shares,
        "arrival_price_usd": np.full(orders, _PRICE_USD),
        "average_price_usd": _PRICE_USD * (1.0 + side * cost / BPS_PER_UNIT),
        "half_spread_bps": spread,
        "volatility_daily_bps": sigma,
        "adv_usd": np.full(orders, _ADV_USD),
        "volume_span": span,
        "time_of_day": clock,
        "venue": np.array(VENUES)[venue],
    }
    history = TradeHistory.from_columns(columns, simulated=True, provenance=f"random orders of seed {seed}")
    return RandomOrders(history, np.asarray(truth), np.asarray(noise))
