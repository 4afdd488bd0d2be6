"""The identity of the dollars, and each setting once off its default."""

from dataclasses import replace
from fractions import Fraction

from di_advisor.domain.events import Deposit, Event, GiftReceived, Inheritance, TransferIn, Withdrawal
from di_advisor.ledger.books import Books
from di_advisor.ledger.policies import FractionFrom, LedgerPolicies, PartOrder, RetirementPlans, SpouseReplacement
from di_advisor.ledger.recent_trades import SoldReplacement

WITHIN = Fraction(0)


def dollars(books: Books, events: list[Event]) -> Fraction:
    """Left side minus right side of the identity; zero when every dollar is somewhere."""
    gained = sum((r.gain_usd for r in books.realized), WITHIN)
    moved = sum((w.disallowed_usd for w in books.washes if not w.lost_for_good), WITHIN)
    income = sum((i.amount_usd for i in books.income), WITHIN)
    cash = sum(books.cash_usd.values(), WITHIN)
    held = sum((b.gain_basis_usd or WITHIN for b in (*books.lots, *books.departed)), WITHIN)
    paid_in = arrived = WITHIN
    for event in events:
        if isinstance(event, Deposit):
            paid_in += Fraction(event.amount_usd)
        elif isinstance(event, Withdrawal):
            paid_in -= Fraction(event.amount_usd)
        elif isinstance(event, TransferIn):
            arrived += Fraction(event.basis_total_usd or 0)
        elif isinstance(event, GiftReceived):
            arrived += Fraction(event.donor_basis_usd)
        elif isinstance(event, Inheritance):
            arrived += Fraction(event.value_at_death_usd)
    return gained + moved + income - (cash - paid_in) - (held - arrived)


def all_policies() -> list[LedgerPolicies]:
    """Each setting once off its default."""

    plain = LedgerPolicies()
    return [
        plain,
        replace(plain, sold_replacement=SoldReplacement.DOES_NOT_COUNT),
        replace(plain, part_order=PartOrder.UNTACKED_FIRST),
        replace(plain, spouse_replacement=SpouseReplacement.LOST),
        replace(plain, retirement_plans=RetirementPlans.NO_REPLACEMENT),
        replace(plain, fraction_from=FractionFrom.HIGHEST_BASIS),
        replace(plain, fraction_from=FractionFrom.LATEST),
    ]
