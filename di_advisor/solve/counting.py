"""How many names are held after, and how many are traded: what each choice counts, and the price of a count.

A limit on a number is one more coupling: each name held costs a price, each name traded another, and
the dual pays the prices back times the limits. With all other prices given, the best price of a
count is the saving of the first name that does not fit: a sort. A name that cannot be sold out
(locks, its lower limit, less than a minimum trade) always counts as held.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.wording import counted
from di_advisor.errors import InfeasibleError
from di_advisor.formulate.account_rules import NO_TRADE
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import COLUMNS, Choice, Choices

__all__ = ["Counting", "too_few"]

_WHOLE = 1e-6
_REFITS = 4
_GAIN = 1e-12


@dataclass(frozen=True)
class Counting:
    """What choices count in a block."""

    block: Block

    @property
    def limited(self) -> bool:
        """Whether there is a limit on a number at all."""
        return self.block.names_max is not None or self.block.trades_max is not None

    @cached_property
    def held_now(self) -> NDArray[np.bool_]:
        """Names held before trading, shape (n,)."""
        return np.asarray(self.block.holdings.held > NO_TRADE, dtype=np.bool_)

    @cached_property
    def sellable(self) -> FloatArray:
        """Weight that may be sold of each name, shape (n,)."""
        return self.block.sellable

    @cached_property
    def can_leave(self) -> NDArray[np.bool_]:
        """Names that may be sold out completely, shape (n,)."""
        block = self.block
        all_of_it = self.sellable >= block.holdings.held * (1 - _WHOLE)
        in_limits = block.holdings.active - self.sellable >= block.active_lower - NO_TRADE
        large_enough = self.sellable >= block.least_sale * (1 - NO_TRADE)
        return np.asarray(self.held_now & all_of_it & in_limits & large_enough, dtype=np.bool_)

    @cached_property
    def holding(self) -> NDArray[np.bool_]:
        """Whether a name under a choice counts as held after, shape (n, `COLUMNS`)."""
        found = np.repeat(self.held_now[:, None], COLUMNS, axis=1)
        found[:, [Choice.BUY, Choice.BUY_BEYOND, Choice.EITHER]] = True
        found[:, Choice.EXIT] = False
        return found

    @cached_property
    def trading(self) -> NDArray[np.bool_]:
        """Whether a choice counts as a trade, shape (`COLUMNS`,)."""
        return np.asarray(np.arange(COLUMNS) != Choice.NOTHING, dtype=np.bool_)

    def held(self, choices: Choices) -> int:
        """Number of names that choices allow to be held."""
        return int(self.holding[np.arange(len(choices)), choices].sum())

    def traded(self, choices: Choices) -> int:
        """Number of names that choices allow to trade."""
        return int(self.trading[choices].sum())

    def charge(self, held: float, traded: float) -> FloatArray:
        """What the prices of counts add to each choice, shape (n, `COLUMNS`)."""
        return held * self.holding + traded * self.trading

    def excess(self, active: FloatArray) -> int:
        """By how many names a plan's active weights (n,) pass a limit; 0 where they keep both."""
        block = self.block
        over = 0
        if block.names_max is not None:
            over = max(over, int((active + block.holdings.target > NO_TRADE).sum()) - block.names_max)
        if block.trades_max is not None:
            moved = np.abs(active - block.holdings.active) > NO_TRADE
            over = max(over, int(moved.sum()) - block.trades_max)
        return over

    def prices(self, value: FloatArray) -> tuple[float, float]:
        """The prices of a name held and of a name traded that fit values (n, `COLUMNS`) without them best."""
        block, held, traded = self.block, 0.0, 0.0
        for _ in range(_REFITS if block.names_max is not None and block.trades_max is not None else 1):
            if block.names_max is not None:
                held = _fitted(value + traded * self.trading, self.holding, block.names_max)
            if block.trades_max is not None:
                counted = np.broadcast_to(self.trading, value.shape)
                traded = _fitted(value + held * self.holding, counted, block.trades_max)
        return held, traded

    def kept(self, choices: Choices, value: FloatArray) -> Choices:
        """Choices within the limits, near the given ones, at values (n, `COLUMNS`): the cheapest names give way.

        Where not enough names can give way the choices stay over the limit.
        """
        after = choices
        if self.block.names_max is not None:
            after = _trimmed(after, value, self.holding, self.block.names_max)
        if self.block.trades_max is not None:
            counted = np.broadcast_to(self.trading, value.shape)
            fixed = np.zeros(len(after), dtype=np.bool_)
            if self.block.names_max is not None and self.held(after) >= self.block.names_max:
                fixed = after == Choice.EXIT  # one that stayed would be held
            after = _trimmed(after, value, counted, self.block.trades_max, fixed)
        return self._filled(after, value)

    def _filled(self, choices: Choices, value: FloatArray) -> Choices:
        """Room that is left under the limits given to the names that gain most by it."""
        block, rows, after = self.block, np.arange(len(choices)), choices.copy()
        columns = value.shape[1]
        for _ in range(len(choices)):
            held_room = np.inf if block.names_max is None else block.names_max - self.held(after)
            trade_room = np.inf if block.trades_max is None else block.trades_max - self.traded(after)
            if held_room < 0 or trade_room < 0 or not (held_room or trade_room):
                break
            more_held = self.holding[:, :columns].astype(np.int64) - self.holding[rows, after].astype(np.int64)[:, None]
            more_trades = self.trading[None, :columns].astype(np.int64) - self.trading[after].astype(np.int64)[:, None]
            now = value[rows, after]
            gain = np.where(np.isfinite(now), now, 0.0)[:, None] - value
            # a name that keeps what it counts has its best choice already
            fits = (more_held <= held_room) & (more_trades <= trade_room) & ((more_held > 0) | (more_trades > 0))
            gain = np.where(fits, gain, -np.inf)
            best = int(gain.argmax())
            if gain.flat[best] <= _GAIN:
                break
            after[best // columns] = best % columns
        return after

    def refuse_hopeless(self) -> None:
        """Raise where a limit on a number cannot be kept whatever is traded.

        Raises
        ------
        InfeasibleError
            With the number that cannot be sold out, or that has to trade.
        """
        block = self.block
        if block.names_max is None:
            return
        held, stuck = int(self.held_now.sum()), int((self.held_now & ~self.can_leave).sum())
        if stuck > block.names_max:
            raise InfeasibleError(
                f"At most {counted(block.names_max, 'name')} may be held, and {stuck} of the {held} held cannot be "
                "sold out: locks, a lower limit or a minimum trade keep them.",
                hint=f"Allow at least {counted(stuck, 'name')}, or lift locks, lower limits or the minimum trade.",
                names_max=block.names_max,
                stuck=stuck,
            )
        leave = held - block.names_max
        if block.trades_max is not None and leave > block.trades_max:
            raise InfeasibleError(
                f"{counted(held, 'name is', 'names are')} held and at most {block.names_max} may be: "
                f"{leave} {'has' if leave == 1 else 'have'} to be sold out, and at most "
                f"{counted(block.trades_max, 'name')} may trade.",
                hint=f"Allow {counted(leave, 'trade')}, or {counted(held - block.trades_max, 'name')}.",
                names_max=block.names_max,
                trades_max=block.trades_max,
                leave=leave,
            )


def too_few(block: Block, why: str) -> InfeasibleError:
    """The error for limits on numbers that the other rules do not go with."""
    names, trades = block.names_max, block.trades_max
    said = [f"at most {counted(names, 'name')} held"] if names is not None else []
    said += [f"at most {counted(trades, 'name')} traded"] if trades is not None else []
    return InfeasibleError(
        f"The mandate allows {' and '.join(said)}. {why}",
        hint="Allow more names or trades, or more turnover, wider bands or a wider cash range.",
        names_max=names,
        trades_max=trades,
    )


def _split(value: FloatArray, counted: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Each name's best value where it counts, and where it does not."""
    return np.where(counted, value, np.inf).min(axis=1), np.where(counted, np.inf, value).min(axis=1)


def _fitted(value: FloatArray, counted: NDArray[np.bool_], most: int) -> float:
    """The price of a count at which the dual is largest: where the last name that fits is worth its place."""
    inside, outside = _split(value, counted)
    always = np.isinf(outside) & np.isfinite(inside)
    both = np.isfinite(outside) & np.isfinite(inside)
    worth = np.sort((outside - inside)[both])[::-1]
    room = max(most - int(always.sum()), 0)
    if room >= len(worth) or worth[room] <= 0:
        return 0.0
    return float(worth[room] if room == 0 else 0.5 * (worth[room] + worth[room - 1]))


def _trimmed(
    choices: Choices,
    value: FloatArray,
    counted: NDArray[np.bool_],
    most: int,
    fixed: NDArray[np.bool_] | None = None,
) -> Choices:
    rows = np.arange(len(choices))
    now = counted[rows, choices]
    over = int(now.sum()) - most
    if over <= 0:
        return choices
    free = np.where(counted, np.inf, value)
    instead = free.argmin(axis=1)
    least = free[rows, instead]
    mine = value[rows, choices]
    loss = np.where(now & np.isfinite(least), least - np.where(np.isfinite(mine), mine, 0.0), np.inf)
    if fixed is not None:
        loss = np.where(fixed, np.inf, loss)
    give = np.argsort(loss, kind="stable")[:over]
    give = give[np.isfinite(loss[give])]
    after = choices.copy()
    after[give] = instead[give]
    return after
