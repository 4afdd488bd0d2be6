"""Which lots to give to charity, what that saves, and what of the deduction counts this year.

Law (26 USC 170): a lot held for more than a year counts at its value and its gain is never taxed (170(e)(1)); a
short-term lot counts at its basis only, and a loss given away is lost, so it is sold first and the cash given. The
deduction of such lots ends at 30 % of adjusted gross income for public charities (170(b)(1)(C)(i)), 20 % for private
foundations (170(b)(1)(D)), and the rest carries on for five years (170(b)(1)(C)(ii), (D)(ii)). From 2026 itemisers
lose the first 0.5 % of adjusted gross income (P.L. 119-21, as recalled: check it before use). Decision: lots with most
gain for each dollar first; the saving of the deduction is the difference of two whole returns. Limits: the limits of
other gifts, the cap of 35 % on the benefit from 2026, and what the floor takes in carried years are left out; gains
of the year enter adjusted gross income as they stand. Not tax advice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction, exact
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import FilerTax, Taxpayer
from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_return import ReturnInputs, compute_return, tax_tables
from di_advisor.policy.year_end.filer import LaterTax
from di_advisor.policy.year_end.offers import LotOffer, PartSale
from di_advisor.policy.year_end.standing import Standing

__all__ = ["Charity", "Deduction", "GiftPlan", "NotGiven", "deduction_of", "gift_plan"]

_FLOOR_SINCE: Final = 2026
_FLOOR: Final = Fraction(5, 1000)
_ZERO: Final = Fraction(0)


class Charity(StrEnum):
    """Who receives it."""

    PUBLIC = "public"
    PRIVATE_FOUNDATION = "private_foundation"

    @property
    def limit(self) -> Fraction:
        """Largest deduction of long-term lots, as a fraction of adjusted gross income."""
        return Fraction(3, 10) if self is Charity.PUBLIC else Fraction(1, 5)


@dataclass(frozen=True, slots=True)
class NotGiven:
    """Lots that are not given, and why.

    Attributes
    ----------
    why : str
        The reason.
    lots : tuple of LotOffer
        Largest value first.
    """

    why: str
    lots: tuple[LotOffer, ...]


@dataclass(frozen=True, slots=True)
class Deduction:
    """What a gift of long-term lots does to a year's return.

    Attributes
    ----------
    gift_usd : Fraction
        Value given.
    agi_usd, limit_usd : Fraction
        Adjusted gross income, and what of it such gifts may be.
    carried_usd : Fraction
        What is over the limit, for the next five years.
    floor_usd : Fraction
        What the floor takes off.
    deducted_usd : Fraction
        What counts this year as an itemised deduction.
    over_standard_usd : Fraction
        By how much deductions grow: less where the standard deduction is given up for it.
    saved_usd : Fraction
        Tax of this year that it saves: a difference of whole returns.
    """

    gift_usd: Fraction
    agi_usd: Fraction
    limit_usd: Fraction
    carried_usd: Fraction
    floor_usd: Fraction
    deducted_usd: Fraction
    over_standard_usd: Fraction
    saved_usd: Fraction


@dataclass(frozen=True, slots=True, repr=False)
class GiftPlan:
    """Lots to give.

    Attributes
    ----------
    wish_usd : Fraction
        What is to be given.
    charity : Charity
        To whom.
    lots : tuple of PartSale
        Lots in the order in which they are to be given, the last in part; whole shares.
    deduction : Deduction or None
        On the return; None where the taxpayer is told by constant rates.
    gain_usd : Fraction
        Gain that nobody is taxed on.
    sale_tax_usd : Fraction
        Tax of this year if they were sold instead.
    later_usd : Fraction
        Later tax on that gain, in today's dollars.
    not_given : tuple of NotGiven
        All other lots, by reason.
    """

    wish_usd: Fraction
    charity: Charity
    lots: tuple[PartSale, ...]
    deduction: Deduction | None
    gain_usd: Fraction
    sale_tax_usd: Fraction
    later_usd: Fraction
    not_given: tuple[NotGiven, ...]

    def __repr__(self) -> str:
        return f"GiftPlan({len(self.lots):,} lots worth {float(self.value_usd):,.2f} USD to a {self.charity.value})"

    @property
    def value_usd(self) -> Fraction:
        """Value given."""
        return sum((x.value_usd for x in self.lots), _ZERO)


def deduction_of(
    inputs: ReturnInputs,
    gift_usd: Exact,
    *,
    charity: Charity = Charity.PUBLIC,
    other_itemized_usd: Exact | None = None,
    floor: Exact | None = None,
) -> Deduction:
    """What a gift of long-term lots is worth on a return.

    Parameters
    ----------
    inputs : ReturnInputs
        The year.
    gift_usd : Decimal or Fraction
        Value given.
    charity : Charity
        To whom.
    other_itemized_usd : Decimal or Fraction, optional
        Deductions that would be itemised beside it; those of the return, or none, where left out.
    floor : Decimal or Fraction, optional
        Fraction of adjusted gross income that does not count; 0.005 from 2026, 0 before.

    Raises
    ------
    InputError
        If an amount is negative or not exact.
    """
    gift = Fraction(exact(gift_usd, "the gift"))
    if gift < 0:
        raise InputError(f"The gift is {gift_usd}.", hint="Give the value as a positive amount.")
    before = compute_return(inputs)
    agi = max(before.agi_usd, _ZERO)
    given = _floor_of(inputs.tax_year) if floor is None else Fraction(exact(floor, "the floor"))
    limit = charity.limit * agi
    allowed = min(gift, limit)
    floored = min(allowed, given * agi)
    other = as_fraction(inputs.itemized_usd or 0) if other_itemized_usd is None else as_fraction(other_itemized_usd)
    standard = tax_tables(inputs.tax_year).by_status[inputs.filing_status].standard_deduction_usd
    itemized = other + allowed - floored
    plain = max(other, standard)
    without = compute_return(_deducting(inputs, other, standard)).total_usd
    total = compute_return(_deducting(inputs, itemized, standard)).total_usd
    return Deduction(
        gift_usd=gift,
        agi_usd=agi,
        limit_usd=limit,
        carried_usd=gift - allowed,
        floor_usd=floored,
        deducted_usd=allowed - floored,
        over_standard_usd=max(itemized, standard) - plain,
        saved_usd=without - total,
    )


def _floor_of(year: int) -> Fraction:
    return _FLOOR if year >= _FLOOR_SINCE else _ZERO


def _deducting(inputs: ReturnInputs, itemized: Fraction, standard: Fraction) -> ReturnInputs:
    """The return with what is larger, standard or itemised."""
    if itemized > standard:
        return replace(inputs, itemized_usd=itemized)
    return replace(inputs, itemized_usd=None, itemized_taxes_usd=_ZERO)


def gift_plan(
    stands: Standing,
    taxpayer: Taxpayer,
    wish_usd: Exact,
    later: LaterTax,
    *,
    charity: Charity = Charity.PUBLIC,
    other_itemized_usd: Exact | None = None,
) -> GiftPlan:
    """Choose lots for a gift.

    Parameters
    ----------
    stands : Standing
        The account in its year.
    taxpayer : Taxpayer
        Whose return the deduction is on.
    wish_usd : Decimal or Fraction
        What is to be given, at today's prices.
    later : LaterTax
        For the tax that is never due.
    charity, other_itemized_usd
        As in `deduction_of`.

    Raises
    ------
    InputError
        If the amount is not above zero.
    """
    wish = Fraction(exact(wish_usd, "the gift"))
    if wish <= 0:
        raise InputError(f"A gift of {wish_usd} is wished for.", hint="Give an amount above zero.")
    lots = _given(stands.offers, wish)
    value, gain = (sum((getattr(x, n) for x in lots), _ZERO) for n in ("value_usd", "gain_usd"))
    deduction = None
    if not isinstance(taxpayer, TaxProfile):
        inputs = taxpayer.inputs if isinstance(taxpayer, FilerTax) else taxpayer
        deduction = deduction_of(inputs, value, charity=charity, other_itemized_usd=other_itemized_usd)
    return GiftPlan(
        wish_usd=wish,
        charity=charity,
        lots=lots,
        deduction=deduction,
        gain_usd=gain,
        sale_tax_usd=stands.tax.at(0, gain) - stands.tax.at(),
        later_usd=later.per_usd * gain,
        not_given=_not_given(stands.offers, {x.offer.lot.lot_id for x in lots}),
    )


def _given(offers: Iterable[LotOffer], wish: Fraction) -> tuple[PartSale, ...]:
    """Long-term gain lots, most gain for each dollar first, whole shares."""
    usable = [o for o in offers if o.term is Term.LONG and o.gain_usd > 0]
    left, found = wish, []
    for offer in sorted(usable, key=lambda o: (-o.gain_per_usd, o.lot.lot_id)):
        whole = as_fraction(offer.lot.shares)
        shares = whole if offer.value_usd <= left else Fraction((left / offer.price_usd).__floor__())
        if shares <= 0:
            continue
        part = shares / whole
        found.append(PartSale(offer, Term.LONG, offer.as_of, shares, offer.value_usd * part, offer.gain_usd * part))
        left -= offer.value_usd * part
        if shares < whole:
            break
    return tuple(found)


def _not_given(offers: Iterable[LotOffer], given: set[str]) -> tuple[NotGiven, ...]:
    by_reason: dict[str, list[LotOffer]] = {}
    for offer in offers:
        if offer.lot.lot_id not in given:
            by_reason.setdefault(_why_not(offer), []).append(offer)
    return tuple(
        NotGiven(why, tuple(sorted(mine, key=lambda o: (-o.value_usd, o.lot.lot_id))))
        for why, mine in by_reason.items()
    )


def _why_not(offer: LotOffer) -> str:
    if offer.term is Term.UNKNOWN:
        return "Basis or date is not known: nobody can say what it would deduct."
    if offer.gain_usd < 0:
        return "It stands at a loss, which a gift loses: sell it, take the loss, and give the cash."
    if offer.term is Term.SHORT:
        return "It is short-term: it would deduct its basis only (26 USC 170(e)(1)(A)); it waits until it is long-term."
    return "Lots with more gain for each dollar given come first."
