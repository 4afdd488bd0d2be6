"""Whole shares by an integer program: counts of steps of each lot sold and each name bought, every rule kept.

Problem: a walk on the lattice of share counts mends one rule by breaking another where positions are a few
shares or a few round lots, and then says that there is no plan. Decision: the integer program of the
choices (`di_advisor.solve.integer_program`) with the counts as integers. Lots are sold in whole steps, or
whole with their fraction where what is sold of the name comes out at whole steps, or where all of it
is sold. The cap and the price of risk are tangents, added where a plan passes them.

Limits: what the caller finds broken and no row says (costs to the cent, own cones) is set aside point by
point, and then nothing is proved. The budget counts nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.complete import STEPS, Places, nodes_for, turns_for
from di_advisor.solve.integer_program import IntegerProgram, Point
from di_advisor.solve.solution import variance_of

__all__ = ["ShareCounts", "ShareSearch", "Verdict"]

_BETTER = 4
_NEARLY = 1e-6
_GAIN = 1e-9


class Verdict(Enum):
    """What a caller says of counts."""

    KEPT = "kept"
    CAP = "tracking error cap"
    BROKEN = "broken"


@dataclass(frozen=True)
class ShareCounts:
    """Steps of shares.

    Attributes
    ----------
    sold : dict of int to int
        By lot: steps sold.
    whole : frozenset of int
        Lots that are sold whole, with their fraction.
    bought : dict of int to int
        By name: steps bought.
    """

    sold: dict[int, int]
    whole: frozenset[int]
    bought: dict[int, int]


class ShareSearch:
    """The program of one account.

    Parameters
    ----------
    block : Block
        With its slopes at the plan.
    places : Places
        Where the gains may lie.
    step : ndarray of shape (n,)
        Weight of a step of shares of each name.
    sides : ndarray of shape (n,), optional
        -1, 0 or 1 where only one side, or none, is open; any side where left out.

    Attributes
    ----------
    exact : bool
        Whether a search that ends without counts proves that there are none.
    looked : list of (ndarray, ndarray)
        Active weights, and what each name moves, of the counts that were judged: where tangents were taken.
    """

    def __init__(self, block: Block, places: Places, step: FloatArray, sides: FloatArray | None = None) -> None:
        self.block, self.step = block, step
        self.program = program = IntegerProgram(block, places.regions, places.gains)
        segments = block.segments
        sellable = np.bincount(
            np.maximum(segments.lot, 0),
            weights=np.where(segments.sell, segments.width, 0.0),
            minlength=len(block.holdings.lot_name),
        )
        self.lots = np.flatnonzero(sellable > 0)
        name = block.holdings.lot_name[self.lots]
        width, unit = sellable[self.lots], step[name]
        self.full = np.floor(width / unit + _NEARLY)
        # sold in part at most, and so without its fraction
        self.limited = width < block.holdings.lot_weight[self.lots] - _NEARLY * unit
        rest = np.where((width - unit * self.full > _NEARLY * unit) & ~self.limited, width - unit * self.full, 0.0)
        if sides is not None:
            for columns, closed in ((program.sells, sides >= 0), (program.buys, sides <= 0)):
                program.close(columns[closed])
        program.one_side()
        self._sales(name, np.asarray(width, dtype=np.float64), unit, rest)
        self._purchases()
        self.exact = sides is None
        self.nodes, self.steps = 0, 0
        self.looked: list[tuple[FloatArray, FloatArray]] = []
        active = block.holdings.active
        self.take(active, active * 0.0)

    def _sales(self, name: NDArray[np.int64], width: FloatArray, unit: FloatArray, rest: FloatArray) -> None:
        program, segments = self.program, self.block.segments
        count = len(self.lots)
        self.counts = program.columns(np.zeros(count), self.full, whole=True)
        self.entire = program.columns(np.zeros(count), (rest > 0).astype(np.float64), whole=True)
        place = np.full(len(self.block.holdings.lot_name), -1)
        place[self.lots] = np.arange(count)
        sold = np.flatnonzero(segments.sell)
        k = np.arange(count)
        program.weigh(
            np.r_[place[segments.lot[sold]], k, k],
            np.r_[program.amounts[sold], self.counts, self.entire],
            np.r_[np.ones(len(sold)), -unit, -rest],
            np.zeros(count),
        )
        # an entire lot has all its steps sold
        program.add(np.r_[k, k], np.r_[self.counts, self.entire], np.r_[k * 0.0 + 1.0, -self.full], k * 0.0, np.inf + k)
        broken = np.unique(name[rest > 0])  # names of which not every lot is whole steps
        if not len(broken):
            return
        at = np.full(len(self.step), -1)
        at[broken] = np.arange(len(broken))
        mine = np.flatnonzero(at[name] >= 0)
        total = np.bincount(at[name[mine]], weights=width[mine], minlength=len(broken))
        steps = np.floor(total / self.step[broken] + _NEARLY)
        free = np.bincount(at[name[mine]], weights=self.limited[mine], minlength=len(broken)) == 0
        left = np.maximum(total - self.step[broken] * steps, 0.0)
        many, all_of_it = (
            program.columns(0 * steps, steps, whole=True),
            program.columns(0 * steps, free.astype(np.float64), whole=True),
        )
        b = np.arange(len(broken))
        program.weigh(
            np.r_[at[name[mine]], at[name[mine]], b, b],
            np.r_[self.counts[mine], self.entire[mine], many, all_of_it],
            np.r_[unit[mine], rest[mine], -self.step[broken], -left],
            np.zeros(len(broken)),
        )
        # all of a name is every lot of it, entire
        i = np.arange(len(mine))
        whole = np.r_[self.counts[mine], all_of_it[at[name[mine]]]]
        program.add(np.r_[i, i], whole, np.r_[np.ones(len(mine)), -self.full[mine]], 0.0 * i, np.inf + i)
        odd = np.flatnonzero(rest[mine] > 0)
        i = np.arange(len(odd))
        whole = np.r_[self.entire[mine[odd]], all_of_it[at[name[mine[odd]]]]]
        program.add(np.r_[i, i], whole, np.r_[np.ones(len(odd)), -np.ones(len(odd))], 0.0 * i, np.inf + i)

    def _purchases(self) -> None:
        program, segments, n = self.program, self.block.segments, len(self.step)
        bought = np.flatnonzero(~segments.sell)
        room = np.bincount(segments.name[bought], weights=segments.width[bought], minlength=n)
        self.purchases = program.columns(np.zeros(n), np.floor(room / self.step + _NEARLY), whole=True)
        program.weigh(
            np.r_[segments.name[bought], np.arange(n)],
            np.r_[program.amounts[bought], self.purchases],
            np.r_[np.ones(len(bought)), -self.step],
            np.zeros(n),
        )

    def take(self, active: FloatArray, moved: FloatArray) -> None:
        """Tangents at given active weights: of tracking error, of risk and of impact."""
        block = self.block
        variance = variance_of(block, active)
        if variance <= 0:
            return
        gradient = block.risk.gradient(active)
        if block.tracking_error_max is not None:
            self.program.cut(gradient / (2.0 * np.sqrt(variance)))
        slope = block.aversion * gradient + 2.0 * block.impact * moved
        there = block.aversion * variance + float(block.impact @ moved**2)
        self.program.charge(slope, there - float(slope @ active))

    def run(self, judged: Callable[[ShareCounts], Verdict], ask: Callable[[], None]) -> ShareCounts | None:
        """The best counts that a caller's own check finds kept.

        Parameters
        ----------
        judged : callable
            Says of counts whether every rule is kept.
        ask : callable
            Called before each solve; raises where the search was cancelled.

        Returns
        -------
        ShareCounts or None
            None where there are none, which is proved if `exact`, or the budget ran out.
        """
        best: ShareCounts | None = None
        value, nodes_max, better = np.inf, nodes_for(self.block), 0
        seen: list[ShareCounts] = []
        turns = turns_for(self.block)
        while self.nodes < nodes_max and self.steps < STEPS and len(seen) < turns and better <= _BETTER:
            ask()
            point = self.program.solved(nodes_max - self.nodes)
            self.nodes, self.steps = self.nodes + point.nodes, self.steps + point.steps
            if point.status == "none":
                return best
            if point.status != "found" or point.value >= value - _GAIN:
                break
            better += best is not None
            counts = self._read(point)
            again = counts in seen
            seen.append(counts)
            active, moved = self._after(counts)
            self.take(active, moved)
            self.looked.append((active, moved))
            verdict = judged(counts)
            if verdict is Verdict.KEPT:
                block = self.block
                worth = float(block.segments.slope @ point.amounts + block.impact @ moved**2)
                worth += block.aversion * variance_of(block, active)
                if again:
                    break
                if worth < value:
                    best, value = counts, worth
            elif verdict is Verdict.BROKEN or again:
                self.exact = False
                self.program.forbid(point)
        self.exact = False
        return best

    def _read(self, point: Point) -> ShareCounts:
        columns = point.columns
        sold = {int(lot): round(columns[c]) for lot, c in zip(self.lots, self.counts, strict=True)}
        whole = {int(lot) for lot, c in zip(self.lots, self.entire, strict=True) if round(columns[c])}
        bought = {int(i): round(columns[c]) for i, c in enumerate(self.purchases)}
        return ShareCounts(
            {lot: k for lot, k in sold.items() if k or lot in whole},
            frozenset(whole),
            {i: k for i, k in bought.items() if k},
        )

    def _after(self, counts: ShareCounts) -> tuple[FloatArray, FloatArray]:
        """Active weights after counts, and what each name moves, shapes (n,)."""
        holdings = self.block.holdings
        moved = np.zeros(len(self.step))
        for i, k in counts.bought.items():
            moved[i] += k * self.step[i]
        for lot, k in counts.sold.items():
            name = int(holdings.lot_name[lot])
            moved[name] -= holdings.lot_weight[lot] if lot in counts.whole else k * self.step[name]
        return holdings.active + moved, moved
