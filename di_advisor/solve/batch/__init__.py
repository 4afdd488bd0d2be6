"""Many accounts at once: those that share a risk model, an index and rules whose sides are all there is to choose.

Problem: thousands of accounts differ in lots, cash and tax rates only, and each one's solve is some hundred small
array operations whose overhead is most of the time. Decision: the same operations over several accounts side by side
(`di_advisor.solve.batch.several`), a Newton step for each in one pass; or, where numba is installed, the same steps
as compiled loops over one account after another (`di_advisor.solve.batch.single`), which take a third of that. The
answers and their certificates do not depend on who stands beside an account, so that how accounts are dealt out
changes nothing. What does not fit or does not certify gets None: the ordinary search has the word. Limits: no caps,
smallest trades, limits on numbers or powers.
"""

from __future__ import annotations

from collections.abc import Sequence

from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.problem import Block, Problem
from di_advisor.solve.batch.answer import answers
from di_advisor.solve.batch.common import Common, common_to, suits
from di_advisor.solve.solution import Solution

__all__ = ["fits", "solve_together"]

_KNOWN: list[Common] = []
_KNOWN_MAX = 8


def fits(problem: Problem) -> bool:
    """Whether a problem is one of those that are solved here."""
    return not problem.is_opaque and schedule_d_of(problem) is None and suits(problem.block)


def solve_together(problems: Sequence[Problem]) -> list[Solution | None]:
    """Certified solutions of problems, in their order; None where the ordinary search has the word.

    Parameters
    ----------
    problems : sequence of Problem
        Any; those that share the object of their risk model and the coefficients of their rows go together.
    """
    found: list[Solution | None] = [None] * len(problems)
    waiting: dict[int, tuple[Common, list[int]]] = {}
    for i, problem in enumerate(problems):
        common = _common(problem.block) if fits(problem) else None
        if common is not None:
            waiting.setdefault(id(common), (common, []))[1].append(i)
    for common, places in waiting.values():
        for i, solution in zip(places, answers([problems[i].block for i in places], common), strict=True):
            found[i] = solution
    return found


def _common(block: Block) -> Common | None:
    """What a block shares with others; what was reckoned for the last few is kept."""
    for known in _KNOWN:
        if known.fits(block):
            return known
    common = common_to(block)
    if common is not None:
        _KNOWN.insert(0, common)
        del _KNOWN[_KNOWN_MAX:]
    return common
