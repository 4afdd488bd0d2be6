"""Defects of corporate action files, found by what contradicts itself: typed findings, nothing repaired.

Problem: a vendor counts a spin-off twice, forgets a split, or leaves old dividends unscaled, and
every figure built on it is wrong without an error. Decision: each known kind of defect has a rule
that needs no second vendor: a factor beside a dividend that explains it, a price that halves on a
day without an action, dividends that are round as written and crooked after scaling. Limits: a
price that truly halves in a day is named too; what is named is for a person to decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from math import log
from statistics import median

from di_data.corporate_actions.ratios import split_ratio
from di_data.corporate_actions.rows import DelistingRow, SpinOffRow, VendorDay

__all__ = [
    "Defect",
    "DefectKind",
    "delisting_defects",
    "dividend_defects",
    "factor_defects",
    "price_defects",
    "spin_off_defects",
]

_NEAR = timedelta(days=4)
_FEW = 4
_USUAL_TIMES = 5
_NEAR_RATIO = 0.03
_LARGE_PART = 0.1
_SPEAKS = 0.2
# Declared dividends are written in half hundredths of a cent at the finest; files print six decimals.
_DECLARED_USD = Fraction(1, 2000)
_PRINTED_USD = Fraction(6, 10**7)


class DefectKind(StrEnum):
    """What is wrong with a row, or missing."""

    COUNTED_TWICE = "counted_twice"
    SPIN_OFF_AS_SPLIT = "spin_off_as_split"
    UNEXPLAINED_FACTOR = "unexplained_factor"
    SPIN_OFF_WITHOUT_FACTOR = "spin_off_without_factor"
    UNSCALED_DIVIDENDS = "unscaled_dividends"
    MISSING_SPLIT = "missing_split"
    OVERSIZED_DIVIDEND = "oversized_dividend"
    VALUES_CONTRADICT = "values_contradict"
    SOURCES_DISAGREE = "sources_disagree"
    CASH_UNLIKE_PRICE = "cash_unlike_price"


@dataclass(frozen=True, slots=True)
class Defect:
    """One finding.

    Attributes
    ----------
    kind : DefectKind
        What.
    ticker : str
        As the source writes it.
    on : date
        When.
    sentence : str
        With the figures that show it.
    """

    kind: DefectKind
    ticker: str
    on: date
    sentence: str


def factor_defects(days: Iterable[VendorDay], spin_offs: Iterable[SpinOffRow]) -> tuple[Defect, ...]:
    """Factors that are no splits, are counted twice, or are missing for a listed spin-off.

    Parameters
    ----------
    days : iterable of VendorDay
        Of one file.
    spin_offs : iterable of SpinOffRow
        Listed spin-offs; those outside the file's days and tickers are left alone.
    """
    by_ticker, listed = _by_ticker(days), list(spin_offs)
    found = []
    for ticker, mine in by_ticker.items():
        usual = median([d.dividend_usd for d in mine if d.dividend_usd] or [Fraction(0)])
        for day in mine:
            if not day.has_factor or split_ratio(day.factor) is not None:
                continue
            names = [s.spun for s in listed if s.parent == ticker and abs(s.on - day.on) <= _NEAR]
            kind = DefectKind.SPIN_OFF_AS_SPLIT if names else DefectKind.UNEXPLAINED_FACTOR
            why = f"it is the spin-off of {', '.join(names)}" if names else "it is no split, and no spin-off is listed"
            found.append(Defect(kind, ticker, day.on, f"the factor {day.factor} scales prices and no shares: {why}"))
            if day.dividend_usd > _USUAL_TIMES * usual:
                sentence = (
                    f"the factor {day.factor} and a dividend of {float(day.dividend_usd):.2f} USD "
                    f"({float(usual):.2f} is usual) tell one distribution twice"
                )
                found.append(Defect(DefectKind.COUNTED_TWICE, ticker, day.on, sentence))
    known = [d.on for mine in by_ticker.values() for d in mine]
    for row in listed:
        days_of = [d for d in by_ticker.get(row.parent, ()) if d.has_factor and abs(d.on - row.on) <= _NEAR]
        if row.parent in by_ticker and min(known) <= row.on <= max(known) and not days_of:
            sentence = f"the spin-off of {row.spun} has no factor: prices before it cannot be compared with later ones"
            found.append(Defect(DefectKind.SPIN_OFF_WITHOUT_FACTOR, row.parent, row.on, sentence))
    return _sorted(found)


def dividend_defects(days: Iterable[VendorDay]) -> tuple[Defect, ...]:
    """Dividends before a factor that were not divided by it, in a file whose dividends are scaled.

    A declared dividend is a round figure. Before a factor such as 1.324, scaled dividends are crooked
    as written and round once multiplied back; where it is the other way round they were never scaled.
    """
    found = []
    for ticker, mine in _by_ticker(days).items():
        factors = [d for d in mine if d.has_factor]
        since = date.min
        for number, day in enumerate(factors):
            before = [d.dividend_usd for d in mine if d.dividend_usd and since <= d.on < day.on]
            since = day.on
            back = Fraction(1)
            for later in factors[number:]:
                back *= Fraction(later.factor)
            as_written, multiplied = (sum(_is_round(b, f) for b in before) for f in (Fraction(1), back))
            if len(before) >= _FEW and as_written == len(before) > 2 * multiplied:
                sentence = (
                    f"{len(before)} dividends before the factor {day.factor} are round as written, the last "
                    f"{float(before[-1])}: they were not divided by it"
                )
                found.append(Defect(DefectKind.UNSCALED_DIVIDENDS, ticker, day.on, sentence))
    return _sorted(found)


def _is_round(dividend_usd: Fraction, factor: Fraction) -> bool:
    steps = dividend_usd * factor / _DECLARED_USD
    return abs(steps - round(steps)) * _DECLARED_USD <= _PRINTED_USD * factor


def price_defects(days: Iterable[VendorDay], closes: Iterable[tuple[str, date, float]]) -> tuple[Defect, ...]:
    """Prices that jump by a whole number without an action, and dividends too large to be one.

    Parameters
    ----------
    days : iterable of VendorDay
        Of one file.
    closes : iterable of (str, date, float)
        Closes that go with it (raw for a raw file), by ticker and day in order.
    """
    told = {(d.ticker, d.on): d for d in days}
    found, last_ticker, last = [], "", 0.0
    for ticker, on, close in closes:
        before = last if ticker == last_ticker else 0.0
        last_ticker, last = ticker, close
        if not (before > 0 and close > 0):
            continue
        day = told.get((ticker, on))
        dividend = float(day.dividend_usd) if day else 0.0
        prices = f"the close goes from {before:.2f} to {close:.2f} USD"
        if dividend > _LARGE_PART * before:
            sentence = f"a dividend of {dividend:.2f} USD, and {prices}: a spin-off, a merger or a special payment"
            found.append(Defect(DefectKind.OVERSIZED_DIVIDEND, ticker, on, sentence))
        elif not (day and day.has_factor) and (ratio := _whole_jump(before / close)):
            found.append(
                Defect(DefectKind.MISSING_SPLIT, ticker, on, f"{prices}, as in a split of {ratio}, and none is there")
            )
    return _sorted(found)


def _whole_jump(moved: float) -> str:
    """The split that a price move looks like; empty for none."""
    times = round(max(moved, 1 / moved))
    if times < 2 or abs(abs(log(moved)) - log(times)) > _NEAR_RATIO:
        return ""
    return f"{times} for 1" if moved > 1 else f"1 for {times}"


def spin_off_defects(rows: Iterable[SpinOffRow]) -> tuple[Defect, ...]:
    """Spin-offs whose closes do not add up to the close before; those of one parent and day go together."""
    by_day: dict[tuple[str, date], list[SpinOffRow]] = defaultdict(list)
    for row in rows:
        by_day[row.parent, row.on].append(row)
    found = []
    for (parent, on), mine in by_day.items():
        after = mine[0].parent_close_usd * mine[0].parent_shares + sum(r.ratio * r.spun_close_usd for r in mine)
        before = mine[0].parent_before_usd
        if not (before > 0 and after > 0) or abs(log(before / after)) > _SPEAKS:
            sentence = f"a share of {float(before):.2f} USD became {float(after):.2f} USD in all"
            found.append(Defect(DefectKind.VALUES_CONTRADICT, parent, on, sentence))
    return _sorted(found)


def delisting_defects(
    rows: Iterable[DelistingRow], other_cash_usd: Mapping[tuple[str, date], Fraction] | None = None
) -> tuple[Defect, ...]:
    """Mergers whose cash differs between two files, or from the last price where there is only cash.

    Parameters
    ----------
    rows : iterable of DelistingRow
        Of one file.
    other_cash_usd : Mapping of (str, date) to Fraction, optional
        Cash for a share as another file has it.
    """
    found = []
    for row in rows:
        if row.bucket != "merger" or not row.cash_usd:
            continue
        other = (other_cash_usd or {}).get((row.ticker, row.on), row.cash_usd)
        if other and other != row.cash_usd:
            sentence = f"{float(row.cash_usd):.2f} USD in cash here, {float(other):.2f} in the other file"
            found.append(Defect(DefectKind.SOURCES_DISAGREE, row.ticker, row.on, sentence))
        if row.cash_misses_price:
            sentence = (
                f"{float(row.cash_usd):.2f} USD in cash for a last close of {float(row.last_usd):.2f}: "
                "a part of the terms is missing, or the price is of something else"
            )
            found.append(Defect(DefectKind.CASH_UNLIKE_PRICE, row.ticker, row.on, sentence))
    return _sorted(found)


def _by_ticker(days: Iterable[VendorDay]) -> dict[str, Sequence[VendorDay]]:
    mine: dict[str, list[VendorDay]] = defaultdict(list)
    for day in days:
        mine[day.ticker].append(day)
    return {ticker: sorted(each, key=lambda d: d.on) for ticker, each in sorted(mine.items())}


def _sorted(found: list[Defect]) -> tuple[Defect, ...]:
    return tuple(sorted(found, key=lambda d: (d.on, d.ticker, d.kind)))
