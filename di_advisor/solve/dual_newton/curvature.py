"""How the names' responses move with the prices, and which pieces could change places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.solve.dual_newton.complementarity import Exchanges
from di_advisor.solve.dual_newton.pieces import Pieces, Response

__all__ = ["TIED", "curvature_of", "exchange", "exchanges_at"]

_SAME = 1e-15
TIED = 1e-11
"""Cost of an exchange that counts as none."""


def curvature_of(
    pieces: Pieces, response: Response, stiffness: FloatArray, factors: int
) -> tuple[FloatArray, Exchanges | None]:
    """Minus the Hessian of the names' value, shape (k + r, k + r), and the exchanges at hand.

    A name moves only while it is inside a piece and inside its limits; then its net trade falls by
    1 / stiffness per unit of price.
    """
    stack, trade = response.stack, response.trade
    place, within = _places(pieces, response)
    inside = (trade > pieces.lower) & (trade < pieces.upper) & (trade > stack.start[place]) & (trade < stack.end[place])
    movers = np.flatnonzero(inside)
    matrix = pieces.matrix if len(movers) == len(trade) else pieces.matrix[movers]
    if pieces.row_slopes is not None:
        matrix = matrix.copy() if matrix is pieces.matrix else matrix
        matrix[:, factors:] += _row_slopes(pieces.row_slopes, pieces, stack.piece, place[movers])
    scaled = matrix * (1.0 / np.sqrt(stiffness[movers]))[:, None]
    exchanges = _exchanges(pieces, response, place, within)
    return scaled.T @ scaled, None if exchanges is None else exchanges.cheapest(TIED)


def _places(pieces: Pieces, response: Response) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Place of the piece that each name's net trade is in, and whether there is one."""
    passed = np.add.reduceat((response.stack.end < response.trade[pieces.owner]).astype(np.int64), pieces.first)
    counts = np.diff(np.r_[pieces.first, len(pieces.owner)])
    return pieces.first + np.minimum(passed, counts - 1), passed < counts


def exchanges_at(pieces: Pieces, response: Response) -> Exchanges | None:
    """All pairs of neighbours that a row price could make change places; None where there are none."""
    if pieces.row_slopes is None:
        return None
    return _exchanges(pieces, response, *_places(pieces, response))


def _row_slopes(
    slopes: FloatArray, pieces: Pieces, piece: NDArray[np.int64] | None, place: NDArray[np.int64]
) -> FloatArray:
    """Row activity per unit of net trade at given places, shape (places, r)."""
    at = place if piece is None else piece[place]
    return np.asarray((slopes[:, at] * pieces.sign[at]).T)


def _exchanges(
    pieces: Pieces, response: Response, place: NDArray[np.int64], within: NDArray[np.bool_]
) -> Exchanges | None:
    """Neighbours in filling order, one filled and one empty, of which a row counts one more than the other."""
    if pieces.row_slopes is None:
        return None
    stack, trade = response.stack, response.trade
    last = len(pieces.owner) - 1
    owner = pieces.owner
    after = np.minimum(place + 1, last)
    before = np.maximum(place - 1, 0)
    pairs = np.concatenate(
        [
            np.stack([place, after])[:, within & (owner[after] == owner[place]) & (after > place)],
            np.stack([before, place])[:, within & (owner[before] == owner[place]) & (before < place)],
        ],
        axis=1,
    )
    gives, takes = pairs
    here = trade[owner[gives]]
    filled = np.minimum(here, stack.end[gives]) - stack.start[gives]
    room = stack.end[takes] - np.maximum(here, stack.start[takes])
    most = np.minimum(filled, room)
    change = _row_slopes(pieces.row_slopes, pieces, stack.piece, takes)
    change = change - _row_slopes(pieces.row_slopes, pieces, stack.piece, gives)
    useful = (most > _SAME) & (change != 0).any(axis=1)
    if not useful.any():
        return None
    gives, takes = gives[useful], takes[useful]
    cost = stack.key[takes] - stack.key[gives]
    if stack.piece is not None:
        gives, takes = stack.piece[gives], stack.piece[takes]
    return Exchanges(gives, takes, change[useful], cost, most[useful])


def exchange(pieces: Pieces, amounts: FloatArray, exchanges: Exchanges | None, moved: FloatArray) -> FloatArray:
    """Amounts after the exchanges, inside their boxes."""
    if exchanges is None or not moved.any():
        return amounts
    after = amounts.copy()
    moved = np.clip(moved, 0.0, exchanges.most)
    np.add.at(after, exchanges.giving, -pieces.sign[exchanges.giving] * moved)
    np.add.at(after, exchanges.taking, pieces.sign[exchanges.taking] * moved)
    return np.minimum(np.maximum(after, 0.0), pieces.width)
