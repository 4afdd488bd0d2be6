"""What the custodian says: positions and lots of its accounts on one day.

Limits: a statement says what it covers. Accounts and lots that it leaves out are not compared; a
position without lots is compared by its shares alone. The brokers' own formats are read elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction, cents_of_parts, exact
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.days import calendar_day

__all__ = ["SAME_SHARES", "CustodianLot", "CustodianPosition", "CustodianStatement"]

SAME_SHARES: Final = Fraction(1, 10) ** 6
"""Shares that two sides may differ by and still agree."""


@dataclass(frozen=True, slots=True)
class CustodianLot:
    """One lot as the custodian keeps it.

    Attributes
    ----------
    account_id, security_id : str
        Where, and what: the ids of the books.
    shares : Decimal or Fraction
        More than zero.
    basis_total_usd : Decimal, Fraction or None
        Basis of all of it; None where it is not known (noncovered shares).
    acquired : date or None
        Date it shows; None where it is not known, or various.
    lot_id : str
        Its id, where it is that of the books; else empty.
    """

    account_id: str
    security_id: str
    shares: Exact
    basis_total_usd: Exact | None = None
    acquired: date | None = None
    lot_id: str = ""

    def __post_init__(self) -> None:
        where = f"a custodian's lot of {self.security_id} in account {self.account_id}"
        object.__setattr__(self, "shares", exact(self.shares, f"shares of {where}"))
        if self.shares <= 0:
            raise InputError(f"{where[2:].capitalize()} has {self.shares} shares.", hint="Leave out empty lots.")
        if self.basis_total_usd is not None:
            object.__setattr__(self, "basis_total_usd", exact(self.basis_total_usd, f"basis of {where}"))
        if self.acquired is not None:
            calendar_day(self.acquired, "The acquisition date of a custodian's lot")


@dataclass(frozen=True, slots=True)
class CustodianPosition:
    """Shares of one security in one account, as the custodian keeps them."""

    account_id: str
    security_id: str
    shares: Exact

    def __post_init__(self) -> None:
        object.__setattr__(self, "shares", exact(self.shares, f"shares of {self.security_id} at the custodian"))


@dataclass(frozen=True)
class CustodianStatement:
    """A custodian's statement.

    Attributes
    ----------
    as_of : date
        Its day; the books to compare are those of the same day.
    accounts : frozenset of str
        Accounts it covers: a name of such an account that it does not list is not held there.
    lots : tuple of CustodianLot
        Lots, where it lists them.
    positions : tuple of CustodianPosition
        Positions, where it lists them; else the sums of the lots. One that is not the sum of the
        lots listed under its name is a break: the statement contradicts itself.
    settled : bool
        Whether it shows settled positions; False for those by trade date.
    """

    as_of: date
    accounts: frozenset[str]
    lots: tuple[CustodianLot, ...] = ()
    positions: tuple[CustodianPosition, ...] = ()
    settled: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "accounts", frozenset(self.accounts))
        strange = {*(x.account_id for x in self.lots), *(p.account_id for p in self.positions)} - self.accounts
        if strange:
            raise InputError(
                f"The statement lists holdings of accounts that it does not cover: {', '.join(sorted(strange))}.",
                hint="Name every account of the statement.",
            )
        named = [(p.account_id, p.security_id) for p in self.positions]
        twice = sorted({f"{a} {s}" for a, s in named if named.count((a, s)) > 1})
        if twice:
            raise InputError(f"The statement has two positions of {twice[0]}.", hint="Add them up first.")

    def shares(self) -> dict[tuple[str, str], Fraction]:
        """Shares by account and security: its positions, and the sums of lots where it has none."""
        found = self._shares_of_lots()
        found.update({(p.account_id, p.security_id): as_fraction(p.shares) for p in self.positions})
        return {key: n for key, n in found.items() if n}

    def contradictions(self) -> dict[tuple[str, str], tuple[Fraction, Fraction]]:
        """Shares by its position and by its lots, where it lists both and they differ; by account and security."""
        by_lots = self._shares_of_lots()
        by_position = {(p.account_id, p.security_id): as_fraction(p.shares) for p in self.positions}
        return {
            key: (n, by_lots[key])
            for key, n in by_position.items()
            if key in by_lots and abs(n - by_lots[key]) > SAME_SHARES
        }

    def _shares_of_lots(self) -> dict[tuple[str, str], Fraction]:
        found: dict[tuple[str, str], Fraction] = {}
        for lot in self.lots:
            key = (lot.account_id, lot.security_id)
            found[key] = found.get(key, Fraction(0)) + as_fraction(lot.shares)
        return found

    @classmethod
    def of_books(cls, books: Books, accounts: Iterable[str] | None = None) -> CustodianStatement:
        """The statement a custodian would send who keeps the same books, basis in cents.

        Parameters
        ----------
        books : Books
            The books.
        accounts : iterable of str, optional
            Accounts it covers; all where left out.
        """
        covered = frozenset(books.accounts if accounts is None else accounts)
        mine = [b for b in books.lots if b.lot.account_id in covered]
        cents = iter(cents_of_parts([b.lot.basis_total_usd for b in mine if b.lot.basis_total_usd is not None]))
        lots = tuple(
            CustodianLot(
                b.lot.account_id,
                b.lot.security_id,
                b.lot.shares,
                None if b.lot.basis_total_usd is None else next(cents),
                b.lot.acquired,
            )
            for b in mine
        )
        return cls(books.as_of, covered, lots)
