"""Neighbours of a plan: the same problem with something closed, forced or moved, solved again exactly.

Problem: every question about a plan ("without this sale", "with that purchase", "at another spread")
is a convex problem next door, once the discrete choices of the other names are kept. Decision: one
place solves them all, from one layout of the account and one warm start, and judges every answer by
its own residuals and duality gap. Limits: a choice that would be worth changing together with the
question is not changed; the answer is exact for the choices that are kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.amounts import cents_that_add_up
from di_advisor.domain.wording import counted
from di_advisor.errors import InfeasibleError, UncertifiedError, UnfinishedError
from di_advisor.formulate.account_rules import NO_TRADE
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.propose.by_name import ByName
from di_advisor.propose.marginals import amounts_of
from di_advisor.solve import Solution
from di_advisor.solve.bracket import Bracket
from di_advisor.solve.choices import Choices, Restriction
from di_advisor.solve.counts import SolverCounts
from di_advisor.solve.dual_newton import Warm
from di_advisor.solve.one_name import Changed, stuck
from di_advisor.solve.own_judged import objective_on
from di_advisor.solve.own_next_door import solve_opaque_without
from di_advisor.solve.prices import Prices
from di_advisor.solve.quadratic import HotPath, QuadraticProgram
from di_advisor.solve.solution import CONVEX_GAP, FEASIBLE, NEGLIGIBLE, objective_of, plan_of, residual_of, variance_of
from di_advisor.solve.tracking import INSIDE, log_excess, solve_capped

__all__ = ["Neighbour", "Neighbours", "dollars_between", "is_stuck", "refuse_counts"]

_GAP = 1e-7
_A_LITTLE = 1.02
_STILL = 1e-6
_LOOKS_MAX = 12
_MET = 1e-8


@dataclass(frozen=True)
class Neighbour:
    """A plan next door, certified for its choices; figures are fractions of the account's value.

    Attributes
    ----------
    plan : Plan
        What is sold and bought.
    choices : ndarray of int, shape (n,)
        Discrete choices that were kept or changed.
    amounts : ndarray of shape (m,)
        Of the segments of its block.
    active : ndarray of shape (n,)
        Active weights.
    prices : Prices
        Multipliers.
    objective : float
        Its own.
    """

    plan: Plan
    choices: Choices
    amounts: NDArray[np.float64]
    active: NDArray[np.float64]
    prices: Prices
    objective: float


class Neighbours:
    """The problems next to a plan.

    Parameters
    ----------
    problem, solution : Problem, Solution
        The plan.
    warm : Warm or None
        Where its solve stood; every neighbour starts there.
    """

    def __init__(self, problem: Problem, solution: Solution, warm: Warm | None) -> None:
        self.problem = problem
        self.solution = solution
        self._warm = warm
        self._hot = HotPath(problem.block)

    @property
    def counts(self) -> SolverCounts:
        """Convex solves of all questions so far, by the solver that answered."""
        return self._hot.counts

    @cached_property
    def _elasticity(self) -> float | None:
        """How far the price of risk must move, in logarithms, to move the plan's tracking error; None if unknown."""
        block, price = self.problem.block, self.solution.prices.risk
        program = QuadraticProgram(block, self.solution.choices, hot=self._hot)
        found = []
        for multiple in (1.0, _A_LITTLE):
            self._hot.warm = self._warm
            answer = program.solve(price * multiple)
            if answer.status != "solved":
                return None
            found.append(variance_of(block, answer.active))
        moved = 0.5 * math.log(found[0] / found[1]) if min(found) > 0 else 0.0
        return math.log(_A_LITTLE) / moved if moved > _STILL else None

    @cached_property
    def _start(self) -> tuple[float, Warm | None]:
        """The price of risk at which the plan's choices meet the cap to round-off, and where the solver stands there.

        The plan's own price is a mixture of two; at this one a trade of no consequence takes one look.
        """
        block, price, cap = self.problem.block, self.solution.prices.risk, self.problem.block.tracking_error_max
        if cap is None or price <= block.aversion or self._elasticity is None:
            return price, self._warm
        program = QuadraticProgram(block, self.solution.choices, hot=self._hot)
        bracket: Bracket[None] = Bracket(elasticity=self._elasticity)
        self._hot.warm = self._warm
        for _ in range(_LOOKS_MAX):
            answer = program.solve(price)
            if answer.status != "solved":
                break
            excess = log_excess(block, answer.active, cap * (1.0 - INSIDE))
            if -_MET <= excess <= 0:
                return price, self._hot.warm
            bracket.add(price, excess, None)
            price = max(bracket.next_price(), block.aversion)
        return self.solution.prices.risk, self._warm

    @cached_property
    def by_name(self) -> ByName | None:
        """The plan's problem laid out for questions about single trades; None where it cannot be."""
        if not ByName.suits(self.problem):
            return None
        return ByName(self.problem, self.solution.choices, self.solution.prices, self._hot)

    def solve(
        self, choices: Choices, *, block: Block | None = None, shut: NDArray[np.bool_] | None = None
    ) -> Neighbour:
        """The best plan under given choices.

        Parameters
        ----------
        choices : ndarray of int, shape (n,)
            One `Choice` a name.
        block : Block, optional
            Another block of the same names; the plan's own when left out.
        shut : ndarray of bool, shape (m,), optional
            Segments that may not be used.

        Raises
        ------
        InfeasibleError
            If no plan keeps the rules.
        UncertifiedError, UnfinishedError
            If no solver certified one.
        """
        if self.problem.is_opaque:
            return self._by_cones(choices, block, shut)
        block = self.problem.block if block is None else block
        program = QuadraticProgram(block, choices, hot=self._hot)
        kept = program.limits
        if shut is not None:
            program.limits = replace(program.limits, open_segments=program.limits.open_segments & ~shut)
        out = np.flatnonzero(stuck(block, program.limits))
        if len(out):
            raise is_stuck(int(out[0]))
        return self._through(block, program, kept)

    def of(self, changed: Changed) -> Neighbour:
        """The best plan of the problem with one name changed; as `solve`."""
        return self._through(changed.block, changed.program, changed.kept)

    def _through(self, block: Block, program: QuadraticProgram, kept: Restriction) -> Neighbour:
        elasticity = None if block.tracking_error_max is None else self._elasticity
        price, self._hot.warm = self._start
        found = solve_capped(program, start=price, gap=_GAP, elasticity=elasticity)
        if found is None:  # only a value to beat can prune, and none was given
            raise UnfinishedError("A plan next door was not solved.", hint="Nothing is said about this question.")
        segments = block.segments
        moved = np.bincount(segments.name, weights=segments.sign * found.amounts, minlength=len(program.choices))
        active = block.holdings.active + moved
        answer = Neighbour(
            plan=plan_of(block, found.amounts),
            choices=program.choices,
            amounts=found.amounts,
            active=active,
            prices=found.prices,
            objective=objective_of(block, found.amounts, active),
        )
        refuse_counts(block, answer.active)
        self._judge(block, program, kept, answer, found.bound)
        return answer

    def _by_cones(self, choices: Choices, block: Block | None, shut: NDArray[np.bool_] | None) -> Neighbour:
        """The same where own terms or rules are for a cone solver; other blocks are not known to it."""
        if block is not None and block is not self.problem.block:
            raise UncertifiedError(
                "Wishes are not taken apart one by one beside own terms or rules in cvxpy.",
                hint="Nothing is said about this question; propose without the rule in doubt.",
            )
        lots = () if shut is None else np.unique(self.problem.block.segments.lot[shut]).tolist()
        plan = solve_opaque_without(self.problem, choices, [at for at in lots if at >= 0])
        holdings = self.problem.block.holdings
        return Neighbour(
            plan=plan,
            choices=choices,
            amounts=amounts_of(self.problem.block, plan),
            active=holdings.active + plan.net(holdings.lot_name),
            prices=self.solution.prices,
            objective=objective_on(self.problem, plan),
        )

    def _judge(
        self, block: Block, program: QuadraticProgram, kept: Restriction, found: Neighbour, bound: float | None
    ) -> None:
        """Refuse an answer that breaks a limit or is not optimal for its choices; the bound may be known."""
        off = residual_of(block, found.choices, found.amounts, found.active, kept)
        off = max(off, float(found.amounts[~program.limits.open_segments].max(initial=0.0)))
        # the program has the prices of washed parts in its slopes, as the choices have them, or not at all
        washed = program.block.wash is not None or program.block is not block
        convex = (
            objective_of(replace(program.block, wash=None), found.amounts, found.active) if washed else found.objective
        )
        gap = convex - (program.bound(found.prices) if bound is None else bound)
        scale = max(abs(found.objective), abs(self.solution.nothing - found.objective))
        if not (off <= FEASIBLE and gap <= max(CONVEX_GAP * scale, NEGLIGIBLE)):
            raise UncertifiedError(
                f"A plan next door breaks a limit by {off:.2e} or is {gap:.2e} of the account's value from its bound.",
                hint="Nothing is said about this question.",
                residual=off,
                gap=gap,
            )


def refuse_counts(block: Block, active: NDArray[np.float64]) -> None:
    """Refuse a plan with more names or trades than are allowed: choices that are kept do not see to that.

    Raises
    ------
    InfeasibleError
        With the number.
    """
    held = int((active + block.holdings.target > NO_TRADE).sum())
    traded = int((np.abs(active - block.holdings.active) > NO_TRADE).sum())
    for what, number, most in (("name", held, block.names_max), ("trade", traded, block.trades_max)):
        if most is not None and number > most:
            raise InfeasibleError(
                f"The plan next door has {counted(number, what)}, and no more than {most} may be.",
                hint=f"Allow {counted(number, what)}.",
                number=number,
            )


def is_stuck(name: int) -> InfeasibleError:
    """The error for choices that leave a name outside its limits with nothing to trade it by."""
    return InfeasibleError(
        "A name must trade to keep its limits, and may not.", hint="Let it trade, or widen its limits.", name=name
    )


def dollars_between(
    problem: Problem, before: Plan, after: Plan, before_usd: Sequence[float] | None = None
) -> dict[str, Decimal]:
    """Change of each term from one plan to another, in cents that add up to the change of the objective.

    ``before_usd`` are the terms of the plan before, where they are known.
    """
    worth = [t.value_usd(before) for t in problem.terms] if before_usd is None else before_usd
    change = [t.value_usd(after) - usd for t, usd in zip(problem.terms, worth, strict=True)]
    return dict(zip([t.name for t in problem.terms], cents_that_add_up(change, sum(change)), strict=True))
