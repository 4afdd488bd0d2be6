"""Conversions between units, and the conventions behind them.

The only file that may contain the numbers ten thousand, one hundred and two hundred and fifty-two.
A quantity that is not a pure number carries its unit in its name; weights, fractions and scores
are pure numbers. Percent exists only where something is shown to a person.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "BPS_PER_UNIT",
    "CENTS_PER_USD",
    "PERCENT_PER_UNIT",
    "ROUND_LOT_SHARES",
    "TRADING_DAYS_PER_YEAR",
    "bps_from_fraction",
    "daily_from_annual_volatility",
    "fraction_from_bps",
    "fraction_from_percent",
    "percent_from_fraction",
]

BPS_PER_UNIT: Final = 1e4
"""Basis points in one."""

PERCENT_PER_UNIT: Final = 100.0
"""Percent in one."""

CENTS_PER_USD: Final = 100
"""Cents in a dollar."""

ROUND_LOT_SHARES: Final = 100
"""Shares in a round lot of a US equity."""

TRADING_DAYS_PER_YEAR: Final = 252
"""Trading days that annualise a daily variance (the convention of US equities)."""


def bps_from_fraction(fraction: float) -> float:
    """Basis points from a pure number: 0.0025 is 25 bps."""
    return fraction * BPS_PER_UNIT


def fraction_from_bps(bps: float) -> float:
    """Pure number from basis points: 25 bps is 0.0025."""
    return bps / BPS_PER_UNIT


def percent_from_fraction(fraction: float) -> float:
    """Percent from a pure number, for display."""
    return fraction * PERCENT_PER_UNIT


def fraction_from_percent(percent: float) -> float:
    """Pure number from percent, for what a person typed."""
    return percent / PERCENT_PER_UNIT


def daily_from_annual_volatility(volatility_per_year: float) -> float:
    """Daily from annual volatility, both as fractions (independent days)."""
    return float(volatility_per_year / TRADING_DAYS_PER_YEAR**0.5)
