"""Discrete choices of a plan over stages: wash windows, minimum trades, numbers of trades and of names.

Problem: a loss sold and the name bought within 30 days wash, and trades are counted or have a least size;
the convex relaxation does both, and a little of everything. Decision: branch and bound, best bound first,
on the choices of `branching`; some nodes dive for a plan by deciding all of one kind at a time. Where the
relaxation washes, mixtures of every name's own plans come before (`mixture`): they bound and show plans where
branching on one name of many hardly moves anything. Limits: a budget of nodes; what is left open shows as the gap.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError, UnfinishedError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import StagedProblem
from di_advisor.solve.counts import SolverCounts
from di_advisor.solve.solution import CONVEX_GAP, FEASIBLE, NEGLIGIBLE
from di_advisor.solve.staged.answer import StagedAnswer
from di_advisor.solve.staged.assemble import build
from di_advisor.solve.staged.branching import Manner, children, closed, settled, washes_first
from di_advisor.solve.staged.closing import closing
from di_advisor.solve.staged.convex import solve_layout
from di_advisor.solve.staged.judge import Wash, breaches
from di_advisor.solve.staged.layout import Open
from di_advisor.solve.staged.mixture import Mixture
from di_advisor.solve.staged.parts import parted
from di_advisor.solve.staged.picked import choices_of, drawn, likeliest, one_of_each, switched

__all__ = ["StagedSolution", "solve_staged"]

_GOOD_ENOUGH = 1e-4
_DIVES = 12
_SOLVE = 30.0  # of a solve, in its size: what it costs however small the plan is
_WORK = 24_000.0
_LEAST_WORK = 16.0  # solves
_BY_CONE = 1.0  # what a solve by Clarabel costs more than one by PIQP, in solves
_BY_MODEL = 10.0  # and what one through cvxpy costs more, where an own wish is not affine
_BY_RETURN = 2.5  # pieces of several years' taxes ask for more choices than wash sales do
_DIVE_EVERY = 4
_STEPS = 12  # of the mixture
_DRAWS = 8
_SEED = 1961
_SETTLED = 0.1  # of the gap: when the mixture is this close to its bound, the rest is in picking plans from it
_STACKED = 0.5  # what a part solved in a stack costs, in shares of the whole plan
_Solved = tuple[StagedAnswer, tuple[Plan, ...]]
_MANNERS = (Manner(0.5, forced=True), Manner(1.0, forced=True), Manner(1.0, forced=False))


@dataclass(frozen=True)
class StagedSolution:
    """A plan over stages with its certificate; figures are fractions of today's value.

    Attributes
    ----------
    plans : tuple of Plan
        One a stage.
    objective, bound : float
        Of the plan, and of any plan that keeps the rules.
    residual : float
        Largest violation of any rule.
    answer : StagedAnswer
        The convex problem that the plan solves, with its prices.
    counts : SolverCounts
        Convex solves.
    choices : Open
        What was decided.
    """

    plans: tuple[Plan, ...]
    objective: float
    bound: float
    residual: float
    answer: StagedAnswer
    counts: SolverCounts
    choices: Open

    @property
    def gap(self) -> float:
        """Proved distance from the best plan there is."""
        return max(self.objective - self.bound, 0.0)


def _never() -> bool:
    return False


def solve_staged(
    problem: StagedProblem, *, cancel: Callable[[], bool] = _never, nodes: int | None = None, hint: Open | None = None
) -> StagedSolution:
    """The best plan found, checked by itself.

    Parameters
    ----------
    problem : StagedProblem
        From `di_advisor.formulate.transition.formulate_transition`.
    cancel : callable
        Asked between solves.
    nodes : int, optional
        Budget of the search among choices; left out, it is as many convex solves as take about the same time for
        plans of any size: small plans are searched further.
    hint : Open, optional
        Choices of a neighbouring plan, tried first.

    Raises
    ------
    InfeasibleError
        If no plan keeps all rules and budgets.
    UncertifiedError
        If the plan fails its check.
    UnfinishedError
        If cancelled.
    """
    size = len(problem.legs) * len(problem.start)
    more = _BY_RETURN if problem.taxes is not None else 1.0
    if nodes is None:
        return _Search(problem, cancel, sys.maxsize, more * max(_WORK / (_SOLVE + size), _LEAST_WORK)).run(hint)
    return _Search(problem, cancel, int(more * nodes), np.inf).run(hint)


class _Search:
    def __init__(self, problem: StagedProblem, cancel: Callable[[], bool], nodes: int, work: float) -> None:
        self.problem, self.cancel, self.nodes, self.work = problem, cancel, nodes, work
        self.best: StagedSolution | None = None
        self.counts = SolverCounts()
        self.enough = 0.0
        self.left_out = np.inf  # bounds of sides of washes that were not searched
        self.floor = -np.inf  # bound by mixtures

    def run(self, hint: Open | None) -> StagedSolution:
        """The hint, mixtures, then branching."""
        root = self._solved(Open.everything(self.problem))
        scale = abs(self.problem.objective(self.problem.nothing()) - root[0].bound)
        self.enough = max(_GOOD_ENOUGH * scale, NEGLIGIBLE)
        if hint is not None and children(self.problem, Open.everything(self.problem), root[1], root[0]):
            self._try(hint)
        if np.isfinite(self.work):
            self._mix(*root, scale)
        lowest = max(self._branch(root), self.floor)
        if self.best is None:
            raise InfeasibleError(
                "No plan was found that keeps wash-sale sides, minimum trades and numbers of names and trades besides "
                "all rules and budgets.",
                hint="Lower the minimum trade, allow more names or trades, raise the budgets, or widen the cash range.",
            )
        best = replace(self.best, bound=min(lowest, self.best.objective), counts=self.counts)
        self._check(best, scale)
        return best

    def _branch(self, root: _Solved) -> float:
        """Search by branching, best bound first; gives the bound of all that is left."""
        heap: list[tuple[float, int, Open, _Solved | None]] = [(root[0].bound, 0, Open.everything(self.problem), root)]
        born, done, lowest, enough = 0, 0, np.inf, self.enough
        while heap:
            bound, number, choices, node = heapq.heappop(heap)
            if self.best is not None and max(bound, self.floor) >= self.best.objective - enough:
                lowest = min(lowest, bound)
                break  # best first: no other node is better
            if node is None:
                if self.work <= 0:
                    lowest = min(lowest, bound)
                    break
                try:
                    node = self._solved(choices)
                except InfeasibleError:
                    continue
                heapq.heappush(heap, (max(node[0].bound, bound), number, choices, node))
                continue
            if not children(self.problem, choices, node[1], node[0]):
                self._offer(choices, *node)
                lowest = min(lowest, bound)
                continue
            if self.best is None or (done and done % _DIVE_EVERY == 0):
                self._dive(choices, *node)
            done += 1
            if done > self.nodes or self.work <= 0:
                lowest = min(lowest, bound)
                break
            limit = np.inf if self.best is None else self.best.objective - enough
            for least, child in self._further(node, choices, bound, limit):
                born += 1
                heapq.heappush(heap, (least, born, child, None))
        return min([lowest, self.left_out, *(node[0] for node in heap)])

    def _further(self, node: _Solved, choices: Open, bound: float, limit: float) -> list[tuple[float, Open]]:
        """Choices that together leave out no better plan, each with a bound; none where the plan breaks no rule.

        Of a wash, a side whose closing raises the bound past the best plan stays: all such washes are decided at once.
        """
        answer, plans = node
        found = washes_first(self.problem, choices, plans)
        if not found:
            return [(bound, child) for child in children(self.problem, choices, plans, answer)]
        lifts = [tuple(answer.bound + lift for lift in closing(self.problem, answer, wash)) for wash in found]
        decided: tuple[list[Wash], list[Wash]] = ([], [])
        for wash, (without_loss, without_buying) in zip(found, lifts, strict=True):
            if max(without_loss, without_buying) >= limit:
                self.left_out = min(self.left_out, max(without_loss, without_buying))
                decided[1 if without_buying < without_loss else 0].append(wash)
        if any(decided):
            child = closed(self.problem, choices, decided[0], loss=True)
            return [(bound, closed(self.problem, child, decided[1], loss=False))]
        sides = zip(children(self.problem, choices, plans, answer), lifts[0], strict=True)
        return [(max(bound, lift), child) for child, lift in sides]

    def _ask(self) -> None:
        if self.cancel():
            raise UnfinishedError("The transition was cancelled.", hint="Nothing is proposed.")

    def _solved(self, choices: Open) -> tuple[StagedAnswer, tuple[Plan, ...]]:
        self._ask()
        self.work -= 1.0
        answer = solve_layout(self.problem, build(self.problem, choices))
        self.work -= _BY_CONE if answer.solver == "Clarabel" else 0.0
        self.work -= _BY_MODEL if self.problem.own.is_opaque else 0.0
        self.counts = self.counts.plus(answer.solver)
        return answer, answer.layout.plans(answer.v, self.problem)

    def _dive(self, choices: Open, answer: StagedAnswer, plans: tuple[Plan, ...]) -> None:
        """A plan by deciding all of one kind at a time, in one manner after another until there is one."""
        for losses in (False, True):
            if self.best is not None and self.best.objective - answer.bound <= self.enough:
                return  # no better plan is left under these choices
            for manner in _MANNERS:
                if self._dived(choices, answer, plans, replace(manner, losses=losses)):
                    break

    def _dived(self, choices: Open, answer: StagedAnswer, plans: tuple[Plan, ...], manner: Manner) -> bool:
        for _ in range(_DIVES + 2 * len(self.problem.legs)):
            decided = settled(self.problem, choices, plans, answer, manner)
            if decided is None:
                self._offer(choices, answer, plans)
                return True
            choices = decided
            try:
                answer, plans = self._solved(choices)
            except (InfeasibleError, UncertifiedError):
                return False
        return False

    def _mix(self, answer: StagedAnswer, plans: tuple[Plan, ...], scale: float) -> None:
        """A bound, and plans, from mixtures of every name's own plans; only where the relaxation washes."""
        everything = Open.everything(self.problem)
        if answer.slope is None or not washes_first(self.problem, everything, plans):
            return
        mixture = Mixture(parted(self.problem, answer.layout, answer.caps), answer, scale)
        tried = set[bytes]()

        def pick(v: FloatArray) -> bool:
            choices = choices_of(mixture.parts, v, everything)
            key = np.packbits(np.r_[choices.loss, choices.buy]).tobytes()
            before = self.best
            if key not in tried and self.work > 0:
                tried.add(key)
                self._follow(choices)
            if self.best is None or self.best is before:
                return False
            mixture.add(self.best.plans)
            return True

        for _ in range(_STEPS):
            mixture.improve(self._stacked)
            self.work -= _STACKED * mixture.work
            self.floor = max(self.floor, mixture.bound)
            pick(one_of_each(mixture, likeliest))
            if self.work <= 0 or self._settled(mixture.value - mixture.bound):
                break
        generator = np.random.default_rng(_SEED)
        for _ in range(_DRAWS):
            if not self._settled(0.0):
                pick(one_of_each(mixture, lambda shares: drawn(shares, generator)))
        while self.best is not None and self.work > 0 and not self._settled(0.0):
            if not any(pick(v) for v in switched(mixture, mixture.parts.of(self.best.plans))):
                break

    def _stacked(self) -> None:
        """Before every stack of a mixture, which is one convex solve."""
        self._ask()
        self.counts = self.counts.plus("PIQP")

    def _settled(self, apart: float) -> bool:
        """Whether the best plan is good enough, or its distance from the bound is far more than ``apart``."""
        if self.best is None:
            return False
        left = self.best.objective - self.floor
        return left <= self.enough or 0 < apart <= _SETTLED * left

    def _follow(self, choices: Open) -> None:
        """A plan by deciding what some choices leave, in one manner after another until there is one."""
        try:
            answer, plans = self._solved(choices)
        except (InfeasibleError, UncertifiedError):
            return
        for manner in _MANNERS:
            if self._dived(choices, answer, plans, manner):
                return

    def _try(self, hint: Open) -> None:
        try:
            answer, plans = self._solved(hint)
        except (InfeasibleError, UncertifiedError):
            return
        if not children(self.problem, hint, plans, answer):
            self._offer(hint, answer, plans)
        else:
            self._dive(hint, answer, plans)

    def _offer(self, choices: Open, answer: StagedAnswer, plans: tuple[Plan, ...]) -> None:
        """Keep a plan that breaks no rule if it is the best so far."""
        objective = self.problem.objective(plans)
        if self.best is None or objective < self.best.objective:
            over = max(breaches(self.problem, plans).values())
            self.best = StagedSolution(plans, objective, -np.inf, max(over, 0.0), answer, self.counts, choices)

    def _check(self, solution: StagedSolution, scale: float) -> None:
        if not (np.isfinite(solution.objective) and solution.residual <= FEASIBLE):
            over = breaches(self.problem, solution.plans)
            worst = max(over, key=lambda rule: over[rule])
            raise UncertifiedError(
                f"The plan breaks the rule '{worst}' by {solution.residual:.2e} of the account's value.",
                hint="No trades are proposed. Check the data for extreme figures, or widen that rule.",
                rule=worst,
                residual=solution.residual,
            )
        gap = solution.objective - solution.answer.bound
        if not gap <= max(CONVEX_GAP * max(scale, abs(solution.objective)), 10 * NEGLIGIBLE):
            raise UncertifiedError(
                f"The plan is {gap:.2e} of the account's value away from the proved bound of its own choices.",
                hint="No trades are proposed. Check the data for extreme figures.",
                gap=gap,
            )
