"""What accounts of a batch share, and whether an account can be one of them.

Decision: exposures are turned so that factors have unit variance and do not correlate, once for all accounts. Limits:
`suits` says which blocks fit at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.formulate.problem import Block
from di_advisor.formulate.separable import Row
from di_advisor.solve.groups import shared_groups

__all__ = ["Common", "Shared", "common_to", "limits_of", "suits"]

IntArray = NDArray[np.int64]

_LEAST_STIFFNESS = 0.01
_LEAST_AVERSION = 1e-3


def suits(block: Block) -> bool:
    """Whether a block asks for nothing but sides of names: no cap, no power, no numbers, no smallest trade."""
    plain = block.tracking_error_max is None and block.power is None and block.wash is None
    plain = plain and block.names_max is None and block.trades_max is None and not block.min_trade.any()
    if not plain or block.aversion < _LEAST_AVERSION or not block.rows or not len(block.segments):
        return False
    stiff = 2.0 * (block.aversion * block.risk.specific_variance_per_year + block.impact)
    return float(stiff.min()) >= _LEAST_STIFFNESS


class Shared(NamedTuple):
    """What accounts share, of `Common`: levers (n, d), across (d, n), squared (n, d), groups (n,), their sizes (g,)."""

    levers: FloatArray
    across: FloatArray
    squared: FloatArray
    groups: IntArray
    sizes: FloatArray
    counting: IntArray
    factors: int


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
    counting : tuple of int
        Those that count amounts.
    boxed : ndarray of int, shape (b,)
        Factors whose exposure has a limit, each a row after those of the block; r counts both.
    levers : ndarray of shape (n, k + r)
        Exposures, turned by the root, and coefficients of the rows on active weights.
    turned : ndarray of shape (n, k)
        The exposures of it alone.
    across : ndarray of shape (k + r, n)
        The same, across.
    squared : ndarray of shape (n, k + r)
        The squares of the levers; one more for rows that count amounts.
    shared : list of ndarray
        Members of identical groups.
    groups : ndarray of int, shape (n,)
        Group of each name.
    """

    risk: FactorRisk
    root: FloatArray
    back: FloatArray
    rows: tuple[Row, ...]
    counting: tuple[int, ...]
    boxed: IntArray
    levers: FloatArray
    turned: FloatArray
    across: FloatArray
    squared: FloatArray
    shared: list[IntArray]
    groups: IntArray

    @property
    def factors(self) -> int:
        """Number of factors."""
        return len(self.root)

    @cached_property
    def for_loops(self) -> Shared:
        """The same for compiled loops."""
        groups = np.asarray(self.groups).astype(np.int64)
        return Shared(
            levers=self.levers,
            across=self.across,
            squared=self.squared,
            groups=groups,
            sizes=np.bincount(groups).astype(np.float64),
            counting=np.array(self.counting, dtype=np.int64),
            factors=self.factors,
        )

    def fits(self, block: Block) -> bool:
        """Whether a block has this risk model, these groups, and rows of these coefficients on active weights."""
        if block.risk is not self.risk or len(block.rows) != len(self.rows):
            return False
        if block.groups is not self.groups and not np.array_equal(block.groups, self.groups):
            return False
        if not np.array_equal(_boxed(block), self.boxed):
            return False
        return all(_alike(a, b) for a, b in zip(self.rows, block.rows, strict=True))


def _boxed(block: Block) -> IntArray:
    return np.flatnonzero(np.isfinite(block.exposure_lower) | np.isfinite(block.exposure_upper))


def _alike(one: Row, other: Row) -> bool:
    """Whether two rows have the same coefficients on active weights, and either both count amounts or neither."""
    if (one.on_segments is None) != (other.on_segments is None):
        return False
    return _same(one.on_active, other.on_active)


def _same(one: FloatArray | None, other: FloatArray | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))


def common_to(block: Block) -> Common | None:
    """What a block may share with others; None where its factors are not independent."""
    risk = block.risk
    try:
        root = np.asarray(np.linalg.cholesky(risk.factor_covariance_per_year), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    (n, k), boxed, r = risk.exposures.shape, _boxed(block), len(block.rows)
    levers = np.zeros((n, k + r + len(boxed)))
    levers[:, k + r :] = risk.exposures[:, boxed]
    levers[:, :k] = risk.exposures @ root
    for j, row in enumerate(block.rows):
        if row.on_active is not None:
            levers[:, k + j] = row.on_active
    counting = tuple(j for j, row in enumerate(block.rows) if row.on_segments is not None)
    squared = levers * levers
    squared[:, [k + j for j in counting]] += 1.0
    return Common(
        risk=risk,
        root=root,
        back=np.asarray(np.linalg.inv(root).T, dtype=np.float64),
        rows=block.rows,
        counting=counting,
        boxed=boxed,
        levers=levers,
        turned=np.ascontiguousarray(levers[:, :k]),
        across=np.ascontiguousarray(levers.T),
        squared=squared,
        shared=shared_groups(block.groups),
        groups=block.groups,
    )


def limits_of(block: Block, common: Common) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lower, upper and kept limits of an account's rows and boxes, each of shape (r,)."""
    low, high = block.exposure_lower[common.boxed], block.exposure_upper[common.boxed]
    lower, upper = [row.lower for row in block.rows], [row.upper for row in block.rows]
    kept = [row.upper - row.reserve for row in block.rows]
    return np.append(lower, low), np.append(upper, high), np.append(kept, high)
