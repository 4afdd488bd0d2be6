"""Lots as columns: a thousand lots of an account that are read, and made into values where somebody asks for one.

Problem: a fleet reads a thousand lots an account, sells a tenth of them, and to make a value with its decimals and
dates of each takes as long as to solve the account. Decision: a sequence of lots that keeps its columns (texts as they
were written, amounts as whole numbers of their last decimal, days as numbers) and makes a `TaxLot` when it is asked
for one; it is equal to the tuple of them. Whole numbers are told from floats without an error: two texts of fifteen
digits at most are never read as the same float, so a whole number below 10^15 over a power of ten that gives the float
of a text is that text's amount. Limits: columns that are not plain (a ratio, a missing basis or date, more digits) are
lots at once, as `lots_of_columns` makes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.amounts import Exact
from di_advisor.domain.lots import TaxLot, lots_of_columns
from di_advisor.domain.market import FloatArray
from di_advisor.domain.text_column import TextColumn

__all__ = [
    "LAST_DAY",
    "IntArray",
    "LotColumns",
    "Units",
    "basis_at",
    "lot_ids_at",
    "shares_at",
    "units_of_decimals",
    "units_of_texts",
]

_DIGITS: Final = 15
"""A float tells any two decimals of so many digits apart (``DBL_DIG`` of IEEE 754 double precision)."""

_MOST: Final = 10**_DIGITS
_COMMA, _POINT = b",."
LAST_DAY: Final = date.max.toordinal()
_PLACES: Final = (0, 2, 4, 6, 8)

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Exact amounts as whole numbers of their last decimal.

    Attributes
    ----------
    count : ndarray of int, shape (m,)
        Whole numbers, below 10^15 in size.
    places : int
        Decimal places: an amount is a count over ten to this power.
    """

    count: IntArray
    places: int

    def take(self, at: IntArray) -> Units:
        """Some of them."""
        return Units(self.count[at], self.places)


def units_of_texts(texts: Sequence[str]) -> Units | None:
    """Amounts of texts; None where one has too many digits, or is no plain number.

    Raises
    ------
    ValueError, TypeError
        If one is no number at all.
    """
    plain = _alike(texts)
    if plain is not None:
        return plain
    if texts and max(map(len, texts)) > _DIGITS:
        return None
    return _units(np.fromiter(map(float, texts), dtype=np.float64, count=len(texts)))


def units_of_decimals(amounts: Sequence[Decimal]) -> Units | None:
    """Amounts of decimals; None where one has too many digits."""
    return units_of_texts(list(map(str, amounts)))


def _alike(texts: Sequence[str]) -> Units | None:
    """Amounts of texts of nothing but digits with a point at one place or none; None where they are not such.

    Whole numbers of a column are read in a fifth of the time that its floats take one by one.
    """
    joined = ",".join(texts)
    written = joined.encode()
    if not texts or written.translate(None, b"0123456789.,"):
        return None
    bytes_of = np.frombuffer(written + b",", dtype=np.uint8)
    ends, points = np.flatnonzero(bytes_of == _COMMA), np.flatnonzero(bytes_of == _POINT)
    places = int(ends[0] - points[0]) - 1 if len(points) else 0
    digits = np.diff(ends, prepend=-1) - 1 - (len(points) > 0)
    if len(ends) != len(texts) or digits.min() < 1 or digits.max() > _DIGITS:
        return None
    if len(points) and not (len(points) == len(ends) and places > 0 and (ends - points == places + 1).all()):
        return None
    if places > _PLACES[-1]:
        return None
    return Units(np.fromstring(joined.replace(".", ""), dtype=np.int64, sep=","), places)


def _units(values: FloatArray) -> Units | None:
    if not len(values):
        return Units(np.zeros(0, dtype=np.int64), 0)
    largest = float(np.abs(values).max())
    for places in _PLACES:
        scale = 10.0**places
        if not largest * scale < _MOST:
            return None
        whole = np.rint(values * scale)
        if (whole / scale == values).all():
            return Units(whole.astype(np.int64), places)
    return None


def _days(numbers: Sequence[Any]) -> IntArray | None:
    """Numbers of days as an array; None where one is no whole number, or no day."""
    found = np.array(numbers) if numbers else np.zeros(0, dtype=np.int64)
    if found.dtype != np.int64 or found.ndim != 1:
        return None
    return found if not len(found) or (found.min() >= 1 and found.max() <= LAST_DAY) else None


class LotColumns(Sequence[TaxLot]):
    """Lots of one account with known bases and dates; made by `of`.

    Parameters
    ----------
    account_id : str
        Whose.
    lot_ids, security_ids : sequence of str
        Of each lot.
    texts : tuple of two sequences of str
        Shares and bases as they were written.
    amounts : tuple of two Units
        The same in whole numbers; the basis in USD.
    days : tuple of two ndarrays of int, shape (L,)
        Days on which the lots were acquired and since which they are held, as `date.toordinal` numbers them.
    """

    __slots__ = (
        "_made",
        "_places",
        "_texts",
        "account_id",
        "acquired",
        "basis",
        "held_since",
        "lot_ids",
        "security_ids",
        "shares",
    )

    def __init__(
        self,
        account_id: str,
        lot_ids: Sequence[str],
        security_ids: Sequence[str],
        texts: tuple[Sequence[str], Sequence[str]],
        amounts: tuple[Units, Units],
        days: tuple[IntArray, IntArray],
    ) -> None:
        self.account_id, self.lot_ids, self.security_ids = account_id, lot_ids, security_ids
        self._texts, (self.shares, self.basis), (self.acquired, self.held_since) = texts, amounts, days
        self._made: dict[int, TaxLot] = {}
        self._places: dict[str, int] = {}

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
            amounts = units_of_texts(shares), units_of_texts(basis)
        except (TypeError, ValueError):  # no texts, or a ratio: lots made one by one say what is wrong, if anything is
            return None
        if amounts[0] is None or amounts[1] is None or any((a.count <= 0).any() for a in amounts if a is not None):
            return None
        bought = held = _days(acquired)
        if bought is not None and since.count(None) != len(since):
            held = _days([on if day is None else day for on, day in zip(acquired, since, strict=True)])
        if bought is None or held is None:
            return None
        return cls(account_id, lot_ids, security_ids, (shares, basis), (amounts[0], amounts[1]), (bought, held))

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
            _some(self.lot_ids, at),
            _some(self.security_ids, at),
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
        known = (self.lot_ids, self.security_ids, self._texts, (self.shares, self.basis))
        return LotColumns, (self.account_id, *known, (self.acquired, self.held_since))

    def take(self, at: Sequence[int]) -> LotColumns:
        """Some of the lots, in this order."""
        where = np.asarray(at, dtype=np.int64)
        shares, basis = self._texts
        return LotColumns(
            self.account_id,
            _some(self.lot_ids, at),
            _some(self.security_ids, at),
            (_some(shares, at), _some(basis, at)),
            (self.shares.take(where), self.basis.take(where)),
            (self.acquired[where], self.held_since[where]),
        )

    def shares_at(self, at: Sequence[int]) -> list[Decimal]:
        """Shares of some lots."""
        return list(map(Decimal, _some(self._texts[0], at)))

    def names_in(self, positions: Mapping[str, int]) -> IntArray | None:
        """Position of each lot's name, shape (L,); None where a name has none."""
        ids = self.security_ids
        runs = ids.runs if isinstance(ids, TextColumn) else None
        names = list(map(positions.get, ids if runs is None else _some(ids, runs)))
        if None in names:
            return None
        found = np.array(names, dtype=np.int64)
        return found if runs is None else np.repeat(found, np.diff(runs, append=len(self)))

    @property
    def places(self) -> Mapping[str, int]:
        """Positions by the ids of lots, made once; fewer than lots where an id stands twice."""
        if len(self._places) == 0:
            self._places = dict(zip(self.lot_ids, range(len(self)), strict=True))
        return self._places

    def basis_at(self, at: Sequence[int]) -> list[Decimal]:
        """Bases of some lots, USD."""
        return list(map(Decimal, _some(self._texts[1], at)))


def _some(texts: Sequence[str], at: Sequence[int] | IntArray) -> list[str]:
    """Some texts of a column, by position."""
    return texts.at(at) if isinstance(texts, TextColumn) else [texts[i] for i in at]


def shares_at(lots: Sequence[TaxLot], at: Sequence[int]) -> Sequence[Exact]:
    """Shares of some lots, by position."""
    return lots.shares_at(at) if isinstance(lots, LotColumns) else [lots[i].shares for i in at]


def basis_at(lots: Sequence[TaxLot], at: Sequence[int]) -> Sequence[Exact | None]:
    """Bases of some lots, by position, USD; None where one is pending."""
    return lots.basis_at(at) if isinstance(lots, LotColumns) else [lots[i].basis_total_usd for i in at]


def lot_ids_at(lots: Sequence[TaxLot], at: Sequence[int]) -> list[str]:
    """Ids of some lots, by position."""
    return _some(lots.lot_ids, at) if isinstance(lots, LotColumns) else [lots[i].lot_id for i in at]
