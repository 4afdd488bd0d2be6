"""Rates for a proposal where losses are carried: what the next dollar of gain or loss changes, later years included.

Problem: a loss beyond the year's gains and 3,000 dollars saves nothing this year, so an optimizer that is told the
full rates takes losses that nobody can use. Decision: tax of the year as the replay reckons it, less the present value
of what is carried on; a proposal is told the slope of that where the year stands. A plan that moves the year to
another slope is made once more with the slope at its end, and the one that is better by the whole figure is taken.
The present value of losses carried is that of deducting 3,000 dollars a year from ordinary income, the first a year
from now: a lower value than they have where later gains meet them sooner. Limits: one rate a term for a whole plan;
constant rates only (a return has Schedule D itself).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.ledger.tax_return import capital_loss_limit_usd

__all__ = ["CARRY_DISCOUNT_PER_YEAR", "CarriedYear", "carried_worth_usd"]

CARRY_DISCOUNT_PER_YEAR: Final = 0.05
"""What a year of waiting for a deduction costs; a mandate's usual discount rate."""

_APART: Final = 0.01
"""Rates that are no further apart count as the same: slopes of the carried part change with every 3,000 dollars."""


def carried_worth_usd(profile: TaxProfile, carried_usd: Fraction) -> float:
    """Present value of losses carried over: 3,000 dollars a year of ordinary deduction, the first a year from now."""
    limit = float(capital_loss_limit_usd(profile.filing_status))
    kept = 1.0 / (1.0 + CARRY_DISCOUNT_PER_YEAR)
    years, rest = divmod(float(carried_usd), limit)
    whole = limit * kept * (1.0 - kept**years) / (1.0 - kept)
    return float(profile.rates.short_term * (whole + rest * kept ** (years + 1.0)))


@dataclass(frozen=True)
class CarriedYear:
    """A year on its way.

    Attributes
    ----------
    profile : TaxProfile
        Full rates, and the filer.
    computed : callable
        Tax of the year, and losses carried on from it, with further short-term and long-term gains, USD.
    """

    profile: TaxProfile
    computed: Callable[[Fraction, Fraction], tuple[Fraction, Fraction]]

    def due_usd(self, short_usd: Fraction = Fraction(0), long_usd: Fraction = Fraction(0)) -> float:
        """Tax of the year with further gains, less what is carried on is worth."""
        tax, carried = self.computed(short_usd, long_usd)
        return float(tax) - carried_worth_usd(self.profile, carried)

    def rates(self, short_usd: Fraction = Fraction(0), long_usd: Fraction = Fraction(0)) -> TaxProfile:
        """The taxpayer by the slopes where further gains leave the year: of the next dollar of loss there."""
        now = self.due_usd(short_usd, long_usd)
        slopes = {
            "short_term": now - self.due_usd(short_usd - 1, long_usd),
            "long_term": now - self.due_usd(short_usd, long_usd - 1),
        }
        rates = self.profile.rates
        told = ConstantRates(
            **{term: min(max(slope, 0.0), 1.0 - _APART) for term, slope in slopes.items()},
            qualified_dividend=rates.qualified_dividend,
            ordinary_dividend=rates.ordinary_dividend,
        )
        return replace(self.profile, rates=told, tax_year=None)

    @staticmethod
    def apart(one: TaxProfile, other: TaxProfile) -> bool:
        """Whether a plan under one taxpayer may differ much from a plan under the other."""
        short = abs(one.rates.short_term - other.rates.short_term)
        return max(short, abs(one.rates.long_term - other.rates.long_term)) > _APART
