"""Discrete choices of a plan over stages: losses or purchases in a wash window, and minimum trades.

Problem: a loss sold and the name bought within 30 days wash; the convex relaxation would do both.
Decision: branch and bound on "no loss of this group at that stage" against "no purchase of it at the
other", best bound first; some nodes dive for a plan by closing the smaller sides. Minimum trades
of today are rounded on each plan found, under the bound that does not know them; later stages are
provisional and do without. Limits: a budget of nodes;
what is left open shows as the gap.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError, UnfinishedError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import StagedProblem
from di_advisor.solve.counts import SolverCounts
from di_advisor.solve.solution import CONVEX_GAP, FEASIBLE, NEGLIGIBLE
from di_advisor.solve.staged.answer import StagedAnswer
from di_advisor.solve.staged.assemble import build
from di_advisor.solve.staged.convex import solve_layout
from di_advisor.solve.staged.judge import Wash, breaches, least_trade, washes
from di_advisor.solve.staged.layout import Open

__all__ = ["StagedSolution", "solve_staged"]

_GOOD_ENOUGH = 1e-4
_DIVES = 12
_NODES = 6
_DIVE_EVERY = 4


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
        What wash sales closed, minimum trades aside.
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
    problem: StagedProblem, *, cancel: Callable[[], bool] = _never, nodes: int = _NODES, hint: Open | None = None
) -> StagedSolution:
    """The best plan found, checked by itself.

    Parameters
    ----------
    problem : StagedProblem
        From `di_advisor.formulate.transition.formulate_transition`.
    cancel : callable
        Asked between solves.
    nodes : int
        Budget of the search among wash-sale choices.
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
    return _Search(problem, cancel, nodes).run(hint)


class _Search:
    def __init__(self, problem: StagedProblem, cancel: Callable[[], bool], nodes: int) -> None:
        self.problem, self.cancel, self.nodes = problem, cancel, nodes
        self.best: StagedSolution | None = None
        self.reached = np.inf  # best objective before minimum trades, which no node can close
        self.counts = SolverCounts()

    def run(self, hint: Open | None) -> StagedSolution:
        """Best bound first."""
        root = self._solved(Open.everything(self.problem))
        scale = abs(self.problem.objective(self.problem.nothing()) - root[0].bound)
        enough = max(_GOOD_ENOUGH * scale, NEGLIGIBLE)
        heap = [(root[0].bound, 0, Open.everything(self.problem), *root)]
        born, done, lowest = 0, 0, np.inf
        if hint is not None and washes(self.problem, root[1]):
            self._try(hint)
        while heap:
            bound, _, choices, answer, plans = heapq.heappop(heap)
            if self.best is not None and bound >= self.reached - enough:
                lowest = min(lowest, bound)
                break  # best first: no other node is better
            found = washes(self.problem, plans)
            if not found:
                self._offer(choices, answer, plans)
                lowest = min(lowest, bound)
                continue
            if self.best is None or (done and done % _DIVE_EVERY == 0):
                self._dive(choices, plans)
            done += 1
            if done > self.nodes:
                lowest = min(lowest, bound)
                break
            for child in self._children(choices, found[0]):
                try:
                    solved = self._solved(child)
                except InfeasibleError:
                    continue
                born += 1
                heapq.heappush(heap, (max(solved[0].bound, bound), born, child, *solved))
        lowest = min([lowest, *(node[0] for node in heap)])
        if self.best is None:
            raise InfeasibleError(
                "No plan was found that keeps wash-sale sides and minimum trades besides all rules and budgets.",
                hint="Lower the minimum trade, raise the budgets, or widen the cash range.",
            )
        best = replace(self.best, bound=min(lowest, self.best.objective), counts=self.counts)
        self._check(best, scale)
        return best

    def _solved(self, choices: Open) -> tuple[StagedAnswer, tuple[Plan, ...]]:
        if self.cancel():
            raise UnfinishedError("The transition was cancelled.", hint="Nothing is proposed.")
        answer = solve_layout(self.problem, build(self.problem, choices))
        self.counts = self.counts.plus(answer.solver)
        return answer, answer.layout.plans(answer.v, self.problem)

    def _children(self, choices: Open, wash: Wash) -> tuple[Open, Open]:
        return self._closed(choices, [wash], loss=True), self._closed(choices, [wash], loss=False)

    def _closed(self, choices: Open, found: list[Wash], *, loss: bool | None = None) -> Open:
        """Close one side of each wash: the one named, or the smaller."""
        lose, buy = choices.loss.copy(), choices.buy.copy()
        for wash in found:
            members = self.problem.identical == wash.group
            if loss if loss is not None else wash.lost <= wash.bought:
                lose[wash.sold_at, members] = False
            else:
                buy[wash.bought_at, members] = False
        return replace(choices, loss=lose, buy=buy)

    def _dive(self, choices: Open, plans: tuple[Plan, ...]) -> None:
        for _ in range(_DIVES):
            found = washes(self.problem, plans)
            if found:
                choices = self._closed(choices, found)
            try:
                answer, plans = self._solved(choices)
            except InfeasibleError:
                return
            if not washes(self.problem, plans):
                self._offer(choices, answer, plans)
                return

    def _try(self, hint: Open) -> None:
        try:
            _, plans = self._solved(hint)
        except InfeasibleError:
            return
        self._dive(hint, plans)

    def _offer(self, choices: Open, answer: StagedAnswer, plans: tuple[Plan, ...]) -> None:
        """Keep a plan without wash sales if it is the best so far, minimum trades rounded."""
        objective = self.problem.objective(plans)
        if self.best is not None and objective >= self.reached:
            return
        if self.problem.min_trade > 0:
            rounded = self._rounded(choices, plans)
            if rounded is None:
                return
            answer, plans = rounded
        self.reached = min(self.reached, objective)
        objective = self.problem.objective(plans)
        if self.best is None or objective < self.best.objective:
            over = max(breaches(self.problem, plans).values())
            self.best = StagedSolution(plans, objective, -np.inf, max(over, 0.0), answer, self.counts, choices)

    def _rounded(self, choices: Open, plans: tuple[Plan, ...]) -> tuple[StagedAnswer, tuple[Plan, ...]] | None:
        """Today's trades of at least half the minimum brought to it, all others of today closed."""
        net = plans[0].net(self.problem.holdings.lot_name)
        least = least_trade(self.problem, net)
        for share, forced in ((0.5, True), (1.0, True), (0.5, False)):
            keep = np.abs(net) >= share * least * (1.0 - CONVEX_GAP)
            sell, buy = choices.sell.copy(), choices.buy.copy()
            least_sold, least_bought = np.zeros(sell.shape), np.zeros(buy.shape)
            sell[0] &= keep & (net < 0)
            buy[0] &= keep & (net > 0)
            if forced:
                kept = np.where(least < self.problem.min_trade, least, least * (1.0 + CONVEX_GAP))  # all is no more
                least_sold[0], least_bought[0] = np.where(sell[0], kept, 0.0), np.where(buy[0], kept, 0.0)
            trial = replace(choices, sell=sell, buy=buy, least_sold=least_sold, least_bought=least_bought)
            try:
                found = self._solved(trial)
            except (InfeasibleError, UncertifiedError):
                continue
            if breaches(self.problem, found[1])["minimum trade"] <= FEASIBLE and not washes(self.problem, found[1]):
                return found
        return None

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
