"""Published cost formulas with their published constants: what our own law is compared with.

Problem: a fitted cost model with a wrong unit looks like any other. Decision: three formulas whose papers
print numbers, kept here as references and reproduced by tests; none is used to price a trade. Their
average costs agree: as Y of ``Y sigma sqrt(Q / ADV)`` they are .37 to .65 (Almgren et al., by duration),
.49 (I-Star) and about .54 (square-root term of Frazzini et al., at a daily volatility of 1.7 %).

Limits: fitted on the orders of others, between 1998 and 2016; sizes up to about 10 % of a day's volume.
"""

from __future__ import annotations

from di_advisor.units import PERCENT_PER_UNIT

__all__ = ["almgren_cost_bps", "frazzini_cost_bps", "implied_impact", "istar_bps", "istar_cost_bps"]

_PERMANENT, _TEMPORARY = 0.314, 0.142
_TEMPORARY_POWER = 0.6
_ISTAR = (708.0, 0.55, 0.71, 0.50, 0.98)
_FRAZZINI_LINEAR, _FRAZZINI_ROOT = 0.30, 9.26


def almgren_cost_bps(
    size: float, *, volatility_daily_bps: float, shares_outstanding_of_volume: float, span_days: float
) -> float:
    """Cost by Almgren, Thum, Hauptmann and Li (2005), "Direct estimation of equity market impact".

    Parameters
    ----------
    size : float
        Order over the average daily volume.
    volatility_daily_bps : float
        Of a day's return.
    shares_outstanding_of_volume : float
        Shares outstanding over the average daily volume.
    span_days : float
        Duration in days of volume.

    Returns
    -------
    float
        Half of the permanent impact, and the temporary one, bps.
    """
    permanent = _PERMANENT * volatility_daily_bps * size * shares_outstanding_of_volume**0.25
    temporary = _TEMPORARY * volatility_daily_bps * (size / span_days) ** _TEMPORARY_POWER
    return float(permanent / 2.0 + temporary)


def istar_bps(size: float, *, volatility_per_year: float) -> float:
    """Instantaneous impact I* of Kissell and Malamut, constants of Kissell (2014), table 5.4, "all data", bps."""
    a1, a2, a3, _, _ = _ISTAR
    return float(a1 * size**a2 * volatility_per_year**a3)


def istar_cost_bps(size: float, *, volatility_per_year: float, participation: float) -> float:
    """Market impact by the I-Star model at a participation rate, bps."""
    *_, a4, b1 = _ISTAR
    whole = istar_bps(size, volatility_per_year=volatility_per_year)
    return float(b1 * whole * participation**a4 + (1.0 - b1) * whole)


def frazzini_cost_bps(size: float) -> float:
    """Market impact by the size terms of Frazzini, Israel and Moskowitz (2018), "Trading costs", bps."""
    percent = size * PERCENT_PER_UNIT
    return float(_FRAZZINI_LINEAR * percent + _FRAZZINI_ROOT * percent**0.5)


def implied_impact(cost_bps: float, size: float, *, volatility_daily_bps: float) -> float:
    """Y of ``Y sigma sqrt(size)`` that gives this cost: the figure in which published fits can be compared."""
    return float(cost_bps / (volatility_daily_bps * size**0.5))
