"""Where a taxpayer stands in a tax year: what is realised, what is open, where the next dollar falls.

Problem: these figures lie in the ledger, the return, the lots and the calendar, and a plan needs them on one page.
Decision: one frozen value with every figure exact and its source; what is not known says so. Gains of the year are
those of the taxpayer's return; where books are given they are split by account, and what is left is *outside*.
Limits: one account's lots at a time; dividends still to come this year are not forecast. Not tax advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import FilerTax, Taxpayer, law_of
from di_advisor.ledger.books import Books
from di_advisor.ledger.realized import Realized, Term
from di_advisor.ledger.tax_return import ReturnInputs, ReturnResult, TaxOnGains, compute_return
from di_advisor.ledger.tax_return.gain_tax import ByConstantRates
from di_advisor.policy.year_end.dates import YearDates, year_dates
from di_advisor.policy.year_end.offers import LotOffer, lot_offers, without_washes
from di_advisor.policy.year_end.stretches import Stretch, Way, stretches
from di_advisor.policy.year_end.windows import OpenWindow, PurchaseWindow, open_windows, purchase_windows

if TYPE_CHECKING:
    from di_advisor.workspace import Workspace

__all__ = ["Realised", "Standing", "Unrealised", "realised_by_account", "standing"]

_JUST_AFTER: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Realised:
    """What one account realised in the tax year, as the books have it.

    Attributes
    ----------
    account_id : str
        The account.
    short_usd, long_usd : Fraction
        Net gain that counts, by term, after disallowed losses.
    disallowed_usd : Fraction
        Losses washed, positive.
    lost_usd : Fraction
        The part of them that no basis took over.
    pieces, unknown : int
        Pieces of sales, and those whose gain or term is not known (in no figure).
    """

    account_id: str
    short_usd: Fraction
    long_usd: Fraction
    disallowed_usd: Fraction
    lost_usd: Fraction
    pieces: int
    unknown: int

    @property
    def deferred_usd(self) -> Fraction:
        """Losses washed that wait in the basis of their replacements."""
        return self.disallowed_usd - self.lost_usd


@dataclass(frozen=True, slots=True)
class Unrealised:
    """What is open in one term, at today's prices.

    Attributes
    ----------
    term : Term
        Of a sale today.
    gain_usd, loss_usd : Fraction
        Sums of lots at a gain, and at a loss (positive).
    blocked_loss_usd : Fraction
        The part of the losses that may not be taken today.
    lots : int
        How many.
    """

    term: Term
    gain_usd: Fraction
    loss_usd: Fraction
    blocked_loss_usd: Fraction
    lots: int


@dataclass(frozen=True, repr=False)
class Standing:
    """A taxpayer and an account in their tax year.

    Attributes
    ----------
    dates : YearDates
        Today, the last trade date, its settlement, the January window.
    account_id : str
        Whose lots.
    result : ReturnResult or None
        The return as it stands, every line; None where the taxpayer is told by constant rates.
    tax : TaxOnGains
        The year's tax as a function of further gains; its label says what it rests on.
    short_usd, long_usd : Fraction
        Net gain of the year so far by term, before carryovers, as the return has it.
    carryover_short_usd, carryover_long_usd : Fraction
        Losses carried in, positive.
    realised : tuple of Realised
        By account; empty where no books are given.
    stretches : mapping of (Term, Way) to tuple of Stretch
        What further gains and losses are worth, and by which rule each stretch ends.
    offers : tuple of LotOffer
        Every priced lot.
    unrealised : tuple of Unrealised
        Short, long, and unknown where there is any.
    turning, turning_after : tuple of LotOffer
        Lots that turn long-term by the last trade date, and in the 60 days after it; earliest first.
    windows : tuple of OpenWindow
        Loss sales that a purchase can still wash.
    purchases : tuple of PurchaseWindow
        Purchases that keep losses of their name from counting now.
    notes : tuple of str
        What is not known.
    """

    dates: YearDates
    account_id: str
    result: ReturnResult | None
    tax: TaxOnGains
    short_usd: Fraction
    long_usd: Fraction
    carryover_short_usd: Fraction
    carryover_long_usd: Fraction
    realised: tuple[Realised, ...]
    stretches: Mapping[tuple[Term, Way], tuple[Stretch, ...]]
    offers: tuple[LotOffer, ...]
    unrealised: tuple[Unrealised, ...]
    turning: tuple[LotOffer, ...]
    turning_after: tuple[LotOffer, ...]
    windows: tuple[OpenWindow, ...]
    purchases: tuple[PurchaseWindow, ...]
    notes: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "stretches", FrozenMap(dict(self.stretches)))

    def __repr__(self) -> str:
        return (
            f"Standing({self.account_id} on {self.dates.as_of}: {len(self.offers):,} lots, net short "
            f"{float(self.short_usd):,.2f} and long {float(self.long_usd):,.2f} USD so far)"
        )

    @property
    def outside_usd(self) -> tuple[Fraction, Fraction] | None:
        """Short and long gain of the year that is in no account of the books; None without books."""
        if not self.realised:
            return None
        short, long = (sum(getattr(r, n) for r in self.realised) for n in ("short_usd", "long_usd"))
        return self.short_usd - short, self.long_usd - long

    @property
    def unrealised_usd(self) -> Fraction:
        """Net unrealised gain of all lots whose basis and dates are known."""
        return sum((u.gain_usd - u.loss_usd for u in self.unrealised), Fraction(0))

    @property
    def january(self) -> tuple[OpenWindow, ...]:
        """Loss sales whose window reaches into the next year."""
        return tuple(w for w in self.windows if w.until.year > self.dates.year)


def realised_by_account(books: Books, year: int) -> tuple[Realised, ...]:
    """What every taxed account realised in a year.

    Parameters
    ----------
    books : Books
        On any day from that year on.
    year : int
        Calendar year.
    """
    mine: dict[str, list[Realized]] = {a: [] for a in books.accounts}
    for piece in books.realized_in(year):
        mine[piece.account_id].append(piece)
    return tuple(_realised(account_id, pieces) for account_id, pieces in mine.items() if pieces)


def _realised(account_id: str, pieces: list[Realized]) -> Realised:
    clear = [p for p in pieces if p.known and p.term is not Term.UNKNOWN]

    def net(term: Term) -> Fraction:
        return sum((p.recognized_usd for p in clear if p.term is term), Fraction(0))

    disallowed = sum((p.disallowed_usd for p in pieces), Fraction(0))
    lost = sum((p.lost_for_good_usd for p in pieces), Fraction(0))
    return Realised(
        account_id, net(Term.SHORT), net(Term.LONG), disallowed, lost, len(pieces), len(pieces) - len(clear)
    )


def standing(workspace: Workspace, *, taxpayer: Taxpayer | None = None, books: Books | None = None) -> Standing:
    """How a year stands.

    Parameters
    ----------
    workspace : Workspace
        The account on its day.
    taxpayer : Taxpayer, optional
        Whose return, with **all** gains of the year so far in it (`with_realised` adds those of the books); the
        workspace's where left out.
    books : Books, optional
        To split what is realised by account, and to see more than the last 30 days of sales.

    Raises
    ------
    InputError
        If the account is not taxed, or figures are of another year.
    """
    whole = without_washes(workspace)
    market, payer = whole.signals.market, taxpayer or workspace.tax
    dates = year_dates(market.as_of)
    if books is not None and books.as_of > market.as_of:
        raise InputError(f"The books go to {books.as_of}, after {market.as_of}.", hint="Replay them to the same day.")
    tax = law_of(payer, market.as_of)
    offers = lot_offers(whole.signals)
    dated = sorted((o for o in offers if o.long_from), key=lambda o: (o.long_from, o.lot.lot_id))
    gains = _gains_of(payer)
    return Standing(
        dates=dates,
        account_id=whole.signals.account.account_id,
        result=None if isinstance(tax.law, ByConstantRates) else compute_return(tax.law.inputs, tax.law.policies),
        tax=tax,
        short_usd=gains[0],
        long_usd=gains[1],
        carryover_short_usd=gains[2],
        carryover_long_usd=gains[3],
        realised=() if books is None else realised_by_account(books, dates.year),
        stretches={(t, w): stretches(tax, t, w) for t in (Term.SHORT, Term.LONG) for w in Way},
        offers=offers,
        unrealised=_unrealised(offers),
        turning=tuple(o for o in dated if o.long_from and market.as_of < o.long_from <= dates.last_trade),
        turning_after=tuple(
            o for o in dated if o.long_from and dates.last_trade < o.long_from <= dates.last_trade + _JUST_AFTER
        ),
        windows=open_windows(workspace.portfolio, market, books),
        purchases=purchase_windows(workspace.portfolio, market),
        notes=_notes(offers, payer, books),
    )


def _gains_of(payer: Taxpayer) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    if isinstance(payer, TaxProfile):
        given = (payer.realized_short_usd, payer.realized_long_usd)
        carried = (payer.carryover_short_usd, payer.carryover_long_usd)
    else:
        inputs: ReturnInputs = payer.inputs if isinstance(payer, FilerTax) else payer
        given = (inputs.net_short_usd, inputs.net_long_usd)
        carried = (inputs.carryover_short_usd, inputs.carryover_long_usd)
    short, long, carried_short, carried_long = (as_fraction(x) for x in (*given, *carried))
    return short, long, carried_short, carried_long


def _unrealised(offers: Iterable[LotOffer]) -> tuple[Unrealised, ...]:
    by_term: dict[Term, list[LotOffer]] = {Term.SHORT: [], Term.LONG: []}
    for offer in offers:
        by_term.setdefault(offer.term, []).append(offer)
    return tuple(
        Unrealised(
            term,
            sum((o.gain_usd for o in mine if o.gain_usd > 0), Fraction(0)),
            sum((-o.gain_usd for o in mine if o.gain_usd < 0), Fraction(0)),
            sum((-o.gain_usd for o in mine if o.gain_usd < 0 and o.blocked), Fraction(0)),
            len(mine),
        )
        for term, mine in by_term.items()
    )


def _notes(offers: Iterable[LotOffer], payer: Taxpayer, books: Books | None) -> tuple[str, ...]:
    notes = []
    if books is None:
        notes.append("No books are given: gains of the year are those of the taxpayer's figures, not split by account.")
    elif unknown := sum(r.unknown for r in realised_by_account(books, books.as_of.year)):
        notes.append(f"{unknown} pieces of sales have a gain or term that is not known; they are in no figure.")
    if isinstance(payer, TaxProfile):
        notes.append(
            "The taxpayer is told by constant rates: no brackets, no limit on losses, no room at 0 %. Give the year's "
            "return for those."
        )
    if unknown := sum(o.term is Term.UNKNOWN for o in offers):
        notes.append(f"{unknown} lots have a basis or date that is not known; they offer nothing until it is supplied.")
    return tuple(notes)
