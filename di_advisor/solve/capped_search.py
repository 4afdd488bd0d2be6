"""A hard tracking-error cap with discrete choices inside.

The price of risk is one more price of the dual over all choices, so that its highest bound says what
the cap costs (`di_advisor.solve.smoothed`); the choices that its prices ask for are held, the cap is met
exactly, and names are switched under it. Where those choices leave no plan, the price at which the best
discrete plan meets the cap is bracketed: at a fixed price the problem has no cap. Limits: a heuristic for
the plan; what it leaves is in the certificate.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.problem import Block
from di_advisor.solve.bracket import Bracket, Point
from di_advisor.solve.choices import Choices, relaxed
from di_advisor.solve.counting import too_few
from di_advisor.solve.discrete import SMALLEST_PRICE, Cancel, Incumbent, Search
from di_advisor.solve.feasible import feasible_choices
from di_advisor.solve.prices import Prices
from di_advisor.solve.quadratic import HotPath, QuadraticProgram
from di_advisor.solve.solution import Solution
from di_advisor.solve.tracking import (
    RISK_ALONE,
    beside_the_cap,
    log_excess,
    over_the_cap,
    refuse,
    smallest_tracking_error,
)

__all__ = ["CappedSearch"]

_CAP_TURNS = 5
_CAP_TURNS_MAX = 10
_HIGH = 1e3
_ROUNDS_A_PRICE = 3
_CLOSE = 0.02
_NARROW = 0.1
_LOG_STEP = 1.8
_GUESS = 0.1
_GOOD = 2e-3


class CappedSearch(Search):
    """Search for the best choices under a cap.

    Parameters
    ----------
    cap : float
        Tracking error per year, a fraction; the rest as in `Search`.
    """

    def __init__(self, block: Block, cap: float, cancel: Cancel, rounds: int, hot: HotPath | None = None) -> None:
        super().__init__(block, cancel, rounds, hot)
        self.cap = cap

    def first_price(self, program: QuadraticProgram) -> float:
        """A guess of the price at which the cap binds, after the smallest tracking error is known to allow it.

        Raises
        ------
        InfeasibleError
            If the rules allow no tracking error that small.
        """
        smallest = smallest_tracking_error(program)
        if smallest > self.cap:
            raise over_the_cap(self.block, smallest)
        return max(self.block.aversion, _GUESS * self._most_saved() / self.cap**2)

    def _most_saved(self) -> float:
        """What selling every loss would save: the scale of what risk has to be weighed against."""
        segments = self.block.segments
        return float(-np.minimum(segments.slope * segments.width, 0.0).sum()) + SMALLEST_PRICE

    def best_plan(self, first: Prices) -> Solution:
        """The best plan by the prices of the highest bound, or by a bracket of the price of risk."""
        found = self._from_the_top(first)
        if found is None:
            return self._bracketed(first)
        gap = found.objective - self.bound
        if not self.shared or gap <= _GOOD * max(found.nothing - found.objective, 1e-9):
            return found
        other = self._bracketed(first)  # the climb knows no identical groups, so its prices may not be the best
        return other if other.objective < found.objective else found

    def _from_the_top(self, first: Prices) -> Solution | None:
        """A plan with choices that the prices of the highest bound ask for; None where they leave none."""
        try:
            program = QuadraticProgram(self.block, relaxed(self.block), hot=self.hot)
            begun = self._capped(program, start=first.risk, coarse=True)
            found = None if begun is None else self._at_the_top(self.note(begun.prices))
            if found is None:
                return None
            found = self.switched(found)
            return self.finish(found.choices, found.prices.risk)
        except (InfeasibleError, UncertifiedError):
            return None

    def _bracketed(self, first: Prices) -> Solution:
        """Search the price of risk at which the best discrete plan meets the cap, then meet it exactly."""
        prices, base = first, max(self.block.aversion, SMALLEST_PRICE)
        bracket: Bracket[Choices] = Bracket(_LOG_STEP)
        for turn in range(_CAP_TURNS_MAX):
            few = turn < _CAP_TURNS and prices.risk > base * (1 + 1e-9)
            found = self._at_price(prices, min(self.rounds, _ROUNDS_A_PRICE) if few else self.rounds)
            self.note(found.solution.prices)
            price = found.solution.prices.risk
            active = self.block.holdings.active + found.solution.plan.net(self.block.holdings.lot_name)
            excess = log_excess(self.block, active, self.cap)
            bracket.add(price, excess, found.choices)
            if excess <= 0 and price <= base * (1 + 1e-9):
                return self.finish(found.choices, base)
            enough = turn + 1 >= _CAP_TURNS and bracket.below is not None
            if enough or abs(excess) < _CLOSE or bracket.width < _NARROW:
                break
            price = max(bracket.next_price(), base)
            prices = replace(found.solution.prices, risk=price)
        return self._closed(self._best_of(bracket.nearest_first()))

    def _closed(self, found: Solution) -> Solution:
        """The gap closed at the price of risk at which the cap is met, and the cap met once more."""
        price = found.prices.risk
        priced = replace(self.block, aversion=price, tracking_error_max=None)
        inner = Search(priced, self.cancel, self.rounds, self.hot)
        try:
            begun = inner.attempt(found.choices, price)
            if begun is None:
                return found
            closed = inner.switched(begun) if inner.names.counting.limited else inner.closed(begun)
            self.bound = max(self.bound, closed.bound - (price - self.block.aversion) * self.cap**2)
            better = self.attempt(closed.choices, price, found.objective)
            if better is None or better.objective >= found.objective:
                return found
            return self.finish(better.choices, better.prices.risk)
        except (InfeasibleError, UncertifiedError):
            return found

    def _at_price(self, prices: Prices, rounds: int) -> Incumbent:
        """Best choices at a fixed price of risk: the same problem without the cap and dearer risk."""
        priced = replace(self.block, aversion=prices.risk, tracking_error_max=None)
        inner = Search(priced, self.cancel, rounds, self.hot)
        try:
            return inner.chosen_from(prices)
        finally:
            # its bound is one of ours too, once the cap is charged at this price
            self.bound = max(self.bound, inner.bound - (prices.risk - self.block.aversion) * self.cap**2)

    def _best_of(self, ends: list[Point[Choices]]) -> Solution:
        """Meet the cap with the choices of each end of the bracket; the better plan, solved to the end.

        Where neither can meet it, the choices of the plan of least tracking error can, unless minimum
        trades stand in the way.
        """
        best: Solution | None = None
        failure: UncertifiedError | None = None
        for end in ends:
            try:
                solution = self.attempt(end.found, math.exp(end.log_price), None if best is None else best.objective)
            except InfeasibleError:
                continue
            except UncertifiedError as error:
                failure = error
                continue
            if solution is None:
                continue
            if best is None or solution.objective < best.objective:
                best = solution
            if best.objective - self.bound <= _GOOD * max(best.nothing - best.objective, 1e-9):
                break
        if failure is not None and best is None:
            raise failure
        if best is None:
            best = self._least_risk()
        return self.finish(best.choices, best.prices.risk)

    def _least_risk(self) -> Solution:
        """A plan under the cap with the choices of the plan of least tracking error."""
        answer = QuadraticProgram(self.block, relaxed(self.block), hot=self.hot).solve(RISK_ALONE, trading=0.0)
        refuse(answer)
        choices = feasible_choices(self.block, answer.active - self.block.holdings.active, self.shared)
        if self.names.counting.limited:
            choices = self._at_price(replace(answer.known_prices, risk=RISK_ALONE), self.rounds).choices
        try:
            solution = self.attempt(choices, RISK_ALONE * _HIGH)
        except InfeasibleError as error:
            raise self._not_found() from error
        if solution is None:
            raise self._not_found()
        return solution

    def _not_found(self) -> InfeasibleError:
        """The error that names what stands beside the cap."""
        if self.names.counting.limited:
            return too_few(self.block, "No plan was found that keeps them under the tracking-error cap.")
        return beside_the_cap(self.cap)
