"""The problem of one account at any pair of marginal rates of short-term and of long-term gain.

The tax is a curve of two gains, and everything that solves sees it as a slope for each lot: that of
the rates where the plan stands, raised by what budgets and kinks cost at the margin. Lots are cut
anew at these effective rates, so that each name sells its lots in the order that is cheapest there and
its trading cost belongs to what it sells in all, whichever lot comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import UnsupportedWishError
from di_advisor.formulate.cost_knots import CostChords
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import Locked, Rule
from di_advisor.formulate.schedule_d import AHEAD, ScheduleDTax
from di_advisor.formulate.segments import Segments, cut
from di_advisor.formulate.separable import Row, Separable, add_up
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget

__all__ = ["AtAnyRates", "at_the_rates_of", "schedule_d_of"]


def schedule_d_of(problem: Problem) -> ScheduleDTax | None:
    """The term that is a curve of the gains; None where tax is a constant rate and no budget limits it."""
    return next((t for t in problem.terms if isinstance(t, ScheduleDTax)), None)


def at_the_rates_of(problem: Problem, other: Problem) -> Problem:
    """A problem at the rates at which another one stands, which differs from it in room kept to limits only."""
    if schedule_d_of(problem) is None or problem is other:
        return problem
    moved = {r.name: r.tax for r in other.rules if isinstance(r, TaxBudget)}
    return replace(
        problem,
        blocks=(replace(problem.block, segments=other.block.segments, rows=other.block.rows),),
        terms=other.terms,
        rules=tuple(r.localised(moved[r.name]) if isinstance(r, TaxBudget) else r for r in problem.rules),
    )


@dataclass(frozen=True)
class AtAnyRates:
    """A problem with the tax taken out, ready to have it put back at any rates.

    Attributes
    ----------
    problem : Problem
        As formulated.
    tax : ScheduleDTax
        Its tax.
    beside : Separable
        All other terms together.
    traded : CostChords
        Their trading cost.
    loss : ndarray of bool, shape (L,)
        Lots that would be sold at a loss.
    """

    problem: Problem
    tax: ScheduleDTax
    beside: Separable
    traded: CostChords
    loss: NDArray[np.bool_]

    @classmethod
    def of(cls, problem: Problem, tax: ScheduleDTax) -> AtAnyRates:
        """Take the tax out of a problem; what is for a cone solver only is no part of its blocks.

        Raises
        ------
        UnsupportedWishError
            If another term has no separable form.
        """
        holdings = problem.block.holdings
        others = (t.separable() for t in problem.separable_terms if t is not tax)
        beside = add_up(others, len(holdings.lot_name), len(holdings.held))
        if beside.traded is None:
            raise UnsupportedWishError("The problem has no trading cost.", hint="Formulate it here.")
        return cls(problem, tax, beside, beside.traded, tax.gains.total < 0)

    @property
    def locked(self) -> Locked:
        """What may be sold and bought at most."""
        return next(r for r in self.problem.rules if isinstance(r, Locked))

    @property
    def _rules_of_rows(self) -> Iterator[Rule]:
        """All but budgets of gains, which clip the regions; those that count washed losses by choices stay."""
        return (r for r in self.problem.rules if not isinstance(r, (GainBudget, TaxBudget)) or r.by_choices)

    def segments(self, rates: FloatArray, first: FloatArray | None = None) -> Segments:
        """Pieces at given rates, shape (2,), each name's lots in the order that is cheapest at these.

        Of lots that tie, those come first of which a larger share is in ``first``, shape (L,).
        """
        taxed = self.tax.gains.taxed((float(rates[0]), float(rates[1])))
        slope = taxed if self.beside.lot_slope is None else self.beside.lot_slope + taxed
        holdings, locked = self.problem.block.holdings, self.locked
        ahead = np.zeros(len(slope)) if first is None else AHEAD * first
        found = cut(
            holdings.lot_name,
            locked.sell_max,
            slope - ahead,
            self.loss,
            locked.buy_max,
            self.traded,
            self.beside.linear,
        ).tilted(self.beside.name_slope)
        return found if first is None else replace(found, slope=found.slope + np.r_[ahead, 0.0][found.lot])

    def block(
        self,
        rates: FloatArray,
        *,
        order: FloatArray | None = None,
        first: FloatArray | None = None,
        rows: tuple[Row, ...] = (),
    ) -> Block:
        """The block at given rates, without rows for budgets but for those that count washed losses by choices.

        Parameters
        ----------
        rates : ndarray of shape (2,)
            What the slopes charge.
        order : ndarray of shape (2,), optional
            Rates that the lots are put in order at; ``rates`` when left out.
        first : ndarray of shape (L,), optional
            Shares of lots that come first where lots tie.
        rows : tuple of Row
            Further rows, last.
        """
        found = self.segments(rates if order is None else order, first)
        if order is not None:
            moved = (float(rates[0] - order[0]), float(rates[1] - order[1]))
            found = replace(found, slope=found.slope + self.tax.gains.on_segments(moved, found))
        return replace(
            self.problem.block,
            segments=found,
            rows=(*(row for rule in self._rules_of_rows for row in rule.rows(found)), *rows),
        )

    def all_washed(self, rates: FloatArray, order: FloatArray | None = None) -> Block | None:
        """The block at given rates with every loss washed in its slopes, in their order; None where none has a price.

        What the first so much of a name costs: a gain, or another loss, may then come before a loss that is washed.
        Rates to put gains in ``order`` at, shape (2,), are those given when left out; a washed loss counts in no
        budget, so what budgets cost at the margin moves gains only.
        """
        wash = self.problem.block.wash
        if wash is None:
            return None
        order = rates if order is None else order
        further = (float(order[0] - rates[0]), float(order[1] - rates[1]))
        sold, bought = (
            np.where(width > 0, price, 0.0)
            for width, price in ((wash.sell_width, wash.sell_price), (wash.buy_width, wash.buy_price))
        )
        holdings, slope = self.problem.block.holdings, self.beside.lot_slope
        extra = np.where(self.loss, sold[holdings.lot_name] - self.tax.gains.taxed(further), 0.0)
        beside = replace(self.beside, lot_slope=extra if slope is None else slope + extra)
        found = replace(self, beside=beside).segments(order)
        back = np.where(found.loss, 0.0, self.tax.gains.on_segments(further, found))
        found = replace(found, slope=found.slope - back + np.where(found.sell, 0.0, bought[found.name]))
        name, everyone = found.name, np.ones(len(wash.sell_width), dtype=np.bool_)
        rows = []
        for row in (row for rule in self._rules_of_rows for row in rule.rows(found)):
            if row.washing is None or row.on_segments is None:
                rows.append(row)
                continue
            on, _ = row.washing.added(name, within=everyone, buys=everyone, beyond=~everyone, out=~everyone)
            rows.append(replace(row, on_segments=row.on_segments + on, washing=None))
        return replace(self.problem.block, segments=found, rows=tuple(rows), wash=None)

    def localised(self, rates: FloatArray, order: FloatArray, plan: Plan) -> Problem:
        """The problem as it stands at a plan: the tax at the rates there, and budgets by their rows.

        Parameters
        ----------
        rates : ndarray of shape (2,)
            Marginal rates of the tax at the plan (of a kink, between those of its two sides).
        order : ndarray of shape (2,)
            The same with what budgets cost at the margin: rates that the lots are put in order at.
        plan : Plan
            Where it stands.
        """
        gains = np.array(self.tax.gains.realised(plan))
        tax = self.tax.value_usd(plan) / self.tax.holdings.value_usd
        width = self.locked.sell_max
        sold = np.divide(plan.sells, width, out=np.zeros(len(width)), where=width > 0)
        near = self.tax.cell_at(gains)
        there = replace(
            self.tax,
            rates=(float(rates[0]), float(rates[1])),
            offset=tax - float(rates @ gains),
            margin=(float(order[0] - rates[0]), float(order[1] - rates[1])),
        )
        own = replace(self.tax, rates=near.rates, offset=near.constant)
        rules = tuple(r.localised(own) if isinstance(r, TaxBudget) else r for r in self.problem.rules)
        bare = self.block(rates, order=order, first=sold)
        block = replace(bare, rows=tuple(row for rule in rules for row in rule.rows(bare.segments)))
        terms = tuple(there if t is self.tax else t for t in self.problem.terms)
        return replace(self.problem, blocks=(block,), terms=terms, rules=rules)
