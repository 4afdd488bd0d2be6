"""Split-adjusted prices beside lots as they were bought: two scales that must not be mixed.

Problem: a vendor's history is adjusted backwards for splits, a lot's price is what was paid. Ten
years on, 12.50 stands beside 1,250.00, and the lot looks a hundred times too dear: a loss that does
not exist is harvested. Decision: each purchase is compared with the close of its day; where the two
differ by what the known splits since then make of one, rather than by nothing, the history is on
another scale than the lots, and both are refused together. Limits: needs the splits; a difference
that no split explains is left to `di_advisor.domain.plausibility`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from math import log
from typing import Final

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import Buy, Event, ReverseSplit, Split, StockDividend, TransferIn
from di_advisor.domain.rows import some_of
from di_advisor.errors import InputError

__all__ = ["require_one_scale"]

# Natural logarithm of a difference between a fill and the close of its day that the market alone makes.
_SPEAKS: Final = 0.2
_ONE: Final = Fraction(1)


def require_one_scale(events: Iterable[Event], close_usd: Mapping[tuple[str, date], float]) -> None:
    """Refuse closes that are adjusted for splits that the lots are not adjusted for, or the other way round.

    Parameters
    ----------
    events : iterable of Event
        Purchases, transfers in, and the splits between them and now, in any order.
    close_usd : Mapping of (str, date) to float
        Closes by security and day, in USD; days that are missing are not compared.

    Raises
    ------
    InputError
        Naming lots, their price, the close, and the splits that explain the difference.
    """
    splits: dict[str, list[tuple[date, Fraction]]] = {}
    bought: list[tuple[Event, str, date, date, Fraction]] = []
    for event in events:
        if isinstance(event, Split | ReverseSplit):
            splits.setdefault(event.security_id, []).append((event.on, as_fraction(event.new_per_old)))
        elif isinstance(event, StockDividend):
            splits.setdefault(event.security_id, []).append((event.on, _ONE + as_fraction(event.new_per_old)))
        elif isinstance(event, Buy) and event.amount_usd:
            price = as_fraction(event.amount_usd) / as_fraction(event.shares)
            bought.append((event, event.security_id, event.on, event.on, price))
        elif isinstance(event, TransferIn) and event.acquired and event.basis_total_usd:
            price = as_fraction(event.basis_total_usd) / as_fraction(event.shares)
            bought.append((event, event.security_id, event.acquired, event.on, price))
    found = []
    for event, security_id, day, counted_on, price in bought:
        close = close_usd.get((security_id, day))
        told = _told(splits.get(security_id, ()), day, counted_on, price, close)
        if told:
            found.append(f"{security_id} bought on {day} ({event.event_id}): {told}")
    if found:
        raise InputError(
            f"The prices and the lots are on different scales: {some_of(found)}.",
            hint="Use raw closes with lots as they were bought, and let the splits be applied to the lots; "
            "adjusted and raw prices are never mixed.",
        )


def _told(
    splits: Iterable[tuple[date, Fraction]], day: date, counted_on: date, price: Fraction, close: float | None
) -> str:
    """What the splits explain of the difference between a lot's price and the close; empty if nothing."""
    if close is None or not close > 0:
        return ""
    listed = [(on, ratio) for on, ratio in splits if on > day]
    # A lot that came later is counted in shares of that later day: its price is adjusted up to then.
    done = _product(ratio for on, ratio in listed if on <= counted_on)
    later = _product(ratio for on, ratio in listed if on > counted_on)
    apart, raw, factor = log(float(price) / close), -log(float(done)), log(float(later))
    # A lot in shares of today is on the scale of an adjusted history.
    if abs(apart - raw) <= _SPEAKS or abs(factor) <= _SPEAKS:
        return ""
    named = ", ".join(f"{ratio} for one on {on}" for on, ratio in sorted(listed))
    at = f"{float(price):.2f} USD a share, at a close of {close:.2f}"
    if abs(apart - factor) <= _SPEAKS:
        return f"{at}, which is adjusted for the splits ({named}) and the lot is not"
    if abs(apart - raw + factor) <= _SPEAKS:
        return f"{at}; the lot is adjusted for the splits ({named}) and the close is not"
    return ""


def _product(ratios: Iterable[Fraction]) -> Fraction:
    whole = _ONE
    for ratio in ratios:
        whole *= ratio
    return whole
