"""Who may buy and who may sell at a loss: the binary part of a household, branched on with bounds.

Problem: of a group of identical names, one account's loss and another's purchase on the same day exclude each
other. Each account keeps that for itself already. Decision: without looking at other accounts the household
falls apart, which bounds everything; where its plans clash, a group gets one of two sides (nobody buys; nobody
sells at a loss), which together hold every plan allowed. Sides are branched on at the prices of gains where
the plans stand: there accounts have nothing in common, so that a side costs a search of the accounts it
touches, and the sum of their bounds with the least of the tax beside these prices is a bound for all of the
sides below. The best sides are then solved with their own prices, and their prices branched at in turn.

Limits: budgets of nodes and of prices; the lowest bound of what is open, over all combinations of regions of
the returns, is the bound. It is that of the accounts' rules as they stand without sides: where names must leave,
bands give way to locks, and a side could let in what the bound does not see.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError, UndecidedError
from di_advisor.formulate.household import AccountGains
from di_advisor.formulate.plan import Plan
from di_advisor.signals.household_locks import WashSide, loss_lots
from di_advisor.solve.household.coordination import Coordination, Joint, Sides
from di_advisor.solve.household.regions import bound_of, is_new, next_rates
from di_advisor.solve.household.tree import CLOSE, Tree

__all__ = ["Coordinated", "coordinate"]

_TURNS = 3
_SHARE = 2
_COMPARED = 24
"""Groups whose other side is solved: each takes a solve or two of the whole household."""


@dataclass(frozen=True, eq=False)
class Coordinated:
    """Plans for all accounts, with what is proved.

    Attributes
    ----------
    plans : Mapping of str to Plan
        By account, fractions of it.
    gains : Mapping of str to AccountGains
        What each taxable account realises.
    sides : Mapping of int to WashSide
        By group: what nobody does.
    objective_usd, bound_usd : float
        Of the household; no plans allowed have less than the bound.
    rates : Mapping of str to ndarray of shape (2,)
        By filer: what a dollar of short-term and of long-term gain costs where the plans stand.
    nodes : int
        How many sets of sides were solved.
    coordination : Coordination or None
        What they were solved by; without it other sides are not compared.
    """

    plans: Mapping[str, Plan]
    gains: Mapping[str, AccountGains]
    sides: Sides
    objective_usd: float
    bound_usd: float
    rates: Mapping[str, FloatArray]
    nodes: int
    coordination: Coordination | None = None

    @cached_property
    def other_side_usd(self) -> Mapping[int, float]:
        """By group: what plans cost more where it alone takes the other side; infinite where that leaves none.

        Solved when asked for: a bound at the prices of the plans says next to nothing where a limit of the return
        (of losses that may be deducted) sets these prices. What then clashes newly takes one side for all. Of many
        groups those with the most dollars traded are compared; they are left out, as one is whose solve failed.
        """
        coordination, found = self.coordination, dict[int, float]()
        if coordination is None:
            return found
        for group in self._most_traded(coordination)[:_COMPARED]:
            side = self.sides[group]
            other = next(s for s in WashSide if s is not side)
            try:
                joint = coordination.joint({**self.sides, group: other})
            except InfeasibleError:
                found[group] = np.inf
            except (UncertifiedError, UndecidedError):
                continue
            else:
                allowed = _best([_dive(coordination, joint, way) for way in WashSide]) or joint
                found[group] = max(allowed.objective_usd - self.objective_usd, 0.0)
        return found

    def _most_traded(self, coordination: Coordination) -> list[int]:
        """Groups that took a side, the most dollars bought or sold at a loss first."""
        usd = dict.fromkeys(self.sides, 0.0)
        for account_id, plan in self.plans.items():
            account = coordination.accounts[account_id].signals.account
            group_of = coordination.accounts[account_id].signals.market.universe.group_of
            traded = plan.buys + np.bincount(
                account.lot_name, np.where(loss_lots(account), plan.sells, 0.0), len(plan.buys)
            )
            for group in usd:
                usd[group] += float(traded[group_of == group].sum()) * account.value_usd
        return sorted(usd, key=lambda group: -usd[group])


def coordinate(coordination: Coordination, *, nodes_max: int = 96) -> Coordinated:
    """The best plans for all accounts that wash no loss in another, with a bound.

    Parameters
    ----------
    coordination : Coordination
        Accounts and returns.
    nodes_max : int
        Sets of sides that are tried at most at each of a few prices.

    Raises
    ------
    InfeasibleError
        When some account has no plan at all, or none without wash sales.
    UndecidedError
        When the budget ran out before any plans without wash sales were found.
    UncertifiedError, UnfinishedError
        When a solve was not certified, or cancelled.
    """
    root = coordination.joint({})
    if not root.clashing:
        return _coordinated(coordination, root, root.bound_usd, 1)
    found = [_dive(coordination, root, side) for side in WashSide]
    trees: list[Tree] = []
    rates: dict[str, FloatArray] | None = {name: answer.rates for name, answer in root.returns.items()}
    for _ in range(_TURNS):
        if rates is None or _proved(_best(found), bound_of(root, trees)[0]):
            break
        tree = Tree(coordination, rates, nodes_max)
        tree.run()
        trees.append(tree)
        found.append(None if tree.best is None else _finished(coordination, tree, root))
        best, (_, lowest) = _best(found), bound_of(root, trees)
        own = None if best is None else {name: answer.rates for name, answer in best.returns.items()}
        rates = own if own is not None and is_new(own, trees) else next_rates(coordination, lowest, root, trees)
    best, bound = _best(found), bound_of(root, trees)[0]
    nodes = sum(tree.nodes for tree in trees)
    if not _proved(best, bound):
        branches = _Branches(coordination, root, best, nodes_max // _SHARE)
        branches.run()
        best, bound, nodes = branches.best, max(bound, branches.bound_usd), nodes + branches.nodes
    if best is None and bound == np.inf:
        raise InfeasibleError(
            "It is proved that no plans of the accounts keep all rules with no account washing another's loss.",
            hint="Widen the wishes of the accounts that clash (their tracking error first), or price wash sales.",
        )
    if best is None:
        raise UndecidedError(
            "No plans for the accounts were found in which none washes another's loss.",
            hint="Widen the wishes of the accounts that clash (their tracking error first), or price wash sales.",
        )
    return _coordinated(coordination, best, min(bound, best.objective_usd), nodes + 1)


def _best(found: Sequence[Joint | None]) -> Joint | None:
    return min((j for j in found if j is not None), key=lambda j: j.objective_usd, default=None)


def _proved(best: Joint | None, bound: float) -> bool:
    return best is not None and best.objective_usd - bound <= CLOSE * max(abs(best.objective_usd), 1.0)


def _joint(coordination: Coordination, sides: Sides, above: Joint) -> Joint | None:
    try:
        return coordination.joint(sides, above)
    except (InfeasibleError, UncertifiedError, UndecidedError):
        return None


def _dive(coordination: Coordination, joint: Joint, side: WashSide) -> Joint | None:
    """The same side for all groups that clash, until none does."""
    while joint.clashing:
        below = _joint(coordination, {**joint.sides, **dict.fromkeys(joint.clashing, side)}, joint)
        if below is None:
            return None
        joint = below
    return joint


@dataclass
class _Branches:
    """Sides branched on with prices of their own at every set: dearer than a tree, and with no price to get wrong."""

    coordination: Coordination
    root: Joint
    best: Joint | None
    nodes_max: int
    bound_usd: float = -np.inf
    nodes: int = 0

    def run(self) -> None:
        """Split the set of the lowest bound until the best is proved, or the budget is used up."""
        numbers, closed = count(), np.inf
        open_: list[tuple[float, int, Joint]] = []
        joint: Joint | None = self.root
        while self.nodes < self.nodes_max and (joint is not None or open_):
            if joint is None:
                _, _, joint = heapq.heappop(open_)
            if not joint.clashing or _proved(self.best, joint.bound_usd):
                closed, joint = min(closed, joint.bound_usd), None
                continue
            found = self._split(joint)
            closed = min(closed, joint.bound_usd if found is None else np.inf)
            for other in (found or [])[1:]:
                heapq.heappush(open_, (other.bound_usd, next(numbers), other))
            joint = found[0] if found else None
        closed = closed if joint is None else min(closed, joint.bound_usd)
        self.bound_usd = min([closed, *(bound for bound, _, _ in open_)])

    def _split(self, joint: Joint) -> list[Joint] | None:
        """Both sides of the group that clashes most, the better first; None where not all is known of them."""
        found = []
        for side in WashSide:
            self.nodes += 1
            try:
                child = self.coordination.joint({**joint.sides, joint.clashing[0]: side}, joint)
            except InfeasibleError:
                continue
            except (UncertifiedError, UndecidedError):
                return None
            if not child.clashing and (self.best is None or child.objective_usd < self.best.objective_usd):
                self.best = child
            found.append(replace(child, bound_usd=max(child.bound_usd, joint.bound_usd)))
        return sorted(found, key=lambda j: j.bound_usd)


def _finished(coordination: Coordination, tree: Tree, root: Joint) -> Joint | None:
    """The best sides of a tree with prices of their own; what clashes then takes the side that seemed better."""
    assert tree.best is not None  # noqa: S101 - asked for where there is one
    sides = dict(tree.best.sides)
    for _ in range(len(coordination.accounts) + 8):
        joint = _joint(coordination, sides, root)
        if joint is None or not joint.clashing:
            return joint
        for group in joint.clashing:
            known = tree.seen.get(group, {})
            sides[group] = min(WashSide, key=lambda side: known.get(side, 0.0))
    return None


def _coordinated(coordination: Coordination, best: Joint, bound: float, nodes: int) -> Coordinated:
    return Coordinated(
        plans=best.plans,
        gains=best.gains,
        sides=best.sides,
        objective_usd=best.objective_usd,
        bound_usd=bound,
        rates={name: answer.rates for name, answer in best.returns.items()},
        nodes=nodes,
        coordination=coordination,
    )
