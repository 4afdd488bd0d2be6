"""The journal of a case: accounts and lots from what it gives, and the books from a replay.

Problem: a case says what its rule needs ("100 shares, basis 1300") and leaves out the rest. Decision:
what is left out is filled in the same way everywhere, far from every window: lots without a date
are bought on successive days two years before the event, the event happens on one fixed day, and
shares that are not given are one. Limits: one security per case unless it names others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Final

from benchmarks.tax_cases.answers import Answer, Money, Shares
from benchmarks.tax_cases.given import CaseError, Given
from di_advisor.domain.events import CashInLieu, Event, OpenAccount, Sell, TransferIn
from di_advisor.domain.events.trades import BY_LAW, LotChoice
from di_advisor.domain.portfolio import AccountKind
from di_advisor.ledger.books import Books
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.realized import Realized
from di_advisor.ledger.replay import replay

__all__ = [
    "ACCOUNT",
    "EVENT_DAY",
    "NEW",
    "OLD",
    "SOURCE",
    "LotGiven",
    "books_of",
    "bought",
    "lots_given",
    "of_fraction",
    "opened",
    "paid_fraction",
    "parts_of",
    "per_share_of",
    "realized_of",
    "sale",
]

ACCOUNT: Final = "account"
OLD: Final = "old security"
NEW: Final = "new security"
SOURCE: Final = "the case itself"
EVENT_DAY: Final = date(2023, 6, 15)
"""When something happens that a case does not date."""

_DEFAULT_AGE: Final = timedelta(days=800)
_YEAR: Final = re.compile(r"\d{4}")
_LABEL: Final = re.compile(r"[A-Za-z ]+\s*(\d*)")


@dataclass(frozen=True)
class LotGiven:
    """A lot as a case gives it."""

    name: str
    shares: Fraction
    basis_usd: Fraction
    acquired: date


def opened(*accounts: tuple[str, AccountKind]) -> list[Event]:
    """Events that open accounts; one taxable account where none is named."""
    named = accounts or ((ACCOUNT, AccountKind.TAXABLE),)
    return [
        OpenAccount(event_id=f"open {name}", on=date(1800, 1, 1), account_id=name, kind=kind, source=SOURCE)
        for name, kind in named
    ]


def lots_given(given: Given, event_day: date, *, shares: str = "shares", basis: str = "basis") -> list[LotGiven]:
    """Lots of a case: its ``lots``, or the single one whose fields stand at the top.

    Parameters
    ----------
    given : Given
        The input.
    event_day : date
        Lots without a date are bought long before.
    shares, basis : str
        Names of the fields of a single lot.
    """
    if given.has("lots"):
        found = [_lot(part, f"lot {i + 1}", event_day - _DEFAULT_AGE, i) for i, part in enumerate(given.parts("lots"))]
    else:
        amount, total = given.amount(shares, 1), given.amount(basis)
        found = [LotGiven("lot", amount, total, _acquired(given, event_day - _DEFAULT_AGE, 0))]
    names = [lot.name for lot in found]
    if len(set(names)) < len(names):
        raise CaseError(f"{given.where}.lots names a lot twice: {', '.join(names)}")
    late = [lot.name for lot in found if lot.acquired > event_day]
    if late:
        raise CaseError(f"lot {late[0]} is acquired after {event_day}, the day of the event")
    return found


def _lot(part: Given, name: str, first: date, position: int) -> LotGiven:
    basis = part.first("basis", "cost", "basis_total")
    return LotGiven(
        part.text("lot", name),
        part.amount("shares", 1),
        part.amount(basis),
        _acquired(part, first, position),
    )


def _acquired(part: Given, first: date, position: int) -> date:
    """The date given; a year stands for its middle; a label ("date 1") for a day in the order of the lots."""
    name = part.first("acquired", "buy_date", "bought")
    if not part.has(name):
        return first + timedelta(days=position)
    text = part.text(name).strip()
    if _YEAR.fullmatch(text):
        return date(int(text), 7, 1)
    if _LABEL.fullmatch(text):
        return first + timedelta(days=position)
    return part.day(name)


def bought(lots: Iterable[LotGiven], security_id: str = OLD, account_id: str = ACCOUNT) -> list[Event]:
    """Lots as events: held since long, and no purchase that could wash anything in the case."""
    return [
        TransferIn(
            event_id=f"lot {lot.name}",
            on=lot.acquired,
            account_id=account_id,
            security_id=security_id,
            shares=lot.shares,
            basis_total_usd=lot.basis_usd,
            acquired=lot.acquired,
            lot_id=lot.name,
            sequence=position,
            source=SOURCE,
        )
        for position, lot in enumerate(lots)
    ]


def sale(
    on: date,
    shares: Fraction,
    amount_usd: Fraction,
    *,
    security_id: str = OLD,
    choice: LotChoice = BY_LAW,
    settles_on: date | None = None,
) -> Sell:
    """A sale in the account of the case."""
    return Sell(
        event_id="sale",
        on=on,
        account_id=ACCOUNT,
        security_id=security_id,
        shares=shares,
        amount_usd=amount_usd,
        choice=choice,
        settles_on=settles_on,
        source=SOURCE,
    )


def books_of(
    events: Sequence[Event],
    *,
    until: date | None = None,
    policies: LedgerPolicies | None = None,
    groups: IdenticalGroups | None = None,
) -> Books:
    """Books of all events, or of those until a day."""
    return replay(events, as_of=until or date.max, policies=policies, groups=groups)


def realized_of(books: Books, event_id: str) -> list[Realized]:
    """Pieces that an event made due."""
    return [piece for piece in books.realized if piece.event_id == event_id]


def parts_of(books: Books, security_id: str, root: str | None = None) -> tuple[Fraction, Fraction]:
    """Shares and basis of what is held of a security, of one lot of it where named."""
    held = [b.lot for b in books.lots if b.lot.security_id == security_id and root in (None, b.root_id)]
    return (
        sum((Fraction(lot.shares) for lot in held), Fraction(0)),
        sum((Fraction(lot.basis_total_usd or 0) for lot in held), Fraction(0)),
    )


def paid_fraction(on: date, security_id: str, amount_usd: Fraction) -> CashInLieu:
    """Cash for the fraction of a share that is left over."""
    return CashInLieu(
        event_id="cash", on=on, account_id=ACCOUNT, security_id=security_id, amount_usd=amount_usd, source=SOURCE
    )


def of_fraction(books: Books, security_id: str) -> dict[str, Answer]:
    """What is whole, and what the fraction was and brought: paid in cash, or still to be paid."""
    held, basis = parts_of(books, security_id)
    cashed = realized_of(books, "cash")
    shares = sum((p.shares for p in cashed), Fraction(0)) if cashed else held - floor(held)
    its_basis = sum((p.basis_usd or Fraction(0) for p in cashed), Fraction(0))
    gain = sum((p.recognized_usd for p in cashed), Fraction(0))
    return {
        "shares_whole": Shares(Fraction(floor(held))),
        "basis_whole": Money(basis),
        "fraction": Shares(shares),
        "pending_fraction": Shares(books.pending_fractions.get((ACCOUNT, security_id), Fraction(0))),
        "basis_fraction": Money(its_basis),
        "gain_on_fraction": Money(gain),
        "cash_in_lieu_gain": Money(gain),
        "basis_conserved": Money(basis + its_basis),
    }


def per_share_of(books: Books, security_id: str, root: str | None = None) -> Fraction:
    """Basis of one share of a security, of one lot of it where named; lots of several prices are averaged."""
    shares, basis = parts_of(books, security_id, root)
    return basis / shares
