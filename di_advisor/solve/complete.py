"""A plan, or the proof that there is none: choices by an integer program, curves by cuts, within a budget of nodes.

Problem: a search by prices may find no plan where minimum trades, numbers of names and budgets leave few,
and "none was found" is no answer. Decision: the integer program (`di_advisor.solve.integer_program`)
names choices, the convex problem of these choices says what they are worth or by how much they pass the
cap, and the tangent there is a cut: it holds for every plan, and leaves none with the same choices below
what they were just found to be worth. So each turn ends with a better plan, with other choices, or with the
proof. The first plan is improved for a few turns; what is left is for the search.

Limits: choices that the solver holds possible and the convex problem does not, within round-off, are set
aside, and then nothing is proved. The budgets count nodes, fewer where the program is large, and steps
of the simplex method. In an account of some hundred names and a cap that nearly nothing keeps, no integer
program is begun, and then it may stay open whether there is a plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.schedule_d import ScheduleDTax
from di_advisor.formulate.separable import Row
from di_advisor.formulate.tax_cells import Region, regions_of
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.solve.choices import Choices
from di_advisor.solve.counting import Counting
from di_advisor.solve.integer_program import IntegerProgram, Point
from di_advisor.solve.quadratic import HotPath, QuadraticProgram
from di_advisor.solve.risk_pieces import RiskPieces
from di_advisor.solve.solution import objective_of, variance_of
from di_advisor.solve.tracking import RISK_ALONE, solve_capped

__all__ = ["STEPS", "Completed", "Places", "complete", "nodes_for", "places_of", "steps_for", "turns_for"]

_TURNS = 80
_FEWEST_TURNS = 6
_WORK_OF_TURNS = 40_000
_BETTER = 6
STEPS = 25_000
_STEPS_A_COLUMN = 16
"""Budget of steps of the simplex method, and for each segment and name where that is more: some seconds."""

_NODES = 2_000
_FEWEST_NODES = 60
_WORK = 200_000
_GAIN = 1e-9
_IN_FRACTIONS = 12
_LARGE = 2_000
_SLOW = 1 / 3
"""Segments and names, and the share of its steps that linear programs used, beyond which no integer one is begun.

One node of it then takes minutes: HiGHS adds rounds of dense cuts, of seconds each, and no budget ends it in between.
Of five such accounts of 500 names under caps of 1 to 12 bps one was proved to have no plan, after 53 s.
"""

_GUIDED = 12
"""Turns without a plan after which only tracking error is looked at."""


@dataclass(frozen=True)
class Completed:
    """What a complete search ended with.

    Attributes
    ----------
    choices : ndarray of int, shape (n,), or None
        Of the best plan found.
    proved : bool
        Where there is none: whether that is proved.
    nodes, steps : int
        Nodes of all integer programs, and their steps of the simplex method.
    amounts : ndarray of shape (m,), or None
        Of each segment, in the best plan found.
    """

    choices: Choices | None
    proved: bool
    nodes: int
    steps: int = 0
    amounts: FloatArray | None = None


@dataclass(frozen=True)
class Places:
    """Where the two gains may lie: one of some regions, and how gains follow from lots."""

    regions: tuple[Region, ...] = ()
    gains: RealisedGains | None = None

    def rows(self, region: Region | None, block: Block) -> tuple[Row, ...]:
        """The borders of a region as rows of a block."""
        if region is None or self.gains is None:
            return ()
        lines = ((float(b.normal[0]), float(b.normal[1]), b.limit) for b in region.borders)
        on = self.gains.on_segments
        return tuple(
            Row(f"tax region {i}", -np.inf, limit, on_segments=on((short, long), block.segments))
            for i, (short, long, limit) in enumerate(lines)
        )


def places_of(problem: Problem, tax: ScheduleDTax | None, sell_max: FloatArray) -> Places:
    """What a tax budget leaves of the gains; nothing to say where there is none (a gain budget is a row).

    Parameters
    ----------
    problem : Problem
        With its rules.
    tax : ScheduleDTax or None
        The curve.
    sell_max : ndarray of shape (L,)
        Weight of each lot that may be sold.
    """
    owed = [r.upper for r in problem.rules if isinstance(r, TaxBudget)]
    if tax is None or not owed:
        return Places()
    least, most = tax.gains.reach(sell_max)
    gain = [r.upper for r in problem.rules if isinstance(r, GainBudget)]
    regions = regions_of(tax.cells, least, most, gain_budget=min(gain, default=None), tax_budget=min(owed))
    return Places(regions, tax.gains)


def nodes_for(block: Block) -> int:
    """Budget of nodes of one account: fewer where each takes longer."""
    return int(np.clip(_WORK // max(len(block.segments) + len(block.active_lower), 1), _FEWEST_NODES, _NODES))


def steps_for(block: Block, least: int = STEPS) -> int:
    """Budget of steps of the simplex method of one account: more where each program takes more of them."""
    return max(least, _STEPS_A_COLUMN * (len(block.segments) + len(block.active_lower)))


def turns_for(block: Block) -> int:
    """Budget of integer programs of one account: fewer where each takes longer."""
    size = len(block.segments) + len(block.active_lower)
    return int(np.clip(_WORK_OF_TURNS // max(size, 1), _FEWEST_TURNS, _TURNS))


def _is_large(block: Block) -> bool:
    return len(block.segments) + len(block.active_lower) > _LARGE


def complete(  # noqa: PLR0913 - budgets and what other searches know, all keyword-only
    block: Block,
    places: Places,
    ask: Callable[[], None],
    *,
    hot: HotPath | None = None,
    nodes_max: int | None = None,
    steps_max: int | None = None,
    tangents: list[FloatArray] | None = None,
    any_will_do: bool = False,
    in_pieces: bool = False,
) -> Completed:
    """Choices of a plan, or the proof that none keeps every rule.

    Parameters
    ----------
    block : Block
        The account.
    places : Places
        Where its gains may lie.
    ask : callable
        Called before each solve; raises where the search was cancelled.
    hot : HotPath, optional
        Layout, warm start and counts of a search for the same names.
    nodes_max : int, optional
        Budget; `nodes_for` when left out.
    steps_max : int, optional
        Budget of steps of the simplex method, `steps_for` when left out; no program is begun once it is used up.
    tangents : list of ndarray of shape (n,), optional
        Of tracking error, known from other searches with the same risk; those that are found are added.
    any_will_do : bool
        Whether the first plan is enough.
    in_pieces : bool
        Whether a cap enters piece by piece (`di_advisor.solve.risk_pieces`): larger programs, far fewer nodes.
    """
    turns = _Turns(
        block, places, ask, hot or HotPath(block), [] if tangents is None else tangents, any_will_do=any_will_do
    )
    if in_pieces and block.tracking_error_max is not None:
        turns.pieces = RiskPieces(turns.program)
    return turns.run(
        nodes_for(block) if nodes_max is None else nodes_max, steps_for(block) if steps_max is None else steps_max
    )


class _Turns:
    def __init__(
        self,
        block: Block,
        places: Places,
        ask: Callable[[], None],
        hot: HotPath,
        tangents: list[FloatArray],
        *,
        any_will_do: bool,
    ) -> None:
        self.block, self.places, self.ask, self.hot = block, places, ask, hot
        self.tangents, self.any_will_do = tangents, any_will_do
        self.program = IntegerProgram(block, places.regions, places.gains)
        self.best: tuple[float, Choices, FloatArray] | None = None
        self.exact = True
        self.seen: set[bytes] = set()
        self.near: set[bytes] = set()
        self.pieces: RiskPieces | None = None

    def run(self, nodes_max: int, steps_max: int) -> Completed:
        steps = 0
        if self.places.gains is not None and not self.places.regions:
            return Completed(None, proved=True, nodes=0)  # no gains keep the budget
        for slope in self.tangents if self.block.tracking_error_max is not None else ():
            self.program.cut(slope)
        self._cut_at(self.block.holdings.active)
        proved = False
        if self.pieces is not None:
            proved, steps = self._in_fractions(self.pieces, steps_max)
        if proved or (self.best is not None and self.any_will_do):
            amounts, choices = (None, None) if self.best is None else (self.best[2], self.best[1])
            return Completed(choices, proved=proved and choices is None, nodes=1, steps=steps, amounts=amounts)
        return self._in_nodes(nodes_max, steps_max, steps)

    def _in_nodes(self, nodes_max: int, steps_max: int, steps: int) -> Completed:
        """Integer programs in turn, after some steps."""
        nodes, better, status = 0, 0, "budget"
        for turn in range(turns_for(self.block)):
            if nodes >= nodes_max or steps >= steps_max:
                break
            self.ask()
            any_ = self.any_will_do or (self.best is None and turn >= _GUIDED)
            slow = turn == 0 and steps > _SLOW * steps_max and _is_large(self.block)
            point = self.program.simplified() if slow else self.program.solved(nodes_max - nodes, any_will_do=any_)
            nodes, steps, status = nodes + point.nodes, steps + point.steps, point.status
            if status != "found" or (self.best is not None and point.value >= self.best[0] - _GAIN):
                break
            status = "budget"
            if self.pieces is not None:
                self.pieces.refine(point.columns)
            if self.best is not None:
                better += 1
                if better > _BETTER:
                    break
            self._try(point)
            if self.best is not None and self.any_will_do:
                break
        if self.best is not None:
            return Completed(self.best[1], proved=False, nodes=nodes, steps=steps, amounts=self.best[2])
        return Completed(None, proved=status == "none" and self.exact, nodes=nodes, steps=steps)

    def _in_fractions(self, pieces: RiskPieces, steps_max: int) -> tuple[bool, int]:
        """Whether linear programs prove that there is no plan, and their steps; a plan near them is kept."""
        steps = 0
        for _ in range(_IN_FRACTIONS):
            if steps >= steps_max:
                break
            self.ask()
            point = self.program.in_fractions()
            steps += point.steps
            if point.status == "none":
                return True, steps
            if point.status != "found":
                break
            more = pieces.refine(point.columns)
            self._try_near(self.program.rounded(point))
            if not more or (self.best is not None and self.any_will_do):
                break
        return False, steps

    def _cut_at(self, active: FloatArray) -> None:
        """No plan under the cap is beyond the tangent of variance at given active weights."""
        if self.block.tracking_error_max is None:
            return
        size = float(np.sqrt(variance_of(self.block, active)))
        if size <= 0:
            return
        # of tracking error, not of its square: nearer, and as true, because it is convex too
        slope = self.block.risk.gradient(active) / (2.0 * size)
        self.program.cut(slope)
        self.tangents.append(slope)

    def _try(self, point: Point) -> None:
        """What the choices of a point are worth, and the cut that follows."""
        key = point.choices.tobytes() + (b"" if point.region is None else point.region.corners.tobytes())
        if key in self.seen:
            self._set_aside(point)
            return
        self.seen.add(key)
        if not self._worth(point):
            self._set_aside(point)

    def _try_near(self, point: Point) -> None:
        """The same of choices that are no point of the program: where they leave no plan, nothing follows."""
        counting = Counting(self.block)
        names, trades = self.block.names_max, self.block.trades_max
        if names is not None and counting.held(point.choices) > names:
            return
        if trades is not None and counting.traded(point.choices) > trades:
            return
        key = point.choices.tobytes()
        if key not in self.near:
            self.near.add(key)
            self._worth(point)

    def _worth(self, point: Point) -> bool:
        """Whether the convex problem of some choices had an answer; the plan, or the cut, is taken in."""
        block = replace(self.block, rows=(*self.block.rows, *self.places.rows(point.region, self.block)))
        program = QuadraticProgram(block, point.choices, hot=self.hot)
        if block.tracking_error_max is not None:
            answer = program.solve(RISK_ALONE, trading=0.0)
            if answer.status == "infeasible":
                return False
            if answer.status == "solved" and variance_of(block, answer.active) > block.tracking_error_max**2:
                self._cut_at(answer.active)
                if self.pieces is not None:
                    self.pieces.touch(answer.active)
                return True
            if answer.status == "solved" and self.any_will_do:
                self.best = 0.0, point.choices, answer.amounts
                return True
        try:
            found = solve_capped(program, coarse=True)
        except (InfeasibleError, UncertifiedError):
            return False
        if found is None:
            return False
        segments = block.segments
        moved = np.bincount(segments.name, weights=segments.sign * found.amounts, minlength=len(block.active_lower))
        active = block.holdings.active + moved
        value = objective_of(block, found.amounts, active)
        if self.best is None or value < self.best[0]:
            self.best = value, point.choices, found.amounts
        self._charge_at(active, np.asarray(moved, dtype=np.float64))
        return True

    def _charge_at(self, active: FloatArray, moved: FloatArray) -> None:
        """The tangent of risk and impact at a plan."""
        block = self.block
        slope = block.aversion * block.risk.gradient(active) + 2.0 * block.impact * moved
        there = block.aversion * variance_of(block, active) + float(block.impact @ moved**2)
        self.program.charge(slope, there - float(slope @ active))

    def _set_aside(self, point: Point) -> None:
        """Go on without choices that the convex problem does not hold possible."""
        self.exact = self.exact and self.best is not None
        self.program.forbid(point)
