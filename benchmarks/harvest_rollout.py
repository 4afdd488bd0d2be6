"""Harvest policies on real prices: one lot of a dollar in each name, from many start dates, reviewed every week.

Problem: a model that is optimal for simulated prices has to pay on real ones, whose volatility clusters and whose tails
are fat. Decision: at each start date a dollar is put into every name that has a price and a volatility; each week
every policy decides on each lot with what is known then (loss, age, volatility of the last 13 weeks of days); a harvest
books the tax saved, pays the cost, and starts a new lot of the same name that is locked for five weeks. A name that
ends is sold at its last price. Tax saved and costs are carried at the discount rate; the figure is the present value
over never harvesting, in bps of the first dollar a year, with the position taxed at the end, and with a step-up.

Limits: the replacement tracks perfectly (it is the same name); losses are used in full at once; start dates
overlap, and an interval from blocks of them only partly mends that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from di_advisor.domain.harvest import ClientProfile
from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError
from di_advisor.units import BPS_PER_UNIT, TRADING_DAYS_PER_YEAR
from di_models.harvest.program import Grid, LotMarket, solve

__all__ = [
    "LotPolicy",
    "Outcome",
    "WeeklyPrices",
    "block_interval",
    "model_policy",
    "read_weekly",
    "roll",
    "threshold_policies",
]

_WEEKS = 52
_PRICES_HINT = "Give a Parquet file with the columns date, ticker and close or adj_close, a row each day and name."
_LOCK_WEEKS = 5
_VOLATILITY_DAYS = 63
_LONGEST_HOLE_WEEKS = 3
_VOLATILITIES = (0.10, 0.14, 0.20, 0.28, 0.40, 0.55, 0.80)

LotPolicy = Callable[[FloatArray, NDArray[np.int64], FloatArray, float], NDArray[np.bool_]]
"""From basis over price, age in weeks, volatility per year, each of shape (n,), and years left: whether to harvest."""


@dataclass(frozen=True)
class WeeklyPrices:
    """Last price of each week, and the volatility known then.

    Attributes
    ----------
    weeks : ndarray of datetime64[D], shape (t,)
        Last day of each week.
    names : tuple of str
        n names.
    price : ndarray of shape (t, n)
        Total-return prices; NaN where there is none.
    volatility_per_year : ndarray of shape (t, n)
        Of the last 63 daily returns; NaN where fewer than half are there.
    """

    weeks: NDArray[np.datetime64]
    names: tuple[str, ...]
    price: FloatArray
    volatility_per_year: FloatArray


@dataclass(frozen=True)
class Outcome:
    """One policy from every start date.

    Attributes
    ----------
    liquidated, stepped_up : ndarray of shape (s,)
        Present value over never harvesting, bps a year, mean over the names, by start date.
    harvests_per_lot_year : float
        Over all start dates.
    """

    liquidated: FloatArray
    stepped_up: FloatArray
    harvests_per_lot_year: float


def read_weekly(files: Sequence[Path]) -> WeeklyPrices:
    """Weekly prices of files with the columns date, ticker and close or adj_close; later files fill earlier ones.

    Raises
    ------
    InputError
        If a file cannot be read as Parquet, lacks a column, or holds no price.
    """
    daily: pd.DataFrame | None = None
    for file in files:
        frame, column = _daily(file)
        frame = frame.assign(date=pd.to_datetime(frame["date"]), ticker=frame["ticker"].astype(str)).dropna(
            subset=[column]
        )
        frame = frame[frame[column] > 0].drop_duplicates(["date", "ticker"])
        if frame.empty:
            raise InputError(f"{file} holds no price above zero.", hint=_PRICES_HINT, file=str(file))
        wide = frame.set_index(["date", "ticker"])[column].astype(np.float64).unstack("ticker")  # noqa: PD010 pairs occur once
        daily = wide if daily is None else pd.concat([daily, wide.loc[:, ~wide.columns.isin(daily.columns)]], axis=1)
    assert daily is not None
    daily = daily.sort_index()
    moves = daily.apply(np.log).diff()
    volatility = moves.rolling(_VOLATILITY_DAYS, min_periods=_VOLATILITY_DAYS // 2).std() * math.sqrt(
        TRADING_DAYS_PER_YEAR
    )
    last = daily.groupby(pd.PeriodIndex(daily.index, freq="W")).tail(1).index
    price = daily.ffill(limit=5).loc[last]
    return WeeklyPrices(
        np.asarray(last, dtype="datetime64[D]"),
        tuple(map(str, daily.columns)),
        price.to_numpy(dtype=np.float64),
        volatility.loc[last].to_numpy(dtype=np.float64),
    )


def _daily(file: Path) -> tuple[pd.DataFrame, str]:
    """One file, and which of its columns is the price."""
    try:
        frame = pd.read_parquet(file)
    except (OSError, ValueError) as e:  # pyarrow's own error is a ValueError
        raise InputError(f"{file} cannot be read as Parquet: {e}", hint=_PRICES_HINT, file=str(file)) from e
    column = "adj_close" if "adj_close" in frame.columns else "close"
    missing = [name for name in ("date", "ticker", column) if name not in frame.columns]
    if missing:
        raise InputError(f"{file} lacks {', '.join(missing)}.", hint=_PRICES_HINT, file=str(file), missing=missing)
    return frame, column


def threshold_policies(client: ClientProfile, cost: float) -> Mapping[str, LotPolicy]:
    """The rules of thumb, by name; "any loss" is any whose tax saving is more than the cost."""

    def beyond(threshold: float) -> LotPolicy:
        return lambda basis, *_: np.asarray(1.0 - 1.0 / basis > threshold)

    def any_loss(basis: FloatArray, age: NDArray[np.int64], *_: object) -> NDArray[np.bool_]:
        rate = np.where(age < _WEEKS, client.short_use_rate, client.long_use_rate)
        return np.asarray(rate * (basis - 1.0) > cost)

    def monthly(basis: FloatArray, _: object, volatility: FloatArray, *__: object) -> NDArray[np.bool_]:
        return np.asarray(1.0 - 1.0 / basis > 1.0 - np.exp(-volatility * math.sqrt(31 / 365)))

    rules = {"-5 %": beyond(0.05), "-10 %": beyond(0.10), "-20 %": beyond(0.20)}
    return {"any loss": any_loss, **rules, "volatility": monthly}


def model_policy(client: ClientProfile, cost: float, *, margin: float = 0.0) -> LotPolicy:
    """The exact program: solved at some volatilities, linear in between in their logarithm, at half-years to go.

    Parameters
    ----------
    client : ClientProfile
        Its horizon is that of a start date.
    cost : float
        Of a harvest.
    margin : float
        Advantage over waiting, as a fraction of value, below which nothing is done.
    """
    grid = Grid()
    half_years = np.arange(1, max(round(2 * client.horizon_years), 1) + 1) / 2
    solved = [
        solve(client, LotMarket(v, harvest_cost=cost), grid=grid, years_left=tuple(half_years)) for v in _VOLATILITIES
    ]
    dates = np.array([s.years_left for s in solved[0].snapshots])
    advantage = np.array([[p.advantage(s) for s in p.snapshots] for p in solved])
    z, logs = grid.z(), np.log(_VOLATILITIES)

    def policy(basis: FloatArray, age: NDArray[np.int64], volatility: FloatArray, left: float) -> NDArray[np.bool_]:
        date = int(np.argmin(np.abs(dates - left)))
        spot = np.clip((np.log(basis) - z[0]) / (z[1] - z[0]), 0, len(z) - 1.001)
        i, f = spot.astype(np.int64), spot - spot.astype(np.int64)
        k = np.clip(np.interp(np.log(volatility), logs, np.arange(len(logs))), 0, len(logs) - 1.001)
        j, g = k.astype(np.int64), k - k.astype(np.int64)
        a = np.minimum(age, advantage.shape[2] - 1)
        at = [(1 - f) * advantage[v, date, a, i] + f * advantage[v, date, a, i + 1] for v in (j, j + 1)]
        return np.asarray((1 - g) * at[0] + g * at[1] > margin)

    return policy


def roll(
    prices: WeeklyPrices,
    client: ClientProfile,
    policies: Mapping[str, LotPolicy],
    *,
    cost: float,
    starts: Sequence[int],
) -> dict[str, Outcome]:
    """Follow every policy from every start date to the client's horizon.

    Parameters
    ----------
    prices : WeeklyPrices
        Of n names.
    client : ClientProfile
        Rates, horizon, discount rate.
    policies : mapping of str to callable
        By name.
    cost : float
        Of a harvest, both trades, as a fraction of value.
    starts : sequence of int
        Rows of the start dates.
    """
    weeks = round(client.horizon_years * _WEEKS)
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in policies}
    for start in starts:
        path, volatility, end = _window(prices, start, weeks)
        never = _follow(path, volatility, end, client, None, cost)
        for name, policy in policies.items():
            got = _follow(path, volatility, end, client, policy, cost)
            years = weeks / _WEEKS
            gained = [float(np.mean(a - b)) / years * BPS_PER_UNIT for a, b in zip(got[:2], never[:2], strict=True)]
            found[name].append((gained[0], gained[1], float(got[2].sum()) / float((end / _WEEKS).sum())))
    columns = {name: np.array(rows) for name, rows in found.items()}
    return {name: Outcome(c[:, 0], c[:, 1], float(c[:, 2].mean())) for name, c in columns.items()}


def block_interval(
    values: FloatArray, *, block: int, seed: int, level: float = 0.95, draws: int = 2000
) -> tuple[float, float]:
    """Interval of the mean over start dates by the circular block bootstrap (Politis and Romano 1992).

    Parameters
    ----------
    values : ndarray of shape (s,)
        One for each start date, in their order.
    block : int
        Start dates that are drawn together.
    seed : int
        Of the draws.
    level : float
        Of the interval.
    draws : int
        Resamples.
    """
    rng = np.random.default_rng(seed)
    count = -(-len(values) // block)
    first = rng.integers(0, len(values), size=(draws, count))
    rows = (first[:, :, None] + np.arange(block)) % len(values)
    means = values[rows.reshape(draws, -1)[:, : len(values)]].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _window(prices: WeeklyPrices, start: int, weeks: int) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Prices over the first, shape (weeks + 1, m), volatilities, and the last week of each name's series."""
    rows = slice(start, start + weeks + 1)
    chosen = np.flatnonzero(np.isfinite(prices.price[start]) & np.isfinite(prices.volatility_per_year[start]))
    path = prices.price[rows][:, chosen]
    there = np.isfinite(path)
    end = np.zeros(path.shape[1], dtype=np.int64)
    for week in range(len(path)):
        end = np.where(there[week] & (end + _LONGEST_HOLE_WEEKS >= week), week, end)
    filled = pd.DataFrame(path).ffill().to_numpy(dtype=np.float64)
    volatility = pd.DataFrame(prices.volatility_per_year[rows][:, chosen]).ffill().to_numpy(dtype=np.float64)
    alive = end > 0
    return (filled / filled[0])[:, alive], volatility[:, alive], end[alive]


def _follow(
    path: FloatArray,
    volatility: FloatArray,
    end: NDArray[np.int64],
    client: ClientProfile,
    policy: LotPolicy | None,
    cost: float,
) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Present value of taxes and costs with the position taxed, and with a step-up, and harvests, by name."""
    size = path.shape[1]
    basis, since = np.ones(size), np.zeros(size, dtype=np.int64)
    saved, exit_tax, count = np.zeros(size), np.zeros(size), np.zeros(size, dtype=np.int64)
    for week in range(1, len(path)):
        discount = math.exp(-client.discount_per_year * week / _WEEKS)
        price, age = path[week], week - since
        if policy is not None:
            left = client.horizon_years - week / _WEEKS
            sell = (week < end) & (age >= _LOCK_WEEKS) & (basis > price)
            sell &= policy(basis / price, age, volatility[week], left)
            rate = np.where(age < _WEEKS, client.short_use_rate, client.long_use_rate)
            saved += np.where(sell, discount * (rate * (basis - price) - cost * price), 0.0)
            basis, since = np.where(sell, price, basis), np.where(sell, week, since)
            count += sell
        over = week == end
        gain = path[week] - basis
        short = age < _WEEKS
        up = np.where(short, client.short_exit_rate, client.long_exit_rate)
        exit_tax += np.where(over, discount * up * gain, 0.0)
    return saved - exit_tax, saved, count
