"""Whose year it is: the return with what the year holds so far, and what a dollar of gain is taxed at later.

Problem: a loss taken now lowers the basis, so it is a tax put off, not a tax saved; a gain at 0 % is worth something
only because it would be taxed later; a loss carried over only because it will meet a gain. All three need one number:
what a dollar of gain taxed later weighs today. Decision: it is stated (`LaterTax`: a long-term rate, after so many
years, discounted), it stands beside every answer, and the same number values losses carried over where the taxpayer's
own value is not given. Limits: a forecast in one number, not law. Not tax advice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction, at_places, exact, to_decimal
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import FilerTax, Taxpayer, law_of
from di_advisor.ledger.books import Books
from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_return import CarryoverValue, ReturnInputs

__all__ = ["LaterTax", "filer_of", "later_tax", "with_realised"]

_USUAL_RATE: Final = Fraction(3, 20)
"""What most net long-term gain is taxed at (26 USC 1(h)(1)(C))."""
_MOST_RATE: Final = Fraction(3, 10)
_PLACES: Final = 6


@dataclass(frozen=True, slots=True)
class LaterTax:
    """What a dollar of gain is taxed at when it is realised later.

    Attributes
    ----------
    rate : Decimal or Fraction
        Long-term rate then, everything included, a fraction in [0, 1).
    years : float
        After how many years.
    discount_per_year : float
        What a year of waiting costs, a fraction.

    Raises
    ------
    InputError
        If a figure is outside its range.
    """

    rate: Exact = _USUAL_RATE
    years: float = 5.0
    discount_per_year: float = 0.05

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", exact(self.rate, "the later rate"))
        if not (0 <= self.rate < 1 and 0 <= self.years <= 60 and 0 <= self.discount_per_year <= 1):
            raise InputError(
                f"A gain is said to be taxed at {self.rate} after {self.years} years, discounted by "
                f"{self.discount_per_year} a year.",
                hint="Rate and discount are fractions, such as 0.15 and 0.05; years from 0 to 60.",
            )

    @property
    def per_usd(self) -> Fraction:
        """What the later tax on a dollar of gain weighs today, exact to a millionth."""
        weight = float(as_fraction(self.rate)) / (1.0 + self.discount_per_year) ** self.years
        return Fraction(to_decimal(weight, _PLACES))


def later_tax(taxpayer: Taxpayer, on: date, mandate: Mandate | None = None) -> LaterTax:
    """The later tax where none is stated: 15 %, or the taxpayer's long-term rate today if that is higher.

    At most 30 %: where today's dollar bends the minimum tax, its rate is no forecast.

    Parameters
    ----------
    taxpayer : TaxProfile, ReturnInputs or FilerTax
        Whose.
    on : date
        Today.
    mandate : Mandate, optional
        Years and discount are its ``wash_deferral_years`` and ``discount_rate_per_year``; the defaults of those
        where left out.
    """
    wishes = mandate or Mandate()
    law = law_of(taxpayer, on)
    today = law.at(0, 1) - law.at()
    return LaterTax(max(_USUAL_RATE, min(today, _MOST_RATE)), wishes.wash_deferral_years, wishes.discount_rate_per_year)


def filer_of(taxpayer: Taxpayer, later: LaterTax) -> Taxpayer:
    """The taxpayer with losses carried over at the later tax, where no value of them is given; rates as they are."""
    if isinstance(taxpayer, TaxProfile):
        return taxpayer
    filer = taxpayer if isinstance(taxpayer, FilerTax) else FilerTax(taxpayer)
    if filer.carryover_value is not None:
        return filer
    worth = at_places(later.per_usd, _PLACES).normalize()
    return replace(filer, carryover_value=CarryoverValue(worth, worth))


def with_realised(inputs: ReturnInputs, books: Books) -> ReturnInputs:
    """A return of everything else with the gains that the books realised this year added to it.

    Parameters
    ----------
    inputs : ReturnInputs
        Its net gains are those **outside** the books.
    books : Books
        Of the taxpayer, on a day of the tax year.

    Raises
    ------
    InputError
        If the books end before the tax year, or a basis in them is not known.
    """
    if books.as_of.year < inputs.tax_year:
        raise InputError(
            f"The books end on {books.as_of}, and the return is for {inputs.tax_year}.",
            hint="Replay the journal to a day of that year.",
        )
    pieces = books.realized_in(inputs.tax_year)
    unknown = [p.lot_id for p in pieces if not p.known or p.term is Term.UNKNOWN]
    if unknown:
        raise InputError(
            f"{len(unknown)} sales of {inputs.tax_year} have a basis or date that is not known: "
            f"{', '.join(unknown[:5])}.",
            hint="Supply them by a correction first; their gains are not zero meanwhile.",
            lots=unknown,
        )
    by_term = {term: sum((p.recognized_usd for p in pieces if p.term is term), Fraction(0)) for term in Term}
    return replace(
        inputs,
        net_short_usd=_written(as_fraction(inputs.net_short_usd) + by_term[Term.SHORT]),
        net_long_usd=_written(as_fraction(inputs.net_long_usd) + by_term[Term.LONG]),
    )


def _written(amount: Fraction) -> Exact:
    return Decimal(amount.numerator) if amount.denominator == 1 else amount
