"""Exact amounts as whole numbers of their last decimal, and how many decimals each was written with.

Problem: columns of amounts are reckoned with as whole numbers, and a record says an amount with the decimals that its
source gave it: 12 beside 7.50 stays 12. Decision: whole numbers of one last decimal for a column (`Units`), and beside
them each amount's own number of decimals where they differ. Limits: fifteen digits, eight decimals, no sign and no
exponent; anything else is None, and its caller takes amounts one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST", "MOST_PLACES", "IntArray", "Units", "Written", "units_of_decimals", "written_of_texts"]

MOST: Final = 10**15
"""Counts are below: their sums and differences stay far from the ends of 64 bits."""

MOST_PLACES: Final = 8

_DIGITS: Final = 15
_PLAIN: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?,)*")
_EXACT: Final = Context(prec=_DIGITS + MOST_PLACES)
"""Whatever the thread's own context rounds to."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """Amounts as they were written.

    Attributes
    ----------
    units : Units
        The amounts.
    places : ndarray of int, shape (m,), or None
        Decimals that each was written with, at most those of the units; None where all have these.
    """

    units: Units
    places: IntArray | None = None

    def take(self, at: IntArray) -> Written:
        """Some of them."""
        return Written(self.units.take(at), None if self.places is None else self.places[at])

    def decimals_at(self, at: Sequence[int] | IntArray) -> list[Decimal]:
        """Some of them as decimals, by position."""
        where = np.asarray(at, dtype=np.int64)
        count, places = self.units.count[where], self.units.places
        if self.places is not None:
            own = self.places[where]
            shorter = (count // 10 ** (places - own)).tolist()
            return [Decimal(n).scaleb(-p, _EXACT) for n, p in zip(shorter, own.tolist(), strict=True)]
        if places == 0:
            return list(map(Decimal, count.tolist()))
        return [Decimal(n).scaleb(-places, _EXACT) for n in count.tolist()]


def written_of_texts(texts: Sequence[str]) -> Written | None:
    """Amounts of texts; None where one is not plain: digits, and a point with digits behind it or none.

    Raises
    ------
    TypeError
        If one is no text.
    """
    joined = ",".join(texts) + "," * bool(texts)
    if not _PLAIN.fullmatch(joined) or joined.count(",") != len(texts):
        return None
    if max(map(len, texts), default=0) > _DIGITS + 1:
        return None
    count = np.array(list(map(int, joined.replace(".", "").split(",")[:-1])), dtype=np.int64)
    if "." not in joined:
        return Written(Units(count, 0)) if count.max(initial=0) < MOST else None
    own = np.array([len(t) - t.find(".") - 1 if "." in t else 0 for t in texts], dtype=np.int64)
    places = int(own.max())
    if places > MOST_PLACES or (count * 10.0 ** (places - own)).max() >= MOST:
        return None
    return Written(Units(count * 10 ** (places - own), places), None if (own == places).all() else own)


def units_of_decimals(amounts: Sequence[Decimal]) -> Units | None:
    """Amounts of decimals; None where one has a sign or too many digits."""
    found = written_of_texts([f"{amount:f}" for amount in amounts])
    return None if found is None else found.units
