"""Discrete choices: price them, fix them, solve, and price again.

At given prices every name's best choice is a scalar comparison (`PricedNames.values`); with the
choices fixed the problem is convex, and its solution gives new prices. Following the new prices all
the way makes names jump back and forth, so the search follows their running average (the averaging
of subgradient methods, Nesterov 2009), and where that stalls it lets only the half of the names
switch that gains most. The best plan and the best bound are kept, so the gap is proved. By Shapley
and Folkman only about as many names as there are prices can be torn between choices, so few rounds
are enough. Limits: the search is a heuristic; the certificate says how good it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError, UnfinishedError
from di_advisor.formulate.problem import Block
from di_advisor.solve.baseline import baseline_objective, most, names_that_stay
from di_advisor.solve.branches import close_gap
from di_advisor.solve.choices import Choices, relaxed
from di_advisor.solve.feasible import choose, feasible_choices, shared_groups, within_limits
from di_advisor.solve.minimum import settle_minimum_trades
from di_advisor.solve.prices import PricedNames, Prices
from di_advisor.solve.quadratic import ConvexAnswer, HotPath, QuadraticProgram
from di_advisor.solve.smoothed import climbed
from di_advisor.solve.solution import FEASIBLE, Solution, judge
from di_advisor.solve.tracking import (
    RISK_ALONE,
    Capped,
    refuse,
    solve_capped,
)

__all__ = ["SMALLEST_PRICE", "Cancel", "Incumbent", "Search"]

Cancel = Callable[[], bool]

_GAIN = 1e-11
_ENOUGH = 5e-5
_SPEED = 0.5
_FEW = 4
_ROUNDS_FIRST = 4
_SOLVES_A_ROUND = 3
_NOT_FOUND = "No plan was found that keeps them together with the other rules."
SMALLEST_PRICE = 1e-6


@dataclass(frozen=True)
class Incumbent:
    """Best choices so far."""

    choices: Choices
    solution: Solution


class Search:
    """One search for the best choices of a block.

    Parameters
    ----------
    block : Block
        The account.
    cancel : callable
        Asked between solves.
    rounds : int
        Budget of rounds.
    hot : HotPath, optional
        Layout, warm start and counts of a search for the same names.
    """

    def __init__(self, block: Block, cancel: Cancel, rounds: int, hot: HotPath | None = None) -> None:
        self.block = block
        self.hot = hot if hot is not None else HotPath(block)
        self.names = PricedNames(block)
        self.shared = shared_groups(block.groups)
        self.cancel = cancel
        self.rounds = rounds
        self.bound = -np.inf
        self.highest: Prices | None = None

    def run(self) -> Solution:
        """The best plan found, with its certificate.

        Raises
        ------
        InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
            When there is no plan, or none that certifies.
        """
        self.names.counting.refuse_hopeless()
        program = QuadraticProgram(self.block, relaxed(self.block), hot=self.hot)
        first = self.plain(program, self.first_price(program))
        idle = self._idle(self.note(first))
        try:
            final = self.best_plan(first)
        except (InfeasibleError, UncertifiedError):
            if idle is None:
                raise
            final = idle
        if idle is not None and idle.objective <= final.objective:
            final = idle
        return self._certified(final, idle)

    def _certified(self, final: Solution, idle: Solution | None) -> Solution:
        """The plan with the best bounds, and with the baseline it is held against."""
        final = replace(final, bound=max(final.bound, self.bound), counts=self.hot.counts)
        if self.block.share_step is not None:
            at = [final.prices] if self.highest is None else [final.prices, self.highest]
            final = replace(final, shares_bound=max(self.names.bound_in_shares(p) for p in at))
        if idle is None and self.names.counting.limited:
            least = baseline_objective(self.block)
            final = replace(final, baseline=least)
        return final

    def first_price(self, program: QuadraticProgram) -> float:
        """Price of variance to begin with."""
        del program
        return self.block.aversion

    def best_plan(self, first: Prices) -> Solution:
        """The best plan from first prices on: rounds first, then names one by one where that still pays."""
        if self.names.counting.limited:
            return self.finish(self.chosen_from(first).choices, self.block.aversion)
        found = self.rounds_from(first, min(self.rounds, _ROUNDS_FIRST)).solution
        return self.finish(self.closed(found).choices, self.block.aversion)

    def closed(self, found: Solution) -> Solution:
        """A plan and the bound brought together as far as the budget goes (`close_gap`)."""
        closed = close_gap(
            self.names,
            self.shared,
            self.hot,
            replace(found, bound=self.bound),
            ask=self._ask,
            solves_max=_SOLVES_A_ROUND * self.rounds,
        )
        self.bound = max(self.bound, closed.bound)
        return closed

    def counted(self, first: Prices) -> Solution:
        """A plan within the limits on numbers, chosen at the prices of the highest bound.

        Raises
        ------
        InfeasibleError, UncertifiedError
            When the limits cannot be kept, or no choices were found that keep them and leave a plan.
        """
        soft = climbed(self.names, first)
        self._took(soft.prices, soft.bound)
        if self.bound > most(self.block):
            raise self._too_few("It is proved that no plan keeps them together with the other rules.")
        for choices in (self._choices_at(soft.prices), self._largest_kept(soft.prices)):
            try:
                found = self.attempt(choices, first.risk)
            except (InfeasibleError, UncertifiedError):
                continue
            if found is not None and found.residual <= FEASIBLE:
                return found
        raise self._too_few(_NOT_FOUND)

    def _too_few(self, why: str) -> InfeasibleError:
        """The error for limits on numbers that the other rules do not go with."""
        names, trades = self.block.names_max, self.block.trades_max
        said = [f"at most {names} names held"] if names is not None else []
        said += [f"at most {trades} names traded"] if trades is not None else []
        return InfeasibleError(
            f"The mandate allows {' and '.join(said)}. {why}",
            hint="Allow more names or trades, or more turnover, wider bands or a wider cash range.",
            names_max=names,
            trades_max=trades,
        )

    def _largest_kept(self, prices: Prices) -> Choices:
        """Choices under which the names that the baseline holds are held, and no others."""
        values = self.names.values(prices)
        staying = names_that_stay(self.block)[:, None]
        holding = self.names.counting.holding
        plain = values.plain
        if self.block.names_max is not None:
            plain = np.where(staying == holding, plain, np.inf)
        wanted = plain.argmin(axis=1).astype(np.int64)
        return within_limits(self.names, wanted, replace(values, plain=plain), self.shared)

    def chosen_from(self, prices: Prices, rounds: int | None = None) -> Incumbent:
        """The best choices found from given prices on, whichever way fits the block."""
        if not self.names.counting.limited:
            return self.rounds_from(prices, rounds)
        found = self.switched(self.counted(prices), rounds)
        return Incumbent(found.choices, found)

    def switched(self, found: Solution, rounds: int | None = None) -> Solution:
        """A plan within the limits on numbers improved by switching and swapping names."""
        return close_gap(
            self.names,
            self.shared,
            self.hot,
            replace(found, bound=self.bound),
            ask=self._ask,
            solves_max=self.rounds if rounds is None else rounds,
            at_the_top=True,
        )

    def _idle(self, prices: Prices) -> Solution | None:
        """Doing nothing, where that keeps every rule: no search may end with less."""
        choices = np.zeros(len(self.block.active_lower), dtype=np.int64)
        amounts = np.zeros(len(self.block.segments))
        solution = self._judged(choices, Capped(amounts, prices, "doing nothing"))
        return solution if solution.residual <= FEASIBLE else None

    def plain(self, program: QuadraticProgram, price: float) -> Prices:
        """Prices of one convex solve at a price of risk, whatever the cap says."""
        self._ask()
        answer = program.solve(max(price, SMALLEST_PRICE))
        refuse(answer)
        return answer.known_prices

    def rounds_from(self, prices: Prices, rounds: int | None = None) -> Incumbent:
        """Rounds of choices from given prices on: the best choices found, with their plan.

        ``rounds`` is the budget of the search when left out.

        Raises
        ------
        InfeasibleError, UncertifiedError, UnfinishedError
            When no choices leave a plan.
        """
        average = self.note(prices)
        choices = self._choices_at(average)
        best: Incumbent | None = None
        share, previous = _SPEED, np.inf
        banned = np.zeros(len(choices), dtype=np.bool_)
        for _ in range(self.rounds if rounds is None else rounds):
            try:
                solution = self.attempt(choices, average.risk)
            except (InfeasibleError, UncertifiedError):
                if best is None:
                    choices = self._repaired(average)
                    solution = self.attempt(choices, average.risk)
                else:
                    moved = choices != best.choices
                    if moved.sum() <= _FEW:
                        banned |= moved
                        share = _SPEED
                    share *= _SPEED
                    choices = self._switched(best, share, banned)
                    continue
            if solution is None:  # only a value to beat can prune, and none was given
                break
            if best is None or solution.objective < best.solution.objective:
                best, share = Incumbent(choices, solution), _SPEED
            elif (choices != best.choices).any():
                share *= _SPEED
            average = self._average(average, solution.prices)
            gap = best.solution.objective - self.bound
            if gap <= _ENOUGH * max(best.solution.nothing - best.solution.objective, 1e-9):
                break
            stalled, previous = gap > _SPEED * previous, gap
            choices = self._switched(best, share, banned) if stalled else self._choices_at(average)
            if (choices == best.choices).all():
                choices = self._switched(best, share, banned)
                if (choices == best.choices).all():
                    break
        if best is None:
            raise UnfinishedError(
                "The budget of rounds ran out before a plan was found.", hint="Allow more rounds, or trade no minimum."
            )
        return best

    def attempt(self, choices: Choices, price: float, to_beat: float | None = None) -> Solution | None:
        """Solve with these choices; None as soon as it is proved that they cannot beat a value."""
        program = QuadraticProgram(self.block, choices, hot=self.hot)
        capped = self._capped(program, start=price, coarse=True, to_beat=to_beat)
        if capped is None:
            return None
        solution = self._judged(choices, capped)
        self._took(solution.prices, solution.bound)
        return solution

    def note(self, prices: Prices) -> Prices:
        """Take in a bound from prices; the prices, made fit for bounds."""
        clean = self.names.sanitised(prices)
        self._took(clean, self.names.bound(clean))
        return clean

    def _took(self, prices: Prices, bound: float) -> None:
        """Keep the best bound, with its prices."""
        if bound > self.bound:
            self.bound, self.highest = bound, prices

    def _average(self, old: Prices, new: Prices) -> Prices:
        return self.note(
            Prices(
                risk=0.5 * (old.risk + new.risk),
                exposures=0.5 * (old.exposures + new.exposures),
                rows=0.5 * (old.rows + new.rows),
                point=0.5 * (old.point + new.point),
            )
        )

    def _choices_at(self, prices: Prices) -> Choices:
        return choose(self.names, self.names.values(prices), self.shared)

    def _switched(self, best: Incumbent, share: float, banned: NDArray[np.bool_]) -> Choices:
        """The best choices, with the share of the names switched that gains most at their prices."""
        found = self.names.values(best.solution.prices)
        values, wanted = found.value, choose(self.names, found, self.shared)
        rows = np.arange(len(wanted))
        now = values[rows, best.choices]
        gain = np.where(np.isfinite(now), now, 0.0) - values[rows, wanted]
        movers = np.flatnonzero((gain > _GAIN) & (wanted != best.choices) & ~banned)
        movers = movers[np.argsort(-gain[movers], kind="stable")][: int(np.ceil(len(movers) * share))]
        after = best.choices.copy()
        after[movers] = wanted[movers]
        for members in self.shared:
            if np.isin(members, movers).any():
                after[members] = wanted[members]
        return within_limits(self.names, after, found, self.shared)

    def _repaired(self, prices: Prices) -> Choices:
        """Feasible choices near what the prices ask for."""
        if self.block.min_trade.any():
            loose = replace(self.block, min_trade=np.zeros_like(self.block.min_trade))
            inner = Search(loose, self.cancel, self.rounds, self.hot)
            found_loose = inner.rounds_from(prices)
            sides = found_loose.choices
            self.note(found_loose.solution.prices)

            def solve(choices: Choices, minimum: FloatArray) -> ConvexAnswer:
                self._ask()
                return QuadraticProgram(self.block, choices, minimum, self.hot).solve(prices.risk)

            plan = solve(sides, loose.min_trade)
            found = (
                settle_minimum_trades(self.names, sides, plan, solve, self.shared) if plan.status == "solved" else None
            )
            if found is not None:
                return found
        answer = QuadraticProgram(self.block, relaxed(self.block), hot=self.hot).solve(RISK_ALONE, trading=0.0)
        refuse(answer)
        return feasible_choices(self.block, answer.active - self.block.holdings.active, self.shared)

    def finish(self, choices: Choices, price: float) -> Solution:
        """Solve with given choices to the end, and check the solution."""
        capped = self._capped(QuadraticProgram(self.block, choices, hot=self.hot), start=price, coarse=False)
        if capped is None:
            raise UnfinishedError("The last solve was pruned.", hint="Allow more rounds.")
        solution = self._judged(choices, capped)
        if self.names.counting.limited and np.isinf(solution.residual):
            raise self._too_few(_NOT_FOUND)
        solution.check(scale=max(abs(solution.nothing - solution.objective), 1e-6))
        return solution

    def _judged(self, choices: Choices, capped: Capped) -> Solution:
        return judge(
            self.names,
            choices,
            capped.amounts,
            capped.prices,
            solver=capped.solver,
            counts=self.hot.counts,
        )

    def _capped(
        self, program: QuadraticProgram, *, start: float | None, coarse: bool, to_beat: float | None = None
    ) -> Capped | None:
        self._ask()
        return solve_capped(program, start=start, coarse=coarse, to_beat=to_beat)

    def _ask(self) -> None:
        if self.cancel():
            raise UnfinishedError("The solve was cancelled.", hint="Nothing was proposed; propose again to start over.")
