"""One name of a problem changed, everything else as it was laid out.

Problem: a question about one trade changes the segments and the choice of a single name; to lay out a whole account
for each trade takes as long as to solve it. Decision: all names are changed at once, each in its own way, and laid
out together; the problem with one of them changed then takes that name from the one layout and the others from the
plan's. Limits: where wash sales are priced, slopes and rows hang on the choices of all names at once; such blocks
are not for this (`Around.suits`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Choices, Restriction, restrict
from di_advisor.solve.dual_newton.cutting import IntArray, cut_pieces, filling_order
from di_advisor.solve.dual_newton.pieces import Pieces
from di_advisor.solve.dual_newton.prepared import Prepared, Restricted
from di_advisor.solve.prices import Prices
from di_advisor.solve.quadratic import HotPath, QuadraticProgram
from di_advisor.solve.spliced import Part, spliced_block, spliced_limits, spliced_pieces

__all__ = ["Around", "Changed", "Layout", "stuck"]

_OUTSIDE = 1e-9


@dataclass(frozen=True)
class Layout:
    """A block under fixed choices, laid out.

    Attributes
    ----------
    block : Block
        The account.
    choices : ndarray of int, shape (n,)
        One `Choice` a name.
    kept, limits : Restriction
        What the choices leave, and without the segments that are shut.
    order : ndarray of int, shape (m,)
        Segments in filling order.
    pieces : Pieces
        Of the limits.
    """

    block: Block
    choices: Choices
    kept: Restriction
    limits: Restriction
    order: IntArray
    pieces: Pieces

    @classmethod
    def of(cls, block: Block, choices: Choices, matrix: FloatArray, *, shut: NDArray[np.bool_] | None = None) -> Layout:
        """Lay out a block.

        Parameters
        ----------
        block, choices : Block, ndarray of int
            As the attributes.
        matrix : ndarray of shape (n, k + r)
            Exposures and row coefficients on active weights.
        shut : ndarray of bool, shape (m,), optional
            Segments that may not be used.
        """
        kept = restrict(block, choices)
        limits = kept if shut is None else replace(kept, open_segments=kept.open_segments & ~shut)
        order = filling_order(block)
        return cls(block, choices, kept, limits, order, cut_pieces(block, matrix, order, limits))

    @cached_property
    def begins(self) -> IntArray:
        """Where the segments of each name begin, and where the last one's end, shape (n + 1,)."""
        return np.searchsorted(self.block.segments.name, np.arange(len(self.choices) + 1))

    @cached_property
    def stuck(self) -> NDArray[np.bool_]:
        """Names that stand outside their limits and have nothing to trade by, shape (n,)."""
        return stuck(self.block, self.limits)

    def worth(self, prices: Prices) -> FloatArray:
        """What each name's best trade changes at prices, shape (n,): below zero where trading is better than not."""
        found = np.zeros(len(self.choices))
        if len(self.pieces.traders):
            at = np.concatenate([prices.exposures, prices.rows])
            found[self.pieces.traders], _ = self.pieces.values(at, self.pieces.charges(prices.risk, 1.0))
        return found


@dataclass(frozen=True)
class Changed:
    """The problem with one name changed.

    Attributes
    ----------
    block : Block
        With the name's segments.
    program : QuadraticProgram
        Ready to be solved.
    kept : Restriction
        What the choices leave, with what is shut: what an answer is judged by.
    """

    block: Block
    program: QuadraticProgram
    kept: Restriction


class Around:
    """A block under fixed choices, laid out for programs of which one name is changed.

    Parameters
    ----------
    block : Block
        The account; one that `suits`.
    choices : ndarray of int, shape (n,)
        One `Choice` a name.
    hot : HotPath
        Shared with the programs.
    """

    def __init__(self, block: Block, choices: Choices, hot: HotPath) -> None:
        self.hot, self.matrix = hot, hot.on(block).matrix
        self.base = Layout.of(block, choices, self.matrix)
        self._stuck = int(self.base.stuck.sum())

    @staticmethod
    def suits(block: Block) -> bool:
        """Whether the names of a block are laid out each by itself, whatever the others choose."""
        return block.wash is None and not any(row.washing for row in block.rows)

    def with_name(self, name: int, other: Layout) -> Changed | None:
        """The problem with one name as in another layout of the same names; None where any name is stuck then.

        The layouts may differ in segments, in what rows count on them, in choices and in what is shut, nowhere else.
        """
        base = self.base
        if other.stuck[name] or self._stuck > base.stuck[name]:
            return None
        part = Part(*(int(at) for b in (base.begins, other.begins) for at in b[name : name + 2]))
        block = base.block if other.block is base.block else spliced_block(part, base.block, other.block)
        limits = spliced_limits(name, part, base.limits, other.limits)
        kept = limits if other.kept is other.limits else spliced_limits(name, part, base.kept, other.kept)
        pieces = spliced_pieces(name, part, base.pieces, other.pieces, base.block)
        choices = base.choices.copy()
        choices[name] = other.choices[name]
        prepared = Prepared(block, self.matrix, part.places(base.order, other.order, part))
        program = QuadraticProgram(block, choices, hot=self.hot, restricted=Restricted(prepared, limits, pieces))
        return Changed(block, program, kept)


def stuck(block: Block, limits: Restriction) -> NDArray[np.bool_]:
    """Names outside their limits with nothing to trade by, shape (n,).

    Outside the block's own limits too: choices clip a name that may not trade to where it must go.
    """
    z = block.holdings.active
    out = (z < limits.active_lower - _OUTSIDE) | (z > limits.active_upper + _OUTSIDE)
    out |= (z < block.active_lower - _OUTSIDE) | (z > block.active_upper + _OUTSIDE)
    out[block.segments.name[limits.open_segments]] = False
    return out
