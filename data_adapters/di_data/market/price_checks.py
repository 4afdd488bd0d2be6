"""Whether bars can be what they claim: as traded, without holes in the story, and not too old.

Problem: closes that are adjusted for a split stand beside lots as they were bought and invent losses; a
split that is missing looks like a crash; yesterday's file looks like today's. Decision: what the closes do
on the days of known splits says which scale they are on, and a file on another scale than it claims, or on
two, is an error; moves of 90 percent and jumps by a whole number without an action are warnings that ask;
the age is counted in weekdays and an error past the caller's limit. Limits: a split of less than about
5 for 4 cannot be seen in prices; what moved the price is for a person to find out.
"""

from __future__ import annotations

import warnings
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import groupby, pairwise
from math import log
from typing import Final

import numpy as np

from di_advisor.domain.declared_actions import DeclaredAction
from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.price_bars import PriceBar
from di_advisor.domain.rows import Findings, some_of
from di_advisor.errors import InputWarning
from di_data.corporate_actions.defects import price_defects
from di_data.corporate_actions.ratios import share_ratio
from di_data.corporate_actions.rows import VendorDay
from di_data.trading_days import closed_days

__all__ = ["PriceFinding", "PriceFlaw", "closes_by_security", "price_findings", "require_usable", "stale_findings"]

# Natural logarithm of a price move that the market alone makes on few days.
_SPEAKS: Final = 0.2
_NEAR: Final = 0.03
_LARGE_MOVE: Final = 0.9

Ratios = Mapping[tuple[Identifier, date], Fraction]
"""New shares for one old, by security and ex-date."""
Cash = Mapping[tuple[Identifier, date], float]
"""Dividends in USD a share, by security and ex-date."""


class PriceFlaw(StrEnum):
    """What is wrong with prices, or may be."""

    ADJUSTED = "adjusted for a split, and said to be as traded"
    TWO_SCALES = "on two scales"
    INVERTED_RATIO = "a ratio the other way round"
    STALE = "too old"
    LARGE_MOVE = "a move of 90 percent or more"
    SUSPECTED_ACTION = "a jump without an action"
    CLOSED_DAY = "a day on which the exchange was closed"

    @property
    def is_error(self) -> bool:
        """Whether such prices are refused; the others are pointed out."""
        return self in {self.ADJUSTED, self.TWO_SCALES, self.INVERTED_RATIO, self.STALE}


@dataclass(frozen=True, slots=True)
class PriceFinding:
    """One finding.

    Attributes
    ----------
    flaw : PriceFlaw
        What.
    subject : Identifier
        Of which security.
    day : date
        When.
    sentence : str
        With the figures that show it.
    """

    flaw: PriceFlaw
    subject: Identifier
    day: date
    sentence: str


def price_findings(bars: Iterable[PriceBar], actions: Iterable[DeclaredAction] = ()) -> tuple[PriceFinding, ...]:
    """What contradicts itself in some bars.

    Parameters
    ----------
    bars : iterable of PriceBar
        Of any securities, in any order.
    actions : iterable of DeclaredAction
        Splits and dividends that are known from elsewhere, with the subjects of the bars.
    """
    ordered = sorted(bars, key=lambda b: (b.subject, b.day))
    days: dict[Identifier, list[date]] = {}
    for bar in ordered:
        days.setdefault(bar.subject, []).append(bar.day)
    ratios: dict[tuple[Identifier, date], Fraction] = {}
    cash: dict[tuple[Identifier, date], float] = {}
    for action in actions:
        mine = days.get(action.subject, [])
        # Where the ex-date has no bar, the first bar after it shows what happened.
        at = bisect_left(mine, action.ex_date)
        if at == len(mine):
            continue
        key = (action.subject, mine[at])
        if action.new_per_old is not None:
            ratios[key] = action.new_per_old
        elif action.cash_usd is not None:
            cash[key] = cash.get(key, 0.0) + float(action.cash_usd)
    for bar in ordered:
        if bar.split_ratio not in {None, 1.0}:
            ratios[bar.subject, bar.day] = share_ratio(str(bar.split_ratio))
        if bar.dividend_usd:
            cash[bar.subject, bar.day] = bar.dividend_usd
    found = [f for _, each in groupby(ordered, key=lambda b: b.subject) for f in _moves(list(each), ratios, cash)]
    found += _suspected(ordered, ratios, cash, {(f.subject, f.day) for f in found})
    closed = set(closed_days(sorted({b.day for b in ordered})))
    found += [
        PriceFinding(PriceFlaw.CLOSED_DAY, b.subject, b.day, "a price, although the exchange was closed")
        for b in ordered
        if b.day in closed
    ]
    return tuple(sorted(found, key=lambda f: (f.subject, f.day, f.flaw)))


def _moves(bars: Sequence[PriceBar], ratios: Ratios, cash: Cash) -> Iterator[PriceFinding]:
    subject = bars[0].subject
    mine = {day: ratio for (of, day), ratio in ratios.items() if of == subject}
    for before, bar in pairwise(bars):
        ratio = mine.get(bar.day, Fraction(1))
        paid = cash.get((subject, bar.day), 0.0)
        moved, terms = log(before.close_usd / (bar.close_usd + paid)), log(ratio)
        prices = f"the close goes from {before.close_usd:.2f} to {bar.close_usd:.2f} USD"
        if abs(terms) > _SPEAKS:
            if abs(moved) < abs(moved - terms) and abs(moved) < abs(moved + terms):
                yield PriceFinding(
                    PriceFlaw.ADJUSTED,
                    subject,
                    bar.day,
                    f"{prices} over a split of {ratio} for one: the closes before it are adjusted for it already",
                )
                continue
            if abs(moved + terms) < abs(moved - terms):
                said = f"{prices}, and a split of {ratio} for one is listed: the ratio looks inverted"
                yield PriceFinding(PriceFlaw.INVERTED_RATIO, subject, bar.day, said)
                continue
        elif (other := _of_another_day(moved, mine)) is not None:
            yield PriceFinding(
                PriceFlaw.TWO_SCALES,
                subject,
                bar.day,
                f"{prices}, as in the split of {mine[other]} for one of {other}, which is another day: closes before "
                "and after are on two scales",
            )
            continue
        change = float(ratio) * bar.close_usd / before.close_usd - 1 + paid / before.close_usd
        if abs(change) >= _LARGE_MOVE:
            yield PriceFinding(
                PriceFlaw.LARGE_MOVE, subject, bar.day, f"{prices} ({change:+.2f}): is a corporate action missing?"
            )


def _of_another_day(moved: float, splits: Mapping[date, Fraction]) -> date | None:
    """The day of a known split whose ratio a jump shows, up or down; None for none."""
    if abs(moved) <= _SPEAKS:
        return None
    return next(
        (day for day, ratio in sorted(splits.items()) if abs(log(ratio)) > 2 * _SPEAKS
         and abs(abs(moved) - abs(log(ratio))) <= _NEAR),
        None,
    )  # fmt: skip


def _suspected(
    bars: Sequence[PriceBar],
    ratios: Ratios,
    cash: Cash,
    known: set[tuple[Identifier, date]],
) -> list[PriceFinding]:
    """Jumps by a whole number, and dividends too large to be one, by the rules for files of actions."""
    by_name = {str(b.subject): b.subject for b in bars}
    keys = sorted(set(ratios) | set(cash))
    days = [
        VendorDay(str(s), day, Fraction(str(cash.get((s, day), 0.0))), str(ratios.get((s, day), 1)), "prices")
        for s, day in keys
    ]
    closes = [(str(b.subject), b.day, b.close_usd) for b in bars]
    return [
        PriceFinding(PriceFlaw.SUSPECTED_ACTION, by_name[d.ticker], d.on, d.sentence)
        for d in price_defects(days, closes)
        if (by_name[d.ticker], d.on) not in known
    ]


def stale_findings(bars: Iterable[PriceBar], *, as_of: date, price_age_max_days: int) -> tuple[PriceFinding, ...]:
    """Securities whose last bar is older than a number of weekdays; later bars than the day do not count.

    Parameters
    ----------
    bars : iterable of PriceBar
        In any order.
    as_of : date
        The day for which prices are needed.
    price_age_max_days : int
        Weekdays that a price may be old.
    """
    last: dict[Identifier, date] = {}
    for bar in bars:
        if bar.day <= as_of:
            last[bar.subject] = max(bar.day, last.get(bar.subject, date.min))
    return tuple(
        PriceFinding(
            PriceFlaw.STALE,
            subject,
            day,
            f"the price is of {day}, {age} weekdays before {as_of}; the limit is {price_age_max_days}",
        )
        for subject, day in sorted(last.items())
        if (age := int(np.busday_count(day, as_of))) > price_age_max_days
    )


def require_usable(findings: Sequence[PriceFinding], source: str) -> None:
    """Refuse prices with errors; point out what may be wrong with the others.

    Raises
    ------
    RowsError
        Naming security, day and figures of every error.

    Warns
    -----
    InputWarning
        For findings that are no errors.
    """
    errors = Findings(source)
    for f in findings:
        if f.flaw.is_error:
            errors.wrong(f"{f.subject.value} on {f.day}", "close_usd", f"{f.sentence}.", _HINTS[f.flaw])
    errors.raise_any()
    doubtful = [f"{f.subject.value} on {f.day}: {f.sentence}" for f in findings if not f.flaw.is_error]
    if doubtful:
        warnings.warn(f"{source}: {some_of(doubtful)}.", InputWarning, stacklevel=2)


_HINTS: Final = {
    PriceFlaw.ADJUSTED: "Get closes as traded: adjusted and raw prices are never mixed.",
    PriceFlaw.TWO_SCALES: "Get the whole span from one source as traded; adjusted and raw prices are never mixed.",
    PriceFlaw.INVERTED_RATIO: "Check the ratio with the issuer: new shares for one old.",
    PriceFlaw.STALE: "Get a current price, leave it blank, or raise the limit on purpose.",
}


def closes_by_security(
    bars: Iterable[PriceBar], security_id: Callable[[str, date], str]
) -> dict[tuple[str, date], float]:
    """Closes as `di_advisor.domain.price_scale.require_one_scale` compares them with lots.

    Parameters
    ----------
    bars : iterable of PriceBar
        In any order.
    security_id : callable
        Permanent id of what a ticker meant on a day.
    """
    return {(security_id(b.subject.value, b.day), b.day): b.close_usd for b in bars}
