"""Orders that wash a loss where it is worth more than it costs: where wash sales between accounts have a price.

Decision: the sides that `di_advisor.solve.household.priced` finds become orders at law; where a retirement account
would destroy a loss for good, the same is tried with no such account buying; and from the best of all orders on, groups
are let go one at a time, as long as that is better. What the ledger books decides, never a charge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from di_advisor.domain.market import FloatArray
from di_advisor.errors import SettlementError, SolveError
from di_advisor.propose.household.settled import Settled, Settling, waiting_share
from di_advisor.propose.household.told import reasons_for
from di_advisor.signals.household_locks import PricedSide
from di_advisor.solve.household.coordination import Sides
from di_advisor.solve.household.priced import Priced, wash_at_a_price

__all__ = ["washed_at_a_price"]

_CANDIDATES = 5
_LET_GO = 12


def washed_at_a_price(
    settling: Settling, found: Sequence[Settled], rates: Mapping[str, FloatArray] | None, nodes_max: int
) -> tuple[Priced | None, list[Settled]]:
    """Further orders, which may wash losses, and what is proved of all.

    Parameters
    ----------
    settling : Settling
        The household.
    found : sequence of Settled
        Orders so far.
    rates : Mapping of str to ndarray of shape (2,), optional
        By filer: prices of gains where plans that wash nothing stand.
    nodes_max : int
        Sets of sides tried at each price of gains.
    """
    tried: list[Settled] = []
    priced: Priced | None = None
    try:
        priced = wash_at_a_price(settling.coordination, waiting_share(settling.household), rates, nodes_max=nodes_max)
    except SolveError:
        priced = None
    seen: list[Sides] = []
    bound = -float("inf") if priced is None else priced.bound_usd
    for sides, gains, at in () if priced is None else priced.candidates:
        enough = len(seen) >= _CANDIDATES or any(s.keeps and settling.is_close(s, bound) for s in tried)
        if sides in seen or enough:
            continue
        seen.append(sides)
        try:
            tried.append(settling.together(sides, gains, "together", reasons=reasons_for(settling, sides), rates=at))
        except (SolveError, SettlementError):
            continue
        tried += _come_back(settling, tried[-1], at)
    return priced, [*tried, *_let_go(settling, [*found, *tried], bound)]


def _come_back(settling: Settling, settled: Settled, rates: Mapping[str, FloatArray]) -> list[Settled]:
    """Orders again, retirement accounts buying nothing that would destroy a loss of the others for good."""
    universe = next(iter(settling.coordination.accounts.values())).signals.market.universe
    gone = [w.loss_security_id for w in settled.law.washes if w.lost_for_good]
    groups = {int(universe.group_of[universe.positions[name]]) for name in gone}
    if not groups:
        return []
    sides = {**settled.sides, **dict.fromkeys(groups, PricedSide.LOSSES_BACK)}
    reasons = reasons_for(settling, sides)
    with suppress(SolveError, SettlementError):
        return [settling.together(sides, settled.gains, settled.source, reasons=reasons, rates=rates)]
    return []


def _let_go(settling: Settling, found: Sequence[Settled], bound_usd: float) -> list[Settled]:
    """The best orders with one group after another free to wash."""
    kept = [s for s in found if s.keeps]
    if not kept:
        return []
    best = min(kept, key=lambda s: s.objective_usd)
    tried = []
    for group in list(best.sides)[:_LET_GO]:
        if settling.is_close(best, bound_usd):
            break
        sides = {g: side for g, side in best.sides.items() if g != group}
        try:
            settled = settling.together(sides, best.gains, best.source, reasons=reasons_for(settling, sides))
        except (SolveError, SettlementError):
            continue
        if settled.keeps and settled.objective_usd < best.objective_usd:
            best = settled
            tried.append(settled)
    return tried
