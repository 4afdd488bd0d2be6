"""Counterfactuals: the plan without one of its trades, solved again, and what that costs.

Problem: the dollars of a trade say what it does beside the others; they do not say what the plan
would be worth without it, when everything else may give way. Decision: the name may not be bought (for
a sale: the lot may not be sold; other lots of the name may), the discrete choices of all other names are
kept, and the convex problem that is left is solved exactly, warm. Where the rules cannot be kept
without the trade, the rules that need it are named.

Limits: figures are before rounding to shares. The counterfactuals of all trades need not add up to the
benefit of the plan: without one trade others partly stand in for it (then they add up to less), and
trades that only pay together are each worth the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.portfolio import Side
from di_advisor.domain.trades import Trade
from di_advisor.errors import InfeasibleError, SolveError, UnfinishedError, UnknownSecurityError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.propose.at_law import Levy, Memory, bends, best_at_law, shut, solve_at_law
from di_advisor.propose.by_name import ByName, Way
from di_advisor.propose.neighbours import Neighbour, Neighbours, dollars_between, is_stuck
from di_advisor.propose.planned import Planned, never
from di_advisor.propose.recut import without_lot
from di_advisor.propose.without_rule import without_rule
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.tax_plans import GainPlan

__all__ = ["Counterfactual", "Place", "counterfactual", "counterfactuals", "place_of", "plan_without", "without"]

_AT = 1e-8
_DUST = 1e-9
_ANY_AMOUNT = (Choice.SELL, Choice.SELL_GAINS)


@dataclass(frozen=True)
class Counterfactual:
    """The plan without one trade.

    Attributes
    ----------
    side, security_id, lot_id
        The trade; no lot for a buy.
    worse_usd : Decimal or None
        What the plan is worth less without it, in cents; None where there is no plan without it.
    dollars : Mapping of str to Decimal
        The same by term of the objective; positive: the term is that much worse without the trade.
    needed_by : tuple of str
        Where there is no plan without the trade: the rules each of which alone needs it.
    sentence : str
        In plain words; not escaped.
    """

    side: Side
    security_id: str
    lot_id: str
    worse_usd: Decimal | None
    dollars: Mapping[str, Decimal] = field(default_factory=dict)
    needed_by: tuple[str, ...] = ()
    sentence: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "dollars", FrozenMap(self.dollars))

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Place:
    """Where a trade stands in the signals: its name, and its lot (-1 for a buy)."""

    name: int
    lot: int


def place_of(planned: Planned, trade: Trade) -> Place:
    """Positions of a trade's name and lot.

    Raises
    ------
    UnknownSecurityError
        If the plan has no such trade.
    """
    account, universe = planned.signals.account, planned.signals.market.universe
    name = universe.positions.get(trade.security_id, -1)
    if trade.side is Side.BUY and name in planned.orders.buys:
        return Place(name, -1)
    lot = planned.sold_lots.get(trade.lot_id, -1)
    if trade.side is Side.SELL and lot >= 0 and account.lot_name[lot] == name:
        return Place(name, lot)
    raise UnknownSecurityError(
        f"The proposal does not {trade.side.value} {trade.lot_id or trade.security_id}.",
        hint="Ask about one of proposal.trade_list, or use why_not for what is not traded.",
    )


def without(planned: Planned, place: Place, *, block: Block | None = None) -> Neighbour:
    """The best plan without a trade, the choices of all other names kept.

    Parameters
    ----------
    planned : Planned
        The plan.
    place : Place
        The trade.
    block : Block, optional
        Another block of the same names; the plan's own when left out.

    Raises
    ------
    InfeasibleError
        If no plan without it keeps the rules.
    UncertifiedError, UnfinishedError
        If no solver certified one.
    """
    by_name = planned.neighbours.by_name
    if by_name is not None and (block is None or block is planned.problem.block):
        return _of_one_name(planned, place, by_name)
    return _laid_out_anew(planned, place, planned.problem.block if block is None else block)


def _laid_out_anew(planned: Planned, place: Place, block: Block) -> Neighbour:
    """The same in any block of the plan's names."""
    kept = _in_part(planned, place)
    idle = kept.copy()
    idle[place.name] = Choice.NOTHING
    sales = block.segments.sell & (block.segments.name == place.name)
    if kept[place.name] == Choice.NOTHING or not sales.any():
        return planned.neighbours.solve(idle, block=block)
    try:
        found = _kept(planned, place, block)
        if found is None:
            return planned.neighbours.solve(idle, block=block)
    except InfeasibleError:
        return planned.neighbours.solve(idle, block=block)
    if not _held_by_the_minimum(block, place, found):
        return found
    try:
        other = planned.neighbours.solve(idle, block=block)
    except SolveError:
        return found
    return other if other.objective < found.objective else found


def _held_by_the_minimum(block: Block, place: Place, found: Neighbour) -> bool:
    """Whether a minimum may be why a name trades; where none is, by convexity, not trading is no better."""
    least = float(block.least_sale[place.name] if place.lot >= 0 else block.min_trade[place.name])
    trade = abs(float(found.active[place.name] - block.holdings.active[place.name]))
    return least > 0 and trade <= least + _AT


def _of_one_name(planned: Planned, place: Place, by_name: ByName) -> Neighbour:
    """The same where names are laid out one by one.

    Of the two ways to do without a trade, another use of the name and none, the one that promises less is solved only
    where its bound at the prices of the other does not prove it no better.
    """
    neighbours, block, name = planned.neighbours, planned.problem.block, place.name
    kept = None
    if planned.solution.choices[name] != Choice.NOTHING and block.sellable[name] > 0:
        kept = by_name.without_lot(place.lot) if place.lot >= 0 else by_name.without_purchases(name)
    if kept is None:
        return _idle(neighbours, by_name, name)
    least = float(block.least_sale[name] if place.lot >= 0 else block.min_trade[name])
    idle = by_name.idle(name) if least > 0 and kept.worth > 0 else None
    if idle is not None:
        try:
            return _no_worse(neighbours, neighbours.of(idle.changed), kept)
        except SolveError:
            return neighbours.of(kept.changed)
    try:
        found = neighbours.of(kept.changed)
    except InfeasibleError:
        return _idle(neighbours, by_name, name)
    idle = by_name.idle(name) if _held_by_the_minimum(block, place, found) else None
    return found if idle is None else _no_worse(neighbours, found, idle)


def _idle(neighbours: Neighbours, by_name: ByName, name: int) -> Neighbour:
    """The best plan in which a name does not trade."""
    way = by_name.idle(name)
    if way is None:
        raise is_stuck(name)
    return neighbours.of(way.changed)


def _no_worse(neighbours: Neighbours, found: Neighbour, other: Way) -> Neighbour:
    """A plan, or that of another way where it is better."""
    if other.changed.program.bound(found.prices) >= found.objective:
        return found
    try:
        tried = neighbours.of(other.changed)
    except SolveError:
        return found
    return tried if tried.objective < found.objective else found


def _in_part(planned: Planned, place: Place) -> Choices:
    """The plan's choices, but that a name sold out is sold in part where one of its lots stays."""
    choices = planned.solution.choices
    if place.lot < 0 or choices[place.name] != Choice.EXIT:
        return choices
    choices = choices.copy()
    choices[place.name] = Choice.SELL
    return choices


def _kept(planned: Planned, place: Place, block: Block) -> Neighbour | None:
    """The plan without a trade that keeps its name's choice too; None where that leaves the name nothing to do."""
    choices, problem, neighbours = _in_part(planned, place), planned.problem, planned.neighbours
    if place.lot >= 0 and problem.is_opaque:
        return neighbours.solve(choices, block=block, shut=block.segments.lot == place.lot)
    if place.lot >= 0:
        recut = without_lot(problem, block, name=place.name, lot=place.lot)
        return None if recut is None else neighbours.solve(choices, block=recut)
    buys = ~block.segments.sell & (block.segments.name == place.name)
    return None if problem.is_opaque else neighbours.solve(choices, block=block, shut=buys)


def plan_without(
    planned: Planned,
    place: Place,
    problem: Problem | None = None,
    *,
    levy: Levy | None = None,
    memory: Memory | None = None,
) -> GainPlan:
    """The best plan without a trade where the tax is a curve, the choices of all other names kept.

    Parameters
    ----------
    planned, place
        As for `without`.
    problem : Problem, optional
        Another problem of the same names; the plan's own when left out.
    levy : Levy, optional
        A further charge on trades.
    memory : Memory, optional
        Of searches of much the same problem.

    Raises
    ------
    InfeasibleError
        If no plan without it keeps the rules.
    UncertifiedError, UnfinishedError
        If no solver certified one.
    """
    bare = shut(planned.problem if problem is None else problem, name=place.name, lot=place.lot)
    kept = _in_part(planned, place)
    idle = kept.copy()
    idle[place.name] = Choice.NOTHING
    memory = Memory(HotPath(bare.block)) if memory is None else memory
    least = float(bare.block.min_trade[place.name])
    # without a minimum the choices kept allow no trade too
    tried = [kept] if least <= 0 and place.lot >= 0 and kept[place.name] in _ANY_AMOUNT else [kept, idle]
    return best_at_law(partial(solve_at_law, bare, choices, levy=levy, memory=memory) for choices in tried)


def counterfactual(planned: Planned, trade: Trade) -> Counterfactual:
    """What the plan is worth less without one of its trades.

    Raises
    ------
    UnknownSecurityError
        If it is not a trade of the plan.
    SolveError
        If the question was not answered with a certificate.
    """
    place = place_of(planned, trade)
    which = f"this {'purchase' if trade.side is Side.BUY else 'sale'}"
    try:
        found = _without(planned, place, planned.problem)
    except InfeasibleError:
        needed = _needed_by(planned, place)
        listed = " or ".join(needed) or "the rules together"
        says = f"Without {which} there is no plan, with the sides of all other names kept: it is needed by {listed}."
        return Counterfactual(trade.side, trade.security_id, trade.lot_id, None, {}, needed, says)
    dollars = dollars_between(planned.problem, planned.solution.plan, found, planned.worth_usd)
    worse = sum(dollars.values(), Decimal(0))
    plan = planned.solution.plan
    made = float(plan.buys[place.name] if place.lot < 0 else plan.sells[place.lot])
    says = _said(which, worse, made)
    return Counterfactual(trade.side, trade.security_id, trade.lot_id, worse, dollars, (), says)


def _said(which: str, worse: Decimal, made: float) -> str:
    if made <= _DUST:
        return f"{which[0].upper()}{which[1:]} came about when rounding to shares: the plan before rounding has none."
    if worse < 0:
        return f"Without {which} the plan would be ${-worse:,} better, which its certified gap allows for."
    if worse == 0:
        return f"Without {which} the plan is worth as much, to the cent: others stand in for it."
    return f"Without {which} the plan is worth ${worse:,} less."


def counterfactuals(
    planned: Planned,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] = never,
) -> tuple[Counterfactual, ...]:
    """The counterfactual of every trade, in the order of the proposal.

    Parameters
    ----------
    planned : Planned
        The plan.
    progress : callable, optional
        Told how many are done, of how many.
    cancel : callable
        Asked between trades.

    Raises
    ------
    UnfinishedError
        If cancelled.
    SolveError
        If one was not answered with a certificate.
    """
    trades = planned.proposal.trade_list
    found: list[Counterfactual] = []
    for trade in trades:
        if cancel():
            raise UnfinishedError("The counterfactuals were cancelled.", hint="Ask again to have all of them.")
        found.append(counterfactual(planned, trade))
        if progress is not None:
            progress(len(found), len(trades))
    return tuple(found)


def _needed_by(planned: Planned, place: Place) -> tuple[str, ...]:
    """Rules without each of which, alone, there is a plan without the trade."""
    found = []
    for rule in planned.problem.rules:
        block = without_rule(planned.problem, rule)
        if block is None:
            continue
        bare = tuple(r for r in planned.problem.rules if r is not rule)
        try:
            _without(planned, place, replace(planned.problem, blocks=(block,), rules=bare))
        except SolveError:
            continue
        found.append(rule.name)
    return tuple(found)


def _without(planned: Planned, place: Place, problem: Problem) -> Plan:
    """The best plan of a problem without a trade, by the law where the tax is a curve."""
    if bends(problem):
        return plan_without(planned, place, problem).plan
    return without(planned, place, block=problem.block).plan
