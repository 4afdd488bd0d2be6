"""Discrete choices: find the prices of the highest bound, fix what they ask for, solve, and switch.

At given prices every name's best choice is a scalar comparison (`PricedNames.values`), and their sum
a bound on every plan. The search climbs this bound to its top first (`di_advisor.solve.smoothed`);
by Shapley and Folkman only about as many names as there are prices are torn between choices there, so
the choices that these prices ask for leave a plan that is nearly the best, and a few switches
(`di_advisor.solve.branches`) do the rest. Where they leave no plan, rounds of choices stand in
(`di_advisor.solve.rounds`). Limits: the plan is a heuristic's; the certificate says how good it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError, UnfinishedError
from di_advisor.formulate.problem import Block
from di_advisor.solve.baseline import baseline_objective, largest_kept, most
from di_advisor.solve.branches import close_gap
from di_advisor.solve.choices import Choices, beyond_widths, relaxed
from di_advisor.solve.counting import too_few
from di_advisor.solve.dearer_gains import at_dearer_gains
from di_advisor.solve.feasible import choose, shared_groups
from di_advisor.solve.fewest import fewest_trades
from di_advisor.solve.prices import PricedNames, Prices
from di_advisor.solve.quadratic import HotPath, QuadraticProgram
from di_advisor.solve.rounds import Incumbent, rounds_from
from di_advisor.solve.smoothed import climbed
from di_advisor.solve.solution import FEASIBLE, NEGLIGIBLE, Solution, judge
from di_advisor.solve.tracking import Capped, refuse, solve_capped

__all__ = ["SMALLEST_PRICE", "Cancel", "Incumbent", "Search"]

Cancel = Callable[[], bool]

_ROUNDS_FIRST = 4
_SOLVES_A_ROUND = 3
_NOT_FOUND = "No plan was found that keeps them together with the other rules."
SMALLEST_PRICE = 1e-6
_RECHARGED = 4
_LITTLE_LOST = 1e-4
"""Of the benefit."""


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

    def completed(self, choices: Choices) -> Solution:
        """The plan of given choices improved by switching, with its certificate.

        Raises
        ------
        InfeasibleError, UncertifiedError, UnfinishedError
            When the choices leave no plan that certifies.
        """
        program = QuadraticProgram(self.block, relaxed(self.block), hot=self.hot)
        first = self.note(self.plain(program, self.first_price(program)))
        soft = climbed(self.names, first)
        self._took(soft.prices, soft.bound)
        found = self.attempt(choices, soft.prices.risk)
        if found is None or found.residual > FEASIBLE:
            raise InfeasibleError("These choices leave no plan.", hint="Widen the rules.")
        found = self.switched(found)
        return self._certified(self.finish(found.choices, found.prices.risk), None)

    def resumed(self, near: Solution) -> Solution | None:
        """The plan of an earlier solve's choices, its limits tightened a little since.

        What bounded that solve bounds this one, whose plans are among its plans.

        Parameters
        ----------
        near : Solution
            Of the same block with limits that are no tighter.

        Returns
        -------
        Solution or None
            None where the choices leave no plan, or one that lost more than next to nothing: other choices may
            then be better, and are searched for from the beginning.
        """
        try:
            found = self.finish(near.choices, near.prices.risk)
        except (InfeasibleError, UncertifiedError):
            return None
        idle = self._idle(found.prices)
        most = near.objective + _LITTLE_LOST * (near.nothing - near.objective)
        if found.objective > most or (idle is not None and idle.objective <= found.objective):
            return None
        self.bound = max(self.bound, near.bound)
        found = self._certified(found, idle)
        shares_bound, counts = max(found.shares_bound, near.shares_bound), near.counts.and_more(found.counts)
        return replace(found, shares_bound=shares_bound, counts=counts)

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
        """The best plan from first prices on."""
        return self.finish(self.chosen_from(first).choices, self.block.aversion)

    def closed(self, found: Solution) -> Solution:
        """A plan and the bound brought together as far as the budget goes (`close_gap`)."""
        closed = close_gap(
            self.names,
            self.shared,
            self.hot,
            replace(found, bound=self.bound),
            ask=self.ask,
            solves_max=_SOLVES_A_ROUND * self.rounds,
        )
        self.bound = max(self.bound, closed.bound)
        return closed

    def chosen_from(self, prices: Prices, rounds: int | None = None) -> Incumbent:
        """The best choices found from given prices on; by rounds where those of the highest bound leave no plan.

        ``rounds`` is the budget of the search when left out.

        Raises
        ------
        InfeasibleError, UncertifiedError, UnfinishedError
            When no choices were found that leave a plan, or limits on numbers cannot be kept.
        """
        found = self._at_the_top(prices)
        if found is not None:
            found = self.switched(found, rounds)
            return Incumbent(found.choices, found)
        if self.names.counting.limited:
            raise too_few(self.block, _NOT_FOUND)
        found = self.rounds_from(prices, min(self.rounds, _ROUNDS_FIRST) if rounds is None else rounds).solution
        found = self.closed(found)
        return Incumbent(found.choices, found)

    def rounds_from(self, prices: Prices, rounds: int | None = None) -> Incumbent:
        """The best choices of some rounds (`di_advisor.solve.rounds`)."""
        return rounds_from(self, prices, rounds)

    def _at_the_top(self, first: Prices) -> Solution | None:
        """A plan with the choices that the prices of the highest bound ask for; None where they leave none.

        Raises
        ------
        InfeasibleError
            When the bound proves that limits on numbers cannot be kept.
        """
        soft = climbed(self.names, first)
        self._took(soft.prices, soft.bound)
        limited = self.names.counting.limited
        if limited and self.bound > most(self.block):
            raise too_few(self.block, "It is proved that no plan keeps them together with the other rules.")
        for choices in self._tries(soft.prices):
            try:
                found = self.attempt(choices, soft.prices.risk)
            except (InfeasibleError, UncertifiedError):
                continue
            if found is not None and found.residual <= FEASIBLE:
                return found
        return None

    def _tries(self, prices: Prices) -> Iterator[Choices]:
        """Choices that may leave a plan, the best first."""
        yield self.choices_at(prices)
        yield from (self.choices_at(dearer) for dearer in at_dearer_gains(self.names, prices))
        if self.names.counting.limited:
            yield largest_kept(self.names, prices, self.shared)
            yield from fewest_trades(self.block, self.shared)

    def switched(self, found: Solution, rounds: int | None = None) -> Solution:
        """A plan improved by switching names, and swapping them where their number is limited."""
        return close_gap(
            self.names,
            self.shared,
            self.hot,
            replace(found, bound=self.bound),
            ask=self.ask,
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
        self.ask()
        answer = program.solve(max(price, SMALLEST_PRICE))
        refuse(answer)
        return answer.known_prices

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

    def choices_at(self, prices: Prices) -> Choices:
        """What prices ask for."""
        return choose(self.names, self.names.values(prices), self.shared)

    def finish(self, choices: Choices, price: float) -> Solution:
        """Solve with given choices to the end, and check the solution.

        Where wash sales are priced, a name that went past its washed width, or stayed within, is then charged as
        it stands: a plan that is charged otherwise is not the best of its trades, and its prices are not theirs.
        """
        solution = self._finished(choices, price)
        for _ in range(_RECHARGED if self.block.wash is not None else 0):
            charged = beyond_widths(self.block, solution.plan, solution.choices)
            if (charged == solution.choices).all():
                break
            try:
                better = self._finished(charged, solution.prices.risk)
            except (InfeasibleError, UncertifiedError):
                break
            if better.objective > solution.objective + NEGLIGIBLE:
                break
            solution = better
        return solution

    def _finished(self, choices: Choices, price: float) -> Solution:
        """The same under these very choices."""
        capped = self._capped(QuadraticProgram(self.block, choices, hot=self.hot), start=price, coarse=False)
        if capped is None:
            raise UnfinishedError("The last solve was pruned.", hint="Allow more rounds.")
        solution = self._judged(choices, capped)
        if self.names.counting.limited and np.isinf(solution.residual):
            raise too_few(self.block, _NOT_FOUND)
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
        self.ask()
        return solve_capped(program, start=start, coarse=coarse, to_beat=to_beat)

    def ask(self) -> None:
        """Stop where the caller wants that.

        Raises
        ------
        UnfinishedError
            If the search was cancelled.
        """
        if self.cancel():
            raise UnfinishedError("The solve was cancelled.", hint="Nothing was proposed; propose again to start over.")
