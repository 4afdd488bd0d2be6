"""Tax as a function of further gains, by tables or by constant rates. Not tax advice.

Two laws answer the same question, what the year costs for so much net short-term and net long-term
gain: `ByTables` computes the whole return; `ByConstantRates` multiplies, without netting, limits or
carryovers, and says so. Both are written for any kind of amount, so that one definition gives exact
numbers, exact pieces and arrays.

The amount is the total of the return (regular tax, net investment income tax, minimum tax unless
only warned of, state) less the *value of the losses carried over*. That value is a separate input:
what a dollar carried over will save is a forecast, not law, so it is zero unless given. Where the
printed Tax Table is chosen, the amount is that of the rate schedule: the table's steps have no slope.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import InputError
from di_advisor.ledger.tax_return.inputs import ReturnInputs
from di_advisor.ledger.tax_return.kinds import Amount
from di_advisor.ledger.tax_return.lines import return_lines
from di_advisor.ledger.tax_return.policies import AmtPolicy, ReturnPolicies, SmallIncomeTax
from di_advisor.ledger.tax_return.result import NOT_TAX_ADVICE
from di_advisor.ledger.tax_return.tables import tax_tables

__all__ = ["ByConstantRates", "ByTables", "CarryoverValue"]


@dataclass(frozen=True, slots=True)
class CarryoverValue:
    """What a dollar of loss carried to next year is worth today: a forecast, given by the user.

    Attributes
    ----------
    short_per_usd, long_per_usd : Decimal or Fraction
        Fractions in [0, 1); zero by default.
    """

    short_per_usd: Exact = Decimal(0)
    long_per_usd: Exact = Decimal(0)

    def __post_init__(self) -> None:
        for name in ("short_per_usd", "long_per_usd"):
            object.__setattr__(self, name, exact(getattr(self, name), name))
            if not 0 <= getattr(self, name) < 1:
                raise InputError(
                    f"A dollar of loss carried over is said to be worth {getattr(self, name)} ({name}).",
                    hint="It is a fraction in [0, 1): the rate it will save, discounted.",
                )


@dataclass(frozen=True, slots=True)
class ByTables:
    """The return by the tables of its year.

    Attributes
    ----------
    inputs : ReturnInputs
        Whose return; the gains of the year so far are in it.
    policies : ReturnPolicies
        Switches of the return.
    carryover_value : CarryoverValue
        What losses carried over are worth.
    """

    part_names: ClassVar[tuple[str, ...]] = ("regular_tax", "niit", "amt", "state_tax", "carryover_value")

    inputs: ReturnInputs
    policies: ReturnPolicies
    carryover_value: CarryoverValue

    @property
    def label(self) -> str:
        """What the answer rests on."""
        worth, state = self.carryover_value, self.inputs.state
        notes = [
            f"federal tables of {self.inputs.tax_year}, {self.inputs.filing_status.value}",
            f"state rates given: {state.name}" if state else "no state tax",
            "minimum tax counted" if self.policies.amt is AmtPolicy.COMPUTED else "minimum tax left out",
            f"a dollar of loss carried over valued at {worth.short_per_usd} short, {worth.long_per_usd} long",
        ]
        if self.policies.small_income_tax is SmallIncomeTax.TABLE:
            notes.append("slopes of the rate schedule, not of the Tax Table's steps")
        return f"{'; '.join(notes)}. {NOT_TAX_ADVICE}"

    def amounts(self, short: Amount, long: Amount) -> tuple[Amount, ...]:
        """The total, then its parts, for further gains; losses carried over count negative."""
        tables = tax_tables(self.inputs.tax_year).by_status[self.inputs.filing_status]
        short = short + Fraction(self.inputs.net_short_usd)
        long = long + Fraction(self.inputs.net_long_usd)
        lines = return_lines(self.inputs, tables, self.policies.amt, tables.ordinary.tax_on, short, long)
        counted = Fraction(1) if self.policies.amt is AmtPolicy.COMPUTED else Fraction(0)
        amt = lines.minimum_tax.amt_usd * counted
        worth = lines.carryover.line_8_short_carryover_usd * Fraction(self.carryover_value.short_per_usd)
        worth = worth + lines.carryover.line_13_long_carryover_usd * Fraction(self.carryover_value.long_per_usd)
        return lines.total_usd - worth, lines.regular_tax_usd, lines.niit_usd, amt, lines.state_tax_usd, -worth


@dataclass(frozen=True, slots=True)
class ByConstantRates:
    """Constant rates on each term, at any amount and any sign.

    Attributes
    ----------
    profile : TaxProfile
        Whose rates; the gains of the year so far are in it.
    """

    part_names: ClassVar[tuple[str, ...]] = ("constant_rates",)

    profile: TaxProfile

    @property
    def label(self) -> str:
        """What the answer rests on."""
        rates = self.profile.rates
        return (
            f"constant rates, {rates.short_term} short-term and {rates.long_term} long-term: no brackets, no netting "
            f"across terms, no limit on losses, no carryovers. {NOT_TAX_ADVICE}"
        )

    def amounts(self, short: Amount, long: Amount) -> tuple[Amount, ...]:
        """The total, then its one part, for further gains."""
        profile, rates = self.profile, self.profile.rates
        amount = (short + Fraction(profile.realized_short_usd)) * _as_written(rates.short_term)
        amount = amount + (long + Fraction(profile.realized_long_usd)) * _as_written(rates.long_term)
        return amount, amount


def _as_written(rate: float) -> Fraction:
    """The decimal that a rate was written as: 0.408 is 51/125."""
    return Fraction(repr(float(rate)))
