"""Branch and bound over discrete choices that are left open one by one, for any convex problem underneath.

Problem: `di_advisor.solve.exact` branches in the scalar problems of names, which own terms for cones
have not, and whose prices belong to one pair of tax rates. Decision: a node fixes the choices of some
names and leaves the others free to do anything (`Choice.EITHER`), which is a convex problem and a
lower bound on all plans below the node; the name that breaks its choices most is split into the few
choices that together hold all its plans. Nodes are taken by their bounds, lowest first, so the least
bound of all open nodes bounds every plan. Limits: minimum trades and washed widths are not in a
node's bound until they are fixed, so this is for accounts of some dozens of torn names; a budget of
nodes that runs out leaves the plan with the bound reached.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Choice, Choices, beyond_widths, is_any
from di_advisor.solve.counting import Counting
from di_advisor.solve.solution import FEASIBLE

__all__ = ["Bounded", "ChoiceTree", "Grown", "options_of"]

_DUST = 1e-9
_ALL_OF_IT = 1e-6
_LOSING = (Choice.SELL, Choice.SELL_BEYOND, Choice.EXIT)
_BUYING = (Choice.BUY, Choice.BUY_BEYOND)


@dataclass(frozen=True)
class Bounded:
    """A node's plan, which may break choices that are open, and its lower bound."""

    plan: Plan
    bound: float


@dataclass(frozen=True)
class Grown:
    """What a tree proved.

    Attributes
    ----------
    bound : float
        No plan has a lower objective than this and than the best plan found.
    nodes : int
        Nodes that were bounded.
    proved : bool
        Whether the budget was enough.
    """

    bound: float
    nodes: int
    proved: bool


def options_of(block: Block) -> list[tuple[int, ...]]:
    """The choices of each name that together hold all its plans; one where there is nothing to choose."""
    n = len(block.active_lower)
    counting = Counting(block)
    losses = block.segments.names_with_losses(n)
    size = int(block.groups.max(initial=-1)) + 1
    members = np.bincount(block.groups, minlength=size)
    lossy = np.zeros(size, dtype=np.bool_)
    lossy[block.groups[losses]] = True
    beside_losses = (members > 1)[block.groups] & lossy[block.groups]
    active = block.holdings.active
    may_stay = (active >= block.active_lower - FEASIBLE) & (active <= block.active_upper + FEASIBLE)
    discrete = (block.min_trade > 0) | counting.limited
    wash = block.wash
    sell_width = np.zeros(n) if wash is None else np.where(losses, wash.sell_width * wash.sell_price, 0.0)
    buy_width = np.zeros(n) if wash is None else wash.buy_width * wash.buy_price
    found: list[tuple[int, ...]] = []
    for i in range(n):
        if not (losses[i] or beside_losses[i] or discrete[i] or buy_width[i] > 0):
            found.append((int(Choice.BUY),))
            continue
        mine = [Choice.SELL, Choice.BUY]
        mine += [Choice.SELL_BEYOND] if sell_width[i] > 0 else []
        mine += [Choice.BUY_BEYOND] if buy_width[i] > 0 else []
        mine += [Choice.NOTHING] if discrete[i] and may_stay[i] else []  # one that must leave has to trade
        mine += [Choice.EXIT] if block.names_max is not None and counting.can_leave[i] else []
        found.append(tuple(int(c) for c in mine))
    return found


class ChoiceTree:
    """The tree; see `grown`.

    Parameters
    ----------
    block : Block
        The account, for its limits and its discrete choices.
    below : callable
        From choices, some of them open, and a value: a plan and a lower bound on all plans that have these
        choices. Bounds above the value need not be tight. Raises `InfeasibleError` where there is no plan.
    under : callable
        From choices, none of them open: takes in the best plan under them, and gives the best objective so far.
    best : float
        The best objective to begin with.
    """

    def __init__(
        self,
        block: Block,
        below: Callable[[Choices, float], Bounded],
        under: Callable[[Choices], float],
        best: float,
    ) -> None:
        self.block, self.below, self.under, self.best = block, below, under, best
        self.counting = Counting(block)
        self.options = options_of(block)
        self.losses = block.segments.names_with_losses(len(self.options))
        at_loss = np.zeros(len(block.holdings.lot_name), dtype=np.bool_)
        at_loss[block.segments.lot[block.segments.loss]] = True
        self.at_loss = at_loss
        self._may_stand_still = np.array([int(Choice.NOTHING) in o for o in self.options], dtype=np.bool_)
        self.open: list[tuple[float, int, Choices, Bounded]] = []
        self.closed = np.inf
        self.nodes = 0
        self.seen: set[bytes] = set()

    def grown(self, nodes_max: int, enough: float) -> Grown:
        """Branch until no open node could hold a plan better than the best by more than a figure, or nodes run out.

        Parameters
        ----------
        nodes_max : int
            Budget of nodes.
        enough : float
            Gap that counts as closed.
        """
        root = np.array([o[0] if len(o) == 1 else int(Choice.EITHER) for o in self.options], dtype=np.int64)
        self._add(root, -np.inf, enough)
        while self.open and self.nodes < nodes_max:
            bound, _, choices, found = heapq.heappop(self.open)
            if bound >= self.best - enough:
                self.closed = min(self.closed, bound)
                continue
            name = self._torn(choices, found.plan)
            if name is None:
                self.closed = min(self.closed, bound)
                continue
            for option in self.options[name]:
                child = choices.copy()
                child[name] = option
                self._add(child, bound, enough)
        least = min([self.closed, *(b for b, *_ in self.open)])
        return Grown(least, self.nodes, bool(min(least, self.best) >= self.best - enough))

    def _add(self, choices: Choices, floor: float, enough: float) -> None:
        """Bound a node; keep it open where a better plan may be in it."""
        if not self._possible(choices):
            return
        self.nodes += 1
        try:
            found = self.below(choices, self.best - enough)
        except InfeasibleError:
            return
        except UncertifiedError:
            self.closed = min(self.closed, floor)  # nothing better is known of it
            return
        bound = max(floor, found.bound)
        near = self._near(choices, found.plan)
        if bound < self.best - enough and near.tobytes() not in self.seen and self._possible(near):
            self.seen.add(near.tobytes())
            self.best = min(self.best, self.under(near))
        if bound >= self.best - enough:
            self.closed = min(self.closed, bound)
        else:
            heapq.heappush(self.open, (bound, self.nodes, choices, found))

    def _possible(self, choices: Choices) -> bool:
        """Whether choices keep the limits on numbers, and one side for each group, whatever the open ones become."""
        block, n = self.block, len(choices)
        groups = block.groups
        selling = set(groups[self.losses & is_any(choices, *_LOSING)].tolist())
        if selling & set(groups[is_any(choices, *_BUYING)].tolist()):
            return False
        rows = [[int(c)] if c != Choice.EITHER else list(self.options[i]) for i, c in enumerate(choices)]
        if block.names_max is not None:
            held = sum(min(int(self.counting.holding[i, c]) for c in rows[i]) for i in range(n))
            if held > block.names_max:
                return False
        if block.trades_max is not None:
            traded = sum(min(int(self.counting.trading[c]) for c in rows[i]) for i in range(n))
            return traded <= block.trades_max
        return True

    def _lost(self, plan: Plan) -> FloatArray:
        sold = np.where(self.at_loss, plan.sells, 0.0)
        found = np.bincount(self.block.holdings.lot_name, weights=sold, minlength=len(self.options))
        return np.asarray(found, dtype=np.float64)

    def _torn(self, choices: Choices, plan: Plan) -> int | None:
        """The open name that breaks its choices most, else one whose washes are not charged yet, else any; or None."""
        block = self.block
        free = choices == Choice.EITHER
        if not free.any():
            return None
        lost, net = self._lost(plan), plan.net(block.holdings.lot_name)
        sold = plan.sold(block.holdings.lot_name)
        size = int(block.groups.max(initial=-1)) + 1
        group_lost = np.bincount(block.groups, weights=lost, minlength=size)[block.groups]
        group_bought = np.bincount(block.groups, weights=plan.buys, minlength=size)[block.groups]
        broken = np.minimum(lost, group_bought) + np.minimum(group_lost, plan.buys)
        least, moved = block.least_of(net), np.abs(net)
        small = (moved > _DUST) & (moved < least)
        broken = broken + np.where(small, np.minimum(moved, least - moved), 0.0)
        broken = broken + np.where(least > 0, np.minimum(sold, plan.buys), 0.0)
        if broken[free].max() > _DUST:
            return int(np.where(free, broken, -1.0).argmax())
        charge = np.zeros(len(choices))
        if block.wash is not None:
            wash = block.wash
            charge = wash.sell_price * np.minimum(lost, wash.sell_width)
            charge = charge + wash.buy_price * np.minimum(plan.buys, wash.buy_width)
        trading = free & (moved > _DUST)
        if charge[free].max() <= 0 and trading.any():  # too many of them: the smallest is the first to give way
            return int(np.where(trading, -moved, -np.inf).argmax())
        return int(np.where(free, charge, -1.0).argmax())

    def _near(self, choices: Choices, plan: Plan) -> Choices:
        """Choices without open ones, near what a plan does."""
        block = self.block
        net = plan.net(block.holdings.lot_name)
        size = int(block.groups.max(initial=-1)) + 1
        group_net = np.bincount(block.groups, weights=net, minlength=size)[block.groups]
        buying = np.where(np.abs(group_net) > _DUST, group_net > 0, net > 0)
        picked = np.where(buying, int(Choice.BUY), int(Choice.SELL))
        if self.counting.limited or block.min_trade.any():
            little = (np.abs(net) < 0.5 * block.least_of(net)) | (np.abs(net) <= _DUST) | (buying != (net > 0))
            picked = np.where(little & self._may_stand_still, int(Choice.NOTHING), picked)
        if block.names_max is not None:
            gone = self.counting.can_leave & (-net >= self.counting.sellable * (1.0 - _ALL_OF_IT))
            picked = np.where(gone, int(Choice.EXIT), picked)
        picked = beyond_widths(block, plan, np.asarray(picked, dtype=np.int64))
        return np.asarray(np.where(choices == Choice.EITHER, picked, choices), dtype=np.int64)
