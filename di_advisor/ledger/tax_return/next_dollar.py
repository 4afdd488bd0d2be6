"""What the next dollar of short-term or long-term gain or loss is worth. Not tax advice.

`tax_on_gains` gives a taxpayer's tax as a function of gains realised **beyond what the year already
holds**: exact at a point, float64 at many points, as exact curves along either axis or any line, and
as planes over a rectangle. `next_dollar` reads off the four slopes at today's point, with the
curves and their kinks. What the amount holds, and what it rests on, is in
`di_advisor.ledger.tax_return.gain_tax` and in the answer's label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from di_advisor.domain.amounts import Exact
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import InputError
from di_advisor.ledger.days import calendar_day
from di_advisor.ledger.tax_return.curves import TaxCurve, TaxSurface, curve_of, plane_of
from di_advisor.ledger.tax_return.gain_tax import ByConstantRates, ByTables, CarryoverValue
from di_advisor.ledger.tax_return.inputs import ReturnInputs
from di_advisor.ledger.tax_return.kinds import OnCell, OnPoints
from di_advisor.ledger.tax_return.pieces import Point, straight_pieces
from di_advisor.ledger.tax_return.policies import ReturnPolicies
from di_advisor.ledger.tax_return.result import NOT_TAX_ADVICE, cents
from di_advisor.ledger.tax_return.tables import tax_tables

__all__ = ["NextDollar", "TaxOnGains", "next_dollar", "tax_on_gains"]

_REACH_USD: Final = Fraction(10**12)
"""How far curves look for kinks, either way: to exact arithmetic a trillion is as near as a dollar."""

_TOTAL: Final = "total"


@dataclass(frozen=True, slots=True)
class TaxOnGains:
    """A taxpayer's tax as a function of further gains, in USD; made by `tax_on_gains`.

    Attributes
    ----------
    law : ByTables or ByConstantRates
        What computes it, and for whom.
    """

    law: ByTables | ByConstantRates

    @property
    def label(self) -> str:
        """What the answers rest on, in one sentence."""
        return self.law.label

    def at(self, short_usd: Exact | int = 0, long_usd: Exact | int = 0) -> Fraction:
        """Exact amount for further net short-term and long-term gain, losses negative."""
        return self.law.amounts(Fraction(short_usd), Fraction(long_usd))[0]

    def at_many(self, short_usd: ArrayLike, long_usd: ArrayLike) -> NDArray[np.float64]:
        """Amounts at many points, float64, of the common shape of both arrays."""
        short, long = np.broadcast_arrays(np.asarray(short_usd, np.float64), np.asarray(long_usd, np.float64))
        return self.law.amounts(OnPoints(short), OnPoints(long))[0].values

    def along(self, short_per_usd: Exact | int, long_per_usd: Exact | int) -> Mapping[str, TaxCurve]:
        """Exact curves along a line through today's point.

        Parameters
        ----------
        short_per_usd, long_per_usd : Decimal, Fraction or int
            Short-term and long-term gain for each dollar along the line: (1, 0) is the short axis.

        Returns
        -------
        mapping of str to TaxCurve
            "total" and each part by name; the parts add up to the total.
        """
        per_short, per_long = Fraction(short_per_usd), Fraction(long_per_usd)

        def amounts(x: tuple[OnCell, ...]) -> tuple[OnCell, ...]:
            return self.law.amounts(x[0] * per_short, x[0] * per_long)

        pieces = straight_pieces(amounts, ((-_REACH_USD,), (_REACH_USD,)))
        names = (_TOTAL, *self.law.part_names)
        return MappingProxyType({name: curve_of(pieces, i) for i, name in enumerate(names)})

    def surface(
        self, short_usd: tuple[Exact | int, Exact | int], long_usd: tuple[Exact | int, Exact | int]
    ) -> TaxSurface:
        """The total over a rectangle of further gains, as exact planes.

        Parameters
        ----------
        short_usd, long_usd : tuple of two amounts
            Lowest and highest further gain of each term.

        Raises
        ------
        InputError
            If a range is empty.
        """
        (left, right), (bottom, top) = ([Fraction(each) for each in ends] for ends in (short_usd, long_usd))
        if not (left < right and bottom < top):
            raise InputError(
                f"The rectangle of gains {short_usd} by {long_usd} is empty.",
                hint="Each range goes from a lower to a higher amount.",
            )
        rectangle: tuple[Point, ...] = ((left, bottom), (right, bottom), (right, top), (left, top))
        pieces = straight_pieces(lambda x: self.law.amounts(x[0], x[1]), rectangle)
        return TaxSurface(tuple(plane_of(piece, 0) for piece in pieces))


@dataclass(frozen=True, slots=True, repr=False)
class NextDollar:
    """Worth of the next dollar of gain or loss, for one taxpayer on one day.

    Attributes
    ----------
    on : date
        The day; its year is the tax year.
    tax : TaxOnGains
        The function behind the answer; its label says what it rests on.
    short, long : TaxCurve
        The total along each axis, from today's point at 0; the other term stays as it is.
    short_parts, long_parts : mapping of str to TaxCurve
        The total's parts by name along the same axes.
    """

    on: date
    tax: TaxOnGains
    short: TaxCurve
    long: TaxCurve
    short_parts: Mapping[str, TaxCurve]
    long_parts: Mapping[str, TaxCurve]

    @property
    def label(self) -> str:
        """What the answer rests on, in one sentence."""
        return self.tax.label

    @property
    def now_usd(self) -> Fraction:
        """The amount with no further gain."""
        return self.short.at_zero_usd

    @property
    def short_gain(self) -> Fraction:
        """Tax that the next dollar of short-term gain costs."""
        return self.short.slope_above()

    @property
    def short_loss(self) -> Fraction:
        """Tax that the next dollar of short-term loss saves."""
        return self.short.slope_below()

    @property
    def long_gain(self) -> Fraction:
        """Tax that the next dollar of long-term gain costs."""
        return self.long.slope_above()

    @property
    def long_loss(self) -> Fraction:
        """Tax that the next dollar of long-term loss saves."""
        return self.long.slope_below()

    def __repr__(self) -> str:
        rates = ", ".join(
            f"{name} {float(rate):g}"
            for name, rate in (
                ("short gain", self.short_gain),
                ("short loss", self.short_loss),
                ("long gain", self.long_gain),
                ("long loss", self.long_loss),
            )
        )
        return f"NextDollar({self.on}: {rates}; now {cents(self.now_usd):,} USD; {NOT_TAX_ADVICE})"


def tax_on_gains(
    taxpayer: ReturnInputs | TaxProfile,
    on: date,
    *,
    policies: ReturnPolicies | None = None,
    carryover_value: CarryoverValue | None = None,
) -> TaxOnGains:
    """A taxpayer's tax as a function of gains beyond what the year already holds.

    Parameters
    ----------
    taxpayer : ReturnInputs or TaxProfile
        A return by the tables of its year; or a profile, whose constant rates then apply at any
        amount (`ReturnInputs.of_profile` makes a return of its figures).
    on : date
        The day; its year must be the taxpayer's tax year.
    policies : ReturnPolicies, optional
        Switches of the return; the documented defaults if left out.
    carryover_value : CarryoverValue, optional
        What losses carried over are worth; nothing if left out.

    Raises
    ------
    IncompleteDataError
        If there are no tables for the year.
    InputError
        If the taxpayer's figures are for another year than the day's.
    """
    year = calendar_day(on, "The day of the question").year
    if taxpayer.tax_year not in (None, year):
        raise InputError(
            f"The taxpayer's figures are for {taxpayer.tax_year}, and the question is asked on {on}.",
            hint="Give the figures of that year, or ask on one of its days.",
            tax_year=taxpayer.tax_year,
            on=on,
        )
    if isinstance(taxpayer, TaxProfile):
        return TaxOnGains(ByConstantRates(taxpayer))
    tax_tables(year)
    return TaxOnGains(ByTables(taxpayer, policies or ReturnPolicies(), carryover_value or CarryoverValue()))


def next_dollar(
    taxpayer: ReturnInputs | TaxProfile,
    on: date,
    *,
    policies: ReturnPolicies | None = None,
    carryover_value: CarryoverValue | None = None,
) -> NextDollar:
    """What the next dollar of short-term or long-term gain or loss is worth, with its kinks.

    Parameters
    ----------
    taxpayer, on, policies, carryover_value
        As in `tax_on_gains`.

    Returns
    -------
    NextDollar
        Four slopes at today's point, and exact curves along both axes; not tax advice.
    """
    tax = tax_on_gains(taxpayer, on, policies=policies, carryover_value=carryover_value)
    short, long = dict(tax.along(1, 0)), dict(tax.along(0, 1))
    total_short, total_long = short.pop(_TOTAL), long.pop(_TOTAL)
    return NextDollar(on, tax, total_short, total_long, MappingProxyType(short), MappingProxyType(long))
