"""Whether some wishes of a problem have a plan, discrete ones among them: each kept, given room, or dropped.

Problem: taking a conflict apart asks the same question of many sets of wishes. Decision: every set is a block
of its own, with segments as wide as the account, and the complete search (`di_advisor.solve.complete`) answers;
what it learns of tracking error serves the next. Limits: all questions share a budget of nodes and of steps of
the simplex method; what comes after it is not decided. Where a cap holds in a larger account, questions about
the room of a linear wish are answered by linear programs and what is near them only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.account_rules import MinimumTrade
from di_advisor.formulate.count_rules import MaximumNames, MaximumTrades
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.tax_rules import TaxBudget
from di_advisor.formulate.terms import LotTax
from di_advisor.solve.complete import Completed, Places, complete, nodes_for, places_of, steps_for
from di_advisor.solve.wishes import Wishes

__all__ = ["COUNTS", "DISCRETE", "WishTests"]

COUNTS = (MaximumNames, MaximumTrades)
DISCRETE = (MinimumTrade, *COUNTS)

_A_TEST = 120
_ALL_TESTS = 1_200
"""Budgets of nodes: of one test, and of all together; what comes after is not decided."""

_STEPS_A_TEST = 12_000
_TESTS = 5
"""Steps of the simplex method of one test, more in a large account; and how many such tests all may take."""

_SMALL = 12
"""Names up to which amounts of every kind are looked for by integer programs under a cap."""

_MODERATE = 400
"""Segments and names up to which amounts under a cap are looked for by integer programs."""


class WishTests:
    """Questions about the wishes of one problem.

    Parameters
    ----------
    problem : Problem
        With its rules.
    ask : callable
        Called before each solve; raises where the search was cancelled.
    """

    def __init__(self, problem: Problem, ask: Callable[[], None]) -> None:
        self.problem, self.ask, self.wishes = problem, ask, Wishes(problem)
        discrete = [j for j, rule in enumerate(problem.rules) if isinstance(rule, DISCRETE)]
        cap = [] if self.wishes.cap is None else [self.wishes.cap]
        self.every = [*self.wishes.linear, *cap, *discrete]  # in this order they may leave
        self.steps_a_test = steps_for(problem.block, _STEPS_A_TEST)
        self.nodes, self.steps = self.budget
        self.tangents: list[FloatArray] = []
        self._lossy = _losses(problem)

    @property
    def budget(self) -> tuple[int, int]:
        """Nodes and steps of all tests, to begin with."""
        return _ALL_TESTS, _TESTS * self.steps_a_test

    @property
    def left(self) -> bool:
        """Whether there is anything left of the budget."""
        return self.nodes > 0 and self.steps > 0

    def block(self, kept: Collection[int], changed: Mapping[int, float], *, sides: bool = True) -> Block:
        """The block under some wishes, discrete ones among them; those changed have another limit, or room."""
        rules, n = self.problem.rules, len(self.problem.block.active_lower)
        wide = self.wishes.within([j for j in self.wishes.linear if j in kept], changed)
        segments = wide.segments
        loss = segments.sell & np.r_[self._lossy, False][segments.lot] & sides
        limit = {j: changed.get(j, getattr(rules[j], "upper", 0.0)) for j in kept}
        least = max((changed.get(j, r.lower) for j in kept if isinstance(r := rules[j], MinimumTrade)), default=0.0)
        names, trades = (next((int(limit[j]) for j in kept if isinstance(rules[j], kind)), None) for kind in COUNTS)
        cap = self.wishes.cap
        return replace(
            wide,
            segments=replace(segments, loss=loss),
            min_trade=np.full(n, least),
            names_max=names,
            trades_max=trades,
            tracking_error_max=limit[cap] if cap is not None and cap in kept else None,
        )

    def places(self, kept: Collection[int], changed: Collection[int]) -> Places:
        """Where the gains may lie under some wishes; anywhere where a tax budget has room, which its rows then have."""
        rules = tuple(self.problem.rules[j] for j in kept)
        locked = next(r for r in self.problem.rules if isinstance(r, Locked))
        places = places_of(replace(self.problem, rules=rules), schedule_d_of(self.problem), locked.sell_max)
        roomy = any(isinstance(self.problem.rules[j], TaxBudget) for j in changed)
        return replace(places, regions=(), gains=None) if roomy else places

    def searched(self, kept: Collection[int], changed: Mapping[int, float], *, sides: bool = True) -> Completed:
        """A plan under some wishes, the proof that there is none, or neither within the budget.

        Parameters
        ----------
        kept : collection of int
            Places of the rules that hold.
        changed : mapping of int to float
            Room of linear wishes, and other limits of discrete ones and of the cap.
        sides : bool
            Whether a name that is sold at a loss may not be bought.
        """
        if not self.left:
            return Completed(None, proved=False, nodes=0)
        block = self.block(kept, changed, sides=sides)
        nodes = min(_A_TEST, self.nodes, nodes_for(block))
        if changed and not self._moderate(changed):  # by linear programs and what is near them only
            nodes = 0
        # whether wishes clash is asked a few times, and is to be known; how much one must give is asked often
        steps = _STEPS_A_TEST if changed else self.steps_a_test
        found = complete(
            block,
            self.places(kept, changed),
            self.ask,
            nodes_max=nodes,
            steps_max=min(steps, self.steps),
            tangents=self.tangents,
            any_will_do=True,
            in_pieces=True,
        )
        self.nodes, self.steps = self.nodes - found.nodes, self.steps - found.steps
        return found

    def _moderate(self, changed: Collection[int]) -> bool:
        """Whether an amount is looked for by integer programs."""
        block = self.problem.block
        if block.tracking_error_max is None or len(block.active_lower) <= _SMALL:
            return True
        size = len(block.segments) + len(block.active_lower)
        return size <= _MODERATE and all(
            isinstance(self.problem.rules[j], COUNTS) or j == self.wishes.cap for j in changed
        )


def _losses(problem: Problem) -> NDArray[np.bool_]:
    """Lots that would be sold at a loss, shape (L,): those that may be sold, and of the others those taxed so."""
    segments, tax = problem.block.segments, schedule_d_of(problem)
    lossy = np.zeros(len(problem.block.holdings.lot_name), dtype=np.bool_)
    lossy[segments.lot[segments.loss]] = True
    if tax is not None:
        lossy |= tax.gains.total < 0
    for term in (*problem.terms, *problem.memos):
        if isinstance(term, LotTax):
            lossy |= term.tax_rate < 0
    return lossy
