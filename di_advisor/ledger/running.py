"""Books that go on from day to day: events are applied as they come, and what is held is looked at in between.

Problem: a replay of years asks every day what is held and which trades are recent, and deriving that from the first
event on each time takes the square of the days. Decision: one `Book` is kept and events are applied to it by the
functions of `replay`, in the same order within a day, the day's losses looked at when the next day begins or the day
is closed; what readers get (portfolio, realised pieces) is made of the last weeks only, and is kept while nothing
changed. Fed with the same events, the books at the end are those of `replay`, byte for byte (tested). Limits: events
of a day come in batches whose kinds do not go back (actions, then cash, then trades), no transfers between accounts,
no corrections.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from di_advisor.domain.events import Correction, Deposit, Dividend, Event, Transfer, Withdrawal, Worthless
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Account, CashItem, Portfolio
from di_advisor.errors import InputError
from di_advisor.ledger.book import Book
from di_advisor.ledger.books import Books
from di_advisor.ledger.frozen_parts import frozen_piece, open_lot
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.parts import Part
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.realized import BookedLot, Realized
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS
from di_advisor.ledger.replay import apply_event, booked_on, canonical_order, frozen
from di_advisor.ledger.to_portfolio import exact_cash, portfolio_of_books, shown_lot

__all__ = ["RunningBooks"]

_ONLY_CASH: Final = (Deposit, Withdrawal, Dividend)
_STATE: Final = tuple(
    name for name in (f.name for f in fields(Part)) if name not in {"matches", "loss_order", "match_rank", "sale_rank"}
)
"""What an open lot is made of; amounts are replaced, never changed, so the same objects are the same values."""

_CHANGING: Final = timedelta(days=4 * WASH_WINDOW_DAYS)
"""A sale older than this is final: a loss is matched within 30 days of its sale, a replacement bought within 30 days
of that and sold since within 30 more, and one window is left to be safe."""


class RunningBooks:
    """One taxpayer's books, kept while days go by.

    Parameters
    ----------
    taxpayer : str
        Who files the return.
    policies : LedgerPolicies, optional
        How the law is read where it is silent.
    groups : IdenticalGroups, optional
        What counts as substantially identical.

    Attributes
    ----------
    book : Book
        To be read only; `apply` changes it.
    events : list of Event
        All that was applied, in order, and worthless stock that waits for the end of its year.
    day : date
        The day at hand.
    """

    def __init__(
        self,
        taxpayer: str = "taxpayer",
        *,
        policies: LedgerPolicies | None = None,
        groups: IdenticalGroups | None = None,
    ) -> None:
        self.taxpayer = taxpayer
        self.book = Book(policies or LedgerPolicies(), groups or IdenticalGroups())
        self.events: list[Event] = []
        self.day = date.min
        self._later: list[Event] = []
        self._portfolio: Portfolio | None = None
        self._made = date.min
        self._recent: list[Part] = []
        self._seen = 0
        self._ages = False
        self._booked: dict[Part, tuple[tuple[object, ...], BookedLot]] = {}
        self._shown_as: dict[int, tuple[BookedLot, TaxLot]] = {}

    def to(self, day: date) -> None:
        """Go on to a day: the days before are closed, and what was booked on them without being told then is applied.

        Raises
        ------
        InputError
            If the day is before the one at hand.
        """
        if day < self.day:
            raise InputError(f"The books are at {self.day}, and {day} is before.", hint="Go forward only.")
        if day == self.day:
            return
        self.book.close_day()
        for event in canonical_order([e for e in self._later if booked_on(e) < day]):
            self._apply(event)
            self.book.close_day()
        self._later = [e for e in self._later if booked_on(e) >= day]
        self.day = day

    def apply(self, events: Iterable[Event]) -> None:
        """Apply events of the day at hand.

        Raises
        ------
        InputError
            If an event is of another day, is a correction or a transfer between accounts, or cannot be booked.
        """
        told = canonical_order(events, self.book.policies)
        for event in told:
            if event.on != self.day or isinstance(event, Transfer | Correction):
                raise InputError(
                    f"{type(event).__name__} {event.event_id!r} of {event.on} cannot be applied on {self.day}.",
                    hint="Apply each day's events on their day; corrections and transfers need a whole replay.",
                    event_id=event.event_id,
                )
            self.events.append(event)
            if isinstance(event, Worthless):  # after the last trades of its year, also where the year ends today
                self._later.append(event)
            else:
                self._apply(event)

    def close(self) -> None:
        """Look at the losses of the day at hand: all its trades are booked."""
        due = [e for e in self._later if booked_on(e) == self.day]
        for event in canonical_order(due):
            self._apply(event)
        self._later = [e for e in self._later if booked_on(e) != self.day]
        matches = len(self.book.wash.matches)
        self.book.close_day()
        if len(self.book.wash.matches) != matches:
            self._portfolio = None

    def _apply(self, event: Event) -> None:
        if not isinstance(event, _ONLY_CASH):
            self._portfolio = None
        apply_event(self.book, event)

    # --- what readers get ------------------------------------------------------------------------------------------

    def books(self) -> Books:
        """The whole books, as `replay` freezes them; losses of the day count as far as it is closed."""
        return frozen(self.book, self.day, self.taxpayer)

    def cash_usd(self, account_id: str) -> Fraction:
        """Cash of an account."""
        return self.book.cash_usd.get(account_id, Fraction(0))

    def portfolio(self) -> Portfolio:
        """The holdings as the advisor takes them, with the trades of the last 30 days."""
        if self._portfolio is None or (self._ages and self._made != self.day):
            scale = self.book.wash.scale
            first = self.day - timedelta(days=WASH_WINDOW_DAYS)
            sold = tuple(frozen_piece(p, scale) for p in self._changing() if p.sold is not None and p.sold >= first)
            recent = frozen(self.book, self.day, self.taxpayer, realized=sold, lots=self._open_lots())
            self._portfolio = portfolio_of_books(recent, show=self._shown)
        elif self._made != self.day:
            self._portfolio = replace(
                self._portfolio, accounts=tuple(self._today(account) for account in self._portfolio.accounts)
            )
        self._made = self.day
        return self._with_cash(self._portfolio)

    def _open_lots(self) -> list[BookedLot]:
        """Open lots; one that is as it was is the same object as before, and so is its shown form."""
        scale = self.book.wash.scale
        before, now = self._booked, {}
        lots = []
        self._ages = False
        for part in self.book.open_parts():
            state = tuple(getattr(part, name) for name in _STATE)
            known = before.get(part)
            same = known is not None and all(a is b for a, b in zip(known[0], state, strict=True))
            # Where it was before is told in today's shares, so a split of another name can change it.
            booked = known[1] if known is not None and same and not part.held_before else open_lot(part, scale)
            self._ages = self._ages or part.deemed_long
            now[part] = (state, booked)
            lots.append(booked)
        self._booked = now
        self._shown_as = {id(lot): kept for lot in lots if (kept := self._shown_as.get(id(lot))) and kept[0] is lot}
        return lots

    def _shown(self, booked: BookedLot, as_of: date) -> TaxLot:
        if booked.deemed_long:
            return shown_lot(booked, as_of)
        known = self._shown_as.get(id(booked))
        if known is None:
            known = self._shown_as[id(booked)] = (booked, shown_lot(booked, as_of))
        return known[1]

    def _today(self, account: Account) -> Account:
        """The account without fills that are too old by now."""
        first = self.day - timedelta(days=WASH_WINDOW_DAYS)
        fills = tuple(fill for fill in account.fills if fill.on >= first)
        return account if len(fills) == len(account.fills) else replace(account, fills=fills)

    def _with_cash(self, portfolio: Portfolio) -> Portfolio:
        accounts = []
        for account in portfolio.accounts:
            cash = exact_cash(self.cash_usd(account.account_id))
            items = (CashItem(cash, self.day),) if cash else ()
            accounts.append(account if account.cash == items else replace(account, cash=items))
        return Portfolio(portfolio.taxpayer, tuple(accounts))

    def _changing(self) -> list[Part]:
        """Sold parts of the last months: those that a later event can still change."""
        new = self.book.realized[self._seen :]
        self._seen = len(self.book.realized)
        last = self.day - _CHANGING
        self._recent = [p for p in (*self._recent, *new) if p.sold is not None and p.sold >= last]
        return self._recent

    def recent_pieces(self) -> tuple[Realized, ...]:
        """Pieces of sales that are young enough to be changed by a later wash sale, as they stand now."""
        scale = self.book.wash.scale
        return tuple(frozen_piece(part, scale) for part in self._changing())
