"""How the names' responses move with the prices, and which pieces could change places."""

from __future__ import annotations

import numpy as np

from di_advisor import compiled
from di_advisor.domain.market import FloatArray
from di_advisor.solve.dual_newton.complementarity import Exchanges
from di_advisor.solve.dual_newton.pieces import Pieces, Response

__all__ = ["TIED", "curvature_of", "exchange", "exchanges_at"]

_SAME = 1e-15
TIED = 1e-11
"""Cost of an exchange that counts as none."""


def curvature_of(pieces: Pieces, response: Response, stiffness: FloatArray) -> FloatArray:
    """Minus the Hessian of the names' value, shape (k + r, k + r).

    A name moves only while it is inside a piece and inside its limits; then its net trade falls by
    1 / stiffness per unit of price.
    """
    if compiled.is_compiled():
        from di_advisor.solve.dual_newton.loops import levers

        found = levers(pieces.laid, response.answer, stiffness)
        return found.T @ found
    stack, trade = response.stack, response.trade
    passed = np.add.reduceat((stack.end < trade[pieces.owner]).astype(np.int64), pieces.first)
    place = np.minimum(pieces.first + passed, len(pieces.owner) - 1)
    inside = (trade > pieces.lower) & (trade < pieces.upper) & (trade > stack.start[place]) & (trade < stack.end[place])
    movers = np.flatnonzero(inside)
    matrix = pieces.matrix[movers]
    if pieces.row_turns is not None:
        at = place[movers] if stack.piece is None else stack.piece[place[movers]]
        matrix[:, pieces.rows] += pieces.row_turns[:, at].T
    matrix *= (1.0 / np.sqrt(stiffness[movers]))[:, None]
    return np.asarray(matrix.T @ matrix, dtype=np.float64)


def exchanges_at(response: Response) -> Exchanges | None:
    """Pairs of neighbours, the first filled and the second not, that a row price could make change places."""
    if compiled.is_compiled():
        from di_advisor.solve.dual_newton.loops import pairs_at

        pieces = response.stack.pieces
        giving, taking, change, dear, much = pairs_at(pieces.laid, response.answer)
        return Exchanges(giving, taking, pieces.rows, change, dear, much) if len(giving) else None
    stack, links = response.stack, response.stack.links
    if links is None:
        return None
    gives, takes = links.place, links.place + 1
    most = np.minimum(response.filled[gives], stack.end[takes] - stack.start[takes] - response.filled[takes])
    useful = np.flatnonzero(most > _SAME)
    if not len(useful):
        return None
    gives, takes = gives[useful], takes[useful]
    cost = stack.key[takes] - stack.key[gives]
    return Exchanges(gives, takes, links.rows, links.change[useful], cost, most[useful])


def exchange(pieces: Pieces, response: Response, exchanges: Exchanges | None, moved: FloatArray) -> FloatArray:
    """Amounts after the exchanges, inside their boxes."""
    filled, stack = response.filled, response.stack
    if exchanges is not None and moved.any():
        filled = filled.copy()
        np.add.at(filled, exchanges.giving, -moved)
        np.add.at(filled, exchanges.taking, moved)
        filled = np.minimum(np.maximum(filled, 0.0), stack.end - stack.start)
    return pieces.amounts(filled, stack)
