"""Drift: what prices make of index weights and of an allocation between two effective days.

Problem: weights are announced for a day and the market moves before the next one. Decision: the growth of each
name from close to close, with what splits and spin-offs do to a price taken out, and weights that follow it. Limits:
price growth only (an index reinvests dividends over all its names); a name that ended has no growth any more; float
changes come with the next sheet.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import pairwise

from di_advisor.domain.events import ReverseSplit, SecurityEvent, SpinOff, Split, StockDividend
from di_advisor.errors import IncompleteDataError, InputError

__all__ = ["drifted", "growth_between", "price_growth"]

Closes = Mapping[date, Mapping[str, float]]


def drifted(weights: Mapping[str, float], growth: Mapping[str, float]) -> dict[str, float]:
    """Weights after prices moved, with the sum that they had.

    Parameters
    ----------
    weights : Mapping of str to float
        At the start, by name.
    growth : Mapping of str to float
        Value at the end for a dollar at the start, by name.

    Raises
    ------
    IncompleteDataError
        If a name with a weight has no growth.
    InputError
        If a growth is not a positive number.
    """
    missing = sorted(k for k, w in weights.items() if w and k not in growth)
    if missing:
        raise IncompleteDataError(
            f"The growth of {len(missing)} names is not known: {', '.join(missing[:5])}.",
            hint="Give both closes of each name of the index, or take out the ones that left.",
            missing=missing,
        )
    wrong = [k for k, w in weights.items() if w and not (math.isfinite(growth[k]) and growth[k] > 0)]
    if wrong:
        raise InputError(f"The growth of {wrong[0]} is {growth[wrong[0]]}.", hint="It is more than zero: 1.02 for up.")
    moved = {k: w * growth[k] if w else 0.0 for k, w in weights.items()}
    before, after = math.fsum(weights.values()), math.fsum(moved.values())
    return {k: m * before / after for k, m in moved.items()} if after else moved


def price_growth(
    closes_usd: Closes, first: date, last: date, actions: Iterable[SecurityEvent] = ()
) -> dict[str, float]:
    """Growth of each name from the close of one day to the close of another.

    A split multiplies by its ratio; a parent grows with what was spun off on the ex-date, and a name spun off
    starts with its parent's growth of that day, so that weights parted at the ex-date's closes drift alike.

    Parameters
    ----------
    closes_usd : Mapping of date to Mapping of str to float
        Raw closes by day; days that are not given are passed over.
    first, last : date
        Both must be among them.
    actions : iterable of SecurityEvent
        Splits and spin-offs by ex-date; others are passed over.

    Returns
    -------
    dict of str to float
        By name; names without closes on the way are left out.

    Raises
    ------
    IncompleteDataError
        If there are no closes for one of the days.
    InputError
        If the last day comes before the first, or a close is no number above zero.
    """
    days = _days_of(closes_usd, first, last)
    by_day: dict[date, list[SecurityEvent]] = {}
    for action in actions:
        at = next((d for d in days[1:] if d >= action.on), None)  # an ex-date without closes counts on the next
        if at is not None and action.on > first:
            by_day.setdefault(at, []).append(action)
    growth = dict.fromkeys(closes_usd[first], 1.0)
    for before, day in pairwise(days):
        old, new = closes_usd[before], closes_usd[day]
        step = {k: new[k] / old[k] for k in new if k in old}
        for action in by_day.get(day, []):
            name = action.security_id
            if name not in step:
                continue
            if isinstance(action, Split | ReverseSplit):
                step[name] *= float(action.new_per_old)
            elif isinstance(action, StockDividend):
                step[name] *= 1.0 + float(action.new_per_old)
            elif isinstance(action, SpinOff) and action.spun_security_id in new:
                step[name] += float(action.new_per_old) * new[action.spun_security_id] / old[name]
                if action.spun_security_id not in old:
                    step[action.spun_security_id] = step[name]
                    growth[action.spun_security_id] = growth.get(name, 1.0)
        growth = {k: g * step[k] for k, g in growth.items() if k in step}
    return growth


def _days_of(closes_usd: Closes, first: date, last: date) -> list[date]:
    """The days with closes from one to another, whose closes are all prices."""
    _forwards(first, last)
    for day in (first, last):
        if day not in closes_usd:
            raise IncompleteDataError(f"There are no closes of {day}.", hint="Give the closes of both days.", day=day)
    days = sorted(d for d in closes_usd if first <= d <= last)
    for day in days:
        wrong = [k for k, close in closes_usd[day].items() if not (math.isfinite(close) and close > 0)]
        if wrong:
            raise InputError(
                f"The close of {wrong[0]} on {day} is {closes_usd[day][wrong[0]]}.",
                hint="A close is above zero; leave a name out on a day on which it did not trade.",
                security_id=wrong[0],
            )
    return days


def _forwards(first: date, last: date) -> None:
    if last < first:
        raise InputError(f"Growth from {first} to {last} goes backwards.", hint="Give the earlier day first.")


def growth_between(
    closes_usd: Closes, actions: Iterable[SecurityEvent] = ()
) -> Callable[[date, date], dict[str, float]]:
    """Growth between the opens of two days, from closes: what `index_events.index_known_on` asks for.

    Parameters
    ----------
    closes_usd : Mapping of date to Mapping of str to float
        Raw closes by day.
    actions : iterable of SecurityEvent
        As of `price_growth`.

    Returns
    -------
    callable
        Of two days: the growth from the last close before the first to the last close before the second.

    Raises
    ------
    IncompleteDataError
        When called, if there is no close before the first day.
    InputError
        When called, if the second day comes before the first, or a close is no number above zero.
    """
    days, known = sorted(closes_usd), tuple(actions)

    def growth(first: date, last: date) -> dict[str, float]:
        _forwards(first, last)
        start, end = bisect_left(days, first) - 1, bisect_left(days, last) - 1
        if start < 0:
            raise IncompleteDataError(
                f"There are no closes before {first}.", hint="Start with the closes of the session before.", day=first
            )
        return price_growth(closes_usd, days[start], days[end], known)

    return growth
