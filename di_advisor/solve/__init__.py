"""Solve: from a problem to a certified solution, or a typed error."""

from __future__ import annotations

from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.problem import Block, Problem
from di_advisor.solve.capped_search import CappedSearch
from di_advisor.solve.discrete import Cancel, Search
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.solution import Solution

__all__ = ["Cancel", "Solution", "search_for", "solve"]


def _never() -> bool:
    return False


def search_for(block: Block, cancel: Cancel, rounds: int, hot: HotPath | None = None) -> Search:
    """The search that fits a block: with or without a tracking-error cap."""
    if block.tracking_error_max is None:
        return Search(block, cancel, rounds, hot)
    return CappedSearch(block, block.tracking_error_max, cancel, rounds, hot)


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
        When the rules contradict each other. Its facts name an irreducible conflict (``conflict``:
        sentences; ``rules``: names) and the least that each would have to give (``relaxations``: in
        words; ``amounts``; ``enough``: whether that settles everything); with a tracking-error cap in
        it also the ``smallest`` tracking error that the rest allows, and the ``cap``.
    UnboundedError, UncertifiedError, UnfinishedError
        When there is no certified plan.
    """
    try:
        if problem.is_opaque:
            from di_advisor.solve.opaque import solve_opaque

            return solve_opaque(problem, search_for, cancel=cancel, rounds=rounds)
        return search_for(problem.block, cancel, rounds).run()
    except InfeasibleError as error:
        named = _named(problem, error)
        if named is error:
            raise
        raise named from error


def _named(problem: Problem, error: InfeasibleError) -> InfeasibleError:
    """The error with the wishes that clash and what each would have to give; as it was where that is not known."""
    from di_advisor.solve.diagnose import diagnose

    try:
        found = diagnose(problem)
    except (InfeasibleError, UncertifiedError):  # on the edge: a step of the diagnosis was not certified
        return error
    if found is not None:
        return found.error()
    if "smallest" in error.facts:
        return error
    return InfeasibleError(
        "No plan keeps all rules once minimum trades and wash-sale sides are kept too.",
        hint="Lower the minimum trade, or widen the cash range or the bands.",
    )
