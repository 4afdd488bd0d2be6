"""Whether prices speak against the terms of a corporate action.

Problem: 8 instead of 1/8 makes a reverse split a split, and nothing in the event shows it. Decision:
the close before and the close after are compared with what the ratio would make of them; where no
action at all, or the inverted ratio, fits better, a sentence says so. It is a warning: the market
moves too, so a difference below a fifth says nothing. Limits: needs raw closes, not adjusted ones;
small stock dividends cannot be seen in prices.
"""

from __future__ import annotations

from fractions import Fraction
from math import exp, log

from di_advisor.domain.amounts import as_fraction, show_exact
from di_advisor.domain.events import ReverseSplit, SecurityEvent, SpinOff, Split, StockDividend
from di_advisor.errors import InputError

__all__ = ["doubtful_ratio"]

# Natural logarithm of a price move that the market alone makes on few days.
_SPEAKS = 0.2


def doubtful_ratio(
    event: SecurityEvent, *, before_usd: float, after_usd: float, spun_usd: float | None = None
) -> tuple[str, ...]:
    """Sentences on a split, stock dividend or spin-off that prices contradict; empty if there are none.

    Parameters
    ----------
    event : SecurityEvent
        The action; others than those named are not judged.
    before_usd, after_usd : float
        Raw closes of the day before the ex-date and of the ex-date, in USD.
    spun_usd : float, optional
        Close of what was spun off; the value in the event when left out.

    Raises
    ------
    InputError
        If a price is not more than zero.
    """
    if not (before_usd > 0 and after_usd > 0):
        raise InputError(
            f"The prices around {event.event_id!r} are {before_usd} and {after_usd} USD.",
            hint="Give the raw closes of the day before and of the ex-date, more than zero.",
            event_id=event.event_id,
        )
    label = f"{type(event).__name__} {event.event_id!r} of {event.security_id} on {event.on}"
    prices = f"the price went from {before_usd:.2f} to {after_usd:.2f} USD"
    if isinstance(event, SpinOff):
        return _spin_off(event, label, prices, log(before_usd / after_usd), after_usd, spun_usd)
    if not isinstance(event, Split | ReverseSplit | StockDividend):
        return ()
    ratio = as_fraction(event.new_per_old) + (1 if isinstance(event, StockDividend) else 0)
    terms, moved = log(ratio), log(before_usd / after_usd)
    off = abs(moved - terms)
    if off <= _SPEAKS or off <= min(abs(moved), abs(moved + terms)):
        return ()
    if abs(moved + terms) < abs(moved):
        meant = f"the ratio looks inverted: {show_exact(Fraction(1) / ratio)} would fit"
    else:
        meant = "no split would fit better; the ratio is wrong, the day is, or the prices are adjusted for it already"
    return (f"{label} makes {show_exact(ratio)} shares of one, but {prices}: {meant}.",)


def _spin_off(
    event: SpinOff, label: str, prices: str, moved: float, after_usd: float, spun_usd: float | None
) -> tuple[str, ...]:
    value = event.value_per_new_usd if spun_usd is None else spun_usd
    if value is None:
        return ()
    each = float(as_fraction(event.new_per_old)) * float(value)
    terms = log((after_usd + each) / after_usd)
    if abs(moved - terms) <= _SPEAKS:
        return ()
    less = after_usd * (exp(moved) - 1)
    sentence = f"{label} gives {each:.2f} USD for a share, but {prices}, {less:.2f} USD less"
    return (f"{sentence}: check the ratio, the value, and whether another action lies on that day.",)
