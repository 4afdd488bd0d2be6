"""Solve: from a problem to a certified solution, or a typed error."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from di_advisor.errors import InfeasibleError, UnfinishedError
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.problem import Block, Problem
from di_advisor.solve.batch import solve_together
from di_advisor.solve.batch.common import suits
from di_advisor.solve.capped_search import CappedSearch
from di_advisor.solve.discrete import Cancel, Search
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.solution import Solution

if TYPE_CHECKING:
    from di_advisor.formulate.schedule_d import ScheduleDTax
    from di_advisor.solve.budget_parts import Solving as SolvingPart
    from di_advisor.solve.taxed import TaxedSearch
    from di_advisor.solve.washed_budgets import Solving

__all__ = ["Cancel", "Solution", "search_for", "solve", "solve_localised"]

_NODES, _FEWEST_NODES = 400, 20
_WORK = 20_000
"""Nodes times names of one proof: some seconds."""

_WIDE, _WIDE_OF_ACCOUNT = 0.03, 1e-4
"""A gap that a few nodes are spent on unasked: of the benefit, and of the account's value."""

_NODES_ON_WIDE, _FEWEST_ON_WIDE, _WORK_ON_WIDE = 40, 10, 2_000
"""These nodes, fewer in a large account, none where fewer than so many would be left: tenths of a second."""


def _never() -> bool:
    return False


def search_for(block: Block, cancel: Cancel, rounds: int, hot: HotPath | None = None) -> Search:
    """The search that fits a block: with or without a tracking-error cap."""
    if block.tracking_error_max is None:
        return Search(block, cancel, rounds, hot)
    return CappedSearch(block, block.tracking_error_max, cancel, rounds, hot)


def solve(
    problem: Problem, *, cancel: Cancel = _never, rounds: int = 12, exact: bool = False, nodes_max: int = _NODES
) -> Solution:
    """The best plan of a problem, with its certificate.

    Parameters
    ----------
    problem : Problem
        From `di_advisor.formulate.formulate`.
    cancel : callable, optional
        Asked between solves; True stops with `UnfinishedError`.
    rounds : int
        Budget of rounds in which names may switch their discrete choice.
    exact : bool
        Branch and bound until the gap of the discrete choices is next to nothing (`di_advisor.solve.exact`).
    nodes_max : int
        Its budget; where it runs out, the plan comes with the bound that was reached.

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
    UndecidedError
        When no plan was found within the budgets, and it is not proved that there is none.
    UnboundedError, UncertifiedError, UnfinishedError
        When there is no certified plan.
    """
    if exact:
        return _exactly(problem, cancel, rounds, nodes_max)[1]
    return solve_localised(problem, cancel=cancel, rounds=rounds)[1]


def _exactly(problem: Problem, cancel: Cancel, rounds: int, nodes_max: int) -> tuple[Problem, Solution]:
    from di_advisor.solve.exact import prove

    def proved(asked: Problem, to_beat: float = inf) -> tuple[Problem, Solution]:
        tax = schedule_d_of(asked)
        if asked.is_opaque:
            from di_advisor.solve.own_exact import prove_own

            return prove_own(asked, search_for, cancel=cancel, rounds=rounds, nodes_max=nodes_max)
        if tax is not None:
            from di_advisor.solve.taxed_exact import prove_taxed

            return prove_taxed(_taxed(asked, tax, cancel, rounds, to_beat), nodes_max=nodes_max)
        return asked, prove(search_for(asked.block, cancel, rounds), nodes_max=nodes_max).solution

    def asked_for(asked: Problem) -> tuple[Problem, Solution]:
        try:
            return proved(asked)
        except InfeasibleError as error:
            from di_advisor.solve.last_resort import last_resort

            return last_resort(asked, error, search_for, cancel, rounds)

    return _counted(problem, asked_for, proved, cancel, rounds, nodes_max)


def solve_localised(
    problem: Problem,
    *,
    cancel: Cancel = _never,
    rounds: int = 12,
    named: bool = True,
    exact: bool = False,
    near: Solution | None = None,
) -> tuple[Problem, Solution]:
    """The same, with the problem as it stands at the plan.

    Where the tax is a curve (`ScheduleDTax`), the problem that comes back has the rates at the plan in its
    block; else it is the one given. What is asked about the plan afterwards is asked of that problem. Where
    there is none and the conflict is not wanted (``named`` is False), it is not taken apart. With ``exact``
    the discrete choices are branched on until proved, within a budget of nodes that is smaller where each
    takes longer. ``near`` is the solution of the same problem with limits that are no tighter: its choices are
    kept where that loses next to nothing (only where the tax is no curve, and without a user's own terms).
    """
    if exact:
        nodes = _WORK // max(len(problem.block.active_lower), 1)
        return _exactly(problem, cancel, rounds, min(max(nodes, _FEWEST_NODES), _NODES))

    def asked_for(asked: Problem) -> tuple[Problem, Solution]:
        try:
            return _localised(asked, cancel, rounds, near)
        except InfeasibleError as error:
            from di_advisor.solve.last_resort import last_resort

            return last_resort(asked, error, search_for, cancel, rounds, named=named)

    def again(asked: Problem, to_beat: float = inf) -> tuple[Problem, Solution]:
        return _localised(asked, cancel, rounds, to_beat=to_beat)

    return _counted(problem, asked_for, again, cancel, rounds)


def _counted(
    problem: Problem, solving: Solving, again: SolvingPart, cancel: Cancel, rounds: int, nodes_max: int = 0
) -> tuple[Problem, Solution]:
    """Solve; with budgets that do not take off what is washed, where there are any."""
    tax = schedule_d_of(problem)
    if tax is None or problem.block.wash is None:
        return solving(problem)
    from di_advisor.solve.washed_budgets import counts_washes, solve_counted

    def searching(block: Block) -> Search:
        return search_for(block, cancel, rounds)

    if not counts_washes(problem):
        return solving(problem)
    return solve_counted(problem, tax, solving, again, searching=searching, nodes_max=nodes_max)


def _localised(
    problem: Problem, cancel: Cancel, rounds: int, near: Solution | None = None, to_beat: float = inf
) -> tuple[Problem, Solution]:
    tax = schedule_d_of(problem)
    if problem.is_opaque:
        if tax is not None:
            from di_advisor.solve.own_taxed import OwnTaxedSearch

            return OwnTaxedSearch(problem, tax, search_for, cancel, rounds).run()
        from di_advisor.solve.opaque import solve_opaque

        return problem, solve_opaque(problem, search_for, cancel=cancel, rounds=rounds)
    if tax is None:
        found = _sides_alone(problem, cancel)
        if found is None and near is not None:
            found = search_for(problem.block, cancel, rounds).resumed(near)
        return problem, _searched(problem.block, cancel, rounds) if found is None else found
    return _taxed(problem, tax, cancel, rounds, to_beat).run()


def _searched(block: Block, cancel: Cancel, rounds: int) -> Solution:
    """The plan of a search, branched on where it ended far from its bound: few names leave such gaps, and few nodes."""
    search = search_for(block, cancel, rounds)
    found = search.run()
    nodes = min(_WORK_ON_WIDE // max(len(block.active_lower), 1), _NODES_ON_WIDE)
    if nodes < _FEWEST_ON_WIDE or found.gap <= max(_WIDE * abs(found.benefit), _WIDE_OF_ACCOUNT):
        return found
    from di_advisor.solve.exact import prove

    return prove(search, nodes_max=nodes, tolerance=_WIDE, start=found).solution


def _sides_alone(problem: Problem, cancel: Cancel) -> Solution | None:
    """The certified solution where sides are all there is to choose; None where the search has the word."""
    if not suits(problem.block):
        return None
    if cancel():
        raise UnfinishedError("The solve was cancelled.", hint="Nothing was proposed; propose again to start over.")
    return solve_together([problem])[0]


def _taxed(problem: Problem, tax: ScheduleDTax, cancel: Cancel, rounds: int, to_beat: float = inf) -> TaxedSearch:
    from di_advisor.solve.taxed import TaxedSearch

    def searching(block: Block, hot: HotPath) -> Search:
        return search_for(block, cancel, rounds, hot)

    found = TaxedSearch(problem, tax, searching, cancel)
    found.to_beat = to_beat
    return found
