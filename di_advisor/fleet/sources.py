"""Where accounts come from: Parquet files, or the books of a store; one at a time, as often as they are asked for.

Problem: a fleet does not fit into memory, and its accounts must come again for joint rounds and for drill-downs.
Decision: a source is iterable, holds an address and no account; Parquet is read in row groups of a few hundred
accounts, books are replayed one taxpayer at a time. An account is found again by its label. Limits: the process that
runs the fleet reads the source, the workers do not; a store is opened anew every few hundred taxpayers, because an open
one remembers every journal it has read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError
from di_advisor.fleet.account import FleetAccount, account_from_bytes, account_to_bytes
from di_advisor.formulate.client_file import ClientFile
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.replay import replay
from di_advisor.ledger.to_portfolio import portfolio_of_books

__all__ = [
    "AccountSource",
    "ListedAccounts",
    "ParquetAccounts",
    "StoreAccounts",
    "bodies_of",
    "source_of",
    "write_accounts",
]

_GROUP: Final = 256
_LABEL, _BODY = "label", "account"


@runtime_checkable
class AccountSource(Protocol):
    """Accounts that can be iterated over again, and found by label."""

    def __iter__(self) -> Iterator[FleetAccount]:
        """All of them, in the same order each time."""
        ...

    def find(self, label: str) -> FleetAccount:
        """The account of a label; `InputError` where there is none."""
        ...


def _none(label: str) -> InputError:
    return InputError(f"The fleet has no account {label!r}.", hint="Give a label of its worklist.", label=label)


@dataclass(frozen=True)
class ListedAccounts:
    """Accounts of an iterable that can be iterated over again."""

    accounts: Iterable[FleetAccount]

    def __iter__(self) -> Iterator[FleetAccount]:
        return iter(self.accounts)

    def find(self, label: str) -> FleetAccount:
        """The account of a label.

        Raises
        ------
        InputError
            If there is none.
        """
        for account in self.accounts:
            if account.label == label:
                return account
        raise _none(label)


def source_of(accounts: Iterable[FleetAccount] | AccountSource) -> AccountSource:
    """Accounts as a source."""
    return accounts if isinstance(accounts, AccountSource) else ListedAccounts(accounts)


def bodies_of(accounts: Iterable[FleetAccount]) -> Iterator[tuple[str, bytes]]:
    """Labels and bytes of accounts; a Parquet file's are taken as they lie there."""
    if isinstance(accounts, ParquetAccounts):
        yield from accounts.bodies()
        return
    for account in accounts:
        yield account.label, account_to_bytes(account)


def write_accounts(path: str | Path, accounts: Iterable[FleetAccount]) -> int:
    """Write accounts to a Parquet file, some hundred at a time.

    Parameters
    ----------
    path : str or Path
        The file; columns ``label`` and ``account`` (JSON, as `account_to_bytes` says).
    accounts : iterable of FleetAccount
        With distinct labels.

    Returns
    -------
    int
        How many.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(_LABEL, pa.string()), (_BODY, pa.string())])
    count = 0
    with pq.ParquetWriter(Path(path), schema) as writer:
        rows: list[tuple[str, str]] = []

        def flush() -> None:
            labels, bodies = zip(*rows, strict=True)
            writer.write_table(pa.table({_LABEL: list(labels), _BODY: list(bodies)}, schema=schema))
            rows.clear()

        for account in accounts:
            rows.append((account.label, account_to_bytes(account).decode()))
            count += 1
            if len(rows) >= _GROUP:
                flush()
        if rows:
            flush()
    return count


@dataclass(frozen=True)
class ParquetAccounts:
    """Accounts of a Parquet file that `write_accounts` wrote.

    Attributes
    ----------
    path : Path
        The file.
    """

    path: Path

    def _open(self) -> Any:  # noqa: ANN401 - pyarrow has no types
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            file = pq.ParquetFile(Path(self.path))
        except (OSError, pa.ArrowInvalid) as e:
            raise InputError(f"{self.path} cannot be read: {e}.", hint="Give a file of fleet.write_accounts.") from e
        if not {_LABEL, _BODY} <= set(file.schema_arrow.names):
            raise InputError(f"{self.path} has no columns {_LABEL} and {_BODY}.", hint="Use fleet.write_accounts.")
        return file

    def __iter__(self) -> Iterator[FleetAccount]:
        return (account_from_bytes(body) for _, body in self.bodies())

    def bodies(self) -> Iterator[tuple[str, bytes]]:
        """Labels and accounts as bytes, unread: what a run sends to its workers."""
        file = self._open()
        for batch in file.iter_batches(batch_size=_GROUP, columns=[_LABEL, _BODY]):
            for label, body in zip(batch.column(_LABEL), batch.column(_BODY), strict=True):
                yield label.as_py(), body.as_py().encode()

    def find(self, label: str) -> FleetAccount:
        """The account of a label.

        Raises
        ------
        InputError
            If there is none.
        """
        file = self._open()
        for group in range(file.num_row_groups):
            labels = file.read_row_group(group, columns=[_LABEL]).column(0).to_pylist()
            if label in labels:
                body = file.read_row_group(group, columns=[_BODY]).column(0)[labels.index(label)]
                return account_from_bytes(body.as_py().encode())
        raise _none(label)


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
        names = self._taxpayers()
        for start in range(0, len(names), _GROUP):
            yield from self._of(names[start : start + _GROUP])

    def find(self, label: str) -> FleetAccount:
        """The account of a label, "taxpayer / account".

        Raises
        ------
        InputError
            If there is none.
        """
        for name in self._taxpayers():
            if label.startswith(f"{name} / "):
                for account in self._of([name]):
                    if account.label == label:
                        return account
        raise _none(label)

    def _taxpayers(self) -> tuple[str, ...]:
        from di_advisor.ledger.store import Store

        with Store.open(self.address) as store:
            return store.taxpayers()

    def _of(self, names: Iterable[str]) -> Iterator[FleetAccount]:
        from di_advisor.ledger.store import Store

        groups = IdenticalGroups.from_securities(self.universe.securities)
        with Store.open(self.address) as store:
            for name in names:
                events = store.journal(name).effective()
                books = replay(events, as_of=self.as_of, taxpayer=name, policies=self.policies, groups=groups)
                portfolio = portfolio_of_books(books)
                for account in portfolio.accounts:
                    client = self.client_of(name, account.account_id)
                    if client is None:
                        continue
                    if client.taxpayer is None:
                        raise InputError(
                            f"The client of {name} / {account.account_id} says no taxpayer.",
                            hint="Its file needs [taxpayer].",
                        )
                    yield FleetAccount(
                        f"{name} / {account.account_id}",
                        portfolio,
                        account.account_id,
                        client.mandate,
                        client.taxpayer,
                        own=client.own,
                    )
