"""Solve: from a problem to a certified solution, or a typed error."""

from __future__ import annotations

from di_advisor.errors import InfeasibleError
from di_advisor.formulate.problem import Block, Problem
from di_advisor.solve.capped_search import CappedSearch
from di_advisor.solve.discrete import Cancel, Search
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.solution import Solution
from di_advisor.units import bps_from_fraction

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
        When the rules contradict each other: it names the rules and by how much each would have to
        give; for a tracking-error cap alone, the smallest possible tracking error.
    UnboundedError, UncertifiedError, UnfinishedError
        When there is no certified plan.
    """
    try:
        return search_for(problem.block, cancel, rounds).run()
    except InfeasibleError as error:
        if "smallest" in error.facts:
            raise
        raise _named(problem) from error


def _named(problem: Problem) -> InfeasibleError:
    from di_advisor.solve.reference import conflict

    found = conflict(problem)
    if not found:
        return InfeasibleError(
            "No plan keeps all rules once minimum trades and wash-sale sides are kept too.",
            hint="Lower the minimum trade, or widen the cash range or the bands.",
        )
    listed = "; ".join(
        f"{rule.sentence} (would have to give by {bps_from_fraction(amount):.1f} bps)" for rule, amount in found
    )
    return InfeasibleError(
        f"These rules contradict the rest: {listed}",
        hint="Widen one of them by at least the figure named, or lift a lock.",
        rules=[rule.name for rule, _ in found],
        amounts=[amount for _, amount in found],
    )
