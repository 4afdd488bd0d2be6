"""Discrete choices of a name, and what each leaves open.

Wash sales and minimum trades make a name choose: do nothing, sell (losses too, and then buy
nothing), sell gains only, or buy (and then sell no loss). With the choices fixed the problem is
convex. A name that holds losses sells either with them or not at all: selling its gains alone could
pay only inside an identical group of which another member is bought.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block

__all__ = ["Choice", "Choices", "Restriction", "relaxed", "restrict"]

_ROOM = 1e-9


class Choice(IntEnum):
    """What a name may do."""

    NOTHING = 0
    SELL = 1
    BUY = 2
    SELL_GAINS = 3
    EITHER = 4


Choices = NDArray[np.int64]
"""One `Choice` a name, shape (n,)."""


@dataclass(frozen=True)
class Restriction:
    """Limits that fixed choices leave: a convex problem.

    Attributes
    ----------
    open_segments : ndarray of bool, shape (m,)
        Segments that may be used.
    active_lower, active_upper : ndarray of shape (n,)
        Limits of active weights.
    """

    open_segments: NDArray[np.bool_]
    active_lower: FloatArray
    active_upper: FloatArray


def relaxed(block: Block) -> Choices:
    """Everything open: the convex relaxation."""
    return np.full(len(block.holdings.target), int(Choice.EITHER), dtype=np.int64)


def restrict(block: Block, choices: Choices, minimum: FloatArray | None = None) -> Restriction:
    """Limits under fixed choices, minimum trades included.

    ``minimum`` overrides the block's minimum trades, shape (n,), where a search loosens some of
    them. A name whose room is smaller than `_ROOM` is held where it is: boxes that thin make interior
    point methods fail.
    """
    segments, z0 = block.segments, block.holdings.active
    least = block.min_trade if minimum is None else minimum
    choice = choices[segments.name]
    gain_only = ~segments.names_with_losses(len(choices))[segments.name]
    open_segments = np.where(
        segments.sell,
        (choice == Choice.SELL) | (choice == Choice.EITHER) | ((choice == Choice.SELL_GAINS) & gain_only),
        (choice == Choice.BUY) | (choice == Choice.EITHER),
    )
    open_segments |= segments.sell & gain_only & (choice == Choice.BUY) & (least[segments.name] <= 0)
    lower, upper = block.active_lower.copy(), block.active_upper.copy()
    selling = (choices == Choice.SELL) | (choices == Choice.SELL_GAINS)
    upper = np.where(selling, np.minimum(upper, z0 - least), upper)
    buying = (choices == Choice.BUY) & (least > 0)
    lower = np.where(buying, np.maximum(lower, z0 + least), lower)
    still = choices == Choice.NOTHING
    stay = np.clip(z0, lower, upper)  # where it must not stay, the residual of the plan says so
    lower, upper = np.where(still, stay, lower), np.where(still, stay, upper)
    return Restriction(open_segments & (segments.width > _ROOM), lower, upper)
