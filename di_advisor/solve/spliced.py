"""One name's segments, limits and pieces taken from another layout of the same names."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.formulate.segments import Segments
from di_advisor.solve.choices import Restriction
from di_advisor.solve.dual_newton.pieces import Pieces

__all__ = ["Part", "spliced_block", "spliced_limits", "spliced_pieces"]

_SEGMENT_FIELDS = tuple(f.name for f in fields(Segments))


@dataclass(frozen=True)
class Part:
    """Where what is taken out stood, and where what takes its place stands in another array of its kind.

    Attributes
    ----------
    low, high : int
        From and up to, in the one.
    start, stop : int
        From and up to, in the other.
    """

    low: int
    high: int
    start: int
    stop: int

    @property
    def longer(self) -> int:
        """By how many places what comes after moves on."""
        return (self.stop - self.start) - (self.high - self.low)

    def put(self, one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
        """The one array with its part replaced."""
        return np.concatenate([one[: self.low], other[self.start : self.stop], one[self.high :]])

    def places(self, one: NDArray[np.int64], other: NDArray[np.int64], of: Part) -> NDArray[np.int64]:
        """The same where the arrays hold places in arrays of which a part ``of`` was replaced."""
        own, after = other[self.start : self.stop] + (of.low - of.start), one[self.high :]
        return np.concatenate([one[: self.low], own, after + of.longer if of.longer else after])

    def across(self, one: FloatArray | None, other: FloatArray | None) -> FloatArray | None:
        """The same along the second axis; None where there is nothing."""
        if one is None or other is None:
            return None
        return np.concatenate([one[:, : self.low], other[:, self.start : self.stop], one[:, self.high :]], axis=1)


def spliced_block(part: Part, one: Block, other: Block) -> Block:
    """The one block with a name's segments, and what rows count on them, of the other."""
    mine, theirs = one.segments, other.segments
    segments = Segments(**{f: part.put(getattr(mine, f), getattr(theirs, f)) for f in _SEGMENT_FIELDS})
    rows = tuple(
        row
        if row.on_segments is None or their.on_segments is None
        else replace(row, on_segments=part.put(row.on_segments, their.on_segments))
        for row, their in zip(one.rows, other.rows, strict=True)
    )
    return replace(one, segments=segments, rows=rows)


def spliced_limits(name: int, part: Part, one: Restriction, other: Restriction) -> Restriction:
    """Limits of all names with those of one name of the other."""
    lower, upper = one.active_lower.copy(), one.active_upper.copy()
    lower[name], upper[name] = other.active_lower[name], other.active_upper[name]
    return Restriction(part.put(one.open_segments, other.open_segments), lower, upper)


def spliced_pieces(name: int, of: Part, one: Pieces, other: Pieces, block: Block) -> Pieces:
    """Pieces of all names with those of one name of the other.

    Parameters
    ----------
    name : int
        Its position; it may be without pieces in either.
    of : Part
        Its segments.
    one, other : Pieces
        Of all names, with the same matrix and rows.
    block : Block
        Whose names they are, for what stands still.
    """
    names = Part(*_run(one.traders, name), *_run(other.traders, name))
    begins = *_places(one, names.low, names.high), *_places(other, names.start, names.stop)
    pieces = Part(*begins)
    put, each = pieces.put, names.put
    z, specific = float(block.holdings.active[name]), float(block.risk.specific_variance_per_year[name])
    return Pieces(
        segment=pieces.places(one.segment, other.segment, of),
        owner=pieces.places(one.owner, other.owner, names),
        first=names.places(one.first, other.first, pieces),
        sell=put(one.sell, other.sell),
        sign=put(one.sign, other.sign),
        slope=put(one.slope, other.slope),
        width=put(one.width, other.width),
        rows=one.rows,
        row_slopes=pieces.across(one.row_slopes, other.row_slopes),
        traders=each(one.traders, other.traders),
        matrix=each(one.matrix, other.matrix) if names.longer else one.matrix,
        base=one.base,
        active=each(one.active, other.active),
        specific=each(one.specific, other.specific),
        impact=each(one.impact, other.impact),
        lower=each(one.lower, other.lower),
        upper=each(one.upper, other.upper),
        power=None if one.power is None or other.power is None else each(one.power, other.power),
        sold_out=each(one.sold_out, other.sold_out),
        still=one.still - names.longer * specific * z * z,
        row_turns=pieces.across(one.row_turns, other.row_turns),
        start=put(one.start, other.start),
        end=put(one.end, other.end),
    )


def _run(traders: NDArray[np.int64], name: int) -> tuple[int, int]:
    """Where a name stands among the traders, from and up to: one place, or none."""
    at = int(np.searchsorted(traders, name))
    return at, at + int(at < len(traders) and traders[at] == name)


def _places(pieces: Pieces, low: int, high: int) -> tuple[int, int]:
    """Where the pieces of traders stand, from and up to."""
    first, count = pieces.first, len(pieces.owner)
    return int(first[low]) if low < len(first) else count, int(first[high]) if high < len(first) else count
