"""Where accounts come from: lists and Parquet files; one at a time, as often as they are asked for.

Problem: a fleet does not fit into memory, and its accounts must come again for joint rounds and for drill-downs.
Decision: a source is iterable, holds an address and no account; Parquet is read in row groups of a few hundred
accounts. An account is found again by its label. Books of a store are `di_advisor.fleet.store_accounts`. Limits: the
process that runs the fleet reads the source, the workers do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from di_advisor.errors import InputError, why_unreadable
from di_advisor.execution.jobs import Failure
from di_advisor.fleet.account import FleetAccount, account_from_bytes, account_to_bytes

__all__ = [
    "AccountSource",
    "ListedAccounts",
    "ParquetAccounts",
    "StoredBodies",
    "no_account",
    "source_of",
    "write_accounts",
]

_GROUP: Final = 256
_LABEL, _BODY = "label", "account"
_WRITTEN_BY: Final = "Give a file that fleet.write_accounts wrote."


@runtime_checkable
class AccountSource(Protocol):
    """Accounts that can be iterated over again, and found by label."""

    def __iter__(self) -> Iterator[FleetAccount]:
        """All of them, in the same order each time."""
        ...

    def find(self, label: str) -> FleetAccount:
        """The account of a label; `InputError` where there is none."""
        ...


@runtime_checkable
class StoredBodies(Protocol):
    """A source that gives accounts as they travel, and says which of them cannot be had."""

    def bodies(self) -> Iterator[tuple[str, bytes | Failure]]:
        """Labels, and accounts as bytes (`account_to_bytes`), or why there is none."""
        ...


def no_account(label: str) -> InputError:
    """The error that a source has no such account."""
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
        raise no_account(label)


def source_of(accounts: Iterable[FleetAccount] | AccountSource) -> AccountSource:
    """Accounts as a source."""
    return accounts if isinstance(accounts, AccountSource) else ListedAccounts(accounts)


def write_accounts(path: str | Path, accounts: Iterable[FleetAccount]) -> int:
    """Write accounts to a Parquet file, some hundred at a time.

    Parameters
    ----------
    path : str or Path
        The file; columns ``label`` and ``account`` (bytes, as `account_to_bytes` says).
    accounts : iterable of FleetAccount
        With distinct labels.

    Returns
    -------
    int
        How many.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(_LABEL, pa.string()), (_BODY, pa.binary())])
    count = 0
    with pq.ParquetWriter(Path(path), schema) as writer:
        rows: list[tuple[str, bytes]] = []

        def flush() -> None:
            labels, bodies = zip(*rows, strict=True)
            writer.write_table(pa.table({_LABEL: list(labels), _BODY: list(bodies)}, schema=schema))
            rows.clear()

        for account in accounts:
            rows.append((account.label, account_to_bytes(account)))
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
            Path(self.path).open("rb").close()  # says why in a way that is the same for every reason
            file = pq.ParquetFile(Path(self.path))
        except pa.ArrowInvalid as e:
            raise InputError(
                f"{self.path} is no Parquet file, or a damaged one: {str(e).rstrip('.')}.", hint=_WRITTEN_BY
            ) from e
        except OSError as e:
            raise InputError(
                f"{self.path} cannot be read: {why_unreadable(e)}.",
                hint=f"Check the path and its permissions. {_WRITTEN_BY}",
            ) from e
        if not {_LABEL, _BODY} <= set(file.schema_arrow.names):
            raise InputError(f"{self.path} has no columns {_LABEL} and {_BODY}.", hint=_WRITTEN_BY)
        return file

    def __iter__(self) -> Iterator[FleetAccount]:
        for _, body in self.bodies():
            if isinstance(body, Failure):
                raise InputError(body.what, hint=body.hint)
            yield account_from_bytes(body)

    def bodies(self) -> Iterator[tuple[str, bytes | Failure]]:
        """Labels and accounts as bytes, unread: what a run sends to its workers; a row without one says so.

        Raises
        ------
        InputError
            If the file is damaged; what was read before holds.
        """
        import pyarrow as pa

        file, row = self._open(), 0
        try:
            for batch in _batches(file):
                for label, body in zip(batch.column(_LABEL).to_pylist(), batch.column(_BODY).to_pylist(), strict=True):
                    row += 1
                    if label and body:
                        yield str(label), _bytes(body)
                    else:
                        missing = _BODY if label else _LABEL
                        hint = "Write it again with fleet.write_accounts."
                        yield (
                            label or f"row {row}",
                            Failure("InputError", f"Row {row} of the file has no {missing}.", hint),
                        )
        except (OSError, pa.ArrowInvalid) as e:
            raise InputError(
                f"{self.path} is damaged behind row {row}: {e}.", hint="Write it again; finished accounts are kept."
            ) from e

    def find(self, label: str) -> FleetAccount:
        """The account of a label.

        Raises
        ------
        InputError
            If there is none.
        """
        return account_from_bytes(self.body_of(label))

    def body_of(self, label: str) -> bytes:
        """The account of a label as it lies there, which is what a run solves and takes the digest of.

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
                return _bytes(body.as_py())
        raise no_account(label)


def _bytes(body: str | bytes | None) -> bytes:
    return body if isinstance(body, bytes) else (body or "").encode()


def _batches(file: Any) -> Iterator[Any]:  # noqa: ANN401 - pyarrow has no types
    """Some hundred rows at a time, each group of rows with a reader of its own, which keeps what it has read."""
    for group in range(file.num_row_groups):
        yield from file.iter_batches(batch_size=_GROUP, row_groups=[group], columns=[_LABEL, _BODY])
