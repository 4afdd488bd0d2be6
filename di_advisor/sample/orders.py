"""Past parent orders of a desk, with their true expected cost: what a trained cost model is scored on.

Problem: nobody publishes parent orders, and a model judged on noisy outcomes cannot be told from a
lucky one. Decision: 20,000 orders in the sample's names, on its days, at its prices; what each was
bound to cost is known, what it did cost has the noise of the market on top. The truth is a
half-spread part (by venue and time of day) and a square-root impact (by name, algorithm, time of
day, and how fast it traded), changed by the order's type (`di_advisor.sample.order_kinds`); the noise is
that of a linear schedule in a market with fat tails, or the move until the closing auction.
Limits: no commissions or fees, no cancelled orders, the desk has no view on the price.

=====================  ================================================================================
order_id               key
security_id, side      what and which way (buy, sell)
arrival_utc, end_utc   when the order came, and when its last fill was done
account_type           whose order: separate accounts, fund, transition
algo, venue            how and mainly where it was worked
order_type             how it asked to be filled
shares, filled_shares  ordered and done
fills                  number of fills
arrival_price_usd      middle of the quote at arrival
average_price_usd      average of the fills
close_price_usd        close of the day: what is not filled is completed there
half_spread_bps        half of the quoted spread at arrival
volatility_daily_bps   standard deviation of a day's return, from the 21 days before
adv_usd                average dollar volume of the 21 days before
size_of_adv            order's dollars over adv_usd
volume_span            planned span as a fraction of the day's volume
time_of_day            arrival as a fraction of the trading day
cost_bps               what it cost: side times (average over arrival - 1); positive hurts
market_return          of the index-like mean of all names between arrival and end
true_cost_bps          expected cost, known only because this is a simulation; never a feature
noise_bps              standard deviation of cost_bps around it; never a feature either
true_unfilled_bps      expected cost of completing what stays unfilled, of the whole order; never a feature either
=====================  ================================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.sample.bars import Bars
from di_advisor.sample.calendar import is_summer_time
from di_advisor.sample.order_kinds import AUCTION_SHARE, auction_cost_bps, draw_kinds
from di_advisor.sample.path import Path
from di_advisor.sample.randomness import stream
from di_advisor.units import BPS_PER_UNIT

__all__ = ["ORDERS", "draw_orders", "true_cost_bps"]

ORDERS = 20_000
"""Number of orders."""

_VENUES = np.array(["Northlit", "Quillbook", "Harrowpool", "Glasscross"])
_VENUE_FACTOR = np.array([0.8, 1.0, 1.1, 1.3])
_ALGOS = np.array(["vwap", "twap", "arrival", "close"])
_ALGO_FACTOR = np.array([1.0, 1.06, 0.95, 0.9])
_ACCOUNTS = np.array(["separate account", "fund", "transition"])
_SESSION_SECONDS = 6.5 * 3600
_OPEN_SECONDS_UTC = 14.5 * 3600
_NOTICE_DAYS = 21


def true_cost_bps(
    half_spread_bps: FloatArray,
    volatility_daily_bps: FloatArray,
    size: FloatArray,
    span: FloatArray,
    factors: tuple[FloatArray, FloatArray, FloatArray],
) -> FloatArray:
    """Expected cost of orders, bps.

    Parameters
    ----------
    half_spread_bps, volatility_daily_bps, size, span : ndarray of shape (m,)
        Conditions at arrival; ``size`` is the order over ADV, ``span`` the planned fraction of the
        day's volume.
    factors : tuple of ndarray of shape (m,)
        Of the venue (on the spread), of the name and algorithm (on the impact), of the time of day (on both).
    """
    venue, impact, time = factors
    speed = 1 + 0.3 * np.tanh(np.log(size / (0.06 * span)))
    spread_part = 0.55 * venue * time * half_spread_bps
    return np.asarray(spread_part + 0.55 * volatility_daily_bps * np.sqrt(size) * impact * time * speed)


def _place(
    path: Path, shown: int, among: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Day and company of each order: shown names that trade, after a month of history."""
    t = len(path.close_usd)
    day = np.sort(rng.integers(shown + _NOTICE_DAYS, t, size=ORDERS))
    weight = np.nan_to_num(path.close_usd * path.shares)[:, among] ** 0.4
    weight[: _NOTICE_DAYS + 1] = 0.0
    weight[_NOTICE_DAYS + 1 :] *= np.isfinite(path.close_usd[: -_NOTICE_DAYS - 1, among])
    share = np.cumsum(weight[day], axis=1)
    pick = rng.random(ORDERS) * share[:, -1]
    return day, np.asarray(among[(share < pick[:, None]).sum(axis=1)], dtype=np.int64)


def _volatility_bps(path: Path, day: NDArray[np.int64], company: NDArray[np.int64]) -> FloatArray:
    back = path.total_return[day[:, None] - np.arange(1, _NOTICE_DAYS + 1), company[:, None]]
    return np.asarray(np.maximum(back.std(axis=1, ddof=1), 0.002) * BPS_PER_UNIT, dtype=np.float64)


def draw_orders(
    path: Path, bars: Bars, days: NDArray[np.datetime64], shown: int, seed: int, *, among: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """Draw the orders, as columns in order of arrival, with ``company`` in place of the security id.

    ``among`` holds the positions of the companies that may be traded, ascending.
    """
    rng = stream(seed, "orders")
    day, company = _place(path, shown, among, rng)
    m, n = ORDERS, path.close_usd.shape[1]
    volume = np.nan_to_num(path.close_usd * bars.volume_shares)
    adv = volume[day[:, None] - np.arange(1, _NOTICE_DAYS + 1), company[:, None]].mean(axis=1)
    spread = bars.half_spread_bps[day - 1, company] * np.exp(0.2 * rng.standard_normal(m))
    sigma = _volatility_bps(path, day, company) * np.exp(0.1 * rng.standard_normal(m))
    drawn = rng.random(m)
    opens, closes = bars.open_usd[day, company], path.close_usd[day, company]
    jitter = np.exp(0.1 * sigma / BPS_PER_UNIT * rng.standard_normal(m))
    wished = np.clip(np.exp(rng.normal(np.log(2e-3), 1.6, size=m)), 1e-6, 0.3)
    speeds = np.exp(rng.normal(np.log(0.06), 0.5, size=m))
    venue, algo = rng.integers(4, size=m), rng.choice(4, size=m, p=[0.45, 0.2, 0.25, 0.1])
    efficiency = np.exp(0.3 * rng.standard_normal(n))
    surprise = rng.standard_t(4, size=m) / np.sqrt(2)
    sign = np.where(rng.random(m) < 0.54, 1, -1)

    kinds = draw_kinds(seed, _ALGOS[algo] == "close")
    clock = kinds.clock(drawn)
    until_close = sigma * np.sqrt(1.0 - clock)
    # An auction fills at the close: its noise is how far arrival was from that.
    before = closes / (1.0 + sign * until_close * surprise / BPS_PER_UNIT)
    arrival = np.where(kinds.at_close, before, opens * (closes / opens) ** clock * jitter)
    arrival = np.round(np.clip(arrival, bars.low_usd[day, company], bars.high_usd[day, company]) * 200) / 200
    shares = np.maximum(np.round(wished * adv / arrival), 1.0)
    size = shares * arrival / adv
    span = np.where(kinds.at_close, AUCTION_SHARE, np.clip(size / speeds, 0.01, 1.0))

    time = 1 + 0.5 * np.exp(-8 * clock)
    factors = (kinds.spread_factor * _VENUE_FACTOR[venue], efficiency[company] * _ALGO_FACTOR[algo], time)
    truth = true_cost_bps(spread, sigma, size, span, factors)
    truth = np.where(kinds.at_close, auction_cost_bps(sigma, size, efficiency[company]), truth)
    noise = np.where(kinds.at_close, until_close, np.sqrt(sigma**2 * span / 3 + spread**2))
    move = sign * (closes / arrival - 1) * BPS_PER_UNIT
    cost = truth + np.where(kinds.at_close, move, noise * surprise)
    # A price is not negative; the ten-thousandth of a cent is as far as an average is told.
    average = np.round(arrival * (1 + sign * np.maximum(cost, -5000.0) / BPS_PER_UNIT), 6)
    cost = sign * (average / arrival - 1) * BPS_PER_UNIT

    start = clock * _SESSION_SECONDS * 0.97
    end = np.where(kinds.at_close, _SESSION_SECONDS, np.minimum(start + span * _SESSION_SECONDS, _SESSION_SECONDS))
    seconds = end - start
    utc = days[day].astype("datetime64[s]") + (_OPEN_SECONDS_UTC - 3600 * is_summer_time(days[day])).astype("m8[s]")
    market = (path.total_return * path.observed).sum(axis=1) / np.maximum(path.observed.sum(axis=1), 1)
    done, unfilled = kinds.filled(move, sigma, clock)
    filled = np.where(rng.random(m) < 0.03, np.maximum(np.floor(shares * rng.uniform(0.4, 1.0, size=m)), 1), shares)
    filled = np.where(done < 1.0, np.maximum(np.round(shares * done), 1), np.where(kinds.at_close, shares, filled))
    columns: dict[str, NDArray[Any]] = {
        "company": company,
        "side": np.where(sign > 0, "buy", "sell"),
        "arrival_utc": utc + start.astype("m8[s]"),
        "end_utc": utc + (start + seconds).astype("m8[s]"),
        "account_type": _ACCOUNTS[rng.choice(3, size=m, p=[0.6, 0.3, 0.1])],
        "algo": _ALGOS[algo],
        "venue": _VENUES[venue],
        "order_type": kinds.order_type,
        "shares": shares.astype(np.int64),
        "filled_shares": filled.astype(np.int64),
        "fills": (1 + rng.poisson(np.minimum(np.sqrt(shares) / 8, 60.0))).astype(np.int64),
        "arrival_price_usd": arrival,
        "average_price_usd": average,
        "close_price_usd": closes,
        "half_spread_bps": spread,
        "volatility_daily_bps": sigma,
        "adv_usd": adv,
        "size_of_adv": size,
        "volume_span": span,
        "time_of_day": clock,
        "cost_bps": cost,
        "market_return": market[day] * seconds / _SESSION_SECONDS,
        "true_cost_bps": truth,
        "noise_bps": noise,
        "true_unfilled_bps": unfilled,
    }
    order = np.argsort(columns["arrival_utc"], kind="stable")
    sorted_columns = {name: values[order] for name, values in columns.items()}
    return {"order_id": np.array([f"SO{k + 1:05d}" for k in range(m)])} | sorted_columns
