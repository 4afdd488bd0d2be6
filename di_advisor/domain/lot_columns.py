"""Lots as columns: a thousand lots of an account that are read, and made into values where somebody asks for one.

Problem: a fleet reads a thousand lots an account, sells a tenth of them, and to make a value with its decimals and
dates of each takes as long as to solve the account. Decision: a sequence of lots that keeps its columns (distinct names
and which of them each lot is of, amounts as whole numbers of their last decimal, days as numbers) and makes a `TaxLot`
when it is asked for one; it is equal to the tuple of them. Limits: columns that are not plain (a ratio, a missing basis
or date, more than fifteen digits) are lots at once, as `lots_of_columns` makes them.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import repeat
from typing import Any, Final, overload

import numpy as np

from di_advisor.domain.amounts import Exact
from di_advisor.domain.lots import TaxLot, lots_of_columns
from di_advisor.domain.written_amounts import IntArray, Units, Written, units_of_decimals, written_of_texts

__all__ = [
    "IntArray",
    "LotColumns",
    "Units",
    "are_days",
    "basis_at",
    "lot_ids_at",
    "shares_at",
    "units_of_decimals",
]

_LAST_DAY: Final = date.max.toordinal()


def are_days(numbers: IntArray) -> bool:
    """Whether all are numbers of days, as `date.toordinal` gives them."""
    return not len(numbers) or bool(numbers.min() >= 1 and numbers.max() <= _LAST_DAY)


def _days(numbers: Sequence[Any]) -> IntArray | None:
    """Numbers of days as an array; None where one is no whole number, or no day."""
    found = np.array(numbers) if numbers else np.zeros(0, dtype=np.int64)
    if found.dtype != np.int64 or found.ndim != 1:
        return None
    return found if are_days(found) else None


class LotColumns(Sequence[TaxLot]):
    """Lots of one account with known bases and dates; made by `of`.

    Parameters
    ----------
    account_id : str
        Whose.
    lot_ids : sequence of str
        Of each lot.
    names : sequence of str
        Ids of securities.
    code : ndarray of int, shape (L,)
        Position of each lot's security among them.
    written : tuple of two Written
        Shares and bases, these in USD; all above zero.
    days : tuple of two ndarrays of int, shape (L,)
        Days on which the lots were acquired and since which they are held, as `date.toordinal` numbers them.

    Attributes
    ----------
    shares, basis : Units
        Shares and bases in whole numbers.
    acquired, held_since : ndarray of int, shape (L,)
        The days.
    """

    __slots__ = (
        "_made",
        "account_id",
        "acquired",
        "basis",
        "code",
        "held_since",
        "lot_ids",
        "names",
        "shares",
        "written",
    )

    def __init__(
        self,
        account_id: str,
        lot_ids: Sequence[str],
        names: Sequence[str],
        code: IntArray,
        written: tuple[Written, Written],
        days: tuple[IntArray, IntArray],
    ) -> None:
        self.account_id, self.lot_ids, self.names, self.code = account_id, lot_ids, names, code
        self.written, (self.acquired, self.held_since) = written, days
        self.shares, self.basis = (w.units for w in written)
        self._made: dict[int, TaxLot] = {}

    @classmethod
    def of(cls, account_id: str, columns: Sequence[Sequence[Any]]) -> LotColumns | None:
        """Lots of columns of one length; None where they are not plain.

        Parameters
        ----------
        account_id : str
            Whose.
        columns : sequence of six lists
            Ids of lots, ids of securities, shares and bases as texts, the days on which they were acquired, and those
            since which they are held, None where these are the same.
        """
        lot_ids, security_ids, shares, basis, acquired, since = columns
        try:
            "".join(lot_ids), "".join(security_ids)
            written = written_of_texts(shares), written_of_texts(basis)
        except TypeError:  # no texts: lots made one by one say what is wrong, if anything is
            return None
        if written[0] is None or written[1] is None or any((w.units.count <= 0).any() for w in written if w):
            return None
        bought = held = _days(acquired)
        if bought is not None and since.count(None) != len(since):
            held = _days([on if day is None else day for on, day in zip(acquired, since, strict=True)])
        if bought is None or held is None:
            return None
        known: dict[str, int] = {}
        code = np.array([known.setdefault(name, len(known)) for name in security_ids], dtype=np.int64)
        return cls(account_id, lot_ids, list(known), code, (written[0], written[1]), (bought, held))

    def __len__(self) -> int:
        return len(self.lot_ids)

    @overload
    def __getitem__(self, at: int) -> TaxLot: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[TaxLot, ...]: ...

    def __getitem__(self, at: int | slice) -> TaxLot | tuple[TaxLot, ...]:
        if isinstance(at, slice):
            return tuple(self)[at]
        return self.made_at([range(len(self))[at]])[0]

    def __iter__(self) -> Iterator[TaxLot]:
        return iter(self.made_at(range(len(self))))

    def made_at(self, at: Sequence[int]) -> list[TaxLot]:
        """Some of the lots, by position; each is made once, and those of one call together."""
        missing = [i for i in at if i not in self._made]
        if missing:
            self._made.update(zip(missing, self._lots(missing), strict=True))
        return [self._made[i] for i in at]

    def _lots(self, at: Sequence[int]) -> tuple[TaxLot, ...]:
        acquired, held = (list(map(date.fromordinal, d[at].tolist())) for d in (self.acquired, self.held_since))
        return lots_of_columns(
            self.account_id,
            self.lot_ids_at(at),
            self.security_ids_at(at),
            self.shares_at(at),
            self.basis_at(at),
            acquired,
            held,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LotColumns | tuple):
            return NotImplemented
        return len(self) == len(other) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __reduce__(self) -> tuple[Any, ...]:
        known = (self.account_id, self.lot_ids, self.names, self.code)
        return LotColumns, (*known, self.written, (self.acquired, self.held_since))

    def take(self, at: Sequence[int]) -> LotColumns:
        """Some of the lots, in this order."""
        where = np.asarray(at, dtype=np.int64)
        shares, basis = self.written
        return LotColumns(
            self.account_id,
            self.lot_ids_at(at),
            self.names,
            self.code[where],
            (shares.take(where), basis.take(where)),
            (self.acquired[where], self.held_since[where]),
        )

    def names_in(self, positions: Mapping[str, int]) -> IntArray | None:
        """Position of each lot's name, shape (L,); None where a name has none."""
        known = np.fromiter(map(positions.get, self.names, repeat(-1)), dtype=np.int64, count=len(self.names))
        found = known[self.code]  # a name that no lot has any more does not matter
        return None if found.min(initial=0) < 0 else found

    def at_ids(self, lot_ids: Container[str]) -> list[int]:
        """Positions of the lots with some ids, in the order of the lots."""
        return [i for i, lot_id in enumerate(self.lot_ids) if lot_id in lot_ids]

    def lot_ids_at(self, at: Sequence[int]) -> list[str]:
        """Ids of some lots."""
        ids = self.lot_ids
        return [ids[i] for i in at]

    def security_ids_at(self, at: Sequence[int]) -> list[str]:
        """Names of some lots."""
        names = self.names
        return [names[k] for k in self.code[np.asarray(at, dtype=np.int64)].tolist()]

    def shares_at(self, at: Sequence[int]) -> list[Decimal]:
        """Shares of some lots."""
        return self.written[0].decimals_at(at)

    def basis_at(self, at: Sequence[int]) -> list[Decimal]:
        """Bases of some lots, USD."""
        return self.written[1].decimals_at(at)


def shares_at(lots: Sequence[TaxLot], at: Sequence[int]) -> Sequence[Exact]:
    """Shares of some lots, by position."""
    return lots.shares_at(at) if isinstance(lots, LotColumns) else [lots[i].shares for i in at]


def basis_at(lots: Sequence[TaxLot], at: Sequence[int]) -> Sequence[Exact | None]:
    """Bases of some lots, by position, USD; None where one is pending."""
    return lots.basis_at(at) if isinstance(lots, LotColumns) else [lots[i].basis_total_usd for i in at]


def lot_ids_at(lots: Sequence[TaxLot], at: Sequence[int]) -> list[str]:
    """Ids of some lots, by position."""
    return lots.lot_ids_at(at) if isinstance(lots, LotColumns) else [lots[i].lot_id for i in at]
