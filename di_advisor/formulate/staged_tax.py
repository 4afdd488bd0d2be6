"""The tax of several years by the whole return: Schedule D year by year, losses carried from one into the next.

Problem: a year's tax is a curve of its net short-term and net long-term gain, neither convex nor concave,
and the losses it does not use belong to the next year. Decision: the law's exact pieces on all gains that
can be reached, each with its tax and its carryovers at the corners; a carryover enters the next year as a
loss of its term, as lines 6 and 14 of Schedule D do. Years without a stage stand between, for what they use
up. Limits: later years are the return given, without its gains of this year, by the tables of their year or
the latest there are; what is carried beyond the last year is worth what the filer says, nothing otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.schedule_d import FilerTax, law_of
from di_advisor.ledger.tax_return import CarryoverValue, TaxOnGains, known_tax_years
from di_advisor.ledger.tax_return.gain_tax import ByTables

__all__ = ["ReturnTax", "TaxLimit", "TaxPiece", "TaxYear", "return_tax"]

_LEAST_REACH_USD = 4096.0
_APART = (Decimal("0.31371"), Decimal("0.27193"))
"""Values of carryovers that no two pieces share by chance: pieces of the tax and of both carryovers at once."""


@dataclass(frozen=True)
class TaxPiece:
    """Where the tax and the carryovers of a year are planes; fractions of the account's value.

    Attributes
    ----------
    corners : ndarray of shape (c, 2)
        Short-term and long-term gain.
    tax : ndarray of shape (c,)
        Tax of the year at the corners.
    carried : ndarray of shape (c, 2)
        Short-term and long-term loss carried on, positive.
    """

    corners: FloatArray
    tax: FloatArray
    carried: FloatArray


@dataclass(frozen=True, eq=False)
class TaxYear:
    """One year's return.

    Attributes
    ----------
    year : int
        Tax year.
    law : TaxOnGains
        Tax of gains beyond the year's own, in USD.
    value_usd : float
        Unit of all weights.
    pieces : tuple of TaxPiece
        Over all gains that can be reached.
    """

    year: int
    law: TaxOnGains
    value_usd: float
    pieces: tuple[TaxPiece, ...]

    def tax(self, gains: FloatArray) -> float:
        """Tax of the year at gains of both terms, shape (2,), fractions."""
        usd = self.value_usd * gains
        return float(self.law.at_many(usd[:1], usd[1:])[0]) / self.value_usd

    def carried(self, gains: FloatArray) -> FloatArray:
        """Losses carried on, shape (2,), positive."""
        return _carried(self.law, self.value_usd * gains) / self.value_usd

    def holds(self, gains: FloatArray, most: float = np.inf) -> int:
        """The piece that holds gains, or the nearest; of those with a tax of at most ``most`` somewhere, if any."""
        away = np.array([_outside(p.corners, gains) for p in self.pieces])
        allowed = np.array([float(p.tax.min()) <= most for p in self.pieces])
        return int(np.where(allowed, away, np.inf).argmin() if allowed.any() else away.argmin())


@dataclass(frozen=True)
class TaxLimit:
    """Most tax of a year so far, after one of its stages.

    Attributes
    ----------
    stage, year : int
        Place of the stage, and of its year among those of the return.
    most : float
        Tax of the year, that of never trading included; a fraction of the account's value.
    ends : bool
        Whether no later stage is in that year: the limit is then on the tax of the year itself.
    """

    stage: int
    year: int
    most: float
    ends: bool


def _carried(law: TaxOnGains, usd: FloatArray) -> FloatArray:
    """By the Capital Loss Carryover Worksheet, from the law's own lines."""
    table = law.law
    if not isinstance(table, ByTables):
        raise InputError("Constant rates carry nothing over.", hint="Give a return, or a profile for its rates.")
    found = []
    for worth in (CarryoverValue(Decimal("0.5"), 0), CarryoverValue(0, Decimal("0.5"))):  # type: ignore[arg-type]
        amounts = replace(table, carryover_value=worth).amounts(Fraction(float(usd[0])), Fraction(float(usd[1])))
        found.append(-2.0 * float(amounts[-1]))
    return np.array(found)


def _outside(corners: FloatArray, point: FloatArray) -> float:
    """How far a point lies outside a piece, corners counter-clockwise; negative inside."""
    along = np.roll(corners, -1, axis=0) - corners
    length = np.hypot(along[:, 0], along[:, 1])
    keep = length > 0
    normal = np.c_[along[keep, 1], -along[keep, 0]] / length[keep, None]
    return float((normal @ point - (normal * corners[keep]).sum(axis=1)).max(initial=-np.inf))


@dataclass(frozen=True, eq=False)
class ReturnTax:
    """The tax of a plan over all its years, against that of never trading.

    Attributes
    ----------
    years : tuple of TaxYear
        Consecutive.
    stage_year : tuple of int
        Place of each stage's year among them.
    short, long : tuple of ndarray of shape (L,)
        Gain of each term per unit of weight sold, by stage.
    realised : tuple of two floats
        Gains of the first year that are realised already.
    base : float
        What is taken off the sum of the years' tax: that of never trading, and what was told before.
    never : tuple of float
        Tax of each year if nothing had ever been traded: what budgets count from.
    """

    years: tuple[TaxYear, ...]
    stage_year: tuple[int, ...]
    short: tuple[FloatArray, ...]
    long: tuple[FloatArray, ...]
    realised: tuple[float, float] = (0.0, 0.0)
    base: float = 0.0
    never: tuple[float, ...] = ()

    def gains(self, plans: Sequence[Plan]) -> list[FloatArray]:
        """Net gain of each year by term, with what the year before carries into it taken off."""
        found = [np.zeros(2) for _ in self.years]
        found[0] += self.realised
        for at, short, long, plan in zip(self.stage_year, self.short, self.long, plans, strict=False):
            found[at] += [float(short @ plan.sells), float(long @ plan.sells)]
        for y, year in enumerate(self.years[:-1]):
            found[y + 1] -= year.carried(found[y])
        return found

    def by_year(self, plans: Sequence[Plan]) -> list[float]:
        """Tax of each year."""
        return [year.tax(gains) for year, gains in zip(self.years, self.gains(plans), strict=True)]

    def by_stage(self, plans: Sequence[Plan]) -> list[float]:
        """What each stage adds to the tax of all years, if trading stops after it."""
        totals = [sum(self.by_year(plans[:count])) for count in range(len(plans) + 1)]
        totals[0] = self.base
        return np.diff(totals).tolist() if len(plans) else []

    def changed_by_year(self, plans: Sequence[Plan]) -> list[float]:
        """Change of each year's tax against never trading."""
        return [a - b for a, b in zip(self.by_year(plans), self.by_year(()), strict=True)]

    def gains_after(self, plans: Sequence[Plan], stage: int) -> FloatArray:
        """Net gain of a stage's own year by term if trading stops after it, shape (2,)."""
        return self.gains(plans[: stage + 1])[self.stage_year[stage]]

    def tax_after(self, plans: Sequence[Plan], stage: int) -> float:
        """Tax of a stage's own year if trading stops after it."""
        return self.years[self.stage_year[stage]].tax(self.gains_after(plans, stage))

    def limits(self, budgets: Mapping[int, float]) -> tuple[TaxLimit, ...]:
        """What budgets of tax years, more than never trading, ask for after every stage."""
        found = []
        for stage, at in enumerate(self.stage_year):
            budget = budgets.get(self.years[at].year)
            if budget is not None:
                ends = at not in self.stage_year[stage + 1 :]
                found.append(TaxLimit(stage, at, self.never[at] + budget, ends))
        return tuple(found)

    def after_first(self, plan: Plan) -> ReturnTax:
        """What is left once the first stage has traded, what its own tax would be alone taken off."""
        more = np.array([float(self.short[0] @ plan.sells), float(self.long[0] @ plan.sells)])
        gains = np.array(self.realised) + more
        alone = self.years[0].tax(gains) - self.years[0].tax(np.array(self.realised))
        return replace(
            self,
            stage_year=self.stage_year[1:],
            short=self.short[1:],
            long=self.long[1:],
            realised=(float(gains[0]), float(gains[1])),
            base=self.base + alone,
        )

    def first_only(self) -> ReturnTax:
        """If trading ends after the first stage."""
        return replace(self, stage_year=self.stage_year[:1], short=self.short[:1], long=self.long[:1])


def return_tax(
    filer: FilerTax,
    dates: Sequence[date],
    gains: Sequence[tuple[FloatArray, FloatArray]],
    sell_max: Sequence[FloatArray],
    value_usd: float,
) -> ReturnTax:
    """The tax of a filer over the years of some stages.

    Parameters
    ----------
    filer : FilerTax
        The return of the first stage's year.
    dates : sequence of date
        Stages, ascending.
    gains : sequence of pairs of ndarray, shape (L,)
        Short-term and long-term gain per unit of weight sold of each lot, by stage.
    sell_max : sequence of ndarray of shape (L,)
        Largest weights sold, by stage.
    value_usd : float
        Account value.

    Raises
    ------
    InputError
        If the return is for another year than the first stage's.
    IncompleteDataError
        If there are no tables for its year.
    """
    first, last = dates[0].year, dates[-1].year
    own = filer.inputs
    given = (own.carryover_short_usd, own.carryover_long_usd, own.net_short_usd, own.net_long_usd)
    carried, years = 0.0, list[TaxYear]()  # the most that the years before can carry into one
    for year in range(first, last + 1):
        of_year = [(g, most) for on, g, most in zip(dates, gains, sell_max, strict=True) if on.year == year]
        losses = [-value_usd * sum(float(np.minimum(g[t] * most, 0.0).sum()) for g, most in of_year) for t in (0, 1)]
        highs = [value_usd * sum(float(np.maximum(g[t] * most, 0.0).sum()) for g, most in of_year) for t in (0, 1)]
        ranges = [(-loss - carried, high) for loss, high in zip(losses, highs, strict=True)]
        carried += sum(losses) + (sum(abs(float(x)) for x in given) if year == first else 0.0)
        inputs = own
        if year > first:
            tabled = max((y for y in known_tax_years() if y <= year), default=year)
            zero = Decimal(0)
            inputs = replace(own, tax_year=tabled, net_short_usd=zero, net_long_usd=zero)
            inputs = replace(inputs, carryover_short_usd=zero, carryover_long_usd=zero)
        end = replace(filer, inputs=inputs, carryover_value=filer.carryover_value if year == last else None)
        law = law_of(end, date(inputs.tax_year, 12, 31))
        years.append(TaxYear(year, law, value_usd, _pieces(law, ranges, value_usd, carries=year < last)))
    stage_year = tuple(on.year - first for on in dates)
    tax = ReturnTax(tuple(years), stage_year, tuple(g[0] for g in gains), tuple(g[1] for g in gains))
    never = tuple(tax.by_year(()))
    return replace(tax, base=sum(never), never=never)


def _pieces(
    law: TaxOnGains, ranges: Sequence[tuple[float, float]], value_usd: float, *, carries: bool
) -> tuple[TaxPiece, ...]:
    """The law's planes; with those of the carryovers where another year follows."""
    table = law.law
    surface_of = law
    if carries and isinstance(table, ByTables):
        surface_of = TaxOnGains(replace(table, carryover_value=CarryoverValue(*_APART)))
    ends = [(Fraction(-_wide(-low)), Fraction(_wide(high))) for low, high in ranges]
    found = []
    for plane in surface_of.surface(ends[0], ends[1]).planes:
        corners = np.array([[float(x), float(y)] for x, y in plane.corners_usd])
        tax = law.at_many(corners[:, 0], corners[:, 1])
        carried = np.array([_carried(law, c) for c in corners]) if carries else np.zeros_like(corners)
        found.append(TaxPiece(corners / value_usd, np.asarray(tax) / value_usd, carried / value_usd))
    return tuple(found)


def _wide(reach_usd: float) -> float:
    return float(np.ceil(max(1.01 * reach_usd, _LEAST_REACH_USD)))
