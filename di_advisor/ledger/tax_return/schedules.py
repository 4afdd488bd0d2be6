"""Rate schedules: brackets that stack on one another, with exact thresholds and rates.

A schedule is data (where each rate starts); what it makes of an income is `tax_on` in
`di_advisor.ledger.tax_return.kinds`' terms, so that one definition serves exact amounts, exact
pieces and arrays.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from di_advisor.domain.amounts import Exact, exact
from di_advisor.errors import InputError
from di_advisor.ledger.tax_return.kinds import Amount, positive_part

__all__ = ["Bracket", "RateSchedule"]


@dataclass(frozen=True, slots=True)
class Bracket:
    """One bracket: its rate, and the amount from which it applies.

    Attributes
    ----------
    from_usd : Fraction
        Where the rate starts, in USD.
    rate : Fraction
        As a fraction of each dollar above.
    """

    from_usd: Fraction
    rate: Fraction


@dataclass(frozen=True, slots=True)
class RateSchedule:
    """Brackets in rising order; the first starts at zero.

    Attributes
    ----------
    brackets : tuple of Bracket
        Where each rate starts, and the rate.

    Raises
    ------
    InputError
        If there is no bracket, the first does not start at zero, starts do not rise, or a rate is
        not in [0, 1).
    """

    brackets: tuple[Bracket, ...]

    def __post_init__(self) -> None:
        starts = [each.from_usd for each in self.brackets]
        rising = all(low < high for low, high in itertools.pairwise(starts))
        if not starts or starts[0] != 0 or not rising:
            raise InputError(
                f"A rate schedule starts at {[str(each) for each in starts]}.",
                hint="The first bracket starts at 0, and each later one at a higher amount.",
            )
        for each in self.brackets:
            if not 0 <= each.rate < 1:
                raise InputError(
                    f"The rate from {each.from_usd} USD on is {each.rate}.",
                    hint="Rates are fractions in [0, 1): 0.093 for 9.3 percent.",
                )

    @classmethod
    def of(cls, brackets: Sequence[tuple[Exact | int | str, Exact | int | str]]) -> RateSchedule:
        """Build from pairs of (from_usd, rate), as text or exact numbers."""
        return cls(
            tuple(
                Bracket(
                    Fraction(exact(start, "the start of a bracket")), Fraction(exact(rate, "the rate of a bracket"))
                )
                for start, rate in brackets
            )
        )

    @property
    def top_usd(self) -> Fraction:
        """Where the last bracket starts, in USD."""
        return self.brackets[-1].from_usd

    def tax_on(self, income: Amount) -> Amount:
        """Tax on an income, in USD; zero on a negative one."""
        first = self.brackets[0]
        tax = positive_part(income) * first.rate
        below = first.rate
        for bracket in self.brackets[1:]:
            tax = tax + positive_part(income - bracket.from_usd) * (bracket.rate - below)
            below = bracket.rate
        return tax
