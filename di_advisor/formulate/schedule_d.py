"""Tax through the whole Schedule D, as a term in USD.

Problem: tax is not a rate. Short and long gains net against each other, against the year's other
gains and against carryovers; 3,000 of a loss meet ordinary income and the rest is carried on; brackets,
the net investment income tax and the minimum tax bend it again. So tax is piecewise linear in two
numbers, the net short-term and the net long-term gain of the plan, with kinks of both kinds.
Decision: the term holds the law (`di_advisor.ledger.tax_return`) for dollars, and the exact planes
of the law on the rectangle of gains that the account can reach for whoever solves; its separable form
is the tax at one pair of marginal rates, those of the place where the plan stands.
Limits: what the law leaves out (its label says so) is left out here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.separable import Separable
from di_advisor.ledger.tax_return import CarryoverValue, ReturnInputs, ReturnPolicies, TaxOnGains, tax_on_gains
from di_advisor.ledger.tax_return.gain_tax import ByConstantRates

__all__ = [
    "AHEAD",
    "FilerTax",
    "ScheduleDTax",
    "TaxCell",
    "Taxpayer",
    "cells_of",
    "law_of",
    "rates_of",
    "refuse_no_taxpayer",
]

AHEAD = 1e-9
"""Difference of slopes that counts as none, where lots are put in order."""

_LEAST_REACH_USD = 1024.0


@dataclass(frozen=True)
class FilerTax:
    """A filer's return with what it is read by.

    Attributes
    ----------
    inputs : ReturnInputs
        The filer's year without this proposal.
    policies : ReturnPolicies, optional
        Switches of the return; the documented defaults if left out.
    carryover_value : CarryoverValue, optional
        What a dollar of loss carried to next year is worth; nothing if left out.
    """

    inputs: ReturnInputs
    policies: ReturnPolicies | None = None
    carryover_value: CarryoverValue | None = None


Taxpayer = TaxProfile | ReturnInputs | FilerTax
"""Constant rates, or a return: by the defaults, or with policies and a value of carryovers."""


def refuse_no_taxpayer(given: object) -> None:
    """Refuse what is no taxpayer.

    Raises
    ------
    InputError
        Saying what to pass.
    """
    if not isinstance(given, Taxpayer):
        raise InputError(
            f"The taxpayer is given as a {type(given).__name__}.",
            hint="Pass tax=TaxProfile(ConstantRates(0.35, 0.15)), or the year's ReturnInputs.",
        )


def law_of(taxpayer: Taxpayer, on: date) -> TaxOnGains:
    """A taxpayer's tax as a function of further gains.

    Raises
    ------
    InputError
        If the taxpayer's figures are for another year than the day's.
    IncompleteDataError
        If there are no tables for the year.
    """
    if isinstance(taxpayer, FilerTax):
        return tax_on_gains(taxpayer.inputs, on, policies=taxpayer.policies, carryover_value=taxpayer.carryover_value)
    return tax_on_gains(taxpayer, on)


def rates_of(taxpayer: Taxpayer, on: date) -> TaxProfile:
    """The taxpayer's marginal rates today, for what is priced by a rate (dividends, deferral); a profile as it is.

    Gains at the rate of the next dollar of gain, losses of the last; dividends by what one more dollar costs.
    """
    if isinstance(taxpayer, TaxProfile):
        return taxpayer
    filer = taxpayer if isinstance(taxpayer, FilerTax) else FilerTax(taxpayer)
    inputs, law = filer.inputs, law_of(filer, on)
    now = law.at()

    def dearer(one_more: ReturnInputs) -> float:
        return float(law_of(replace(filer, inputs=one_more), on).at() - now)

    qualified = Fraction(inputs.qualified_dividends_usd) + 1
    ordinary = Fraction(inputs.nonqualified_dividends_usd) + 1
    rates = {
        "short_term": float(law.at(1, 0) - now),
        "long_term": float(law.at(0, 1) - now),
        "qualified_dividend": dearer(replace(inputs, qualified_dividends_usd=qualified)),
        "ordinary_dividend": dearer(replace(inputs, nonqualified_dividends_usd=ordinary)),
    }
    saved = {"short_term": float(now - law.at(-1, 0)), "long_term": float(now - law.at(0, -1))}
    return TaxProfile(
        ConstantRates(**_within(rates)),
        filing_status=inputs.filing_status,
        tax_year=inputs.tax_year,
        loss_rates=ConstantRates(**_within(saved)),
    )


def _within(rates: dict[str, float]) -> dict[str, float]:
    return {name: min(max(rate, 0.0), 1.0 - 1e-9) for name, rate in rates.items()}


@dataclass(frozen=True)
class TaxCell:
    """A convex cell of gains on which the tax is a plane; everything is a fraction of the account's value.

    Attributes
    ----------
    corners : ndarray of shape (c, 2)
        Short-term and long-term gain at the corners, counter-clockwise.
    rates : tuple of two floats
        Tax per unit of short-term and of long-term gain.
    constant : float
        The plane at no gain; the tax of doing nothing is 0.
    """

    corners: FloatArray
    rates: tuple[float, float]
    constant: float

    @cached_property
    def edges(self) -> tuple[FloatArray, FloatArray]:
        """Outward unit normals (c, 2) and offsets (c,): inside where ``normal . point <= offset``."""
        return _edges(self.corners)

    def tax(self, gains: FloatArray) -> FloatArray:
        """The plane at points, shape (..., 2), inside the cell or not."""
        return np.asarray(self.constant + gains @ np.array(self.rates), dtype=np.float64)


@lru_cache(maxsize=64)
def _now(law: TaxOnGains) -> Fraction:
    """The tax of no further gain."""
    return law.at()


@lru_cache(maxsize=64)
def _planes(
    law: TaxOnGains, short: tuple[float, float], long: tuple[float, float]
) -> tuple[tuple[FloatArray, tuple[float, float], float], ...]:
    """Cells, slopes and constants in USD, the tax of no further gain taken off."""
    surface = law.surface((Fraction(short[0]), Fraction(short[1])), (Fraction(long[0]), Fraction(long[1])))
    now = _now(law)
    return tuple(
        (
            np.array([[float(x), float(y)] for x, y in plane.corners_usd]),
            (float(plane.per_short), float(plane.per_long)),
            float(plane.constant_usd - now),
        )
        for plane in surface.planes
    )


def _rounded_up(reach_usd: float) -> float:
    """The next power of two, so that neighbouring questions share one surface."""
    return float(2.0 ** np.ceil(np.log2(max(reach_usd, _LEAST_REACH_USD))))


def cells_of(law: TaxOnGains, least: FloatArray, most: FloatArray, value_usd: float) -> tuple[TaxCell, ...]:
    """The planes of a law on a rectangle of gains, as fractions of an account's value.

    Parameters
    ----------
    law : TaxOnGains
        Tax of further gains.
    least, most : ndarray of shape (2,)
        Least (at most 0) and most (at least 0) short-term and long-term gain that can be realised, fractions.
    value_usd : float
        Account value.
    """
    low, high = least * value_usd, most * value_usd
    planes = _planes(
        law,
        (-_rounded_up(float(-low[0])), _rounded_up(float(high[0]))),
        (-_rounded_up(float(-low[1])), _rounded_up(float(high[1]))),
    )
    return tuple(TaxCell(corners / value_usd, rates, constant / value_usd) for corners, rates, constant in planes)


@dataclass(frozen=True)
class ScheduleDTax:
    """Tax on the gains that a plan realises, by the law: what the year's tax changes by.

    Attributes
    ----------
    holdings : Holdings
        Before trading.
    gains : RealisedGains
        Of the lots.
    law : TaxOnGains
        Tax of further gains, in USD.
    cells : tuple of TaxCell
        The law's planes over all gains that can be realised.
    rates : tuple of two floats
        Marginal rates of short-term and long-term gain where the plan stands: the slopes of the separable
        form, and of the expression.
    offset : float
        What the tax is beside these rates where the plan stands, a fraction of the account.
    margin : tuple of two floats
        What budgets that bind add to these rates at the margin: a name sells its lots in the order of both.
    name : str
        Name in tables.
    """

    holdings: Holdings
    gains: RealisedGains
    law: TaxOnGains
    cells: Sequence[TaxCell]
    rates: tuple[float, float]
    offset: float = 0.0
    margin: tuple[float, float] = (0.0, 0.0)
    name: str = "tax"

    @property
    def sentence(self) -> str:
        """What it charges for."""
        if self.is_constant:
            return "Tax on realised gains at the marginal rates given; a realised loss saves tax at the same rate."
        return (
            "What the year's tax changes by through the gains and losses realised, by the whole return: netting, "
            f"carryovers, the limit on losses and brackets. It rests on: {self.law.label}"
        )

    @property
    def is_constant(self) -> bool:
        """Whether the law is one pair of rates at any amount."""
        return isinstance(self.law.law, ByConstantRates)

    def change_usd(self, short: FloatArray, long: FloatArray) -> FloatArray:
        """Change of the tax for gains given as fractions of the account, float64, of their common shape."""
        value = self.holdings.value_usd
        return np.asarray(self.law.at_many(value * short, value * long) - float(_now(self.law)), dtype=np.float64)

    def value_usd(self, plan: Plan) -> float:
        """Tax owed on the plan beyond that of doing nothing, in USD; negative is a saving."""
        short, long = self.gains.realised(plan)
        value = self.holdings.value_usd
        return float(self.law.at(Fraction(value * short), Fraction(value * long)) - _now(self.law))

    def attribute_usd(self, plan: Plan) -> Plan:
        """Each lot its gain at the mean of the marginal rates along the way from nothing to the plan."""
        rates = self.mean_rates(np.array(self.gains.realised(plan)))
        return Plan(self.gains.taxed(rates) * plan.sells * self.holdings.value_usd, np.zeros_like(plan.buys))

    def mean_rates(self, gains: FloatArray) -> tuple[float, float]:
        """Marginal rates averaged along the straight line from no gain to given ones, shape (2,).

        Where the line runs along a kink, either side's rates are taken: what they charge along it is the same.
        """
        ends = [0.0, 1.0]
        for cell in self.cells:
            ends += _crossings(cell.edges, gains)
        stops = np.unique(np.clip(ends, 0.0, 1.0))
        mean = np.zeros(2)
        for start, stop in pairwise(stops.tolist()):
            mean += (stop - start) * np.array(self.cell_at(0.5 * (start + stop) * gains).rates)
        return float(mean[0]), float(mean[1])

    def cell_at(self, gains: FloatArray) -> TaxCell:
        """The cell that holds a point, shape (2,), or the nearest one."""
        return max(self.cells, key=lambda cell: _depth(cell.edges, gains))

    def separable(self) -> Separable:
        """A slope for each lot, at the rates where the plan stands."""
        return Separable(lot_slope=self.gains.taxed(self.rates))

    def filling_slope(self, plan: Plan, sell_max: FloatArray) -> FloatArray:
        """What puts lots in the order a plan sells them in, shape (L,): rates and margin, then shares sold."""
        sold = np.divide(plan.sells, sell_max, out=np.zeros(len(sell_max)), where=sell_max > 0)
        rates = (self.rates[0] + self.margin[0], self.rates[1] + self.margin[1])
        return np.asarray(self.gains.taxed(rates) - AHEAD * sold, dtype=np.float64)

    def expression(self, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
        """The tax at the rates where the plan stands: linear, and right in that cell only."""
        return self.gains.taxed(self.rates) @ symbols.sells + self.offset


def _edges(corners: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Outward unit normals (c, 2) and offsets (c,) of a cell: inside where ``normal . point <= offset``."""
    along = np.roll(corners, -1, axis=0) - corners
    length = np.hypot(along[:, 0], along[:, 1])
    keep = length > 0
    normal = np.c_[along[keep, 1], -along[keep, 0]] / length[keep, None]
    return normal, (normal * corners[keep]).sum(axis=1)


def _depth(edges: tuple[FloatArray, FloatArray], point: FloatArray) -> float:
    """How far inside a cell of some edges a point lies; negative outside."""
    normal, offset = edges
    return float((offset - normal @ point).min(initial=np.inf))


def _crossings(edges: tuple[FloatArray, FloatArray], gains: FloatArray) -> list[float]:
    """Shares of the way to some gains at which the borders of a cell are crossed."""
    normal, offset = edges
    speed = normal @ gains
    with np.errstate(divide="ignore", invalid="ignore"):
        at = np.where(speed != 0, offset / speed, -1.0)
    return [float(x) for x in at[np.isfinite(at)] if 0.0 < x < 1.0]
