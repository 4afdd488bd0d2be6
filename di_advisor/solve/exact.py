"""Exactness on request: branch and bound on the names that are torn between choices.

A node allows each name some of its choices. Its bound is the dual over these, climbed warm from its
parent's prices; its plan is the convex solve under the choices that its prices ask for. The name that
is torn most is split: its likeliest choice, or any other. Nodes are taken by their bounds, lowest
first, so that the least bound of all open nodes is a bound on every plan. Limits: under a tracking-
error cap the price of risk is that of the first plan, so the bound may stay short of the plan; the
reserve that is kept for rounding is part of the gap; a budget of nodes that runs out leaves the
plan with the bound reached.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.solve.choices import COLUMNS, Choice
from di_advisor.solve.discrete import Search
from di_advisor.solve.feasible import choose
from di_advisor.solve.prices import NameValues, PricedNames, Prices
from di_advisor.solve.smoothed import Softened, climbed
from di_advisor.solve.solution import FEASIBLE, NEGLIGIBLE, Solution

__all__ = ["Proof", "prove"]

_STAGES = 3
_SOFTER = 25.0
_TORN = 1e-3
_STILL = 1e-9


@dataclass(frozen=True)
class Proof:
    """A plan with what its proof took.

    Attributes
    ----------
    solution : Solution
        With the bound that was reached.
    nodes : int
        Nodes that were bounded.
    proved : bool
        Whether the gap fell below the tolerance.
    """

    solution: Solution
    nodes: int
    proved: bool


@dataclass(frozen=True)
class _Node:
    allowed: NDArray[np.bool_]
    soft: Softened


def prove(
    search: Search,
    *,
    nodes_max: int = 400,
    tolerance: float = 1e-5,
    start: Solution | None = None,
    cutoff: float = np.inf,
) -> Proof:
    """Search on until the gap is below a tolerance.

    Parameters
    ----------
    search : Search
        Not yet run, unless there is a ``start``.
    nodes_max : int
        Budget of nodes.
    tolerance : float
        Gap, as a share of the benefit over the baseline.
    start : Solution, optional
        A plan to begin with; that of the search when left out.
    cutoff : float
        An objective that is known elsewhere: nothing above it is looked into.

    Raises
    ------
    InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
        Where there is no plan.
    """
    found = search.run() if start is None else start
    return _Tree(search, found, tolerance, cutoff).grown(nodes_max)


class _Tree:
    """Open nodes, and the best plan."""

    def __init__(self, search: Search, best: Solution, tolerance: float, cutoff: float = np.inf) -> None:
        self.search, self.best, self.names, self.cutoff = search, best, search.names, cutoff
        # what was kept back for rounding is no gap of the choices
        kept_back = sum(abs(p) * r.reserve for p, r in zip(best.prices.rows, search.block.rows, strict=True))
        self.enough = max(tolerance * abs(best.benefit), NEGLIGIBLE) + float(kept_back)
        self.open: list[tuple[float, int, _Node]] = []
        self.least_closed = np.inf
        self.softest = 0.0
        self.nodes = 0

    def grown(self, nodes_max: int) -> Proof:
        allowed = np.ones((len(self.search.block.active_lower), COLUMNS), dtype=np.bool_)
        self._add(allowed, self.best.prices, None, self.best.bound)
        if self.open:  # softer than at the root no climb gets anywhere
            self.softest = _SOFTER * self.open[0][2].soft.softness
        while self.open and self.nodes < nodes_max and not self._proved():
            _, _, node = heapq.heappop(self.open)
            self._split(node)
        bound = max(self._bound(), self.best.bound)
        return Proof(replace(self.best, bound=bound, counts=self.search.hot.counts), self.nodes, self._proved())

    def _bound(self) -> float:
        """Lower bound of any plan: the least of the nodes that are open or were given up as good enough."""
        lowest = self.open[0][0] if self.open else np.inf
        return min(lowest, self.least_closed, self.best.objective)

    def _proved(self) -> bool:
        return bool(self._to_beat() - max(self._bound(), self.best.bound) <= self.enough)

    def _to_beat(self) -> float:
        return min(self.best.objective, self.cutoff)

    def _add(self, allowed: NDArray[np.bool_], prices: Prices, softness: float | None, floor: float) -> None:
        """Bound a node; keep it open where a better plan may be in it."""
        self.nodes += 1
        names = self.names.only(allowed)
        start = replace(prices, risk=self.best.prices.risk)
        choices_left = _different(names, start).sum(axis=1)
        if not choices_left.all():
            return  # a name has none
        soft = climbed(names, start) if softness is None else climbed(names, start, stages=_STAGES, softness=softness)
        lowest = max(soft.bound, floor, self._tried(names, soft, settled=bool(choices_left.max() == 1)))
        if lowest >= self._to_beat() - self.enough:
            self.least_closed = min(self.least_closed, lowest)
            return
        heapq.heappush(self.open, (lowest, self.nodes, _Node(allowed, soft)))

    def _tried(self, names: PricedNames, soft: Softened, *, settled: bool) -> float:
        """Take the plan that a node's prices ask for if it is better; the node's bound at the prices of that plan.

        Where the choices are ``settled`` this bound is the plan itself, or infinite where there is none.
        """
        choices = choose(names, names.values(soft.prices), self.search.shared)
        try:
            found = self.search.attempt(choices, self.best.prices.risk)
        except InfeasibleError:
            return np.inf if settled and not self.search.shared else -np.inf
        except UncertifiedError:
            return -np.inf
        if found is None:
            return -np.inf
        if found.residual <= FEASIBLE and found.objective < self.best.objective:
            self._finish(found)
        return names.bound(names.sanitised(replace(found.prices, risk=self.best.prices.risk)))

    def _finish(self, found: Solution) -> None:
        """Keep a better plan, solved to the end."""
        try:
            finished = self.search.finish(found.choices, found.prices.risk)
        except (InfeasibleError, UncertifiedError):
            return
        if finished.objective < self.best.objective:
            self.best = replace(finished, bound=self.best.bound, baseline=self.best.baseline)

    def _split(self, node: _Node) -> None:
        names, weight = self.names.only(node.allowed), node.soft.weight
        several = _different(names, node.soft.prices).sum(axis=1) > 1
        moving = _moving(names.values(node.soft.prices), weight)
        torn = np.where(several, 1.0 - moving.max(axis=1), -1.0)
        name = int(torn.argmax())
        if torn[name] >= _TORN:  # then it trades under some choice: that one, or any other
            moving[name, Choice.NOTHING] = -1.0
            choice = int(moving[name].argmax())
        else:  # none is torn by the prices: the one that the plan has otherwise
            mine = weight[np.arange(len(weight)), self.best.choices]
            torn = np.where(several, 1.0 - weight.max(axis=1), -1.0)
            name = int(torn.argmax())
            name = name if torn[name] >= _TORN else int(np.where(several, 1.0 - mine, -1.0).argmax())
            choice = int(weight[name].argmax())
        if not several[name]:
            self.least_closed = min(self.least_closed, node.soft.bound)
            return
        for taken in (True, False):
            allowed = node.allowed.copy()
            allowed[name] = (np.arange(COLUMNS) == choice) & allowed[name] if taken else allowed[name]
            if not taken:
                allowed[name, choice] = False
            allowed[name, Choice.SELL_GAINS] = allowed[name, Choice.SELL]
            self._add(allowed, node.soft.prices, max(_SOFTER * node.soft.softness, self.softest), node.soft.bound)


def _moving(values: NameValues, weight: FloatArray) -> FloatArray:
    """Weights of the choices, shape (n, c), those under which nothing is traded counted as doing nothing.

    A name that trades nothing under any of its choices is not torn between them, and splitting it bounds nothing.
    """
    found = weight.copy()
    for choice, best in values.best.items():
        still = best.amount <= _STILL
        found[still, Choice.NOTHING] += found[still, choice]
        found[still, choice] = 0.0
    return found


def _different(names: PricedNames, prices: Prices) -> NDArray[np.bool_]:
    """Which choices are open, shape (n, c); selling gains only is selling where it is open at all."""
    found = np.isfinite(names.values(prices).plain)
    found[:, Choice.SELL_GAINS] = False
    return found
