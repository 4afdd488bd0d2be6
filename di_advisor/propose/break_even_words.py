"""Break-evens as facts and sentences: one place for what is said, whichever way the limit was found."""

from __future__ import annotations

from dataclasses import dataclass

from di_advisor.units import bps_from_fraction, percent_from_fraction

__all__ = ["BreakEven", "of_aversion", "of_price", "of_return", "of_spread"]

_LARGE = 50.0


@dataclass(frozen=True)
class BreakEven:
    """Where one dial makes a trade disappear.

    Attributes
    ----------
    dial : str
        "half-spread", "tax rate", "price", "expected return" or "risk aversion".
    now, limit : float
        The dial today, and where the trade is no longer made: fractions, USD a share, or the aversion.
    sentence : str
        In plain words; not escaped.
    above : bool
        Whether the trade disappears above the limit, or below it.
    """

    dial: str
    now: float
    limit: float
    sentence: str
    above: bool


def of_spread(which: str, now: float, limit: float) -> BreakEven:
    """Of the half-spread; ``which`` is "sale" or "purchase", here and below."""
    at, shown = bps_from_fraction(now), bps_from_fraction(limit)
    says = f"The {which} pays as long as the half-spread stays below {shown:,.0f} bps; it is {at:,.1f} bps."
    return BreakEven("half-spread", now, limit, says, above=True)


def of_price(now_usd: float, limit_usd: float) -> BreakEven:
    """Of a sale's price, weights as they are."""
    up = percent_from_fraction(limit_usd / now_usd - 1.0)
    says = f"For its tax alone, the sale pays as long as the price stays below ${limit_usd:,.2f} ({up:+.1f} %)."
    return BreakEven("price", now_usd, limit_usd, says, above=True)


def of_return(which: str, margin: float) -> BreakEven:
    """Of the return expected beyond the name's risk, from what the trade earns per dollar."""
    shown = percent_from_fraction(margin)
    if which == "sale":
        says = f"The sale pays unless the name is expected to earn more than {shown:.2f} % beyond its risk."
        return BreakEven("expected return", 0.0, margin, says, above=True)
    says = f"The purchase pays unless the name is expected to lose more than {shown:.2f} % beyond its risk."
    return BreakEven("expected return", 0.0, -margin, says, above=False)


def of_aversion(which: str, now: float, limit: float, *, above: bool) -> BreakEven:
    """Of risk aversion, on either side of today's."""

    def shown(aversion: float) -> str:
        return f"{aversion:,.0f}" if aversion >= _LARGE else f"{aversion:,.3g}"

    side = "above" if above else "below"
    says = f"The {which} disappears where the risk aversion is {side} {shown(limit)}; it is {shown(now)}."
    return BreakEven("risk aversion", now, limit, says, above=above)
