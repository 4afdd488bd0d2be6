"""Infeasibility where minimum trades and numbers are in the conflict: an irreducible set, each with what it must give.

Problem: the rules agree as long as trades may be of any size and number, and clash with them. Decision:
the deletion filter of `di_advisor.solve.diagnose`, with a complete search (`di_advisor.solve.wish_tests`) for
its test; what is not decided within its budget counts as needed, and the set is then not said to be
irreducible. What each wish would have to become is looked for from both sides (`di_advisor.solve.discrete_amounts`).

Limits: that a name sold at a loss is not bought is law and no wish: it always holds, and is named where the
conflict is none without it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from di_advisor.errors import InfeasibleError
from di_advisor.formulate.count_rules import MaximumNames, MaximumTrades
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.tax_rules import TaxBudget
from di_advisor.solve.diagnose import Diagnosis, Relaxation
from di_advisor.solve.discrete_amounts import Amounts
from di_advisor.solve.wish_tests import WishTests

__all__ = ["UNDECIDED", "diagnose_discrete", "with_sides"]

_HAIR, _LEAST_ROOM = 1e-3, 1e-6
"""Added to an amount before it is tried, relative and absolute: what is shown is rounded up by no less."""

UNDECIDED = " Perhaps fewer of these clash already: that could not be decided within the budget of the search."
"""Said where a set of wishes is not known to be irreducible."""


def diagnose_discrete(problem: Problem, ask: Callable[[], None]) -> InfeasibleError | None:
    """Why no plan keeps all rules, where the convex ones agree.

    Parameters
    ----------
    problem : Problem
        Known to have no plan.
    ask : callable
        Called before each solve; raises where the search was cancelled.

    Returns
    -------
    InfeasibleError or None
        With the facts of `diagnose`; ``irreducible`` says whether every test was decided. None where the wide
        form of the rules, in which each may leave, is not proved to clash.
    """
    return _Filter(problem, ask).error()


def with_sides(problem: Problem, found: Diagnosis, ask: Callable[[], None]) -> Diagnosis:
    """A convex conflict, with amounts that are enough beside minimum trades, numbers and wash-sale sides too.

    Parameters
    ----------
    problem : Problem
        With its rules.
    found : Diagnosis
        Of `diagnose`, which knows nothing of these.
    ask : callable
        Called before each solve.
    """
    if not any(r.enough for r in found.relaxations) or not _is_discrete(problem):
        return found
    tests, relaxations = WishTests(problem, ask), []
    places = {id(rule): j for j, rule in enumerate(problem.rules)}
    for told in found.relaxations:
        j, enough = places[id(told.rule)], told
        if told.enough and not _is_seen(tests, j, told):
            # where nothing is seen to be enough, the amount is what is needed, and may not be enough
            enough = Amounts(tests).of_one(j) or replace(told, enough=False, known=False)
        relaxations.append(enough)
    return replace(found, relaxations=tuple(relaxations))


def _is_discrete(problem: Problem) -> bool:
    block = problem.block
    limited = block.names_max is not None or block.trades_max is not None
    return limited or bool(block.segments.loss.any() or block.min_trade.any())


def _is_seen(tests: WishTests, j: int, told: Relaxation) -> bool:
    """Whether there is a plan once a wish gives a hair more than it is said to need."""
    if isinstance(told.rule, TaxBudget):  # its rows count gains, not what it gives
        return True
    room = told.amount * (1.0 + _HAIR) + _LEAST_ROOM
    if j == tests.wishes.cap:
        room += tests.problem.block.tracking_error_max or 0.0
    tests.nodes, tests.steps = tests.budget
    return tests.searched(tests.every, {j: room}).amounts is not None


class _Filter:
    def __init__(self, problem: Problem, ask: Callable[[], None]) -> None:
        self.problem, self.tests = problem, WishTests(problem, ask)
        self.decided = True

    def error(self) -> InfeasibleError | None:
        tests = self.tests
        members = [j for j in tests.every if j not in tests.wishes.linear]
        law: bool | None = None  # whether it takes part that a name sold at a loss is not bought
        if tests.searched(members, {}, sides=False).proved:  # most often: all linear wishes leave at once
            law = False
        elif not tests.searched(members, {}).proved:
            members = list(tests.every)
            if not self._clash(members):
                return None
        for j in list(members):
            rest = [i for i in members if i != j]
            if self._clash(rest):
                members, law = rest, None
        ordered = [j for j in range(len(self.problem.rules)) if j in members]
        sides = not self._clash(members, sides=False) if law is None else law
        told = Diagnosis(tuple(self.problem.rules[j] for j in ordered), tuple(Amounts(tests).of(ordered))).error()
        what = told.what + (" A name that is sold at a loss is not bought besides." if sides else "")
        what += "" if self.decided else UNDECIDED
        hint = told.hint or "Give any one of them up, or let it give."
        counts = {
            f"{key}_max": getattr(self.problem.block, f"{key}_max")
            for key, kind in (("names", MaximumNames), ("trades", MaximumTrades))
            if any(isinstance(self.problem.rules[j], kind) for j in members)
        }
        return InfeasibleError(what, hint=hint, **{**told.facts, **counts, "irreducible": self.decided, "sides": sides})

    def _clash(self, kept: Collection[int], *, sides: bool = True) -> bool:
        """Whether it is proved that some wishes have no plan."""
        found = self.tests.searched(kept, {}, sides=sides)
        self.decided = self.decided and (found.proved or found.choices is not None)
        return found.proved
