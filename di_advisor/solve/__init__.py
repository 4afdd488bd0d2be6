"""Solve: from a problem to a certified solution, or a typed error."""

from __future__ import annotations

from di_advisor.formulate.problem import Problem
from di_advisor.solve.discrete import Cancel, Search
from di_advisor.solve.solution import Solution

__all__ = ["Cancel", "Solution", "solve"]


def _never() -> bool:
    return False


def solve(problem: Problem, *, cancel: Cancel = _never, rounds: int = 12) -> Solution:
    """The best plan of a problem, with its certificate.

    Parameters
    ----------
    problem : Problem
        From `di_advisor.formulate.formulate`.
    cancel : callable, optional
        Asked between solves; True stops with `UnfinishedError`.
    rounds : int
        Budget of rounds in which names may switch their discrete choice.

    Returns
    -------
    Solution
        Checked against its own residuals and gap.

    Raises
    ------
    InfeasibleError
        When the rules contradict each other; for a tracking-error cap it names the smallest possible one.
    UnboundedError, UncertifiedError, UnfinishedError
        When there is no certified plan.
    """
    return Search(problem.block, problem.identical_groups, cancel, rounds).run()
