"""Figures in the sentences of triggers: bps and whole dollars, never percent."""

from __future__ import annotations

from collections.abc import Sequence

from di_advisor.units import bps_from_fraction

__all__ = ["bps", "listed", "usd"]

_SHOWN = 5


def bps(fraction: float) -> str:
    """A fraction in bps: ``125.0 bps``."""
    return f"{bps_from_fraction(fraction):,.1f} bps"


def usd(amount_usd: float) -> str:
    """Dollars and cents: ``$1,234.50``."""
    return f"-${-amount_usd:,.2f}" if amount_usd < 0 else f"${amount_usd:,.2f}"


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more."""
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN:,} more"
