"""Discrete choices of a name, and what each leaves open.

Wash sales and minimum trades make a name choose: do nothing, sell (losses too, and then buy
nothing), sell gains only, or buy (and then sell no loss). With the choices fixed the problem is
convex. A name that holds losses sells either with them or not at all: selling its gains alone could
pay only inside an identical group of which another member is bought.

Two further decisions are choices of their own. A name that is sold out completely (`EXIT`) is not held
after, which matters where the number of names is limited. Where wash sales are priced, the price of
the washed part, ``price * min(amount, width)``, is the lesser of ``price * amount`` (`SELL`, `BUY`)
and of the constant ``price * width`` (`SELL_BEYOND`, `BUY_BEYOND`): each is convex on all amounts, so
no choice needs a limit of its own. Loss lots count on the selling side. Limits: the price belongs to
a name; members of an identical group that share washable shares each have their own width.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block
from di_advisor.formulate.separable import Row

__all__ = [
    "COLUMNS",
    "Choice",
    "Choices",
    "Restriction",
    "beyond_cost",
    "beyond_widths",
    "is_any",
    "relaxed",
    "restrict",
    "washed",
    "washed_rows",
]

_ROOM = 1e-9


class Choice(IntEnum):
    """What a name may do."""

    NOTHING = 0
    SELL = 1
    BUY = 2
    SELL_GAINS = 3
    EITHER = 4
    EXIT = 5
    SELL_BEYOND = 6
    BUY_BEYOND = 7


COLUMNS = 8
"""All choices; `EITHER` is never a value of a name."""


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


def is_any(choices: Choices, *which: Choice) -> NDArray[np.bool_]:
    """Which names have one of some choices."""
    return np.asarray(_marked(which).take(choices), dtype=np.bool_)


@lru_cache(maxsize=64)
def _marked(which: tuple[Choice, ...]) -> NDArray[np.bool_]:
    """Each choice's place in a table of all: whether it is one of some."""
    found = np.zeros(COLUMNS, dtype=np.bool_)
    found[list(which)] = True
    return found


def washed(block: Block, choices: Choices) -> Block:
    """The block with the prices of washed amounts in its slopes and rows, as the choices have them.

    The constants of `SELL_BEYOND` and `BUY_BEYOND` are not in its slopes, so its objective is theirs less these; in
    its rows they are.
    """
    wash, segments = block.wash, block.segments
    if wash is None:
        return block
    name = segments.name
    share = np.where(is_any(choices, Choice.SELL), np.where(wash.sell_width > 0, 1.0, 0.0), 0.0)
    lost = np.bincount(name, weights=np.where(segments.loss, segments.width, 0.0), minlength=len(choices))
    part = np.divide(np.minimum(lost, wash.sell_width), lost, out=np.zeros(len(choices)), where=lost > 0)
    share = np.where(choices == Choice.EXIT, part, share)
    bought = np.where(is_any(choices, Choice.BUY) & (wash.buy_width > 0), wash.buy_price, 0.0)
    extra = np.where(segments.loss, (wash.sell_price * share)[name], 0.0) + np.where(segments.sell, 0.0, bought[name])
    rows = washed_rows(block, choices)
    if not extra.any() and rows is block.rows:
        return block
    return replace(block, segments=replace(segments, slope=segments.slope + extra), rows=rows, wash=None)


def washed_rows(block: Block, choices: Choices) -> tuple[Row, ...]:
    """The rows with what washed losses add to them, as the choices have it; the block's own where that is nothing."""
    if not any(row.washing for row in block.rows):
        return block.rows
    found = []
    for row in block.rows:
        if row.washing is None or row.on_segments is None:
            found.append(row)
            continue
        on, whole = row.washing.added(
            block.segments.name,
            within=is_any(choices, Choice.SELL),
            beyond=is_any(choices, Choice.SELL_BEYOND),
            out=is_any(choices, Choice.EXIT),
            buys=is_any(choices, Choice.BUY),
            buys_beyond=is_any(choices, Choice.BUY_BEYOND),
        )
        found.append(replace(row, upper=row.upper - whole, on_segments=row.on_segments + on, washing=None))
    return tuple(found)


def beyond_cost(block: Block, choices: Choices) -> float:
    """The constants of `SELL_BEYOND` and `BUY_BEYOND` under some choices, which `washed` leaves out."""
    wash = block.wash
    if wash is None:
        return 0.0
    sold = np.where(is_any(choices, Choice.SELL_BEYOND), wash.sell_price * wash.sell_width, 0.0)
    bought = np.where(is_any(choices, Choice.BUY_BEYOND), wash.buy_price * wash.buy_width, 0.0)
    return float(sold.sum() + bought.sum())


def beyond_widths(block: Block, plan: Plan, choices: Choices) -> Choices:
    """Choices that charge washed amounts as a plan under them costs: by the amount, or for the whole width."""
    wash, segments, of_lot = block.wash, block.segments, block.holdings.lot_name
    if wash is None:
        return choices
    at_loss = np.zeros(len(of_lot), dtype=np.bool_)
    at_loss[segments.lot[segments.loss]] = True
    lost = np.bincount(of_lot, weights=np.where(at_loss, plan.sells, 0.0), minlength=len(choices))
    sells, buys = is_any(choices, Choice.SELL, Choice.SELL_BEYOND), is_any(choices, Choice.BUY, Choice.BUY_BEYOND)
    sold = np.where((lost > wash.sell_width) & (wash.sell_width > 0), int(Choice.SELL_BEYOND), int(Choice.SELL))
    bought = np.where((plan.buys > wash.buy_width) & (wash.buy_width > 0), int(Choice.BUY_BEYOND), int(Choice.BUY))
    return np.asarray(np.where(sells, sold, np.where(buys, bought, choices)), dtype=np.int64)


def relaxed(block: Block) -> Choices:
    """Everything open: the convex relaxation."""
    return np.full(len(block.holdings.target), int(Choice.EITHER), dtype=np.int64)


def restrict(block: Block, choices: Choices, minimum: FloatArray | None = None) -> Restriction:
    """Limits under fixed choices, minimum trades included.

    ``minimum`` overrides the block's minimum trades, shape (n,), where a search loosens some of
    them. A position smaller than its minimum is sold whole or not at all. A name whose room is smaller
    than `_ROOM` is held where it is: boxes that thin make interior point methods fail.
    """
    segments, z0 = block.segments, block.holdings.active
    least = block.min_trade if minimum is None else minimum
    gain_only = ~segments.names_with_losses(len(choices))
    whole = block.sells_out & (least >= block.sellable)
    out = (choices == Choice.EXIT) | (whole & is_any(choices, Choice.SELL, Choice.SELL_GAINS, Choice.SELL_BEYOND))
    buys = is_any(choices, Choice.BUY, Choice.BUY_BEYOND)
    may_sell = is_any(choices, Choice.SELL, Choice.EITHER, Choice.EXIT, Choice.SELL_BEYOND)
    may_sell |= gain_only & ((choices == Choice.SELL_GAINS) | (buys & (least <= 0)))
    may_buy = buys | (choices == Choice.EITHER)
    open_segments = np.where(segments.sell, may_sell[segments.name], may_buy[segments.name])
    lower, upper = block.active_lower.copy(), block.active_upper.copy()
    selling = is_any(choices, Choice.SELL, Choice.SELL_GAINS, Choice.SELL_BEYOND)
    upper = np.where(selling, np.minimum(upper, z0 - np.minimum(least, block.least_sale)), upper)
    buying = buys & (least > 0)
    lower = np.where(buying, np.maximum(lower, z0 + least), lower)
    still = choices == Choice.NOTHING
    stay = np.clip(z0, lower, upper)  # where it must not stay, the residual of the plan says so
    lower, upper = np.where(still, stay, lower), np.where(still, stay, upper)
    wide = segments.width > _ROOM
    if out.any():
        lower, upper = np.where(out, z0 - block.sellable, lower), np.where(out, z0 - block.sellable, upper)
        wide |= out[segments.name]
    return Restriction(open_segments & wide, lower, upper)
