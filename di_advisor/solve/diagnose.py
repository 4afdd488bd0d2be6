"""Infeasibility taken apart: an irreducible set of wishes that clash, and the least each would have to give.

Problem: "the rules contradict each other" helps nobody. Decision: a deletion filter. The linear wishes
come first: one elastic linear program (every wish may give, at the least total) names the wishes
that carry a price, and each of these leaves for good if the rest still clash. Where the linear
wishes agree, the tracking-error cap is in the conflict, and the test is the smallest tracking error
that the rest leaves. Then each wish is given room alone, all others held: by a linear program, and
under a cap by a safeguarded search on the smallest tracking error, which falls convexly with room.

Limits: budgets are counts of solves. Wishes may clash in several ways at once: the set named is one
of them, and a relaxation that does not settle the others says so. Minimum trades and wash-sale
sides are not convex and are not taken apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError
from di_advisor.formulate.esg_average import AverageLimit
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Rule
from di_advisor.solve.concessions import concession
from di_advisor.solve.wishes import Wishes
from di_advisor.units import bps_from_fraction

__all__ = ["CONFLICT", "Diagnosis", "Relaxation", "agrees", "diagnose", "lacking"]

CONFLICT = 1e-7
"""Total violation below which wishes count as agreeing, fraction of the account."""

_OVER = 1e-7
"""Tracking error over its cap, relative, that counts as none."""

_ROOM = 1e-7
_SEARCH_SOLVES = 40
_NARROW = 1e-5
_SHOWN = 5
_RATIOS = 12
_NEAR_RATIO = 5e-3


@dataclass(frozen=True)
class Relaxation:
    """The least by which one wish would have to give.

    Attributes
    ----------
    rule : Rule
        The wish.
    amount : float
        In the unit of the rule's measure (weight, exposure, tracking error per year); for locks, the
        weight in all that would be traded.
    enough : bool
        Whether it settles the whole mandate; otherwise only this conflict, and another remains.
    text : str
        In plain words.
    known : bool
        False where the amount is a lower bound only: that much is needed, and nothing is known to be enough.
    """

    rule: Rule
    amount: float
    enough: bool
    text: str
    known: bool = True


@dataclass(frozen=True)
class Diagnosis:
    """One irreducible conflict.

    Attributes
    ----------
    conflict : tuple of Rule
        They cannot all hold; without any one of them the others can.
    relaxations : tuple of Relaxation
        One of each, in the same order.
    smallest : float or None
        Smallest tracking error that all other wishes leave, where the cap is in the conflict.
    cap : float or None
        The cap, then.
    together : tuple of str
        What would settle every conflict at once, where no single relaxation does.
    """

    conflict: tuple[Rule, ...]
    relaxations: tuple[Relaxation, ...]
    smallest: float | None = None
    cap: float | None = None
    together: tuple[str, ...] = ()

    def error(self) -> InfeasibleError:
        """The error that names the wishes and what each would have to become."""
        named = [r.sentence for r in self.conflict if self.smallest is None or r is not self.conflict[-1]]
        listed = _list([f"({k}) {s}" for k, s in enumerate(named, 1)], " ") if len(named) > 1 else "".join(named)
        if self.smallest is not None and self.cap is not None:
            what = (
                f"A tracking error of at most {bps_from_fraction(self.cap):.1f} bps cannot be reached: the other rules "
                f"allow {bps_from_fraction(self.smallest):.1f} bps at best."
            )
            what += f" In its way: {listed}" if named else ""
            first = self.conflict[0]
            if len(named) == 1 and isinstance(first, AverageLimit):
                needed = math.ceil(bps_from_fraction(self.smallest) * 10.0) / 10.0
                allowed = bps_from_fraction(self.cap)
                ask = f"{first.ask} needs at least {needed:.1f} bps of tracking error; you allow {allowed:.1f}."
                what = f"{ask[0].upper()}{ask[1:]} {what}"
        elif len(named) == 1:
            what = f"This wish cannot be met by this account: {named[0]}"
        else:
            what = f"These wishes contradict each other: {listed}"
        enough = [r.text for r in self.relaxations if r.enough]
        partly = [r.text for r in self.relaxations if not r.enough and r.known]
        needed_at_least = [r.text for r in self.relaxations if not r.known]
        hint = f"Any one of these is enough: {_list(enough, '; ')}." if enough else ""
        if partly:
            hint += f"{' ' if hint else ''}Not enough alone, other wishes clash too: {_list(partly, '; ')}."
        if needed_at_least:
            more = f"That much is needed, and it may not be enough: {_list(needed_at_least, '; ')}."
            hint += f"{' ' if hint else ''}{more}"
        if self.together:
            hint += f" All at once: {_list(list(self.together), '; ')}."
        facts = {} if self.smallest is None else {"smallest": self.smallest, "cap": self.cap}
        return InfeasibleError(
            what,
            hint=hint,
            conflict=tuple(r.sentence for r in self.conflict),
            relaxations=tuple(r.text for r in self.relaxations),
            rules=[r.name for r in self.conflict],
            amounts=[r.amount for r in self.relaxations],
            enough=[r.enough for r in self.relaxations],
            together=self.together,
            **facts,
        )


def _list(parts: list[str], between: str) -> str:
    more = len(parts) - _SHOWN
    return between.join(parts[:_SHOWN]) + (f"{between}and {more} more" if more > 0 else "")


def agrees(problem: Problem) -> bool:
    """Whether some plan keeps all wishes, minimum trades and wash-sale sides aside.

    Raises
    ------
    UncertifiedError
        If a step was not certified.
    """
    return lacking(problem) == (0.0, 0.0)


def lacking(problem: Problem) -> tuple[float, float]:
    """How far the wishes are from some plan, minimum trades and wash-sale sides aside; nothing where they agree.

    Returns
    -------
    linear : float
        Total by which the linear wishes must give, fraction of the account.
    risk : float
        Where these agree: tracking error beyond the cap that they leave at best.

    Raises
    ------
    UncertifiedError
        If a step was not certified.
    """
    wishes = Wishes(problem)
    found = wishes.elastic(wishes.linear)
    if found is not None and found.total > CONFLICT:
        return found.total, 0.0
    if wishes.cap is None:
        return 0.0, 0.0
    error = wishes.least_risk(wishes.linear).tracking_error
    return 0.0, error - _cap(wishes) if error > _cap(wishes) * (1.0 + _OVER) else 0.0


def diagnose(problem: Problem) -> Diagnosis | None:
    """Why no plan keeps all wishes.

    Returns
    -------
    Diagnosis or None
        None where the wishes agree, minimum trades and wash-sale sides aside.

    Raises
    ------
    UncertifiedError
        If a step was not certified; the conflict is then not known.
    """
    wishes = Wishes(problem)
    members = _linear_conflict(wishes)
    if members is not None:
        chosen = _in_order(wishes, members)
        rules, relaxations = _relaxed(wishes, chosen)
        return Diagnosis(rules, relaxations, together=_together(wishes, relaxations))
    if wishes.cap is None:
        return None
    cap = _cap(wishes)
    smallest = wishes.least_risk(wishes.linear).tracking_error
    if smallest <= cap * (1.0 + _OVER):
        return None
    chosen = [*_in_order(wishes, _capped_conflict(wishes, cap)), wishes.cap]
    return Diagnosis(*_relaxed(wishes, chosen, smallest), smallest=smallest, cap=cap)


def _cap(wishes: Wishes) -> float:
    return wishes.problem.block.tracking_error_max or np.inf


def _in_order(wishes: Wishes, members: Collection[int]) -> list[int]:
    return [j for j in wishes.linear if j in members]


def _linear_conflict(wishes: Wishes) -> set[int] | None:
    """An irreducible set of linear wishes that clash, or None where all agree."""

    def clash(kept: Collection[int]) -> set[int] | None:
        found = wishes.elastic(kept)
        return set(found.needed) if found is not None and found.total > CONFLICT else None

    needed = clash(wishes.linear)
    return None if needed is None else _filtered(set(wishes.linear), needed, clash)


def _capped_conflict(wishes: Wishes, cap: float) -> set[int]:
    """An irreducible set of linear wishes that leave no tracking error as small as the cap."""

    def clash(kept: Collection[int]) -> set[int] | None:
        found = wishes.least_risk(kept)
        if found.tracking_error <= cap * (1.0 + _OVER):
            return None
        return {j for j in kept if (wishes.rows[j].excess(found.amounts) > -_ROOM).any()}

    return _filtered(set(wishes.linear), clash(wishes.linear) or set(), clash)


def _filtered(members: set[int], needed: set[int], clash: Callable[[Collection[int]], set[int] | None]) -> set[int]:
    """Deletion filter: ``clash`` says None where wishes agree, else those that seem to matter."""
    if clash(needed) is not None:
        members = needed
    for j in sorted(members):
        if j not in members:
            continue
        rest = members - {j}
        fewer = clash(rest)
        if fewer is not None:
            members = fewer if fewer < rest and clash(fewer) is not None else rest
    return members


def _relaxed(
    wishes: Wishes, conflict: list[int], smallest: float | None = None
) -> tuple[tuple[Rule, ...], tuple[Relaxation, ...]]:
    """The rules of a conflict, and the least each must give: with all others, or else with those of the conflict."""
    everything = [*wishes.linear, *([] if wishes.cap is None else [wishes.cap])]
    found: list[Relaxation] = []
    for j in conflict:
        rule = wishes.rules[j]
        if j == wishes.cap and smallest is not None:
            amount = smallest - _cap(wishes)
            found.append(Relaxation(rule, amount, enough=True, text=concession(rule, amount, below=False)))
            continue
        for others, enough in ((everything, True), (conflict, False)):
            least = _least(wishes, j, [i for i in others if i != j])
            if least is not None:
                if isinstance(rule, AverageLimit):
                    least = _nearest_average(wishes, j, others, least)
                found.append(Relaxation(rule, wishes.given_in(j, *least), enough, _words(wishes, j, *least)))
                break
    return tuple(wishes.rules[j] for j in conflict), tuple(found)


def _least(wishes: Wishes, j: int, others: list[int]) -> tuple[float, FloatArray] | None:
    """The least room of a linear wish with which others hold, and the plan that takes it; None if no room does."""
    hard = [i for i in others if i != wishes.cap]
    linear = wishes.elastic([j], hard)
    if linear is None:
        return None
    amount, amounts = linear.total, linear.amounts
    if wishes.cap in others:
        cap = _cap(wishes) * (1.0 + _OVER)
        free = wishes.least_risk(hard)
        if free.tracking_error > cap:
            return None
        start = wishes.least_risk([*hard, j], {j: amount})
        if start.tracking_error > cap:
            amount, amounts = _searched(wishes, j, hard, cap, (amount, start.tracking_error), free.amounts)
    return amount, amounts


def _nearest_average(
    wishes: Wishes, j: int, others: list[int], least: tuple[float, FloatArray]
) -> tuple[float, FloatArray]:
    """The room and the plan whose average is nearest to what is asked.

    An average is a ratio where weights that count differ, and the least room of its row is not quite its nearest
    value: limits between what is asked and what a plan reaches are asked for anew (Dinkelbach 1967).
    """
    rule = wishes.rules[j]
    assert isinstance(rule, AverageLimit)  # noqa: S101 - asked before
    asked, reached = rule.limit, rule.average(wishes.active(least[1]))
    low, high = 0.0, 1.0  # of the way from what is asked to what is reached
    best, start = least, reached - asked
    for _ in range(_RATIOS):
        if high - low <= _NEAR_RATIO or abs(start) <= CONFLICT * rule.scale:
            break
        # a hair less than what is reached: where that is possible, its plan reaches as much or less again
        share = high - _NEAR_RATIO if high == 1.0 else 0.5 * (low + high)
        moved = wishes.with_rule(j, rule.moved_to(asked + share * start))
        found = _least(moved, j, [i for i in others if i != j])
        if found is None:
            break
        at = (rule.average(wishes.active(found[1])) - asked) / start
        if at < high:
            high, best = at, (float(max(wishes.rows[j].excess(found[1]).max(), 0.0)), found[1])
        low = max(low, share) if found[0] > CONFLICT else low
        if low >= high:
            break
    return best


def _searched(
    wishes: Wishes, j: int, hard: list[int], cap: float, low: tuple[float, float], free: FloatArray
) -> tuple[float, FloatArray]:
    """The room at which the smallest tracking error falls to the cap, and the plan there.

    A chord of a convex function lies above it, so that its root is enough; bisection takes turns with it.
    """
    high = max(float(wishes.rows[j].excess(free).max()), low[0])
    best, error = free, wishes.least_risk([*hard, j], {j: high}).tracking_error
    for turn in range(_SEARCH_SOLVES):
        if high - low[0] <= _NARROW * high:
            break
        share = (low[1] - cap) / max(low[1] - error, 1e-300) if turn % 2 == 0 else 0.5
        trial = low[0] + min(max(share, 0.0), 1.0) * (high - low[0])
        found = wishes.least_risk([*hard, j], {j: trial})
        if found.tracking_error <= cap:
            high, error, best = trial, found.tracking_error, found.amounts
        else:
            low = (trial, found.tracking_error)
    return high, best


def _words(wishes: Wishes, j: int, amount: float, amounts: FloatArray) -> str:
    """What a linear wish would have to become, by the side of it that gives most in a plan."""
    rows = wishes.rows[j]
    below = bool(rows.below[int(np.argmax(rows.excess(amounts)))])
    given = wishes.given_in(j, amount, amounts)
    return concession(
        wishes.rules[j], given, below=below, names=wishes.names_giving(j, amounts), active=wishes.active(amounts)
    )


def _together(wishes: Wishes, relaxations: tuple[Relaxation, ...]) -> tuple[str, ...]:
    """What would do together, at the least total, where no wish alone is enough."""
    if any(r.enough for r in relaxations):
        return ()
    found = wishes.elastic(wishes.linear)
    if found is None:
        return ()
    given = {j: amount for j, amount in found.given.items() if amount > CONFLICT}
    texts = [_words(wishes, j, amount, found.amounts) for j, amount in given.items()]
    if wishes.cap is not None:
        over = wishes.least_risk(wishes.linear, given).tracking_error - _cap(wishes)
        if over > 0:
            texts.append(concession(wishes.rules[wishes.cap], over, below=False))
    return tuple(texts)
