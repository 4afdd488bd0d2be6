"""Accounts from the books of a store, SQLite or PostgreSQL: replayed one taxpayer at a time.

Problem: one journal that cannot be read, or one client without wishes, must not end a night's run for all others.
Decision: `StoreAccounts.bodies` gives each account, or why there is none, and the run sets that one aside; iterating
over accounts raises it. Limits: a store is opened anew every few hundred taxpayers, because an open one remembers every
journal it has read; books that cannot be replayed stand under their taxpayer's name: their accounts are unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.universe import Universe
from di_advisor.errors import DamagedStoreError, DiAdvisorError, InputError, StoreError
from di_advisor.execution.jobs import FAULTS, Failure, failure_of
from di_advisor.fleet.account import FleetAccount, account_to_bytes
from di_advisor.fleet.sources import no_account
from di_advisor.formulate.client_file import ClientFile
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.replay import replay
from di_advisor.ledger.to_portfolio import portfolio_of_books

__all__ = ["StoreAccounts"]

_GROUP: Final = 256


@dataclass(frozen=True)
class StoreAccounts:
    """Accounts of every taxpayer in a store of journals, as the books stand on a day.

    Attributes
    ----------
    address : str or Path
        Path of a SQLite file, or ``postgresql://user@host/database``.
    as_of : date
        Day of the books; the market's.
    client_of : callable
        Wishes and taxpayer of an account, from the taxpayer's name and the account's id; None leaves it out.
    universe : Universe
        For groups of substantially identical securities.
    policies : LedgerPolicies, optional
        How the law is read.
    """

    address: str | Path
    as_of: date
    client_of: Callable[[str, str], ClientFile | None]
    universe: Universe
    policies: LedgerPolicies | None = None

    def __iter__(self) -> Iterator[FleetAccount]:
        for _, found in self._all():
            if isinstance(found, Exception):
                raise found
            yield found

    def bodies(self) -> Iterator[tuple[str, bytes | Failure]]:
        """Labels and accounts as bytes; books that cannot be read, under their taxpayer's name, say why."""
        for label, found in self._all():
            yield label, failure_of(found) if isinstance(found, Exception) else account_to_bytes(found)

    def find(self, label: str) -> FleetAccount:
        """The account of a label, "taxpayer / account".

        Raises
        ------
        InputError
            If there is none.
        """
        for name in self._taxpayers():
            if label.startswith(f"{name} / "):
                for mine, found in self._of([name]):
                    if mine == label:
                        if isinstance(found, Exception):
                            raise found
                        return found
        raise no_account(label)

    def _all(self) -> Iterator[tuple[str, FleetAccount | Exception]]:
        names = self._taxpayers()
        for start in range(0, len(names), _GROUP):
            yield from self._of(names[start : start + _GROUP])

    def _taxpayers(self) -> tuple[str, ...]:
        from di_advisor.ledger.store import Store

        with Store.open(self.address) as store:
            return store.taxpayers()

    def _of(self, names: Iterable[str]) -> Iterator[tuple[str, FleetAccount | Exception]]:
        from di_advisor.ledger.store import Store

        groups = IdenticalGroups.from_securities(self.universe.securities)
        with Store.open(self.address) as store:
            for name in names:
                try:
                    events = store.journal(name).effective()
                    books = replay(events, as_of=self.as_of, taxpayer=name, policies=self.policies, groups=groups)
                    portfolio = portfolio_of_books(books)
                except DamagedStoreError as error:  # of this journal; the others are read on
                    yield name, error
                except StoreError:
                    raise  # the database is gone: what is finished is kept
                except (DiAdvisorError, *FAULTS) as error:
                    yield name, error
                else:
                    for account in portfolio.accounts:
                        found = self._advised(name, portfolio, account.account_id)
                        if found is not None:
                            yield f"{name} / {account.account_id}", found

    def _advised(self, name: str, portfolio: Portfolio, account_id: str) -> FleetAccount | Exception | None:
        """An account with its client's wishes, or why there are none; None where it is left out."""
        label = f"{name} / {account_id}"
        try:
            client = self.client_of(name, account_id)
            if client is None:
                return None
            if client.taxpayer is None:
                raise InputError(f"The client of {label} says no taxpayer.", hint="Its file needs [taxpayer].")
            return FleetAccount(label, portfolio, account_id, client.mandate, client.taxpayer, own=client.own)
        except (DiAdvisorError, *FAULTS) as error:
            return error
