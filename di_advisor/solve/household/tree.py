"""Sides of groups branched on at given prices of gains: what nobody does, or what is charged for.

Decision: at given prices accounts have nothing in common but the sides, so that a side costs a search of the accounts
it touches; the lowest bound of what is open bounds every plan allowed, the tax at these prices. The sides of a group
together hold every plan allowed. Limits: a budget of nodes; what it leaves open keeps its bound.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError, UndecidedError
from di_advisor.formulate.plan import Plan
from di_advisor.signals.household_locks import Side, WashSide
from di_advisor.solve.household.accounts import Offer
from di_advisor.solve.household.coordination import Coordination, Sides, clashes

__all__ = ["CLOSE", "Node", "Tree"]

CLOSE = 2e-6
"""Of the objective: a gap that counts as closed."""


@dataclass(frozen=True)
class Node:
    """All accounts under some sides, at given prices of gains."""

    sides: Sides
    value_usd: float
    bound_usd: float
    clashing: tuple[int, ...]
    plans: Mapping[str, Plan] = field(default_factory=dict)


@dataclass
class Tree:
    """Sides branched on at given prices of gains.

    Attributes
    ----------
    coordination : Coordination
        Accounts and returns.
    rates : Mapping of str to ndarray of shape (2,)
        By filer.
    nodes_max : int
        Sets of sides that are tried at most.
    bound_usd : float
        When run: no plans under any sides are better, the tax at these prices.
    best : Node or None
        The best sides at these prices that leave no clash.
    seen : dict of int to dict of WashSide to float
        Bounds by group and side of the nodes tried.
    nodes : int
        How many were tried.
    ways : tuple of WashSide or PricedSide
        The sides of a group: together they hold every plan allowed.
    leaves : list of Node
        All sides tried that leave no clash, as they came.
    """

    coordination: Coordination
    rates: Mapping[str, FloatArray]
    nodes_max: int
    bound_usd: float = -np.inf
    best: Node | None = None
    seen: dict[int, dict[Side, float]] = field(default_factory=dict)
    nodes: int = 0
    ways: tuple[Side, ...] = tuple(WashSide)
    leaves: list[Node] = field(default_factory=list)

    def run(self) -> None:
        """Branch until the bound meets the best sides, or the budget is used up."""
        numbers, closed = count(), np.inf
        root = self._node({}, -np.inf)
        if root is None:
            return
        open_: list[tuple[float, int, Node]] = []
        node: Node | None = root
        while node is not None or open_:
            if node is None:
                bound, _, node = heapq.heappop(open_)
                if self.nodes >= self.nodes_max or self._beaten(bound):
                    heapq.heappush(open_, (bound, next(numbers), node))
                    break
            if not node.clashing:
                closed = min(closed, node.bound_usd)
                self.leaves.append(node)
                if np.isfinite(node.value_usd) and (self.best is None or node.value_usd < self.best.value_usd):
                    self.best = node
                node = None
                continue
            found = self._split(node)
            for other in found[1:]:
                heapq.heappush(open_, (other.bound_usd, next(numbers), other))
            node = found[0] if found else None
        self.bound_usd = min([closed, *(bound for bound, _, _ in open_)])

    def _beaten(self, bound: float) -> bool:
        return self.best is not None and bound >= self.best.value_usd - CLOSE * max(abs(self.best.value_usd), 1.0)

    def _split(self, node: Node) -> list[Node]:
        """Both sides of the group that clashes most, the better first."""
        group = node.clashing[0]
        found = []
        for side in self.ways:
            child = self.child({**node.sides, group: side}, group, node.bound_usd)
            self.seen.setdefault(group, {}).setdefault(side, np.inf if child is None else child.bound_usd)
            if child is not None:
                found.append(child)
        return sorted(found, key=lambda n: n.bound_usd)

    def child(self, sides: Sides, group: int, above: float) -> Node | None:
        """A node below one of a given bound, where one more group has a side; None where it holds no plan."""
        del group
        return self._node(sides, above)

    def searched(self, account_id: str, sides: Sides) -> tuple[Plan, float, float]:
        """One account's best plan under sides at these prices, its value there and a bound, USD.

        Raises
        ------
        InfeasibleError, UndecidedError, UncertifiedError
            If it has none under these sides.
        """
        facts = self.coordination.accounts[account_id]
        rates = self.rates[facts.filer] if facts.is_taxed else None
        return self.coordination.priced(account_id, sides, rates)

    def offer(self, account_id: str, sides: Sides) -> Offer:
        """A taxable account's plan under sides at these prices, as its return sees it."""
        return self.coordination.offer(account_id, sides, self.rates[self.coordination.accounts[account_id].filer])

    def _node(self, sides: Sides, above: float) -> Node | None:
        self.nodes += 1
        value = bound = 0.0
        plans: dict[str, Plan] = {}
        accounts = self.coordination.accounts
        try:
            for account_id in accounts:
                plans[account_id], at, least = self.searched(account_id, sides)
                value, bound = value + at, bound + least
        except InfeasibleError:
            return None
        except (UncertifiedError, UndecidedError):
            return Node(sides, np.inf, above, ())
        found = clashes({i: a.signals for i, a in accounts.items()}, plans)
        return Node(sides, value, max(bound, above), tuple(g for g in found if g not in sides), plans)
