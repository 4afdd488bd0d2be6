"""The books: what a replay found, frozen, with the settings it used.

Every figure downstream is read from here: lots, realised gains and losses, washes, income, cash,
and the notices that say what is not final or not known. Not tax advice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from di_advisor.domain.portfolio import AccountKind, Portfolio
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.parts import WashMatch
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.realized import BookedLot, Identification, Income, Notice, Realized

__all__ = ["Books"]


@dataclass(frozen=True)
class Books:
    """One taxpayer's books on one day.

    Attributes
    ----------
    taxpayer : str
        Who files the return.
    as_of : date
        Last day that was replayed.
    accounts : Mapping of str to AccountKind
        Accounts that were seen: a wash sale in any other is not.
    reinvesting : frozenset of str
        Accounts whose dividends buy shares.
    lots : tuple of BookedLot
        What is held, by account, security, and order of acquisition.
    realized : tuple of Realized
        Pieces of sales, in order.
    washes : tuple of WashMatch
        Losses disallowed, in the order in which they were matched.
    income : tuple of Income
        Dividends and taxable distributions.
    departed : tuple of BookedLot
        What left without a sale, as it was then.
    identifications : tuple of Identification
        How lots were chosen where anybody chose.
    cash_usd : Mapping of str to Fraction
        By account.
    pending_fractions : Mapping of (str, str) to Fraction
        By account and security: fractions due from an action that no cash has paid yet.
    delisted : frozenset of str
        Securities no longer listed, and not worthless by that.
    tickers : Mapping of str to str
        Last ticker of securities that changed theirs.
    notices : tuple of Notice
        What a reader must know.
    policies : LedgerPolicies
        How the law was read.
    groups : IdenticalGroups
        What counted as substantially identical.
    """

    taxpayer: str
    as_of: date
    accounts: Mapping[str, AccountKind]
    reinvesting: frozenset[str]
    lots: tuple[BookedLot, ...]
    realized: tuple[Realized, ...]
    washes: tuple[WashMatch, ...]
    income: tuple[Income, ...]
    departed: tuple[BookedLot, ...]
    identifications: tuple[Identification, ...]
    cash_usd: Mapping[str, Fraction]
    pending_fractions: Mapping[tuple[str, str], Fraction]
    delisted: frozenset[str]
    tickers: Mapping[str, str]
    notices: tuple[Notice, ...]
    policies: LedgerPolicies
    groups: IdenticalGroups

    @property
    def scope(self) -> str:
        """The accounts that were seen, as a sentence; every statement on wash sales carries it."""
        seen = ", ".join(f"{a} ({kind.value})" for a, kind in self.accounts.items()) or "none"
        return f"Accounts seen: {seen}."

    @property
    def disallowed_usd(self) -> Fraction:
        """Losses disallowed in all."""
        return sum((w.disallowed_usd for w in self.washes), Fraction(0))

    @property
    def lost_for_good_usd(self) -> Fraction:
        """Losses disallowed that no basis took over."""
        return sum((w.disallowed_usd for w in self.washes if w.lost_for_good), Fraction(0))

    def lots_of(self, account_id: str, security_id: str | None = None) -> tuple[BookedLot, ...]:
        """Lots of one account, of one security where named."""
        return tuple(
            b for b in self.lots if b.lot.account_id == account_id and security_id in (None, b.lot.security_id)
        )

    def realized_in(self, year: int) -> tuple[Realized, ...]:
        """Pieces sold in a calendar year that count for tax."""
        return tuple(r for r in self.realized if r.taxed and r.sold.year == year)

    def portfolio(self) -> Portfolio:  # pragma: no cover
        """The holdings as the advisor takes them; recent sales and purchases come with the wash module."""
        from di_advisor.ledger.to_portfolio import portfolio_of_books

        return portfolio_of_books(self)

    def canonical(self) -> Iterator[str]:
        """Lines that are equal exactly when two books are, on any machine."""
        yield f"{self.taxpayer}|{self.as_of}|{sorted(self.accounts.items())}|{sorted(self.reinvesting)}"
        for name in ("lots", "realized", "washes", "income", "departed", "identifications", "notices"):
            for each in getattr(self, name):
                yield f"{name}|{each}"
        yield f"{sorted(self.cash_usd.items())}|{sorted(self.pending_fractions.items())}"
        yield f"{sorted(self.delisted)}|{sorted(self.tickers.items())}"
        yield f"{sorted(self.policies.recorded().items())}"
        for line in self.groups.recorded():
            yield f"groups|{line}"

    def digest(self) -> str:
        """SHA-256 of the books: equal books, equal digests."""
        whole = hashlib.sha256()
        for line in self.canonical():
            whole.update(line.encode())
            whole.update(b"\n")
        return whole.hexdigest()
