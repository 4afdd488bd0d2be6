"""Questions a trader asks before trading, answered by booking the trade on a copy of the books.

Problem: whether a loss counts depends on purchases 30 days back and ahead, in every account, share
by share, and on losses that are already waiting for a replacement. Decision: nothing is estimated.
The trade, and what else is planned, is booked after the books by the ledger's own rules, for the one
group of identical securities that it concerns, and the answer is the difference. So an answer equals,
to the cent, what a replay with that trade gives.

First safe days are exact: the rules change only the day after a window closes or a sale, and those
days are tried in turn. Limits: planned sales are not an input; actions after the books' day are not
known. Not tax advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction, exact
from di_advisor.domain.events import (
    Buy,
    Event,
    LotChoice,
    LotMethod,
    LotShares,
    OpenAccount,
    Sell,
    TransferIn,
)
from di_advisor.ledger.book import Book
from di_advisor.ledger.books import Books
from di_advisor.ledger.forward import sentences
from di_advisor.ledger.forward.answers import (
    BasisMove,
    Block,
    LossRates,
    PlannedPurchase,
    PurchaseAnswer,
    SaleAnswer,
    SaleVerdict,
    WashCost,
)
from di_advisor.ledger.forward.scenario import ASKED, NOT_RECORDED, PLANNED, Scenario, purchase_event
from di_advisor.ledger.holding_period import is_long_term, tacked_since
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.parts import Part, WashMatch
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.realized import BookedLot, Term
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS
from di_advisor.ledger.replay import replay

__all__ = ["WashQuestions"]

_WINDOW: Final = timedelta(days=WASH_WINDOW_DAYS)
_ONE_DAY: Final = timedelta(days=1)
_ZERO: Final = Fraction(0)
_LAST: Final = 10**9
"""What is asked about comes after everything else of its day."""


class WashQuestions:
    """Questions on one taxpayer's books.

    Parameters
    ----------
    books : Books
        Replayed to a day before the questions.
    planned : iterable of PlannedPurchase
        Purchases that are coming: scheduled ones, dividends that buy shares.
    today : iterable of Event
        What has happened after the books' day.
    rates : LossRates, optional
        For answers in dollars of tax.

    Raises
    ------
    InputError
        If a planned purchase is in an account that was not seen, or dated before the books.
    """

    def __init__(
        self,
        books: Books,
        *,
        planned: Iterable[PlannedPurchase] = (),
        today: Iterable[Event] = (),
        rates: LossRates | None = None,
    ) -> None:
        self._rates = rates
        self._scenario = Scenario(books, planned, today)
        self._books = books

    @classmethod
    def from_events(
        cls,
        events: Iterable[Event],
        *,
        on: date,
        planned: Iterable[PlannedPurchase] = (),
        rates: LossRates | None = None,
        policies: LedgerPolicies | None = None,
        groups: IdenticalGroups | None = None,
    ) -> WashQuestions:
        """Questions about a day, from the journal's events of that day and before.

        Parameters
        ----------
        events : iterable of Event
            As for `replay`.
        on : date
            The day; its trades so far are booked together with the one asked about.
        planned, rates
            As for the class.
        policies, groups
            As for `replay`.

        Raises
        ------
        InputError
            If the events cannot be booked.
        """
        before = on - _ONE_DAY
        # An account opened that day is an account that is seen.
        known = [replace(e, on=min(e.on, before)) if isinstance(e, OpenAccount) else e for e in events if e.on <= on]
        books = replay(known, as_of=before, policies=policies, groups=groups)
        return cls(books, planned=planned, today=[e for e in known if e.on == on], rates=rates)

    # --- may I sell ----------------------------------------------------------------------------------------------

    def sell(
        self,
        account_id: str,
        lot_id: str,
        *,
        price_usd: Exact,
        on: date,
        shares: Exact | None = None,
        costs_usd: Exact = Fraction(0),
    ) -> SaleAnswer:
        """Say whether a lot may be sold, how much of its loss is washed, by what, and from when it is safe.

        Parameters
        ----------
        account_id, lot_id : str
            An open lot of the books.
        price_usd : Decimal or Fraction
            Per share.
        on : date
            Trade date, not before the books' day.
        shares : Decimal or Fraction, optional
            All of the lot when left out.
        costs_usd : Decimal or Fraction
            Taken off the proceeds.

        Raises
        ------
        InputError
            If there is no such lot, or it has fewer shares, or the day lies before the books.
        IncompleteDataError
            If the lot's basis is not known.
        """
        booked = self._scenario.lot(account_id, lot_id)
        self._scenario.require(account_id, booked.lot.security_id, on)
        lot = booked.lot
        wanted = as_fraction(lot.shares) if shares is None else as_fraction(exact(shares, "shares to sell"))
        gross = wanted * as_fraction(exact(price_usd, "price of a share"))
        sale = Sell(
            event_id=ASKED,
            sequence=_LAST,
            on=on,
            account_id=account_id,
            security_id=lot.security_id,
            shares=wanted,
            amount_usd=gross,
            fees_usd=as_fraction(exact(costs_usd, "costs of the sale")),
            choice=LotChoice(LotMethod.SPECIFIC, (LotShares(lot_id, wanted),)),
        )
        return self._answer_sale(booked, sale)

    def _answer_sale(self, booked: BookedLot, sale: Sell) -> SaleAnswer:
        book = self._scenario.booked(sale.security_id, sale)
        pieces = [p for p in book.realized if p.sale_id == ASKED]
        gain = sum((p.proceeds_usd - (p.basis_usd or _ZERO) for p in pieces), _ZERO)
        disallowed = sum((p.disallowed_usd for p in pieces), _ZERO)
        washed = _moves(book, (m for m in book.wash.matches if m.loss_event_id == ASKED))
        lost = sum((m.match.disallowed_usd for _, m in washed if m.match.lost_for_good), _ZERO)
        without = _recognized(self._scenario.booked(sale.security_id))
        taxed = pieces[0].taxed
        elsewhere = _recognized(book) - without - (gain + disallowed if taxed else _ZERO)
        term = _term(pieces[0])
        safe = self._first_safe(sale, gain) if taxed and gain < 0 else sale.on
        answer = SaleAnswer(
            account_id=sale.account_id,
            security_id=sale.security_id,
            lot_id=booked.lot.lot_id,
            on=sale.on,
            shares=as_fraction(sale.shares),
            proceeds_usd=sum((p.proceeds_usd for p in pieces), _ZERO),
            basis_usd=sum((p.basis_usd or _ZERO for p in pieces), _ZERO),
            gain_usd=gain,
            term=term,
            verdict=_verdict(gain, disallowed, taxed=taxed),
            disallowed_usd=disallowed,
            lost_for_good_usd=lost,
            recognized_usd=gain + disallowed,
            moves=tuple(m for _, m in washed),
            elsewhere_usd=elsewhere,
            cost=self._cost(washed),
            safe_from=safe,
            provisional_until=sentences.window_closes(sale.on) if taxed and gain + disallowed < 0 else None,
            blocks=self._blocks(booked, sale.on, safe, disallowed) if taxed and gain < 0 else (),
            scope=self._books.scope,
            sentences=(),
        )
        return replace(answer, sentences=sentences.of_sale(answer))

    def _first_safe(self, sale: Sell, gain_usd: Fraction) -> date:
        """First day from the sale's on which none of its loss is washed, everything else as planned."""
        if gain_usd >= 0:
            return sale.on
        holdings = self._scenario.holdings(sale.security_id)
        bought = {b.bought_on for b in holdings.lots} | {p.bought_on for _, p in holdings.sold}
        known = {day for day in bought if day is not None} | _purchase_days(self._scenario.coming(sale.security_id))
        days = {sale.on, sale.on + _ONE_DAY} | {day + _WINDOW + _ONE_DAY for day in known}
        days |= {p.sold + _ONE_DAY for _, p in holdings.sold}
        days |= {b.left_on + _ONE_DAY for b in holdings.lots if b.left_on is not None}
        days |= {e.on + _ONE_DAY for e in self._scenario.coming(sale.security_id)}
        for day in sorted(d for d in days if d >= sale.on):
            near = any(abs(purchase - day) <= _WINDOW for purchase in known)
            if not near or not any(m.loss_event_id == ASKED for m in self._matches(replace(sale, on=day))):
                return day
        raise AssertionError("after the last window nothing can wash a loss")  # pragma: no cover

    def _blocks(self, booked: BookedLot, on: date, safe: date, disallowed_usd: Fraction) -> tuple[Block, ...]:
        name, found = f"Lot {booked.lot.lot_id} of {booked.lot.security_id}", []
        if disallowed_usd:
            sentence = f"{name} is blocked for harvesting: a part of its loss would be washed. First safe day: {safe}."
            found.append(Block("washed", sentence, safe))
        bought = booked.bought_on
        if bought is not None and on <= bought + _WINDOW:
            first = bought + _WINDOW + _ONE_DAY
            about = "replacement" if booked.is_replacement else "bought_recently"
            carries = ", and carries a loss that it replaced" if booked.is_replacement else ""
            sentence = (
                f"{name} is blocked for harvesting: it was bought on {bought}, within 30 days{carries}. "
                f"First safe day: {first}."
            )
            found.append(Block(about, sentence, first))
        members = set(self._books.groups.members(booked.lot.security_id))
        buying = sorted(
            {b.lot.account_id for b in self._books.lots if b.lot.security_id in members} & self._books.reinvesting
        )
        if buying:
            sentence = (
                f"{name} is blocked for harvesting: its dividends buy shares by themselves in account "
                f"{', '.join(buying)}, which would wash a part of the loss. Turn that off first."
            )
            found.append(Block("reinvestment", sentence, None))
        return tuple(found)

    # --- may I buy -----------------------------------------------------------------------------------------------

    def buy(self, account_id: str, security_id: str, *, shares: Exact, on: date) -> PurchaseAnswer:
        """Say whether to buy, which losses that washes, and from when it washes none.

        Parameters
        ----------
        account_id, security_id : str
            Where, and what.
        shares : Decimal or Fraction
            How many.
        on : date
            Trade date, not before the books' day.

        Raises
        ------
        InputError
            If the account was not seen, or the day lies before the books.
        """
        self._scenario.require(account_id, security_id, on)
        purchase = purchase_event(ASKED, _LAST, PlannedPurchase(account_id, security_id, on, shares))
        book = self._scenario.booked(security_id, purchase)
        matches = [m for m in book.wash.matches if m.replacement_purchase_id == ASKED]
        washed = _moves(book, matches)
        answer = PurchaseAnswer(
            account_id=account_id,
            security_id=security_id,
            on=on,
            shares=as_fraction(purchase.shares),
            moves=tuple(m for _, m in washed),
            disallowed_usd=sum((m.disallowed_usd for m in matches), _ZERO),
            lost_for_good_usd=sum((m.disallowed_usd for m in matches if m.lost_for_good), _ZERO),
            change_usd=_recognized(book) - _recognized(self._scenario.booked(security_id)),
            shares_that_wash=sum((m.replacement_shares for m in matches), _ZERO),
            cost=self._cost(washed),
            safe_from=self._first_safe_purchase(purchase) if matches else on,
            locks_losses_until=sentences.window_closes(on),
            scope=self._books.scope,
            sentences=(),
        )
        return replace(answer, sentences=sentences.of_purchase(answer))

    def buy_where(self, security_id: str, *, shares: Exact, on: date) -> tuple[PurchaseAnswer, ...]:
        """Ask about the same purchase in every account seen; the one that costs least comes first.

        Parameters
        ----------
        security_id : str
            What to buy.
        shares : Decimal or Fraction
            How many.
        on : date
            Trade date.
        """
        answers = [self.buy(account_id, security_id, shares=shares, on=on) for account_id in self._books.accounts]
        return tuple(sorted(answers, key=_dearness))

    def _first_safe_purchase(self, purchase: Buy) -> date:
        holdings = self._scenario.holdings(purchase.security_id)
        days = {piece.sold + _WINDOW + _ONE_DAY for _, piece in holdings.sold} | {purchase.on + _ONE_DAY}
        # A planned purchase may have taken all that waits before.
        for event in self._scenario.coming(purchase.security_id):
            days |= {event.on, event.on + _ONE_DAY, event.on + _WINDOW + _ONE_DAY}
        for day in sorted(d for d in days if d > purchase.on):
            if not any(m.replacement_purchase_id == ASKED for m in self._matches(replace(purchase, on=day))):
                return day
        raise AssertionError("after the last window nothing can be washed")  # pragma: no cover

    def _matches(self, asked: Sell | Buy) -> list[WashMatch]:
        return self._scenario.booked(asked.security_id, asked).wash.matches

    def _cost(self, washed: Sequence[tuple[Term, BasisMove]]) -> WashCost | None:
        if self._rates is None:
            return None
        saved = [(self._rates.of(term) * m.match.disallowed_usd, m.match.lost_for_good) for term, m in washed]
        now = sum((usd for usd, _ in saved), _ZERO)
        lost = sum((usd for usd, for_good in saved if for_good), _ZERO)
        later = now - lost
        return WashCost(now, lost, later, lost + later * (1 - as_fraction(self._rates.worth_later)))


def _term(part: Part) -> Term:
    if part.deemed_long:
        return Term.LONG
    if part.held_since is None or part.sold is None:
        return Term.UNKNOWN
    return Term.LONG if is_long_term(min(part.held_since, part.sold), part.sold) else Term.SHORT


def _verdict(gain_usd: Fraction, disallowed_usd: Fraction, *, taxed: bool) -> SaleVerdict:
    if not taxed:
        return SaleVerdict.NOT_TAXED
    if gain_usd >= 0:
        return SaleVerdict.NO_LOSS
    if not disallowed_usd:
        return SaleVerdict.LOSS_COUNTS
    return SaleVerdict.WASHED if disallowed_usd == -gain_usd else SaleVerdict.PARTLY_WASHED


def _dearness(answer: PurchaseAnswer) -> tuple[Fraction, Fraction, Fraction]:
    cost = _ZERO if answer.cost is None else answer.cost.cost_usd
    return (cost, answer.lost_for_good_usd, answer.disallowed_usd)


def _purchase_days(events: Iterable[Event]) -> set[date]:
    days = {e.acquired if isinstance(e, TransferIn) else e.on for e in events}
    return {day for day in days if day is not None}


def _recognized(book: Book) -> Fraction:
    known = ((p, p.basis_usd) for p in book.realized if p.taxed and p.basis_usd is not None)
    return sum((p.proceeds_usd - basis + p.disallowed_usd for p, basis in known), _ZERO)


def _moves(book: Book, matches: Iterable[WashMatch]) -> tuple[tuple[Term, BasisMove], ...]:
    """Each match with the term of its loss, and what becomes of the replacement."""
    losses = {id(m): part for part in book.realized for m in part.matches}
    found = []
    for match in matches:
        loss = losses[id(match)]
        known = not match.lost_for_good and loss.held_since is not None
        since = tacked_since(match.bought, match.sold, loss.held_since) if known and loss.held_since else None
        planned = match.replacement_purchase_id.startswith((PLANNED, ASKED))
        found.append((_term(loss), BasisMove(_shown(match), planned, since)))
    return tuple(found)


def _shown(match: WashMatch) -> WashMatch:
    """The match with ids that people can read; no rule is applied to it any more."""
    ids = ("loss_event_id", "loss_lot_id", "replacement_lot_id", "replacement_purchase_id")
    return replace(match, **{name: getattr(match, name).removeprefix(NOT_RECORDED) for name in ids})
