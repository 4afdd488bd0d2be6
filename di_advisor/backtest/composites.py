"""After-tax composites: many accounts of one strategy as one return, as firms must present them.

Problem: a firm shows one figure for hundreds of accounts with different flows, and the mean of the best ones is not
it. Decision: as the after-tax standards of the United States Investment Performance Committee (CFA Institute, 2011,
for GIPS) have it: each month the composite's return is the mean of its accounts' returns, weighted by their value at
the month's start; an account belongs to it from the first full month on; months are linked geometrically; before and
after taxes that fell due (pre-liquidation), and with the tax of selling all at the period's end and at its start
(mark-to-liquidation, the supplemental measure); internal dispersion is the asset-weighted deviation of the accounts'
full-year returns. Disclosed with it: the rates assumed, how realised losses are credited, number of accounts, assets.
Limits: flows inside a month count at the end of their day, not by a formula of Dietz; one strategy and one country.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from di_advisor.errors import InputError
from di_advisor.policy.measures import ValueHistory
from di_advisor.policy.sessions import Cadence, last_session

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Composite", "CompositeYear", "composite_of"]


@dataclass(frozen=True, slots=True)
class CompositeYear:
    """One calendar year of a composite.

    Attributes
    ----------
    year : int
        The year; the first and the last may be parts.
    months : int
        Months of it that count.
    accounts : int
        In the composite at its end.
    assets_usd : float
        Of them at its end.
    pre_tax, after_tax : float
        Returns of these months, linked, not annualised; after-tax is pre-liquidation.
    dispersion : float or None
        Asset-weighted deviation of after-tax returns of the accounts that were in for all its months; None below two.
    """

    year: int
    months: int
    accounts: int
    assets_usd: float
    pre_tax: float
    after_tax: float
    dispersion: float | None


@dataclass(frozen=True)
class Composite:
    """A composite.

    Attributes
    ----------
    years : tuple of CompositeYear
        Ascending.
    pre_tax, after_tax, after_tax_liquidation : float
        Of the whole period: a year, or, where it is shorter than one, for all of it.
    disclosures : tuple of str
        What the standards ask to say with the figures.
    """

    years: tuple[CompositeYear, ...]
    pre_tax: float
    after_tax: float
    after_tax_liquidation: float
    disclosures: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a year."""
        import pandas as pd

        names = list(CompositeYear.__slots__)
        return pd.DataFrame([[getattr(y, n) for n in names] for y in self.years], columns=names)


@dataclass(frozen=True, slots=True)
class _Month:
    start_usd: float
    pre_tax: float
    after_tax: float
    end_usd: float


def composite_of(accounts: Mapping[str, ValueHistory], *, rates: str, losses: str) -> Composite:
    """The composite of accounts of one strategy.

    Parameters
    ----------
    accounts : Mapping of str to ValueHistory
        By label; each counts for the full months it has (its first and last month only where it was there from the
        last session of the month before, and to the last session that any account has of the month); a latest
        month that is not over counts for none.
    rates : str
        The tax rates assumed, for the disclosures.
    losses : str
        How realised losses are credited, for the disclosures.

    Raises
    ------
    InputError
        If no account has a full month.
    """
    if not accounts:
        raise InputError("There is no account to make a composite of.", hint="Give at least one with a full month.")
    by_month: dict[tuple[int, int], dict[str, _Month]] = {}
    ends = _month_ends(accounts.values())
    for label, history in accounts.items():
        for month, facts in _months(history, ends):
            by_month.setdefault(month, {})[label] = facts
    if not by_month:
        raise InputError("No account has a full month.", hint="A composite needs a month from close to close.")
    months = sorted(by_month)
    missing = [m for m in _between(months[0], months[-1]) if m not in by_month]
    if missing:
        raise InputError(f"No account was there in {missing[0][0]}-{missing[0][1]:02}.", hint="Split the composite.")
    linked = {m: _weighted(by_month[m]) for m in months}
    years = tuple(_year(y, [m for m in months if m[0] == y], by_month, linked) for y in sorted({m[0] for m in months}))
    length = max(len(months) / 12, 1.0)  # what is shorter than a year is not raised to one
    pre, after = (math.prod(1 + linked[m][k] for m in months) for k in (0, 1))
    kept = _kept_when_sold(accounts, by_month, months)
    short = len(months) < 12
    annual = "Shorter than a year, hence not annualised." if short else "Annualised over the whole time."
    closing = (
        f"Asset-weighted monthly returns of {len(accounts)} accounts, linked; full months only. {annual}",
        f"Tax rates: {rates}",
        f"Realised losses: {losses}",
        "After-tax returns are before liquidation; the last figure also takes off the tax of selling all at the end.",
    )
    return Composite(
        years, pre ** (1 / length) - 1, after ** (1 / length) - 1, (after * kept) ** (1 / length) - 1, closing
    )


def _month_ends(histories: Iterable[ValueHistory]) -> dict[tuple[int, int], date]:
    """The last session that any account has of each month; a latest month that is not over is left out."""
    ends: dict[tuple[int, int], date] = {}
    for history in histories:
        for day in history.dates:
            month = (day.year, day.month)
            ends[month] = max(ends.get(month, day), day)
    latest = max(ends)
    if ends[latest] < last_session(ends[latest], Cadence.MONTHLY):
        del ends[latest]
    return ends


def _months(history: ValueHistory, ends: Mapping[tuple[int, int], date]) -> Iterator[tuple[tuple[int, int], _Month]]:
    """Full months of one account: from the close that ends the month before to the close that ends the month."""
    at = {day: n for n, day in enumerate(history.dates)}
    closes = [at[day] for _, day in sorted(ends.items()) if day in at]
    order = sorted(ends)
    pre, after = history.daily(taxed=False), history.daily(taxed=True)
    for first, last in pairwise(closes):
        month = (history.dates[last].year, history.dates[last].month)
        before = (history.dates[first].year, history.dates[first].month)
        if order.index(month) != order.index(before) + 1:
            continue
        yield (
            month,
            _Month(
                float(history.value_usd[first]),
                float(np.prod(1 + pre[first:last]) - 1),
                float(np.prod(1 + after[first:last]) - 1),
                float(history.value_usd[last]),
            ),
        )


def _weighted(of: Mapping[str, _Month]) -> tuple[float, float]:
    whole = math.fsum(m.start_usd for m in of.values())
    return (
        math.fsum(m.start_usd * m.pre_tax for m in of.values()) / whole,
        math.fsum(m.start_usd * m.after_tax for m in of.values()) / whole,
    )


def _year(
    year: int,
    months: Sequence[tuple[int, int]],
    by_month: Mapping[tuple[int, int], Mapping[str, _Month]],
    linked: Mapping[tuple[int, int], tuple[float, float]],
) -> CompositeYear:
    throughout = set.intersection(*(set(by_month[m]) for m in months))
    last = by_month[months[-1]]
    return CompositeYear(
        year=year,
        months=len(months),
        accounts=len(last),
        assets_usd=math.fsum(m.end_usd for m in last.values()),
        pre_tax=math.prod(1 + linked[m][0] for m in months) - 1,
        after_tax=math.prod(1 + linked[m][1] for m in months) - 1,
        dispersion=_dispersion(
            [by_month[months[0]][a].start_usd for a in sorted(throughout)],
            [math.prod(1 + by_month[m][a].after_tax for m in months) - 1 for a in sorted(throughout)],
        ),
    )


def _dispersion(assets: Sequence[float], returns: Sequence[float]) -> float | None:
    if len(returns) < 2:
        return None
    weights, each = np.asarray(assets) / math.fsum(assets), np.asarray(returns)
    return float(np.sqrt((weights * (each - weights @ each) ** 2).sum()))


def _kept_when_sold(
    accounts: Mapping[str, ValueHistory],
    by_month: Mapping[tuple[int, int], Mapping[str, _Month]],
    months: Sequence[tuple[int, int]],
) -> float:
    """What is left when all is sold at the end, over the same at the start; accounts of the last and first month."""

    def left(labels: Iterable[str], at: int, tax: str) -> float:
        values = {a: float(accounts[a].value_usd[at]) for a in labels}
        return 1.0 - math.fsum(getattr(accounts[a], tax) for a in values) / math.fsum(values.values())

    end = left(by_month[months[-1]], -1, "liquidation_tax_end_usd")
    return end / left(by_month[months[0]], 0, "liquidation_tax_start_usd")


def _between(first: tuple[int, int], last: tuple[int, int]) -> list[tuple[int, int]]:
    whole = range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1])
    return [(k // 12, k % 12 + 1) for k in whole]
