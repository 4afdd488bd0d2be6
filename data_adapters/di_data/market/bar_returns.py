"""From bars to the history of total returns that risk models and exposures take.

Problem: adjusted closes change with every dividend, so returns made of them differ between two pulls; raw
closes without their dividends and splits make returns that are wrong on exactly those days. Decision: where
a source says of each day what was paid and split (or a list of actions does), the return is that of a share
as traded: ratio x (close + dividend) over the close before. Only where it says nothing are adjusted closes
taken, and where there are none, that is an error. A day on which a name has no bar, and the day after, are
not observed. Limits: a dividend of a split's own ex-date counts per share after the split; spin-offs that no
list tells are losses here, which `price_checks` points out when they are large.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise

import numpy as np

from di_advisor.domain.declared_actions import DeclaredAction
from di_advisor.domain.market import ReturnHistory
from di_advisor.domain.price_bars import PriceBar
from di_advisor.domain.rows import some_of
from di_advisor.errors import IncompleteDataError, InputError

__all__ = ["return_history"]


def return_history(
    bars: Iterable[PriceBar],
    security_id: Callable[[str, date], str],
    *,
    actions: Iterable[DeclaredAction] | None = None,
) -> ReturnHistory:
    """Daily total returns, a column for each security in the order of ids.

    Parameters
    ----------
    bars : iterable of PriceBar
        In any order.
    security_id : callable
        Permanent id of what a ticker meant on a day: bars of a company that changed its ticker are one.
    actions : iterable of DeclaredAction, optional
        All dividends and ratios of the bars' securities and days; given, they take the place of what bars say.

    Raises
    ------
    IncompleteDataError
        If a security has neither dividends and ratios nor adjusted closes.
    InputError
        If a security has two bars on a day, or there are fewer than two days.
    """
    by_id: dict[str, dict[date, PriceBar]] = {}
    for bar in bars:
        mine = by_id.setdefault(security_id(bar.subject.value, bar.day), {})
        if mine.setdefault(bar.day, bar) is not bar:
            raise InputError(
                f"{bar.subject.value} has two bars on {bar.day}.", hint="Keep one source, or one ticker of the company."
            )
    days = sorted({day for mine in by_id.values() for day in mine})
    if len(days) < 2:
        raise InputError(f"Prices of {len(days)} days make no return.", hint="Load at least two days.")
    listed = None if actions is None else _listed(actions, security_id, days)
    without = sorted(s for s, mine in by_id.items() if listed is None and not _told(mine.values()))
    if without:
        raise IncompleteDataError(
            f"{some_of(without)}: neither dividends and splits nor adjusted closes are known.",
            hint="Give the actions beside the prices: a return without its dividends and splits is wrong.",
            securities=without,
        )
    ids = tuple(sorted(by_id))
    values, observed = np.zeros((len(days), len(ids))), np.zeros((len(days), len(ids)), dtype=np.bool_)
    for j, name in enumerate(ids):
        mine = by_id[name]
        raw = listed is not None or _says_all(mine.values())
        for i, (earlier, day) in enumerate(pairwise(days), start=1):
            if earlier not in mine or day not in mine:
                continue
            before, bar = mine[earlier], mine[day]
            ratio, cash = _paid(bar, None if listed is None else listed.get((name, day), (Fraction(1), 0.0)))
            values[i, j] = _return(before, bar, ratio, cash) if raw else _adjusted(before, bar)
            observed[i, j] = True
    dates = np.array(days, dtype="datetime64[D]")
    return ReturnHistory(dates[1:], ids, values[1:], observed[1:])


def _listed(
    actions: Iterable[DeclaredAction], security_id: Callable[[str, date], str], days: Sequence[date]
) -> dict[tuple[str, date], tuple[Fraction, float]]:
    found: dict[tuple[str, date], tuple[Fraction, float]] = {}
    for action in actions:
        # An ex-date that is no day of the table counts on the next one.
        at = bisect_left(days, action.ex_date)
        if at == len(days):
            continue
        key = (security_id(action.subject.value, action.ex_date), days[at])
        ratio, cash = found.get(key, (Fraction(1), 0.0))
        found[key] = (ratio * (action.new_per_old or 1), cash + float(action.cash_usd or 0))
    return found


def _says_all(bars: Iterable[PriceBar]) -> bool:
    return all(b.dividend_usd is not None and b.split_ratio is not None for b in bars)


def _told(bars: Iterable[PriceBar]) -> bool:
    held: Sequence[PriceBar] = list(bars)
    return _says_all(held) or all(b.adjusted_close_usd for b in held)


def _paid(bar: PriceBar, listed: tuple[Fraction, float] | None) -> tuple[float, float]:
    if listed is not None:
        return float(listed[0]), listed[1]
    return bar.split_ratio or 1.0, bar.dividend_usd or 0.0


def _return(before: PriceBar, bar: PriceBar, ratio: float, cash_usd: float) -> float:
    return ratio * (bar.close_usd + cash_usd) / before.close_usd - 1.0


def _adjusted(before: PriceBar, bar: PriceBar) -> float:
    return (bar.adjusted_close_usd or np.nan) / (before.adjusted_close_usd or np.nan) - 1.0
