"""Tracking error in an integer program piece by piece: each name's own risk, each direction of the factors.

Problem: tangents of tracking error as a whole say next to nothing of a plan of few trades, so that a proof
that no such plan keeps the cap takes thousands of nodes. Decision: variance is the sum of names' own risks and of
the squares of as many factor directions as there are factors, each with tangents of its own; a name's tangents
know that it stays as it is where it does not trade, and is zero where it is not held (perspective cuts: Frangioni
and Gentile 2006), so that a fraction of a binary is worth what it should be. Each tangent lies below its curve
whatever the binaries say, so none cuts off a plan.

Limits: the cap is held to a millionth of the variance, like all else in the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray

if TYPE_CHECKING:
    from di_advisor.solve.integer_program import IntegerProgram

__all__ = ["RiskPieces"]

_OVER = 1e-6
_MOST = 1e6
_LEAST = 1e-7
"""Of a binary: below, it says nothing of where the tangent should lie."""

_CLOSE = 1e-3
_EACH = 1e-2
"""Share of the cap's variance by which all pieces, and of that one of them, may lie below their curves."""


class RiskPieces:
    """Columns and tangents of variance in a program, in multiples of the cap's.

    Parameters
    ----------
    program : IntegerProgram
        Of a block with a cap; from then on it looks for little variance where any point will do.
    """

    def __init__(self, program: IntegerProgram) -> None:
        self.program, self.block = program, program.block
        block, n, factors = self.block, program.n, self.block.risk.exposures.shape[1]
        cap = block.tracking_error_max or 1.0
        values, vectors = np.linalg.eigh(block.risk.factor_covariance_per_year)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        self.directions = block.risk.exposures @ root / cap
        self.own = block.risk.specific_variance_per_year / cap**2
        self.before = block.holdings.active
        self.target = np.asarray(block.holdings.target, dtype=np.float64)
        self.names = program.columns(np.zeros(n), np.full(n, _MOST))
        self.along = program.columns(np.full(factors, -_MOST), np.full(factors, _MOST))
        self.squares = program.columns(np.zeros(factors), np.full(factors, _MOST))
        self.total = program.columns(np.zeros(1), np.array([1.0 + _OVER]))
        program.measure = self.total
        pieces = np.r_[self.names, self.squares, self.total]
        value = np.r_[np.ones(len(pieces) - 1), -1.0]
        program.add(np.zeros(len(pieces), np.int64), pieces, value, 0.0, 0.0)
        self._turn()
        still = np.zeros(n)
        for moved in (still, -self.before, *([block.min_trade, -block.least_sale] if block.min_trade.any() else [])):
            self._names_at(moved, np.ones(n, dtype=np.bool_))

    def _turn(self) -> None:
        """What a plan's active weights are along each direction."""
        segments, program = self.block.segments, self.program
        for f, column in enumerate(self.along.tolist()):
            on = self.directions[segments.name, f] * segments.sign
            at = np.flatnonzero(on)
            there = float(self.directions[:, f] @ self.before)
            columns = np.r_[program.amounts[at], column]
            program.add(np.zeros(len(columns), np.int64), columns, np.r_[on[at], -1.0], -there, -there)

    def refine(self, columns: FloatArray) -> bool:
        """Tangents where the pieces of a point lie below their curves; whether there were any.

        Parameters
        ----------
        columns : ndarray
            Of the program, binaries perhaps between 0 and 1.
        """
        program, segments = self.program, self.block.segments
        moved = np.bincount(segments.name, segments.sign * columns[program.amounts], minlength=program.n)
        traded = np.clip(columns[program.sells] + columns[program.buys], _LEAST, 1.0)
        at = np.where(np.abs(moved) > 0, moved / traded, 0.0)
        start, now = self.before, columns[self.names]
        short = self.own * (start**2 + 2.0 * start * moved + moved * at) - now
        along = columns[self.along]
        below = along**2 - columns[self.squares]
        after = start + self.target + moved
        lacking = np.zeros(program.n)
        if program.held is not None:
            held = np.clip(columns[program.held], _LEAST, 1.0)
            weight = np.maximum(after, 0.0) / held
            lacking = self.own * (self.target**2 - 2.0 * self.target * after + after * weight) - now
            self._held_at(weight, lacking > _CLOSE * _EACH)
        self._names_at(at, short > _CLOSE * _EACH)
        for f in np.flatnonzero(below > _CLOSE * _EACH).tolist():
            self._square(f, float(along[f]))
        gap = np.maximum(np.maximum(short, lacking), 0.0).sum() + np.maximum(below, 0.0).sum()
        return bool(gap > _CLOSE)

    def touch(self, active: FloatArray) -> None:
        """Tangents at active weights, shape (n,): together they say there what the variance is."""
        self._names_at(active - self.before, np.ones(self.program.n, dtype=np.bool_))
        if self.program.held is not None:
            self._held_at(active + self.target, np.ones(self.program.n, dtype=np.bool_))
        for f, along in enumerate((active @ self.directions).tolist()):
            self._square(f, along)

    def _square(self, f: int, at: float) -> None:
        columns = np.array([self.squares[f], self.along[f]])
        self.program.add(np.zeros(2, np.int64), columns, np.array([1.0, -2.0 * at]), -(at**2), np.inf)

    def _names_at(self, moved: FloatArray, which: NDArray[np.bool_]) -> None:
        """Own risk of names that trade (else as before): above its tangents where they trade that much."""
        slope = 2.0 * self.own * (self.before + moved)
        price = self.own * moved**2
        self._tangents(
            np.flatnonzero(which), slope, self.own * self.before**2, price, [self.program.sells, self.program.buys]
        )

    def _held_at(self, weight: FloatArray, which: NDArray[np.bool_]) -> None:
        """The same of names that are held (else at nothing), where they are held that much."""
        held = self.program.held
        if held is None:
            return
        # own (weight' - target)^2 with weight'^2 >= 2 weight weight' - weight^2 held
        slope = 2.0 * self.own * (weight - self.target)
        now = self.before + self.target
        start = self.own * self.target**2 + slope * now
        self._tangents(np.flatnonzero(which), slope, start, self.own * weight**2, [held])

    def _tangents(
        self,
        names: NDArray[np.int64],
        slope: FloatArray,
        start: FloatArray,
        price: FloatArray,
        on: list[NDArray[np.int64]],
    ) -> None:
        """Rows ``piece >= start + slope * moved - price * binaries`` of some names."""
        if not len(names):
            return
        program, segments = self.program, self.block.segments
        row_of = np.full(program.n, -1)
        row_of[names] = np.arange(len(names))
        at = np.flatnonzero(row_of[segments.name] >= 0)
        name = segments.name[at]
        rows = np.r_[np.arange(len(names)), row_of[name], *(np.arange(len(names)) for _ in on)].astype(np.int64)
        columns = np.r_[self.names[names], program.amounts[at], *(binary[names] for binary in on)]
        value = np.r_[np.ones(len(names)), -slope[name] * segments.sign[at], *(price[names] for _ in on)]
        program.add(rows, columns, value, start[names], np.full(len(names), np.inf))
