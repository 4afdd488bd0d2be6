"""What accounts of a batch share, and whether an account can be one of them.

Decision: exposures are turned so that factors have unit variance and do not correlate, once for all accounts; rows
with the same coefficients become one range. Limits: `suits` says which blocks fit at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.formulate.problem import Block
from di_advisor.formulate.separable import Row
from di_advisor.solve.groups import shared_groups

__all__ = ["Common", "Ranges", "common_to", "ranges_of", "suits"]

IntArray = NDArray[np.int64]

_LEAST_STIFFNESS = 0.01
_LEAST_AVERSION = 1e-3


def suits(block: Block) -> bool:
    """Whether a block asks for nothing but sides of names: no cap, no power, no numbers, no smallest trade."""
    plain = block.tracking_error_max is None and block.power is None and block.wash is None
    plain = plain and block.names_max is None and block.trades_max is None and not block.min_trade.any()
    if not plain or block.aversion < _LEAST_AVERSION or not len(block.segments):
        return False
    stiff = 2.0 * (block.aversion * block.risk.specific_variance_per_year + block.impact)
    boxed = np.isfinite(block.exposure_lower).any() or np.isfinite(block.exposure_upper).any()
    return not boxed and float(stiff.min()) >= _LEAST_STIFFNESS


@dataclass(frozen=True)
class Ranges:
    """Rows with the same coefficients, merged into ranges.

    Attributes
    ----------
    above, below : ndarray of int, shape (r,)
        The row of the block whose upper, and whose lower limit is the narrowest.
    lower, upper : ndarray of shape (r,)
        Limits without reserves.
    kept : ndarray of shape (r,)
        Upper limits less their reserves.
    counting : tuple of int
        Ranges that count amounts.
    """

    above: IntArray
    below: IntArray
    lower: FloatArray
    upper: FloatArray
    kept: FloatArray
    counting: tuple[int, ...]


@dataclass(frozen=True)
class Common:
    """What accounts of a batch share.

    Attributes
    ----------
    risk : FactorRisk
        The model.
    root : ndarray of shape (k, k)
        Of the factor covariance: ``root root' = F``.
    back : ndarray of shape (k, k)
        From turned exposures to exposures: the inverse of the root, across.
    rows : tuple of Row
        A block's rows, whose coefficients on active weights are everybody's.
    which : tuple of tuple of int
        Rows of each range.
    levers : ndarray of shape (n, k + r)
        Exposures, turned by the root, and coefficients of the ranges on active weights.
    across : ndarray of shape (k + r, n)
        The same, across.
    squared : ndarray of shape (n, k + r)
        The squares of the levers; ones for ranges that count amounts.
    shared : list of ndarray
        Members of identical groups.
    groups : ndarray of int, shape (n,)
        Group of each name.
    """

    risk: FactorRisk
    root: FloatArray
    back: FloatArray
    rows: tuple[Row, ...]
    which: tuple[tuple[int, ...], ...]
    levers: FloatArray
    across: FloatArray
    squared: FloatArray
    shared: list[IntArray]
    groups: IntArray

    @property
    def factors(self) -> int:
        """Number of factors."""
        return len(self.root)

    def fits(self, block: Block) -> bool:
        """Whether a block has this risk model, these groups, and rows of these coefficients on active weights."""
        if block.risk is not self.risk or len(block.rows) != len(self.rows):
            return False
        if block.groups is not self.groups and not np.array_equal(block.groups, self.groups):
            return False
        return all(_alike(a, b) for a, b in zip(self.rows, block.rows, strict=True)) and (
            _ranges(block.rows) == self.which
        )


def _alike(one: Row, other: Row) -> bool:
    """Whether two rows have the same coefficients on active weights, and either both count amounts or neither."""
    if (one.on_segments is None) != (other.on_segments is None):
        return False
    return _same(one.on_active, other.on_active)


def _ranges(rows: tuple[Row, ...]) -> tuple[tuple[int, ...], ...]:
    """Rows with the same coefficients together."""
    found: list[list[int]] = []
    for j, row in enumerate(rows):
        for members in found:
            if _alike(rows[members[0]], row) and _same(rows[members[0]].on_segments, row.on_segments):
                members.append(j)
                break
        else:
            found.append([j])
    return tuple(tuple(m) for m in found)


def _same(one: FloatArray | None, other: FloatArray | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))


def common_to(block: Block) -> Common | None:
    """What a block may share with others; None where its factors are not independent."""
    risk = block.risk
    try:
        root = np.asarray(np.linalg.cholesky(risk.factor_covariance_per_year), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    which = _ranges(block.rows)
    n, k = risk.exposures.shape
    levers = np.zeros((n, k + len(which)))
    levers[:, :k] = risk.exposures @ root
    for j, members in enumerate(which):
        on = block.rows[members[0]].on_active
        if on is not None:
            levers[:, k + j] = on
    counts = [k + j for j, members in enumerate(which) if block.rows[members[0]].on_segments is not None]
    squared = levers * levers
    squared[:, counts] += 1.0
    return Common(
        risk=risk,
        root=root,
        back=np.asarray(np.linalg.inv(root).T, dtype=np.float64),
        rows=block.rows,
        which=which,
        levers=levers,
        across=np.ascontiguousarray(levers.T),
        squared=squared,
        shared=shared_groups(block.groups),
        groups=block.groups,
    )


def ranges_of(block: Block, which: tuple[tuple[int, ...], ...]) -> Ranges:
    """Limits of a block's ranges."""
    r = len(which)
    above, below = np.zeros(r, np.int64), np.zeros(r, np.int64)
    lower, upper, kept = np.zeros(r), np.zeros(r), np.zeros(r)
    for j, members in enumerate(which):
        above[j] = min(members, key=lambda i: block.rows[i].upper - block.rows[i].reserve)
        below[j] = max(members, key=lambda i: block.rows[i].lower)
        top = block.rows[above[j]]
        upper[j], kept[j], lower[j] = top.upper, top.upper - top.reserve, block.rows[below[j]].lower
    counting = tuple(j for j, members in enumerate(which) if block.rows[members[0]].on_segments is not None)
    return Ranges(above, below, lower, upper, kept, counting)
