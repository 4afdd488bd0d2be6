"""Gifts, inheritances and gifts to charity: whose basis, which gain, what deduction. Not tax advice.

Gift (26 USC 1015(a)): the donor's basis for a gain, the value at the gift for a loss where that is
lower; between the two there is neither. Inheritance (1014(a)): the value at death, up **and** down,
and always long-term (1223(9)). Charity (170(e)): a long-term lot counts at its value, a short-term
lot at no more than its basis; no gain is recognised, and no loss either.

Limits: no gift tax added to basis, no alternate valuation date, no income limits or floors on the
deduction, public charities only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from di_advisor.domain.amounts import Exact, exact
from di_advisor.errors import InputError

__all__ = [
    "CharitableGift",
    "GiftSale",
    "HoldingStart",
    "InheritedBasis",
    "charitable_gift",
    "gift_sale",
    "inherited_basis",
]


class HoldingStart(StrEnum):
    """Where the holding period of a gift starts (26 USC 1223(2))."""

    DONOR = "donor"
    DAY_AFTER_GIFT = "day_after_gift"


@dataclass(frozen=True, slots=True)
class GiftSale:
    """Sale of property received as a gift.

    Attributes
    ----------
    gain_usd : Fraction
        Gain, negative for a loss; zero between the two bases.
    basis_usd : Fraction or None
        The basis that applied; None where neither does.
    holding_start : HoldingStart or None
        Whose holding period counts; None where there is neither gain nor loss.
    """

    gain_usd: Fraction
    basis_usd: Fraction | None
    holding_start: HoldingStart | None


@dataclass(frozen=True, slots=True)
class InheritedBasis:
    """Basis of an inherited lot.

    Attributes
    ----------
    basis_usd : Fraction
        Value at death.
    step_usd : Fraction
        Its change from the decedent's basis, negative for a step down (a loss nobody can use).
    long_term : bool
        Always true (26 USC 1223(9)).
    """

    basis_usd: Fraction
    step_usd: Fraction
    long_term: bool = True


@dataclass(frozen=True, slots=True)
class CharitableGift:
    """Gift of a lot to a public charity.

    Attributes
    ----------
    deduction_usd : Fraction
        Before limits by income.
    gain_recognized_usd : Fraction
        Always zero.
    loss_forgone_usd : Fraction
        Loss that a sale first would have kept, as a positive amount.
    """

    deduction_usd: Fraction
    gain_recognized_usd: Fraction
    loss_forgone_usd: Fraction


def gift_sale(*, donor_basis_usd: Exact, value_at_gift_usd: Exact, proceeds_usd: Exact) -> GiftSale:
    """Gain or loss on the sale of a gift, by the dual basis.

    Parameters
    ----------
    donor_basis_usd, value_at_gift_usd, proceeds_usd : Decimal or Fraction
        Each for the whole of what is sold.

    Raises
    ------
    InputError
        If an amount is negative or not exact.
    """
    donor = _amount(donor_basis_usd, "donor_basis_usd")
    value = _amount(value_at_gift_usd, "value_at_gift_usd")
    proceeds = _amount(proceeds_usd, "proceeds_usd")
    if value >= donor or proceeds > donor:
        return GiftSale(proceeds - donor, donor, HoldingStart.DONOR)
    if proceeds < value:
        return GiftSale(proceeds - value, value, HoldingStart.DAY_AFTER_GIFT)
    return GiftSale(Fraction(0), None, None)


def inherited_basis(*, decedent_basis_usd: Exact, value_at_death_usd: Exact) -> InheritedBasis:
    """Basis of an inherited lot: its value at death, whatever the decedent paid.

    Parameters
    ----------
    decedent_basis_usd, value_at_death_usd : Decimal or Fraction
        Each for the whole lot.

    Raises
    ------
    InputError
        If an amount is negative or not exact.
    """
    value = _amount(value_at_death_usd, "value_at_death_usd")
    return InheritedBasis(value, value - _amount(decedent_basis_usd, "decedent_basis_usd"))


def charitable_gift(*, basis_usd: Exact, value_usd: Exact, long_term: bool) -> CharitableGift:
    """Deduction for a lot given to a public charity.

    Parameters
    ----------
    basis_usd, value_usd : Decimal or Fraction
        Basis and fair market value of the whole lot.
    long_term : bool
        Whether it has been held for more than a year.

    Raises
    ------
    InputError
        If an amount is negative or not exact.
    """
    basis, value = _amount(basis_usd, "basis_usd"), _amount(value_usd, "value_usd")
    deduction = value if long_term else min(value, basis)
    return CharitableGift(deduction, Fraction(0), max(Fraction(0), basis - value))


def _amount(value: Exact, name: str) -> Fraction:
    amount = Fraction(exact(value, name))
    if amount < 0:
        raise InputError(
            f"{name} is {value}; it cannot be negative.", hint="Enter it as a positive amount.", field=name
        )
    return amount
