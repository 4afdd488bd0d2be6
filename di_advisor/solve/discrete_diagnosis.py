"""Infeasibility where minimum trades and numbers are in the conflict: an irreducible set, each with what it must give.

Problem: the rules agree as long as trades may be of any size and number, and clash with them. Decision:
the deletion filter of `di_advisor.solve.diagnose`, with a complete search (`di_advisor.solve.complete`) for
its test; what is not decided within its budget counts as needed, and the set is then not said to be
irreducible. What each wish would have to become follows by counting up, or by bisection.

Limits: amounts that few programs do not settle are enough and perhaps not least, and say so for tracking error and
numbers; in larger accounts those of linear wishes and minimum trades are not looked for. That a
name sold at a loss is not bought is law and no wish: it always holds, and is named where the conflict is none
without it. Amounts are found within a fiftieth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError
from di_advisor.formulate.account_rules import MinimumTrade
from di_advisor.formulate.count_rules import MaximumNames, MaximumTrades
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.tax_rules import TaxBudget
from di_advisor.formulate.terms import LotTax
from di_advisor.solve.complete import Completed, complete, nodes_for, places_of
from di_advisor.solve.concessions import concession
from di_advisor.solve.diagnose import Diagnosis, Relaxation
from di_advisor.solve.solution import variance_of
from di_advisor.solve.wishes import Wishes
from di_advisor.units import bps_from_fraction

__all__ = ["diagnose_discrete"]

_STEPS = 14
_NEAR = 0.02
_FAR = 0.03
_FIRST_ROOM = 1e-4
_WIDEST = 2.0
_A_TEST = 120
_ALL_TESTS = 1_200
"""Budgets of nodes: of one test, and of all together; what comes after is not decided."""

_ALL_STEPS = 60_000
_STEPS_A_TEST = 12_000
"""The same of steps of the simplex method."""

_SMALL = 12
_MEDIUM = 90
"""Names up to which amounts of every kind are looked for by integer programs; and at all, those that need bisection."""

_MODERATE = 400
"""Segments and names up to which amounts under a cap are looked for by integer programs."""

_COUNTS = (MaximumNames, MaximumTrades)
_DISCRETE = (MinimumTrade, *_COUNTS)


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


class _Filter:
    def __init__(self, problem: Problem, ask: Callable[[], None]) -> None:
        self.problem, self.ask, self.wishes = problem, ask, Wishes(problem)
        discrete = [j for j, rule in enumerate(problem.rules) if isinstance(rule, _DISCRETE)]
        cap = [] if self.wishes.cap is None else [self.wishes.cap]
        self.every = [*self.wishes.linear, *cap, *discrete]  # in this order they may leave
        self.lossy = _losses(problem)
        self.decided, self.nodes, self.steps = True, _ALL_TESTS, _ALL_STEPS
        self.tangents: list[FloatArray] = []

    def error(self) -> InfeasibleError | None:
        members = [j for j in self.every if j not in self.wishes.linear]
        law: bool | None = None  # whether it takes part that a name sold at a loss is not bought
        if self._searched(members, {}, sides=False).proved:  # most often: all linear wishes leave at once
            law = False
        elif not self._searched(members, {}).proved:
            members = list(self.every)
            if not self._clash(members):
                return None
        for j in list(members):
            rest = [i for i in members if i != j]
            if self._clash(rest):
                members, law = rest, None
        ordered = [j for j in range(len(self.problem.rules)) if j in members]
        sides = not self._clash(members, sides=False) if law is None else law
        told = Diagnosis(tuple(self.problem.rules[j] for j in ordered), tuple(self._relaxed(ordered))).error()
        what = told.what + (" A name that is sold at a loss is not bought besides." if sides else "")
        hint = told.hint or "Give any one of them up, or let it give."
        counts = {
            f"{key}_max": getattr(self.problem.block, f"{key}_max")
            for key, kind in (("names", MaximumNames), ("trades", MaximumTrades))
            if any(isinstance(self.problem.rules[j], kind) for j in members)
        }
        return InfeasibleError(what, hint=hint, **{**told.facts, **counts, "irreducible": self.decided, "sides": sides})

    def _moderate(self, changed: Collection[int]) -> bool:
        """Whether an amount is looked for by integer programs."""
        block = self.problem.block
        if block.tracking_error_max is None or len(block.active_lower) <= _SMALL:
            return True
        size = len(block.segments) + len(block.active_lower)
        return size <= _MODERATE and all(
            isinstance(self.problem.rules[j], _COUNTS) or j == self.wishes.cap for j in changed
        )

    @property
    def _medium(self) -> bool:
        return len(self.problem.block.active_lower) <= _MEDIUM

    def _block(self, kept: Collection[int], changed: dict[int, float], *, sides: bool) -> Block:
        """The block under some wishes, discrete ones among them; those changed have another limit, or room."""
        rules, n = self.problem.rules, len(self.problem.block.active_lower)
        wide = self.wishes.within([j for j in self.wishes.linear if j in kept], changed)
        segments = wide.segments
        loss = segments.sell & np.r_[self.lossy, False][segments.lot] & sides
        limit = {j: changed.get(j, getattr(rules[j], "upper", 0.0)) for j in kept}
        least = max((changed.get(j, r.lower) for j in kept if isinstance(r := rules[j], MinimumTrade)), default=0.0)
        names, trades = (next((int(limit[j]) for j in kept if isinstance(rules[j], kind)), None) for kind in _COUNTS)
        cap = self.wishes.cap
        return replace(
            wide,
            segments=replace(segments, loss=loss),
            min_trade=np.full(n, least),
            names_max=names,
            trades_max=trades,
            tracking_error_max=limit[cap] if cap is not None and cap in kept else None,
        )

    def _searched(self, kept: Collection[int], changed: dict[int, float], *, sides: bool = True) -> Completed:
        if self.nodes <= 0 or self.steps <= 0:
            return Completed(None, proved=False, nodes=0)
        block = self._block(kept, changed, sides=sides)
        rules = tuple(self.problem.rules[j] for j in kept)
        locked = next(r for r in self.problem.rules if isinstance(r, Locked))
        places = places_of(replace(self.problem, rules=rules), schedule_d_of(self.problem), locked.sell_max)
        if any(isinstance(self.problem.rules[j], TaxBudget) for j in changed):
            places = replace(places, regions=(), gains=None)  # its rows then have the room
        nodes = min(_A_TEST, self.nodes, nodes_for(block))
        if changed and not self._moderate(changed):  # amounts by linear programs and what is near them only
            nodes = 0
        found = complete(
            block,
            places,
            self.ask,
            nodes_max=nodes,
            steps_max=min(_STEPS_A_TEST, self.steps),
            tangents=self.tangents,
            any_will_do=True,
            in_pieces=True,
        )
        self.nodes, self.steps = self.nodes - found.nodes, self.steps - found.steps
        return found

    def _clash(self, kept: Collection[int], *, sides: bool = True) -> bool:
        """Whether it is proved that some wishes have no plan."""
        found = self._searched(kept, {}, sides=sides)
        self.decided = self.decided and (found.proved or found.choices is not None)
        return found.proved

    def _relaxed(self, conflict: list[int]) -> list[Relaxation]:
        """What each would have to become: with all others, or else with those of the conflict."""
        found = []
        for j in conflict:
            for others, enough in ((self.every, True), (conflict, False)):
                given = self._given(j, others)
                if given is not None:
                    found.append(Relaxation(self.problem.rules[j], given[0], enough, given[1]))
                    break
        return found

    def _given(self, j: int, others: list[int]) -> tuple[float, str] | None:
        """By how much a wish must give, and in words what it would be; None if no room does."""
        rule = self.problem.rules[j]
        if isinstance(rule, _COUNTS):
            return self._higher_count(j, rule, others)
        if isinstance(rule, MinimumTrade):
            return self._smaller_trades(j, rule, others) if self._medium else None
        return self._wider(j, others) if self._medium or j == self.wishes.cap else None

    def _higher_count(self, j: int, rule: MaximumNames | MaximumTrades, others: list[int]) -> tuple[float, str] | None:
        what = "names held" if isinstance(rule, MaximumNames) else "names traded"
        low = high = proved = rule.upper
        most, step, found = len(self.problem.block.active_lower), 1, None
        while high < most and (found is None or found.choices is None):  # steps that double, then bisection
            low, high, step = high, min(rule.upper + step, most), 2 * step
            found = self._searched(others, {j: float(high)})
            proved = high if found.proved else proved
        if found is None or found.choices is None:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            found = self._searched(others, {j: float(middle)})
            proved = middle if found.proved else proved
            low, high = (low, middle) if found.choices is not None else (middle, high)
        if high - proved == 1:
            return high - rule.upper, f"at least {high} {what} (you allow {rule.upper})"
        return high - rule.upper, f"{high} {what} (perhaps fewer, more than {proved}; you allow {rule.upper})"

    def _wider(self, j: int, others: list[int]) -> tuple[float, str] | None:
        """Room for a wish that is not discrete, by bisection."""
        if j == self.wishes.cap:
            return self._higher_cap(j, others)
        low, high = 0.0, _FIRST_ROOM
        found = self._searched(others, {j: high})
        while found.choices is None and high < _WIDEST:
            low, high = high, 4.0 * high
            found = self._searched(others, {j: high})
        if found.amounts is None:
            return None
        amounts = found.amounts
        for _ in range(_STEPS):
            if high - low <= _NEAR * high:
                break
            middle = 0.5 * (low + high)
            found = self._searched(others, {j: middle})
            if found.amounts is None:
                low = middle
            else:
                high, amounts = middle, found.amounts
        return self._in_words(j, high, amounts)

    def _higher_cap(self, j: int, others: list[int]) -> tuple[float, str] | None:
        """A tracking error that some plan has, and as far as known none much less."""
        start = low = self.problem.block.tracking_error_max or 0.0
        found = self._searched(others, {j: _WIDEST})
        if found.amounts is None:
            return None
        high, proved = self._error_of(found.amounts), low  # no plan has less than what is proved
        for _ in range(_STEPS):
            if high - low <= _NEAR * high:
                break
            middle = math.sqrt(low * high)
            found = self._searched(others, {j: middle})
            if found.amounts is not None:
                high = min(self._error_of(found.amounts), middle)
                continue
            low = middle
            proved = middle if found.proved else proved
        if high - proved <= _FAR * high:
            return high - start, concession(self.problem.rules[j], high - start, below=False)
        far = [f"{bps_from_fraction(x):.1f}" for x in (high, proved, start)]
        text = f"tracking error of {far[0]} bps (perhaps less, more than {far[1]}; you allow {far[2]})"
        return high - start, text

    def _error_of(self, amounts: FloatArray) -> float:
        return math.sqrt(max(variance_of(self.problem.block, self.wishes.active(amounts)), 0.0))

    def _in_words(self, j: int, room: float, amounts: FloatArray) -> tuple[float, str]:
        rows, wishes = self.wishes.rows[j], self.wishes
        below = bool(rows.below[int(np.argmax(rows.excess(amounts)))])
        given = wishes.given_in(j, room, amounts)
        names, active = wishes.names_giving(j, amounts), wishes.active(amounts)
        return given, concession(self.problem.rules[j], given, below=below, names=names, active=active)

    def _smaller_trades(self, j: int, rule: MinimumTrade, others: list[int]) -> tuple[float, str] | None:
        low, high = 0.0, rule.lower
        if self._searched(others, {j: 0.0}).choices is None:
            return None
        for _ in range(_STEPS):
            if high - low <= _NEAR * high:
                break
            middle = 0.5 * (low + high)
            if self._searched(others, {j: middle}).choices is not None:
                low = middle
            else:
                high = middle
        value = rule.holdings.value_usd
        asked = f"you ask for ${rule.lower * value:,.2f}"
        return rule.lower - low, f"a minimum trade of at most ${math.floor(low * value):,} ({asked})"


def _losses(problem: Problem) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
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
