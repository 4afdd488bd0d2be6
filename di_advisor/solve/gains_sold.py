"""Names that are bought while gains of theirs are sold: what they trade at given prices, and how that moves.

Where a lot is better sold now (its gain is taxed next to nothing, or steps up) and bought back, the branch of
buying is worth what both sides together are (`di_advisor.solve.prices`), so its trades are those of both: the net
trade, what rows count of either side, and what they would count of a little more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray

if TYPE_CHECKING:
    from di_advisor.solve.dual_newton.pieces import Pieces
    from di_advisor.solve.prices import Prices

__all__ = ["GainsSold", "OnBothSides"]


@dataclass(frozen=True)
class OnBothSides:
    """The trades of such names.

    Attributes
    ----------
    name : ndarray of int, shape (c,)
        Who.
    trade : ndarray of shape (c,)
        Bought less sold.
    amounts : ndarray of shape (m,)
        Of the block's segments; zero for other names.
    moving : ndarray of int, shape (c,)
        Segment that a little more of the net trade goes to; -1 where it would not move with the prices.
    """

    name: NDArray[np.int64]
    trade: FloatArray
    amounts: FloatArray
    moving: NDArray[np.int64]


@dataclass(frozen=True)
class GainsSold:
    """Names that are better sold and bought at given prices.

    Attributes
    ----------
    pieces : Pieces
        Of all names that may be.
    at : ndarray of int, shape (c,)
        Those that are, as places among the traders of the pieces.
    prices : Prices
        Where.
    segments : int
        Number of the block's segments.
    """

    pieces: Pieces
    at: NDArray[np.int64]
    prices: Prices
    segments: int

    @cached_property
    def trades(self) -> OnBothSides:
        """What they trade."""
        pieces, prices = self.pieces, self.prices
        found = pieces.respond(np.concatenate([prices.exposures, prices.rows]), pieces.charges(prices.risk, 1.0))
        concerned = np.zeros(len(pieces.first), dtype=np.bool_)
        concerned[self.at] = True
        made = np.where(concerned[pieces.owner], pieces.amounts(found.filled, found.stack), 0.0)
        amounts = np.zeros(self.segments)
        amounts[pieces.segment] = made
        trade = found.trade
        within = (trade[pieces.owner] > found.stack.start) & (trade[pieces.owner] < found.stack.end)
        within &= (concerned & (trade > pieces.lower) & (trade < pieces.upper))[pieces.owner]
        place = np.flatnonzero(within)
        piece = place if found.stack.piece is None else found.stack.piece[place]
        moving = np.full(len(pieces.first), -1, dtype=np.int64)
        moving[pieces.owner[place]] = pieces.segment[piece]
        return OnBothSides(pieces.traders[self.at], trade[self.at], amounts, moving[self.at])
