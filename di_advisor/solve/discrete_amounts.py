"""What each wish of a conflict would have to become where minimum trades and numbers take part.

Problem: the least room of a wish is one linear program where all is convex; with discrete wishes it is as hard
as the search itself, and in a large account no bisection over integer programs ends in time. Decision: it is
taken from both sides. The convex relaxation, in which a fraction of a trade may be made, with the one wish
elastic, gives an amount that is needed whatever is chosen (a lower bound, since the discrete wishes are kept in
fractions only); and from there upwards the wishes are solved again with more room until there is a plan, so that
what is said to be enough was seen to be. Where the two are not within a hundredth both are said; where no
room was seen to be enough, the lower bound stands alone and says so.

Limits: steps of bisection and a budget for each wish; below half a hundredth amounts are not told apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.account_rules import MinimumTrade
from di_advisor.formulate.count_rules import MaximumNames, MaximumTrades
from di_advisor.formulate.tax_rules import TaxBudget
from di_advisor.solve.complete import Completed
from di_advisor.solve.concessions import concession
from di_advisor.solve.diagnose import Relaxation
from di_advisor.solve.integer_program import IntegerProgram
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.risk_pieces import RiskPieces
from di_advisor.solve.solution import variance_of
from di_advisor.solve.tracking import RISK_ALONE
from di_advisor.solve.wish_tests import COUNTS, WishTests
from di_advisor.units import bps_from_fraction, percent_from_fraction

__all__ = ["Amounts"]

_STEPS = 14
_NEAR = 0.005
_FAR = 0.01
_FIRST_ROOM = 1e-4
_WIDEST = 2.0
_SAFE = 1e-7
"""By how much a lower bound of a linear program is lowered: its tolerance."""

_DUST = 1e-12
_REFINED = 8
_NODES, _TESTS = 1_200, 2
"""Budgets of all amounts together, of nodes and of tests' steps of the simplex method; each wish has its share."""

_UNDECIDED = 2
"""Questions without an answer, one after another, after which an amount is taken as it is."""


@dataclass
class _Between:
    """An amount between what is proved too little, what no plan was found for, and what is enough."""

    proved: float
    low: float
    high: float
    amounts: FloatArray


class Amounts:
    """What wishes would have to become.

    Parameters
    ----------
    tests : WishTests
        What answers.
    """

    def __init__(self, tests: WishTests) -> None:
        self.tests, self.problem, self.wishes = tests, tests.problem, tests.wishes

    def of(self, conflict: Sequence[int]) -> list[Relaxation]:
        """One of each wish of a conflict: with all others, or else with those of the conflict."""
        found, n = [], max(len(conflict), 1)
        for j in conflict:
            self.tests.nodes, self.tests.steps = _NODES // n, _TESTS * self.tests.steps_a_test // n
            for others, enough in ((self.tests.every, True), (conflict, False)):
                without = self.tests.searched([i for i in others if i != j], {})
                if without.amounts is None:  # no room of this wish is seen to do
                    continue
                given = self._given(j, list(others), without)
                found.append(Relaxation(self.problem.rules[j], given[0], enough, given[1]))
                break
            else:
                found += self._at_least(j)
        return found

    def of_one(self, j: int) -> Relaxation | None:
        """Of one wish with all others, seen to be enough; None where no room of it was."""
        self.tests.nodes, self.tests.steps = _NODES // 2, self.tests.steps_a_test
        without = self.tests.searched([i for i in self.tests.every if i != j], {})
        if without.amounts is None:
            return None
        amount, text = self._given(j, list(self.tests.every), without)
        return Relaxation(self.problem.rules[j], amount, enough=True, text=text)

    def _given(self, j: int, others: list[int], without: Completed) -> tuple[float, str]:
        """By how much a wish must give, and in words what it would be; it begins with a plan without the wish."""
        rule = self.problem.rules[j]
        if isinstance(rule, COUNTS):
            return self._higher_count(j, rule, others, without)
        if isinstance(rule, MinimumTrade):
            return self._smaller_trades(j, rule, others)
        return self._higher_cap(j, others, without) if j == self.wishes.cap else self._wider(j, others, without)

    def _at_least(self, j: int) -> list[Relaxation]:
        """What the convex relaxation says is needed, where no more is known."""
        rule = self.problem.rules[j]
        if isinstance(rule, MinimumTrade) or j == self.wishes.cap:
            return []
        found = self._relaxed(j, self.tests.every)
        if found is None:
            return []
        least, amounts = found
        if isinstance(rule, COUNTS):
            needed = max(math.ceil(least), rule.upper + 1)
            return [Relaxation(rule, needed - rule.upper, enough=False, text=_counted(rule, needed), known=False)]
        return [Relaxation(rule, least, enough=False, text=self._in_words(j, least, amounts)[1], known=False)]

    def _relaxed(self, j: int, others: Sequence[int]) -> tuple[float, FloatArray] | None:
        """The least room of a linear wish, or the least number, if binaries may be fractions; None if none does."""
        rule, tests = self.problem.rules[j], self.tests
        counted = isinstance(rule, COUNTS)
        kept = list(others) if counted else [i for i in others if i != j]
        block = tests.block(kept, {j: float(len(self.problem.block.active_lower))} if counted else {})
        places = tests.places(kept, [j])
        program = IntegerProgram(block, places.regions, places.gains)
        if isinstance(rule, MaximumNames):
            program.aim = program.held
        elif isinstance(rule, MaximumTrades):
            program.aim = program.traded
        else:
            program.aim = self._elastic(program, j)
        pieces = RiskPieces(program) if block.tracking_error_max is not None else None
        best: tuple[float, FloatArray] | None = None
        for _ in range(_REFINED):
            tests.ask()
            point = program.in_fractions()
            tests.steps -= point.steps
            if point.status == "none":
                return None
            if point.status != "found":
                break
            best = max(point.value - _SAFE, 0.0), point.amounts
            if pieces is None or not pieces.refine(point.columns):
                break
        return best

    def _elastic(self, program: IntegerProgram, j: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The rows of a linear wish in a program, with one column by which they all give."""
        give = program.columns(np.zeros(1), np.array([_WIDEST]))
        rows = self.wishes.rows[j]
        by = rows.matrix.tocoo()
        size = len(rows.limit)
        row, column = np.r_[by.row, np.arange(size)], np.r_[program.amounts[by.col], np.repeat(give, size)]
        program.weigh(row, column, np.r_[by.data, -np.ones(size)], rows.limit, at_most=True)
        return give

    def _higher_count(
        self, j: int, rule: MaximumNames | MaximumTrades, others: list[int], without: Completed
    ) -> tuple[float, str]:
        """The number that the relaxation needs, or bisection from there to that of a plan, by ratios."""
        relaxed = self._relaxed(j, others)
        low = proved = max(rule.upper, 0 if relaxed is None else math.ceil(relaxed[0]) - 1)
        high, trial = max(self._number(rule, without), low + 1), low + 1
        while high - low > 1 and self.tests.left:
            found = self.tests.searched(others, {j: float(trial)})
            proved = trial if found.proved else proved
            low, high = (low, trial) if found.choices is not None else (trial, high)
            trial = min(max(int(math.sqrt(low * high)), low + 1), high - 1)
        if high - proved <= 1:
            return high - rule.upper, f"at least {_counted(rule, high)}"
        what = _counted(rule, high).partition(" (")[0]
        return high - rule.upper, f"{what} (perhaps fewer, more than {proved}; you allow {rule.upper})"

    def _number(self, rule: MaximumNames | MaximumTrades, plan: Completed) -> int:
        """How many names a plan trades, or holds."""
        active, holdings = self.wishes.active(_known(plan)), self.problem.block.holdings
        if isinstance(rule, MaximumTrades):
            return int((np.abs(active - holdings.active) > _DUST).sum())
        return int((active + holdings.target > _DUST).sum())

    def _wider(self, j: int, others: list[int], without: Completed) -> tuple[float, str]:
        """Room for a wish that is not discrete: what its relaxation needs, or little more, then bisection."""
        most = _known(without)
        high = max(float(self.wishes.rows[j].excess(most).max()), _FIRST_ROOM)
        relaxed = None if isinstance(self.problem.rules[j], TaxBudget) else self._relaxed(j, others)
        least = 0.0 if relaxed is None else min(relaxed[0], high)
        between = _Between(least, least, high, most)
        first = max((1.0 + _NEAR) * least, _FIRST_ROOM)
        between = self._halved(between, first, lambda room: self.tests.searched(others, {j: room}))
        amount, text = self._in_words(j, between.high, between.amounts)
        if between.high - between.proved > _FAR * between.high:
            share = math.floor(percent_from_fraction(between.proved / between.high))
            text += f"; perhaps less, but at least {share} % of that" if share > 0 else "; perhaps less"
        return amount, text

    def _halved(self, between: _Between, first: float, ask: Callable[[float], Completed]) -> _Between:
        """The same, nearer: a first amount, then those in the middle by ratios, until that tells no more."""
        unknown, trial = 0, first
        for _ in range(_STEPS):
            if between.high - between.low <= _NEAR * between.high or unknown >= _UNDECIDED or not self.tests.left:
                break
            if trial < between.high:
                found = ask(trial)
                unknown = 0 if found.proved or found.amounts is not None else unknown + 1
                if found.amounts is not None:
                    between.high, between.amounts = trial, found.amounts
                else:
                    between.low = trial
                    between.proved = max(between.proved, trial) if found.proved else between.proved
            trial = math.sqrt(max(between.low, _FIRST_ROOM) * between.high)
        return between

    def _higher_cap(self, j: int, others: list[int], without: Completed) -> tuple[float, str]:
        """A tracking error that some plan has, and as far as known none much less."""
        start = self.problem.block.tracking_error_max or 0.0
        high = min(self._error_of(_known(without)), self._error_under(j, others, without))
        low = proved = max(start, self._least_error(j, others, high))  # no plan has less than what is proved
        unknown = 0
        for _ in range(_STEPS):
            if high - low <= _NEAR * high or unknown >= _UNDECIDED or not self.tests.left:
                break
            middle = math.sqrt(low * high)
            found = self.tests.searched(others, {j: middle})
            unknown = 0 if found.proved or found.amounts is not None else unknown + 1
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

    def _error_under(self, j: int, others: list[int], plan: Completed) -> float:
        """The smallest tracking error under the choices of a plan."""
        block = self.tests.block([i for i in others if i != j], {})
        answer = None if plan.choices is None else QuadraticProgram(block, plan.choices).solve(RISK_ALONE, trading=0.0)
        if answer is None or answer.status != "solved":
            return math.inf
        return math.sqrt(max(variance_of(block, answer.active), 0.0))

    def _least_error(self, j: int, others: list[int], high: float) -> float:
        """A tracking error that no plan is below: the convex relaxation's, in pieces."""
        block = self.tests.block(others, {j: high})
        places = self.tests.places(others, [])
        program = IntegerProgram(block, places.regions, places.gains)
        pieces, least = RiskPieces(program), 0.0
        for _ in range(_REFINED):
            self.tests.ask()
            point = program.in_fractions()
            self.tests.steps -= point.steps
            if point.status != "found":
                break
            least = max(point.value - _SAFE, 0.0)  # of variance, in multiples of that at ``high``
            if not pieces.refine(point.columns):
                break
        return high * math.sqrt(min(least, 1.0))

    def _error_of(self, amounts: FloatArray) -> float:
        return math.sqrt(max(variance_of(self.problem.block, self.wishes.active(amounts)), 0.0))

    def _in_words(self, j: int, room: float, amounts: FloatArray) -> tuple[float, str]:
        rows, wishes = self.wishes.rows[j], self.wishes
        below = bool(rows.below[int(np.argmax(rows.excess(amounts)))])
        given = wishes.given_in(j, room, amounts)
        names, active = wishes.names_giving(j, amounts), wishes.active(amounts)
        return given, concession(self.problem.rules[j], given, below=below, names=names, active=active)

    def _smaller_trades(self, j: int, rule: MinimumTrade, others: list[int]) -> tuple[float, str]:
        """A smaller minimum trade with which there is a plan, and as far as known none with a much larger one."""
        low, high, proved, unknown = 0.0, rule.lower, rule.lower, 0
        for _ in range(_STEPS):
            if high - low <= _NEAR * high or unknown >= _UNDECIDED or not self.tests.left:
                break
            middle = 0.5 * (low + high)
            found = self.tests.searched(others, {j: middle})
            unknown = 0 if found.proved or found.choices is not None else unknown + 1
            if found.choices is not None:
                low, unknown = middle, 0
                continue
            high = middle
            proved = middle if found.proved else proved
        value = rule.holdings.value_usd
        asked = f"you ask for ${rule.lower * value:,.2f}"
        most = math.floor(low * value)
        if proved - low > _FAR * proved:
            between = f"perhaps more, less than ${math.ceil(proved * value):,}"
            between = between if most else f"perhaps one below ${math.ceil(proved * value):,} is small enough"
            asked = f"{between}; {asked}"
        text = f"a minimum trade of at most ${most:,}" if most else "no minimum trade"
        return rule.lower - low, f"{text} ({asked})"


def _known(plan: Completed) -> FloatArray:
    """The amounts of a plan that was found."""
    assert plan.amounts is not None  # noqa: S101 - asked for before
    return plan.amounts


def _counted(rule: MaximumNames | MaximumTrades, number: int) -> str:
    what = "names held" if isinstance(rule, MaximumNames) else "names traded"
    return f"{number} {what} (you allow {rule.upper})"
