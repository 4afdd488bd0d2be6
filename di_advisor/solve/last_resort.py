"""Where a search found no plan: the convex conflict, a complete search, or the proof and its wishes.

Order: the convex rules first, because their conflicts are taken apart at little cost; then the complete
search over choices (`di_advisor.solve.complete`), whose plan is finished as any other; where it proves
that there is none, the wishes that clash (`di_advisor.solve.discrete_diagnosis`). Limits: beside own rules
that only a cone solver understands nothing is proved of discrete wishes, unless they clash without these.
"""

from __future__ import annotations

from collections.abc import Callable

from di_advisor.errors import InfeasibleError, UncertifiedError, UndecidedError, UnfinishedError
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import Locked
from di_advisor.solve.complete import complete, places_of
from di_advisor.solve.discrete import Cancel, Search
from di_advisor.solve.discrete_diagnosis import UNDECIDED, diagnose_discrete, with_sides
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.solution import Solution
from di_advisor.units import bps_from_fraction

__all__ = ["last_resort"]

SearchFor = Callable[[Block, Cancel, int, HotPath | None], Search]


_TAKEN_APART = 6_000
_LOOKED_AT = 400
"""Segments and names up to which a conflict with discrete wishes is taken apart, and is looked into unasked."""


def last_resort(
    problem: Problem,
    error: InfeasibleError,
    search_for: SearchFor,
    cancel: Cancel,
    rounds: int,
    *,
    named: bool = True,
) -> tuple[Problem, Solution]:
    """The plan that a search did not find, with the problem as it stands there.

    Parameters
    ----------
    problem : Problem
        One account.
    error : InfeasibleError
        What the search ended with.
    search_for : callable
        Makes the search that fits a block.
    cancel : callable
        Asked between solves.
    rounds : int
        Budget of rounds.
    named : bool
        Whether the conflict is wanted; where not, a large account ends with the search's own error.

    Raises
    ------
    InfeasibleError
        If it is proved that there is none; it names the wishes that clash.
    UndecidedError
        If the budget of nodes ran out before either.
    UnfinishedError, UncertifiedError
        If the call was cancelled, or a solver's answer failed its check.
    """
    if "stuck" in error.facts or "leave" in error.facts:  # a number that cannot be kept says so itself
        raise error
    size = len(problem.block.segments) + len(problem.block.active_lower)

    def ask() -> None:
        if cancel():
            raise UnfinishedError("The solve was cancelled.", hint="Nothing was proposed; propose again to start over.")

    if named:
        _refuse_convex(problem, error, ask)
    elif size > _LOOKED_AT:
        raise error
    tax = schedule_d_of(problem)
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    hot = HotPath(problem.block)
    found = complete(problem.block, places_of(problem, tax, locked.sell_max), ask, hot=hot, in_pieces=True)
    if found.proved and (not named or size > _TAKEN_APART):
        raise _proved(problem) from error
    if found.proved:
        raise diagnose_discrete(problem, ask) or _proved(problem, taken_apart=True) from error
    if found.choices is None or problem.is_opaque:
        raise _undecided(problem, found.nodes) from error
    try:
        if tax is None:
            return problem, search_for(problem.block, cancel, rounds, hot).completed(found.choices)
        from di_advisor.solve.taxed import TaxedSearch

        def searching(block: Block, warm: HotPath) -> Search:
            return search_for(block, cancel, rounds, warm)

        return TaxedSearch(problem, tax, searching, cancel).completed(found.choices)
    except InfeasibleError as edge:  # held possible within round-off only
        raise _undecided(problem, found.nodes) from edge


def _refuse_convex(problem: Problem, error: InfeasibleError, ask: Callable[[], None]) -> None:
    """Name the wishes that clash whatever the discrete ones say.

    Raises
    ------
    InfeasibleError
        If there are such.
    """
    from di_advisor.solve.diagnose import diagnose

    try:
        found = diagnose(problem)
        if found is None and problem.opaque_rules:
            from di_advisor.solve.own_diagnosis import diagnose_own

            found = diagnose_own(problem)
        elif found is not None and not problem.opaque_rules:
            found = with_sides(problem, found, ask)
    except (InfeasibleError, UncertifiedError):  # on the edge: a step of the diagnosis was not certified
        return
    if found is not None:
        raise found.error() from error


def _proved(problem: Problem, *, taken_apart: bool = False) -> InfeasibleError:
    """The proof alone; where it was tried to find fewer wishes that clash, and not decided, that is said."""
    further: dict[str, bool] = {"irreducible": False} if taken_apart else {}
    undecided = UNDECIDED if taken_apart else ""
    said = " ".join(rule.sentence for rule in problem.rules if not rule.rows(problem.block.segments))
    what = "It is proved that no plan keeps all rules once minimum trades, numbers and wash-sale sides are kept"
    return InfeasibleError(
        f"{what}: {said}{undecided}",
        **further,
        hint=_hint(problem),
    )


def _undecided(problem: Problem, nodes: int) -> UndecidedError:
    beside = " beside your own rules" if problem.is_opaque else ""
    return UndecidedError(
        f"No plan was found that keeps minimum trades, numbers and wash-sale sides{beside}, and it is not proved that "
        f"there is none: the search ended after {nodes} {'node' if nodes == 1 else 'nodes'}.",
        hint=_hint(problem),
        nodes=nodes,
        names_max=problem.block.names_max,
        trades_max=problem.block.trades_max,
    )


def _hint(problem: Problem) -> str:
    cap = problem.block.tracking_error_max
    first = "Lower" if cap is None else f"Allow more tracking error than {bps_from_fraction(cap):,.1f} bps, lower"
    return f"{first} the minimum trade, allow more names or trades, or widen the cash range or the bands."
