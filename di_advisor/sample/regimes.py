"""Market weather of the sample: four regimes, and the factor returns that blow in each.

Problem: five years must contain calm, normal, crisis and bear markets, each with the correlation
that such markets had. Decision: the schedule is fixed and the realised volatility and drift of the
market factor are set within each regime, so that every seed gives a usable world; what differs
between seeds is the path. Limits: a schedule known in advance is no forecast of anything.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.sample.randomness import stream
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = ["INDUSTRIES", "REGIMES", "SECTORS", "STYLES", "Factors", "Regime", "draw_factors", "regime_of_day"]

STYLES = ("size", "value", "quality", "momentum", "volatility", "yield")
"""Characteristics, in the order of every array that has one column for each."""

SECTORS: dict[str, tuple[str, ...]] = {
    "Communication Services": ("Media", "Telecom Carriers", "Interactive Platforms"),
    "Consumer Discretionary": ("Retailing", "Autos and Parts", "Leisure", "Homebuilding"),
    "Consumer Staples": ("Packaged Food", "Beverages", "Household Products", "Tobacco"),
    "Energy": ("Integrated Oil", "Exploration", "Oil Services"),
    "Financials": ("Banks", "Insurance", "Capital Markets"),
    "Health Care": ("Pharmaceuticals", "Biotechnology", "Medical Devices", "Care Providers"),
    "Industrials": ("Machinery", "Aerospace and Defense", "Transport", "Business Services"),
    "Information Technology": ("Software", "Semiconductors", "Hardware", "IT Services"),
    "Materials": ("Chemicals", "Metals and Mining", "Packaging"),
    "Real Estate": ("Office and Retail Property", "Residential Property", "Data and Tower Property"),
    "Utilities": ("Electric Utilities", "Gas and Water Utilities", "Power Producers"),
}
"""Eleven sectors and their industries."""

INDUSTRIES = tuple((s, i) for s, industries in SECTORS.items() for i in industries)
"""All pairs of sector and industry."""


@dataclass(frozen=True, slots=True)
class Regime:
    """Kind of market.

    Attributes
    ----------
    name : str
        calm, normal, crisis or bear.
    market_volatility, drift : float
        Of the market factor, annual, fractions.
    idiosyncratic_scale, factor_scale : float
        Multiples of the companies' own volatility and of the sector and style factors'.
    """

    name: str
    market_volatility: float
    drift: float
    idiosyncratic_scale: float
    factor_scale: float


REGIMES = (
    Regime("calm", 0.063, 0.24, 0.78, 0.70),
    Regime("normal", 0.133, 0.23, 0.97, 0.95),
    Regime("crisis", 0.60, -0.30, 2.1, 2.5),
    Regime("bear", 0.222, -0.10, 1.15, 1.35),
)
"""The four kinds, in the order of `regime_of_day`."""

# First month of each stretch, and its kind.
_SCHEDULE = (
    ("2020-06", "normal"),
    ("2022-01", "bear"),
    ("2022-10", "normal"),
    ("2023-07", "calm"),
    ("2024-11", "normal"),
    ("2025-03", "crisis"),
    ("2025-06", "normal"),
)

# Annual volatility of the styles' payoffs for one standard deviation of exposure, and their mean.
_STYLE_VOLATILITY = np.array([0.022, 0.032, 0.018, 0.040, 0.045, 0.020])
_STYLE_PREMIUM = np.array([-0.005, 0.010, 0.012, 0.015, -0.010, 0.004])
_SECTOR_VOLATILITY = 0.085
_INDUSTRY_VOLATILITY = 0.055


@dataclass(frozen=True)
class Factors:
    """Daily factor returns.

    Attributes
    ----------
    market : ndarray of shape (t,)
    sector : ndarray of shape (t, 11)
    industry : ndarray of shape (t, number of industries)
    style : ndarray of shape (t, 6)
        For one standard deviation of exposure.
    idiosyncratic_scale : ndarray of shape (t,)
        Multiple of the companies' own volatility, common to all.
    """

    market: FloatArray
    sector: FloatArray
    industry: FloatArray
    style: FloatArray
    idiosyncratic_scale: FloatArray


def regime_of_day(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Position in `REGIMES` for each day, shape (t,)."""
    names = [r.name for r in REGIMES]
    starts = np.array([m for m, _ in _SCHEDULE], dtype="datetime64[M]")
    kinds = np.array([names.index(k) for _, k in _SCHEDULE], dtype=np.int64)
    return np.asarray(kinds[np.searchsorted(starts, days.astype("datetime64[M]"), side="right") - 1], dtype=np.int64)


def _log_volatility(rng: np.random.Generator, t: int, *, persistence: float, spread: float) -> FloatArray:
    """Stationary autoregression of log volatility, shape (t,), with the given standard deviation."""
    shocks = rng.standard_normal(t) * spread * np.sqrt(1 - persistence**2)
    path = np.empty(t)
    path[0] = rng.standard_normal() * spread
    for i in range(1, t):
        path[i] = persistence * path[i - 1] + shocks[i]
    return path


def _crisis_shape(t: int) -> tuple[FloatArray, FloatArray]:
    """Volatility multiple and drift of a crash and its rebound over t days: (shape, drift by day in log terms)."""
    x = np.linspace(0.0, 1.0, t)
    shape = np.interp(x, [0.0, 0.10, 0.22, 0.34, 0.5, 1.0], [0.40, 1.1, 2.5, 2.2, 0.85, 0.40])
    drift = np.interp(x, [0.0, 0.05, 0.30, 0.34, 0.7, 1.0], [-0.5, -1.6, -1.4, 1.1, 0.8, 0.4])
    return shape, drift


def _stretches(regime: NDArray[np.int64]) -> list[slice]:
    edges = np.flatnonzero(np.diff(regime)) + 1
    bounds = [0, *edges.tolist(), len(regime)]
    return [slice(a, b) for a, b in itertools.pairwise(bounds)]


def draw_factors(days: NDArray[np.datetime64], seed: int) -> Factors:
    """Draw the factor returns of all days."""
    t, year = len(days), TRADING_DAYS_PER_YEAR
    regime = regime_of_day(days)
    rng = stream(seed, "market")
    cluster = np.exp(_log_volatility(rng, t, persistence=0.96, spread=0.34))
    market = np.empty(t)
    scale = np.empty(t)
    spread = np.empty(t)
    raw = rng.standard_normal(t)
    for at in _stretches(regime):
        kind = REGIMES[regime[at.start]]
        length = at.stop - at.start
        shape, drift = np.ones(length), np.full(length, kind.drift)
        if kind.name == "crisis":
            shape, drift = _crisis_shape(length)
            # In a crash one large move follows another: hardly a quiet day between.
            raw[at] = np.sign(raw[at]) * (0.75 + 0.45 * np.abs(raw[at]))
        wave = cluster[at] * shape
        wave = wave / np.sqrt((wave**2).mean())
        shocks = raw[at] * wave
        shocks = (shocks - shocks.mean()) / shocks.std() * kind.market_volatility / np.sqrt(year)
        market[at] = shocks + drift / year
        # A company's own risk and the other factors' follow the market's, less than in proportion.
        scale[at] = kind.idiosyncratic_scale * wave**0.7
        spread[at] = kind.factor_scale * wave**0.6
    rng = stream(seed, "factors")

    def block(width: int, volatility: float | FloatArray) -> FloatArray:
        draws = rng.standard_t(6, size=(t, width)) / np.sqrt(6 / 4)
        return np.asarray(draws * spread[:, None] * volatility / np.sqrt(year), dtype=np.float64)

    return Factors(
        market=market,
        sector=block(len(SECTORS), _SECTOR_VOLATILITY),
        industry=block(len(INDUSTRIES), _INDUSTRY_VOLATILITY),
        style=block(len(STYLES), _STYLE_VOLATILITY) + _STYLE_PREMIUM / year,
        idiosyncratic_scale=scale,
    )
