"""Candidates for a household: orders that follow plans found together, separate ones, and what is proved of all.

Decision: plans that agree on the price of gains and on who gives way (`di_advisor.solve.household`) become orders
account by account, each with the others as they are; the same is done starting from proposals made separately, and
all of them are judged at law, so that the best is never worse than separate proposals whose wash sales are
repaired. `di_advisor.propose.household.tax_left_out` asks for the same of accounts beside others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from di_advisor.domain.mandate import WashPolicy
from di_advisor.errors import DiAdvisorError, SettlementError, SolveError
from di_advisor.propose.household.located import LocatedSettling
from di_advisor.propose.household.priced import washed_at_a_price
from di_advisor.propose.household.proposal import WashDecision
from di_advisor.propose.household.settled import Settled, Settling
from di_advisor.propose.household.told import reasons_for
from di_advisor.signals.household_locks import WashSide
from di_advisor.solve.household.coordination import clashes, planned_side
from di_advisor.solve.household.priced import Priced
from di_advisor.solve.household.washes import Coordinated, coordinate

__all__ = ["Apart", "Candidates", "apart_of", "best_of", "candidates_of"]

_REPAIRS = 8
_SAME = 5


@dataclass(frozen=True)
class Apart:
    """What separate proposals come to: unaware of each other, and those that avoid wash sales.

    Attributes
    ----------
    unaware : Settled or None
        Every account by itself; None where one has no plan, or it was not asked for.
    avoiding : tuple of Settled
        What clashes in them given to one side, one for each side.
    """

    unaware: Settled | None = None
    avoiding: tuple[Settled, ...] = ()

    @property
    def all(self) -> tuple[Settled, ...]:
        """Both, as far as there are any."""
        return tuple(s for s in (self.unaware, *self.avoiding) if s is not None)

    @property
    def allowed(self) -> Settled | None:
        """The best of them that keep the budgets and the wash policy."""
        return min((s for s in self.all if s.keeps), key=lambda s: s.objective_usd, default=None)


@dataclass(frozen=True)
class Candidates:
    """Orders for all accounts, with what is proved.

    Attributes
    ----------
    found : tuple of Settled
        Orders, those that break a budget or the wash policy among them.
    bound_usd : float
        No plans that are allowed have a lower objective.
    nodes : int
        Sets of sides that were tried.
    coordinated : Coordinated or None
        What the plans together followed from.
    apart : Apart
        What separate proposals come to.
    failure : DiAdvisorError or None
        Why no plans were found together.
    decisions : tuple of WashDecision
        Who gave way to accounts that leave tax out, or they to whom.
    """

    found: tuple[Settled, ...]
    bound_usd: float
    nodes: int
    coordinated: Coordinated | None = None
    apart: Apart = Apart()
    failure: DiAdvisorError | None = None
    decisions: tuple[WashDecision, ...] = ()

    @property
    def best(self) -> Settled | None:
        """The best that keeps budgets and wash policy."""
        return best_of(self.found)


def best_of(found: Iterable[Settled]) -> Settled | None:
    """The best orders that keep budgets and wash policy; of equal ones the first."""
    return min((s for s in found if s.keeps), key=lambda s: round(s.objective_usd, _SAME), default=None)


def apart_of(settling: Settling) -> Apart:
    """What separate proposals of all accounts come to, at law."""
    separate = _separate(settling)
    return Apart() if separate is None else Apart(separate, tuple(_avoiding(settling, separate)))


def candidates_of(
    settling: Settling, *, nodes_max: int, compare: bool, coordinated: Coordinated | None = None
) -> Candidates:
    """Orders of all accounts of a settling, and a bound.

    Parameters
    ----------
    settling : Settling
        The household.
    nodes_max : int
        Sets of sides of wash sales that are tried at most.
    compare : bool
        Whether separate proposals are made too, to start from and to compare with.
    coordinated : Coordinated, optional
        Plans found together, where they are known.

    Raises
    ------
    UnfinishedError, UnsupportedWishError
        If the call was cancelled, or a wish cannot be honoured; what fails otherwise is in the answer.
    """
    jointly = isinstance(settling, LocatedSettling)
    found: list[Settled] = []
    failure: DiAdvisorError | None = None
    try:
        if coordinated is None:
            coordinated = (
                settling.begun()
                if isinstance(settling, LocatedSettling)
                else coordinate(settling.coordination, nodes_max=nodes_max)
            )
        found.append(_together(settling, coordinated))
    except (SolveError, SettlementError) as error:
        failure = error
    apart = apart_of(settling) if compare else Apart()
    found += apart.all
    if not jointly and not any(
        s.keeps and coordinated is not None and settling.is_close(s, coordinated.bound_usd) for s in found
    ):
        found += _repaired(settling, apart.avoiding)
    priced: Priced | None = None
    if settling.household.wash_policy is WashPolicy.PRICE:
        rates = None if coordinated is None else coordinated.rates
        priced, washing = washed_at_a_price(settling, found, rates, nodes_max)
        found += washing
    nodes = (0 if coordinated is None else coordinated.nodes) + (0 if priced is None else priced.nodes)
    bound = _bound(settling, coordinated, priced) if any(s.keeps for s in found) else -math.inf
    return Candidates(tuple(found), bound, nodes, coordinated, apart, failure)


def _together(settling: Settling, coordinated: Coordinated) -> Settled:
    """Orders that follow the plans found together; what only clashes in orders takes the side that the plans have.

    Raises
    ------
    SolveError, SettlementError
        If some account has no orders.
    """
    sides = dict(coordinated.sides)
    signals = {i: a.signals for i, a in settling.everyone.items()}
    for _ in range(_REPAIRS):
        found = settling.together(
            sides,
            coordinated.gains,
            "together",
            reasons=reasons_for(settling, sides),
            bound_usd=coordinated.bound_usd,
        )
        new = set(clashes(signals, {i: p.orders.plan for i, p in found.planned.items()})) - sides.keys()
        if found.keeps or not new:
            break
        sides |= {group: planned_side(signals, coordinated.plans, group) for group in new}
    return found


def _separate(settling: Settling) -> Settled | None:
    """Every account by itself, at law; None where some account has no plan."""
    try:
        return settling.judged(settling.separate({}), {}, "separate")
    except (SolveError, SettlementError):
        return None


def _avoiding(settling: Settling, separate: Settled) -> list[Settled]:
    """Separate proposals again, what clashes in them given to one side; for each side."""
    signals = {i: a.signals for i, a in settling.everyone.items()}
    if not clashes(signals, {i: p.orders.plan for i, p in separate.planned.items()}):
        return [separate]
    found = []
    for side in WashSide:
        sides: dict[int, WashSide] = {}
        settled = separate
        with suppress(SolveError, SettlementError):
            for _ in range(_REPAIRS):
                clashing = clashes(signals, {i: p.orders.plan for i, p in settled.planned.items()})
                if not clashing:
                    found.append(settled)
                    break
                sides |= dict.fromkeys(clashing, side)
                settled = settling.judged(settling.separate(sides), sides, "separate")
    return found


def _repaired(settling: Settling, avoiding: Iterable[Settled]) -> list[Settled]:
    """Orders one after another that start from separate proposals."""
    found = []
    for start in avoiding:
        with suppress(SolveError, SettlementError):
            reasons = reasons_for(settling, start.sides)
            found.append(settling.together(start.sides, start.gains, "one after another", reasons=reasons))
    return found


def _bound(settling: Settling, coordinated: Coordinated | None, priced: Priced | None) -> float:
    """A bound of all plans that are allowed, what they wash paid for."""
    if priced is not None:
        return priced.bound_usd
    if coordinated is not None:
        return coordinated.bound_usd
    return -math.inf if isinstance(settling, LocatedSettling) else settling.coordination.joint({}).bound_usd
