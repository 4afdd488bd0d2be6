"""Accounts of a household that leave tax out (mode tax_unaware): they trade as they would, the others beside them.

Problem: such an account does not look at tax, so no price of gains moves it, and yet its gains are on the return and
its trades wash losses like any other's. Decision:

* It chooses its trades as by itself: trading cost, risk, own terms; its rules, and the locks of wash windows.
* What it realises counts as it comes: to the others it is part of their year, and budgets are what it leaves of them.
* Wash sales with it stay banned, as the mode has it by itself, also where they are priced among the others: what it
  sells at a loss nobody buys today, what it buys nobody sells at a loss. Where others would, the household decides in
  dollars after tax who gives way: they do, or the account gets a lock on that group, as on a name in a wash window.
* Two of them that clash with each other get such a lock on either side, the cheaper one.

The certificate is in two parts that add up: no other plans of the others are better beside its orders, and none of
its own, as it reckons, under its locks. Limits: which locks it gets is searched, one group at a time, and not proved.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from di_advisor.domain.mandate import WashPolicy
from di_advisor.errors import DiAdvisorError, SettlementError, SolveError
from di_advisor.formulate.household import AccountGains, beside
from di_advisor.propose.household.at_law import AccountOrders, gains_of_orders
from di_advisor.propose.household.candidates import Apart, Candidates, apart_of, best_of, candidates_of
from di_advisor.propose.household.left_out_words import (
    Standing,
    decision,
    failure_beside,
    giving_way,
    left_out,
    locks_beside,
    roles,
)
from di_advisor.propose.household.proposal import WashDecision
from di_advisor.propose.household.settled import Settled, Settling
from di_advisor.propose.planned import Planned
from di_advisor.signals.household_locks import WashSide, with_sides
from di_advisor.solve.household.coordination import AccountFacts, Coordination, FilerFacts, Sides, clashes
from di_advisor.solve.household.washes import Coordinated, coordinate

__all__ = ["SettlingBeside", "left_out_candidates"]

_REPAIRS = 8
_FLIPS = 6
_LEVELS = 4


@dataclass
class SettlingBeside(Settling):
    """The other accounts on their way to orders, beside those that stand.

    Attributes
    ----------
    whole : Settling
        The whole household: orders are judged with those that stand.
    standing : Mapping of str to Planned
        Those.
    beyond_usd : float
        What they come to, with the tax on their gains alone: the household's objective is this much more.
    """

    whole: Settling = field(kw_only=True)
    standing: Standing = field(kw_only=True)
    beyond_usd: float = field(kw_only=True)

    def judged(self, planned: Mapping[str, Planned], sides: Sides, source: str) -> Settled:
        """All orders together, at law."""
        return self.whole.judged({**planned, **self.standing}, sides, source)

    def is_close(self, settled: Settled, bound_usd: float) -> bool:
        """Whether nothing worth looking for lies between orders of all and a bound of the others."""
        return self.whole.is_close(settled, bound_usd + self.beyond_usd)

    @property
    def everyone(self) -> Mapping[str, AccountFacts]:
        """All accounts of the household."""
        return self.whole.coordination.accounts


@dataclass(frozen=True)
class _Turn:
    """Orders under some locks, and the others' plans beside them."""

    sides: Mapping[int, WashSide]
    standing: Standing
    others: SettlingBeside
    coordinated: Coordinated | None = None
    value_usd: float = math.inf
    failure: DiAdvisorError | None = None


@dataclass
class _Turns:
    """All that was tried."""

    whole: Settling
    nodes_max: int
    tried: dict[frozenset[tuple[int, WashSide]], _Turn] = field(default_factory=dict)

    def at(self, sides: Mapping[int, WashSide]) -> _Turn:
        """Under locks on the accounts that leave tax out; where these clash with each other, the cheaper lock.

        Raises
        ------
        SolveError, SettlementError
            If one of them has no orders under these.
        """
        key = frozenset(sides.items())
        if key not in self.tried:
            found = []
            for side in WashSide:
                given, standing = self._undisputed(sides, side)
                found.append(self.beside(given, standing))
                if given == sides:
                    break
            best = min(found, key=lambda t: t.value_usd)
            self.tried[key] = self.tried[frozenset(best.sides.items())] = best
        return self.tried[key]

    def beside(self, sides: Mapping[int, WashSide], standing: Standing) -> _Turn:
        """The others' plans beside given orders."""
        others = self.others(standing)
        if not others.coordination.accounts:
            return _Turn(sides, standing, others, None, others.beyond_usd)
        try:
            found = coordinate(others.coordination, nodes_max=self.nodes_max)
        except (SolveError, SettlementError) as error:
            return _Turn(sides, standing, others, failure=error)
        return _Turn(sides, standing, others, found, others.beyond_usd + found.objective_usd)

    def others(self, standing: Standing, *, locked: bool = True) -> SettlingBeside:
        """The accounts beside, with what orders leave them: their year, budgets, and locks."""
        whole, accounts = self.whole, self.whole.coordination.accounts
        sides, reasons = locks_beside(whole, standing) if locked else ({}, {})
        facts = {
            i: replace(a, signals=with_sides(a.signals, sides, reasons))
            for i, a in accounts.items()
            if i not in standing
        }
        beyond, filers = sum(whole.beside_usd(i, p.orders.plan) for i, p in standing.items()), {}
        for name, given in whole.coordination.filers.items():
            gains = AccountGains.total(_gains(p) for i, p in standing.items() if accounts[i].filer == name)
            owed, net = whole.tax_of(name)(gains), float(gains.short_usd + gains.long_usd)
            beyond += owed
            filers[name] = FilerFacts(
                beside(given.taxpayer, gains),
                None if given.gain_budget_usd is None else given.gain_budget_usd - net,
                None if given.tax_budget_usd is None else given.tax_budget_usd - owed,
            )
        coordination = Coordination(facts, filers, whole.cancel)
        return SettlingBeside(
            whole.household, coordination, whole.cancel, whole=whole, standing=standing, beyond_usd=beyond
        )

    def clashing(self, turn: _Turn) -> tuple[int, ...]:
        """Groups that the others would wash with orders if they were free to."""
        others = self.others(turn.standing, locked=False)
        if not others.coordination.accounts:
            return ()
        try:
            free = coordinate(others.coordination, nodes_max=self.nodes_max)
        except (SolveError, SettlementError):
            return ()
        signals = {i: a.signals for i, a in self.whole.coordination.accounts.items()}
        plans = {**free.plans, **{i: p.orders.plan for i, p in turn.standing.items()}}
        sold, bought = roles(turn.standing)
        return tuple(g for g in clashes(signals, plans) if g in sold or g in bought)

    def _undisputed(
        self, sides: Mapping[int, WashSide], side: WashSide
    ) -> tuple[Mapping[int, WashSide], dict[str, Planned]]:
        """Orders in which they do not wash each other's losses, by locks on one side."""
        signals = {i: a.signals for i, a in self.whole.coordination.accounts.items()}
        given = dict(sides)
        for _ in range(_REPAIRS):
            standing = {i: self.whole.by_itself(i, given) for i in left_out(self.whole.coordination)}
            found = clashes(signals, {i: p.orders.plan for i, p in standing.items()})
            if not found:
                return given, standing
            given |= dict.fromkeys(found, side)
        raise SettlementError(
            "Accounts that leave tax out keep washing each other's losses.", hint="Widen the wishes of one of them."
        )


def left_out_candidates(whole: Settling, *, nodes_max: int, compare: bool) -> Candidates:
    """Orders of a household in which accounts leave tax out, and what is proved.

    Parameters
    ----------
    whole : Settling
        All accounts; some leave tax out.
    nodes_max : int
        Sets of sides of wash sales that are tried at most among the others, beside each set of orders.
    compare : bool
        Whether separate proposals are made too.

    Raises
    ------
    UnfinishedError, UnsupportedWishError
        If the call was cancelled, or a wish cannot be honoured; what fails otherwise is in the answer.
    """
    turns = _Turns(whole, nodes_max)
    apart = apart_of(whole) if compare else Apart()
    found: list[Settled] = []
    proved: list[tuple[Standing, float, Candidates]] = []
    decisions: tuple[WashDecision, ...] = ()
    failure: DiAdvisorError | None = None
    try:
        turn, decisions = _searched(turns)
        failure = turn.failure
        found += _beside(turns, turn, proved, compare=compare)
    except (SolveError, SettlementError) as error:
        failure = error
    found += apart.all  # of equal ones those that say who leaves tax out
    best = best_of(found)
    if best is not None and _bound_for(best, proved) is None:
        standing = {i: best.planned[i] for i in left_out(whole.coordination)}
        sides = {g: s for g, s in best.sides.items() if isinstance(s, WashSide)}
        found += _beside(turns, turns.beside(sides, standing), proved, compare=compare)
        best = best_of(found)
    known = None if best is None else _bound_for(best, proved)
    bound, inner = known if known is not None else (-math.inf, None)
    if best is not None and best.sides:
        decisions = () if any(best is s for s in apart.all) else decisions
    return Candidates(
        found=tuple(found),
        bound_usd=bound,
        nodes=sum(c.nodes for _, _, c in proved) + len(turns.tried),
        coordinated=None if inner is None else inner.coordinated,
        apart=apart,
        failure=failure_beside(whole, failure),
        decisions=decisions,
    )


def _beside(
    turns: _Turns, turn: _Turn, proved: list[tuple[Standing, float, Candidates]], *, compare: bool
) -> list[Settled]:
    """Orders of the others beside a turn's, and a bound of all taken in."""
    others = turn.others
    start = others.beyond_usd - sum(_gap_usd(p) for p in turn.standing.values())
    if not others.coordination.accounts:
        only = turns.whole.judged(turn.standing, turn.sides, "together")
        proved.append((turn.standing, start, Candidates((only,), 0.0, 0)))
        return [only]
    inner = candidates_of(others, nodes_max=turns.nodes_max, compare=compare, coordinated=turn.coordinated)
    bound = inner.bound_usd
    if not any(s.keeps for s in inner.found) and inner.coordinated is not None:
        banned = turns.whole.household.wash_policy is WashPolicy.BAN
        bound = inner.coordinated.bound_usd if banned else -math.inf
    proved.append((turn.standing, start + bound, inner))
    return list(inner.found)


def _bound_for(best: Settled, proved: Iterable[tuple[Standing, float, Candidates]]) -> tuple[float, Candidates] | None:
    """What is proved beside the orders that a candidate has."""
    for standing, bound, inner in proved:
        if all(_same(best.planned[i], p) for i, p in standing.items()):
            return bound, inner
    return None


def _same(one: Planned, other: Planned) -> bool:
    return one.orders.sells == other.orders.sells and one.orders.buys == other.orders.buys


def _searched(turns: _Turns) -> tuple[_Turn, tuple[WashDecision, ...]]:
    """The best locks found, one group at a time, and who gave way in each group that clashed."""
    first = turns.at({})
    clashing, disputed = turns.clashing(first), tuple(first.sides)
    best = min(first, _all_give_way(turns, first, clashing), key=lambda t: t.value_usd)
    other: dict[int, float] = {}
    for group in (*disputed, *clashing)[:_FLIPS]:
        try:
            turn = turns.at(_flipped(best.sides, group, first, disputed))
        except (SolveError, SettlementError):
            continue
        other[group] = abs(turn.value_usd - best.value_usd)
        best = min(best, turn, key=lambda t: t.value_usd)
    return best, tuple(
        decision(turns.whole, best.sides, best.standing, g, other.get(g)) for g in (*disputed, *clashing)
    )


def _flipped(
    sides: Mapping[int, WashSide], group: int, first: _Turn, disputed: tuple[int, ...]
) -> Mapping[int, WashSide]:
    """Locks with those of a group the other way."""
    if group in disputed:
        return {**sides, group: next(s for s in WashSide if s is not sides.get(group))}
    if group in sides:
        return {g: s for g, s in sides.items() if g != group}
    return {**sides, group: giving_way(first.standing, group)}


def _all_give_way(turns: _Turns, first: _Turn, clashing: Iterable[int]) -> _Turn:
    """Locks on every group that clashes, and on those that clash then."""
    turn = first
    for _ in range(_LEVELS):
        new = [g for g in clashing if g not in turn.sides]
        if not new:
            break
        try:
            turn = turns.at({**turn.sides, **{g: giving_way(turn.standing, g) for g in new}})
        except (SolveError, SettlementError):
            break
        clashing = turns.clashing(turn)
    return turn


def _gains(planned: Planned) -> AccountGains:
    return gains_of_orders(planned.signals, AccountOrders(planned.orders.sells, planned.orders.buys))


def _gap_usd(planned: Planned) -> float:
    """How far an account's orders can be from the best it has, as it reckons."""
    certificate = planned.proposal.certificate
    return max(certificate.objective_usd + certificate.rounding_usd - certificate.bound_usd, 0.0)
