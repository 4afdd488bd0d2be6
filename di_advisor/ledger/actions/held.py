"""Conservation: what a corporate action must not lose and must not make up.

Problem: an action touches many lots, and one wrong line loses a share or a dollar of basis without
anybody seeing it. Decision: totals are taken before and after each action, and one identity holds
for all of them, in every account:

    basis after + cash + other property = basis before + gain recognised + income

Shares are compared with what the terms of the action make of the totals, not of the lots. Basis
that is not known takes no part: an action says how much basis stopped being known, and how much
cash came on lots of unknown basis. Limits: totals, not lots; that each lot keeps its own is tested.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import show_exact
from di_advisor.domain.events import CashInLieu, Exchange, SecurityEvent
from di_advisor.errors import ConservationError
from di_advisor.ledger.book import Book
from di_advisor.ledger.parts import Part, RealizedKind

__all__ = ["Action", "Held", "Outcome", "require_conserved"]

Action = SecurityEvent | Exchange | CashInLieu
"""Events that change lots without being a trade."""

_ZERO: Final = Fraction(0)
Place = tuple[str, str]


def _total(amounts: Iterable[Fraction]) -> Fraction:
    """Sum of fractions, most of which have one denominator: much faster than one by one."""
    by_denominator: dict[int, int] = {}
    for each in amounts:
        below = each.denominator
        by_denominator[below] = by_denominator.get(below, 0) + each.numerator
    return sum((Fraction(above, below) for below, above in by_denominator.items()), _ZERO)


@dataclass(frozen=True)
class Held:
    """What accounts hold of a few securities, in totals.

    Attributes
    ----------
    accounts, securities : tuple of str
        Which.
    shares : Mapping of (str, str) to Fraction
        By account and security; nothing held is zero.
    basis_usd, cash_usd : Mapping of str to Fraction
        Known basis of those securities, and cash, by account.
    fractional : frozenset of str
        Accounts that book fractions of a share: dividends are reinvested, or more than whole shares
        were held of the first security, pending fractions apart.
    realized, income : int
        How many pieces and incomes the book had.
    """

    accounts: tuple[str, ...]
    securities: tuple[str, ...]
    shares: Mapping[Place, Fraction]
    basis_usd: Mapping[str, Fraction]
    cash_usd: Mapping[str, Fraction]
    fractional: frozenset[str]
    realized: int
    income: int

    @classmethod
    def of(cls, book: Book, accounts: Iterable[str], securities: Iterable[str]) -> Held:
        """Totals of a book now."""
        accounts, securities = tuple(accounts), tuple(securities)
        lots = {(a, s): book.lots(a, s) for a in accounts for s in securities}
        shares = {place: _total(p.shares for p in parts) for place, parts in lots.items()}
        first = securities[0]
        whole = {a: shares[a, first] - book.fractions.get((a, first), _ZERO) for a in accounts}
        return cls(
            accounts,
            securities,
            shares,
            {a: _total(p.basis_usd or _ZERO for s in securities for p in lots[a, s]) for a in accounts},
            {a: book.cash_usd.get(a, _ZERO) for a in accounts},
            frozenset(a for a in accounts if a in book.reinvesting or whole[a].denominator != 1),
            len(book.realized),
            len(book.income),
        )


@dataclass
class Outcome:
    """What an action says it made of the totals, for the check.

    Attributes
    ----------
    shares : dict of (str, str) to Fraction
        Shares by account and security, fractions sold at once included; others stay as they were.
    unknown_usd : dict of str to Fraction
        By account: basis that stopped being known, less cash that came on lots of unknown basis and
        is no piece of its own.
    other_usd : dict of str to Fraction
        By account: other property received, at value.
    """

    shares: dict[Place, Fraction] = field(default_factory=dict)
    unknown_usd: dict[str, Fraction] = field(default_factory=dict)
    other_usd: dict[str, Fraction] = field(default_factory=dict)

    def add_unknown(self, account_id: str, amount_usd: Fraction) -> None:
        """Count basis that stopped being known (positive), or cash on an unknown basis (negative)."""
        self.unknown_usd[account_id] = self.unknown_usd.get(account_id, _ZERO) + amount_usd


def require_conserved(book: Book, event: Action, before: Held, outcome: Outcome) -> None:
    """Compare the totals after an action with what they must be.

    Raises
    ------
    ConservationError
        If shares or basis were lost or made up, or a lot is left without shares or below zero.
    """
    now = Held.of(book, before.accounts, before.securities)
    label = f"{type(event).__name__} {event.event_id!r} on {event.on}"
    paid: dict[Place, list[Fraction]] = defaultdict(list)
    due: dict[str, list[Fraction]] = defaultdict(list)
    for piece in book.realized[before.realized :]:
        due[piece.account_id].append(_gain(piece))
        if piece.kind is RealizedKind.CASH_IN_LIEU:
            paid[piece.account_id, piece.security_id].append(piece.shares)
    for income in book.income[before.income :]:
        due[income.account_id].append(income.amount_usd)
    for place, held in now.shares.items():
        expected, found = outcome.shares.get(place, before.shares[place]), held + _total(paid[place])
        if found != expected:
            raise _broken(label, f"{place[1]} shares in account {place[0]}", expected, found)
    for account_id in before.accounts:
        came = now.cash_usd[account_id] - before.cash_usd[account_id]
        came += outcome.other_usd.get(account_id, _ZERO) + outcome.unknown_usd.get(account_id, _ZERO)
        expected = before.basis_usd[account_id] + _total(due[account_id])
        found = now.basis_usd[account_id] + came
        if found != expected:
            raise _broken(label, f"USD of basis and cash in account {account_id}", expected, found)
        _require_sound_lots(book, label, account_id, before.securities)


def _gain(piece: Part) -> Fraction:
    if piece.basis_usd is None:
        return piece.proceeds_usd
    return piece.proceeds_usd - piece.basis_usd - piece.given_up_usd


def _require_sound_lots(book: Book, label: str, account_id: str, securities: Iterable[str]) -> None:
    for security_id in securities:
        for part in book.lots(account_id, security_id):
            below = [b for b in (part.basis_usd, part.loss_basis_usd) if b is not None and b.numerator < 0]
            if below or part.shares.numerator <= 0:
                least = min(below, default=part.shares)
                raise _broken(label, f"lot {part.lot_id} of {security_id}, at least", _ZERO, least)


def _broken(label: str, what: str, expected: Fraction, found: Fraction) -> ConservationError:
    return ConservationError(
        f"{label}: {what}: {show_exact(expected)} expected, {show_exact(found)} found.",
        hint="Nothing was booked. Check the terms of the action; if they are right, this is a fault to report.",
        expected=expected,
        found=found,
    )
