"""State income tax from rates given as inputs. Not tax advice.

Problem: fifty laws, changing every year. Decision: no state's law is stored here. Whoever asks
gives the rates or brackets, the deduction, and how the state treats losses; the record says from
where. Constructors cover the usual shapes: flat rates by term, a tax on long-term gain alone, and
gains taxed as ordinary income.

Limits: a tax on gains alone (`StateBase.GAINS`) is what the gains add. With ``carries_losses`` the
federal deduction of a net loss then saves the short-term rate on other income, which shows as a
negative tax.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from di_advisor.domain.amounts import Exact, exact
from di_advisor.errors import InputError
from di_advisor.ledger.tax_return.schedules import RateSchedule

__all__ = ["StateBase", "StateTax"]

_Number = Exact | int | str


class StateBase(StrEnum):
    """What a state taxes."""

    GAINS = "gains"
    ALL_INCOME = "all_income"


@dataclass(frozen=True, slots=True)
class StateTax:
    """A state's tax on gains, as inputs.

    Attributes
    ----------
    name : str
        Which state and year, for the record.
    source : str
        Where the figures come from.
    short, long : RateSchedule
        On net short-term and net long-term gain, each after its deduction. With base ALL_INCOME,
        ``short`` is the schedule of all income, and ``long`` is not used.
    short_deduction_usd, long_deduction_usd : Fraction
        Taken off before the schedule; with base ALL_INCOME ``short_deduction_usd`` alone counts.
    base : StateBase
        Gains by term, or all income.
    nets_across_terms : bool
        Whether a net loss of one term reduces the other's gain.
    carries_losses : bool
        Whether losses carried over and the federal deduction of a net loss count. False for states
        without a carryforward.
    """

    name: str
    source: str
    short: RateSchedule
    long: RateSchedule
    short_deduction_usd: Fraction = Fraction(0)
    long_deduction_usd: Fraction = Fraction(0)
    base: StateBase = StateBase.GAINS
    nets_across_terms: bool = True
    carries_losses: bool = True

    def __post_init__(self) -> None:
        for name in ("short_deduction_usd", "long_deduction_usd"):
            if getattr(self, name) < 0:
                raise InputError(
                    f"{name} of {self.name} is {getattr(self, name)}.", hint="A deduction is a positive amount."
                )

    @classmethod
    def at_flat_rates(
        cls, name: str, *, short_rate: _Number, long_rate: _Number, source: str, carries_losses: bool = True
    ) -> StateTax:
        """Flat rates on net short-term and net long-term gain."""
        short, long = RateSchedule.of([(0, short_rate)]), RateSchedule.of([(0, long_rate)])
        return cls(name, source, short, long, carries_losses=carries_losses)

    @classmethod
    def on_long_gain_alone(
        cls, name: str, brackets: Sequence[tuple[_Number, _Number]], *, deduction_usd: _Number, source: str
    ) -> StateTax:
        """Brackets on net long-term gain above a deduction; short-term gains and losses do not count.

        Washington's shape (RCW 82.87): 7 percent, 9.9 above a million, after a deduction that is
        indexed and therefore an input.
        """
        deduction = Fraction(exact(deduction_usd, "the deduction"))
        schedule, nothing = RateSchedule.of(brackets), RateSchedule.of([(0, 0)])
        return cls(name, source, nothing, schedule, long_deduction_usd=deduction, nets_across_terms=False)

    @classmethod
    def as_ordinary_income(
        cls,
        name: str,
        brackets: Sequence[tuple[_Number, _Number]],
        *,
        deduction_usd: _Number = Decimal(0),
        source: str,
        carries_losses: bool = True,
    ) -> StateTax:
        """Brackets on all income, gains of both terms included, above a deduction."""
        schedule = RateSchedule.of(brackets)
        return cls(
            name,
            source,
            schedule,
            schedule,
            short_deduction_usd=Fraction(exact(deduction_usd, "the deduction")),
            base=StateBase.ALL_INCOME,
            carries_losses=carries_losses,
        )
