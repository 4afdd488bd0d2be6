"""Closing the gap of discrete choices: climb the bound, switch the names that gain.

At any prices each name takes the best of its branches (nothing, at least the minimum on one side), so
the dual over all choices is a bound; it is concave, so its best point between two price vectors is
found by halving. With branches fixed the problem is convex and solved warm. Names whose branch costs
more than another at the prices of the plan are switched, many at once as long as that pays, fewer
when it does not, and each for itself at last. Limits: a heuristic with a proof of how good it is; it
takes over where the rounds of `di_advisor.solve.discrete` end; under a tracking-error cap it only switches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.solve.choices import Choices
from di_advisor.solve.feasible import Groups, choose, within_limits
from di_advisor.solve.prices import PricedNames, Prices
from di_advisor.solve.quadratic import HotPath, QuadraticProgram
from di_advisor.solve.solution import FEASIBLE, Solution, judge, objective_of
from di_advisor.solve.tracking import solve_capped

__all__ = ["close_gap"]

_GAIN = 1e-12
_HALVINGS = 6
_ENOUGH = 1e-5
_ENOUGH_AT_THE_TOP = 5e-4
_MOST_AT_ONCE = 0.5


def _between(a: Prices, b: Prices, share: float) -> Prices:
    return Prices(
        a.risk + share * (b.risk - a.risk),
        a.exposures + share * (b.exposures - a.exposures),
        a.rows + share * (b.rows - a.rows),
        a.point + share * (b.point - a.point),
    )


def close_gap(
    names: PricedNames,
    shared: Groups,
    hot: HotPath,
    start: Solution,
    *,
    ask: Callable[[], None],
    solves_max: int = 30,
    at_the_top: bool = False,
) -> Solution:
    """Improve plan and bound of discrete choices.

    Parameters
    ----------
    names : PricedNames
        The scalar problems.
    shared : list of ndarray
        Members of identical groups.
    hot : HotPath
        Layout, warm start and counts.
    start : Solution
        Plan, choices, prices and bound to begin with; never made worse.
    ask : callable
        Called before each solve; raises where the search was cancelled.
    solves_max : int
        Budget of convex solves.
    at_the_top : bool
        Whether the bound is at its top already: then only names are switched, and a larger gap is enough.

    Returns
    -------
    Solution
        The best plan, with the best bound.
    """
    work = _Work(names, shared, hot, start, ask)
    work.at_the_top = at_the_top
    enough = _ENOUGH_AT_THE_TOP if at_the_top else _ENOUGH
    while work.solves < solves_max and not work.closed(enough):
        climbed = not at_the_top and work.climb()
        if not work.switch(solves_max) and not climbed:
            break
    return replace(work.best, bound=max(work.bound, start.bound))


class _Work:
    """The best plan and the best bound so far."""

    def __init__(
        self, names: PricedNames, shared: Groups, hot: HotPath, start: Solution, ask: Callable[[], None]
    ) -> None:
        self.block, self.names, self.shared, self.hot, self.ask = names.block, names, shared, hot, ask
        self.best, self.solves = start, 0
        self.prices = start.prices
        self.bound = names.bound(start.prices)
        self.floor = start.bound
        self.share = _MOST_AT_ONCE
        self.at_the_top = False
        self.seen: set[bytes] = {start.choices.tobytes()}

    def closed(self, enough: float) -> bool:
        """Whether the gap is next to nothing beside the benefit (or, where much had to be sold, the harm)."""
        gap = self.best.objective - max(self.bound, self.floor)
        return gap <= enough * abs(self.best.nothing - self.best.objective)

    def climb(self) -> bool:
        """One step up the bound: towards the prices of the choices that the best prices ask for."""
        choices = choose(self.names, self.names.values(self.prices), self.shared)
        found = self.solve(choices)
        return found is not None and self._towards(found)

    def _towards(self, prices: Prices) -> bool:
        share, better = 1.0, False
        for _ in range(_HALVINGS):
            trial = self.names.sanitised(_between(self.prices, prices, share))
            bound = self.names.bound(trial)
            if bound > self.bound:
                self.bound, best, better = bound, trial, True
            elif better:
                break
            share *= 0.5
        if better:
            self.prices = best
        return better

    def solve(self, choices: Choices) -> Prices | None:
        """Solve with these choices, keep the plan if it is better; its prices, None where there is no plan."""
        self.ask()
        self.solves += 1
        program = QuadraticProgram(self.block, choices, hot=self.hot)
        if self.block.tracking_error_max is not None:
            return self._under_the_cap(program)
        answer = program.solve(self.block.aversion)
        if answer.prices is None:
            return None
        prices = self.names.sanitised(answer.prices)
        objective = objective_of(self.block, answer.amounts, answer.active)
        if objective < self.best.objective - _GAIN:
            solution = judge(self.names, choices, answer.amounts, prices, solver=answer.solver, counts=self.hot.counts)
            if solution.residual <= FEASIBLE:
                self.best = solution
        return prices

    def _under_the_cap(self, program: QuadraticProgram) -> Prices | None:
        """The same under a tracking-error cap, given up as soon as the choices are proved to be no better."""
        try:
            found = solve_capped(program, start=self.best.prices.risk, coarse=True, to_beat=self.best.objective - _GAIN)
        except (InfeasibleError, UncertifiedError):
            return None
        if found is None:
            return None
        solution = judge(
            self.names, program.choices, found.amounts, found.prices, solver=found.solver, counts=self.hot.counts
        )
        if solution.residual <= FEASIBLE and solution.objective < self.best.objective - _GAIN:
            self.best = solution
        return solution.prices

    def switch(self, solves_max: int) -> bool:
        """Switch the names of the best plan that gain most at its prices; whether the plan got better.

        Half of them at first, a quarter as many after each try in vain, then one by one.
        """
        wanted, movers = self._movers()
        count = max(1, int(len(movers) * self.share))
        before = self.best.objective
        while len(movers) and self.solves < solves_max:
            choices = self._switched(wanted, movers[:count])
            fresh = choices.tobytes() not in self.seen
            self.seen.add(choices.tobytes())
            prices = self.solve(choices) if fresh else None
            if prices is not None and not self.at_the_top:
                self._towards(prices)
            if self.best.objective < before:
                self.share = min(1.0, 2.0 * self.share)
                return True
            if count > 1:
                count = max(1, count // 4)
                self.share *= 0.5
            else:
                movers = movers[1:]
                if fresh:
                    return len(movers) > 0
        return False

    def _movers(self) -> tuple[Choices, Choices]:
        """The choices that the plan's prices ask for, and the names that would gain by them, most first."""
        found = self.names.values(self.best.prices)
        values, wanted = found.value, choose(self.names, found, self.shared)
        rows = np.arange(len(wanted))
        now = values[rows, self.best.choices]
        gain = np.where(np.isfinite(now), now, 0.0) - values[rows, wanted]
        movers = np.flatnonzero((gain > _GAIN) & (wanted != self.best.choices))
        return wanted, movers[np.argsort(-gain[movers], kind="stable")]

    def _switched(self, wanted: Choices, movers: Choices) -> Choices:
        """The best choices with some names switched, and with them their whole identical group."""
        choices = self.best.choices.copy()
        choices[movers] = wanted[movers]
        for members in self.shared:
            if np.isin(members, movers).any():
                choices[members] = wanted[members]
        return within_limits(self.names, choices, self.names.values(self.best.prices), self.shared)
