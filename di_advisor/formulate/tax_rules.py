"""Budgets of the year: how much gain a proposal may realise on balance, and how much tax it may cause."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from di_advisor.domain.mandate import Mandate, TradingMode
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import AccountSignals
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.wording import signless
from di_advisor.errors import UnsupportedWishError
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.rule_parts import UpperLimit
from di_advisor.formulate.rules import Rule
from di_advisor.formulate.schedule_d import ScheduleDTax, Taxpayer, cells_of, law_of
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row
from di_advisor.formulate.tax_cells import GAIN_BUDGET, TAX_BUDGET, HalfPlane, hull_of, regions_of
from di_advisor.formulate.terms import LotTax
from di_advisor.formulate.washed_gains import WashedGains
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS

__all__ = ["GainBudget", "TaxBudget", "budget_rules", "dollars", "tax_term"]

NOT_WASHED = "; losses that are washed are not taken off"

_GUESSED = 0.5
"""Share of the losses that can be taken at which the first marginal rates are read."""


def tax_term(
    account: AccountSignals, mandate: Mandate, taxpayer: Taxpayer, holdings: Holdings, sell_max: FloatArray, on: date
) -> LotTax | ScheduleDTax:
    """The tax on realised gains: constant rates by lot, or the whole return; the latter also where a budget limits it.

    Raises
    ------
    InputError
        If the taxpayer's figures are for another year than the day's.
    """
    gains = RealisedGains.of(account)
    if account.kind in RETIREMENT_KINDS:
        taxpayer = TaxProfile(ConstantRates(0.0, 0.0))
    if isinstance(taxpayer, TaxProfile) and mandate.gain_budget_usd is None and mandate.tax_budget_usd is None:
        return LotTax(holdings, gains.taxed((taxpayer.rates.short_term, taxpayer.rates.long_term)))
    law = law_of(taxpayer, on)
    least, most = gains.reach(sell_max)
    cells = cells_of(law, least, most, holdings.value_usd)
    blank = ScheduleDTax(holdings, gains, law, cells, (0.0, 0.0))
    near = blank.cell_at(_GUESSED * least)
    return replace(blank, rates=near.rates, offset=near.constant)


def budget_rules(mandate: Mandate, tax: LotTax | ScheduleDTax, washes: WashedGains | None = None) -> list[Rule]:
    """The budgets of a mandate; where wash sales are priced, with what losses they wash.

    Raises
    ------
    UnsupportedWishError
        If the mode leaves tax out of the objective, and a budget limits it all the same.
    """
    named = [f for f in ("gain_budget_usd", "tax_budget_usd") if getattr(mandate, f) is not None]
    if not named or not isinstance(tax, ScheduleDTax):
        return []
    if mandate.mode is TradingMode.TAX_UNAWARE:
        raise UnsupportedWishError(
            f"The mode tax_unaware leaves tax out, and the mandate sets {', '.join(named)}.",
            hint="Drop the budget, or the mode.",
            fields=named,
        )
    value = tax.holdings.value_usd
    rules: list[Rule] = []
    if mandate.gain_budget_usd is not None:
        rules.append(GainBudget(tax.gains, float(mandate.gain_budget_usd) / value, value, washes=washes))
    if mandate.tax_budget_usd is not None:
        upper = float(mandate.tax_budget_usd) / value
        corners = np.concatenate([cell.corners for cell in tax.cells])
        around = hull_of(regions_of(tax.cells, corners.min(axis=0), corners.max(axis=0), tax_budget=upper))
        rules.append(TaxBudget(tax, upper, around, washes=washes))
    return rules


def dollars(amount_usd: float) -> str:
    """An amount with its sign before the dollar."""
    text = signless(amount_usd, ",.2f")
    return f"-${text[1:]}" if text.startswith("-") else f"${text}"


@dataclass(frozen=True)
class GainBudget(UpperLimit):
    """Net realised gain, short-term and long-term together, losses taken off, stays within a budget.

    ``upper`` is a fraction of the account's value, ``account_usd`` that value; ``washes`` says which losses
    do not count, and ``counted`` what that comes to where a plan stands: its row is that of the place. With
    ``by_choices`` the row counts them by the discrete choices of names.
    """

    gains: RealisedGains
    upper: float
    account_usd: float
    name: str = GAIN_BUDGET
    washes: WashedGains | None = None
    counted: float = 0.0
    by_choices: bool = False

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        limit = dollars(self.upper * self.account_usd)
        return f"Net realised gain of these trades is at most {limit}{NOT_WASHED if self.washes else ''}."

    def measure(self, plan: Plan) -> float:
        """Net realised gain, a fraction of the account; losses that are washed set nothing off."""
        return sum(self.gains.realised(plan)) + (sum(self.washes.disallowed(plan)) if self.washes else 0.0)

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """One row on what is sold."""
        limit, each = self.upper - self.counted, (1.0, 1.0)
        washing = self.washes.on_row(each, segments) if self.by_choices and self.washes is not None else None
        on = self.gains.on_segments(each, segments)
        return (Row(self.name, -np.inf, limit, on_segments=on, washing=washing),)

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """One linear inequality."""
        return [self.gains.total @ symbols.sells <= self.upper - self.counted]


@dataclass(frozen=True)
class TaxBudget(UpperLimit):
    """What the proposal changes the year's tax by stays within a budget.

    Attributes
    ----------
    tax : ScheduleDTax
        The law; its rates and offset are those of the place where the plan stands.
    upper : float
        Fraction of the account's value.
    around : tuple of HalfPlane
        Half-planes of the two gains around all that the budget allows, wherever the plan stands; empty where
        the rule is that of one place.
    washes : WashedGains, optional
        Which losses do not count, where wash sales are priced.
    counted : float
        Tax that they are short of where the plan stands: its row is that of the place.
    by_choices : bool
        Whether rows count washed losses by the discrete choices of names: at constant rates one; under a
        return those of ``around``, a convex part of all that the budget allows.
    at_most : bool
        Whether these rows count what is washed from above where no rows can count it exactly.
    within : bool
        Whether the rule asks for no more and no less than these rows.
    """

    tax: ScheduleDTax
    upper: float
    around: tuple[HalfPlane, ...] = ()
    name: str = TAX_BUDGET
    washes: WashedGains | None = None
    counted: float = 0.0
    by_choices: bool = False
    at_most: bool = False
    within: bool = False

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        limit = dollars(self.upper * self.account_usd)
        return f"These trades raise the year's tax by at most {limit}{NOT_WASHED if self.washes else ''}."

    @property
    def account_usd(self) -> float:
        """The account's value."""
        return self.tax.holdings.value_usd

    def measure(self, plan: Plan) -> float:
        """Change of the tax, a fraction of the account; losses that are washed save none."""
        if self.washes is None:
            return self.tax.value_usd(plan) / self.account_usd
        if self.within:
            return self.upper + max(
                (self._beyond(line, self.washes, plan) for line in self.around), default=-self.upper
            )
        washes = self.washes.at(self.tax.rates) if self.tax.is_constant else self.washes
        gains = np.add(self.tax.gains.realised(plan), washes.disallowed(plan))
        return float(self.tax.change_usd(gains[:1], gains[1:])[0]) / self.account_usd

    def localised(self, tax: ScheduleDTax) -> TaxBudget:
        """The same rule, whose row is that of the place where another plan stands."""
        return replace(self, tax=tax, around=self.around if self.by_choices else ())

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """One row at the rates where the plan stands, exact in that cell of the law; before that, those around it."""
        if self.by_choices and self.washes is not None:
            return self._counted_rows(segments, self.washes)
        if not self.around:
            on = self.tax.gains.on_segments(self.tax.rates, segments)
            return (Row(self.name, -np.inf, self.upper - self.counted - self.tax.offset, on_segments=on),)
        return tuple(
            Row(
                self.name,
                -np.inf,
                line.limit,
                on_segments=self.tax.gains.on_segments((float(line.normal[0]), float(line.normal[1])), segments),
            )
            for line in self.around
        )

    def _counted_rows(self, segments: Segments, washes: WashedGains) -> tuple[Row, ...]:
        """Rows that count washed losses by choices: at constant rates one, else those around what is allowed."""
        on = self.tax.gains.on_segments
        if self.tax.is_constant:
            rates, limit = self.tax.rates, self.upper - self.tax.offset
            counted = washes.at(rates).on_row(rates, segments)
            return (Row(self.name, -np.inf, limit, on_segments=on(rates, segments), washing=counted),)
        found = []
        for line in self.around:
            normal = (float(line.normal[0]), float(line.normal[1]))
            counted = washes.on_row(normal, segments, at_most=self.at_most)
            found.append(Row(self.name, -np.inf, line.limit, on_segments=on(normal, segments), washing=counted))
        return tuple(found)

    def _beyond(self, line: HalfPlane, washes: WashedGains, plan: Plan) -> float:
        """By how much a plan is beyond a half-plane of the gains counted."""
        normal = (float(line.normal[0]), float(line.normal[1]))
        gains = float(line.normal @ np.array(self.tax.gains.realised(plan)))
        return gains + washes.on_plan(plan, normal, at_most=self.at_most) - line.limit

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """The inequality of the place where the plan stands."""
        return [self.tax.expression(symbols) <= self.upper - self.counted]
