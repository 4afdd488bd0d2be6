"""Wash sales between accounts at a price: plans that wash where it is worth more than it costs, with a bound.

Decision: a group that clashes is charged for in one of the ways of `di_advisor.solve.household.charges`, which together
hold every plan and charge none more than its wash sales cost, so that the lowest of all sides is a bound; groups are
branched on at given prices of gains (`di_advisor.solve.household.tree`), then at those where the bound is lowest
(`di_advisor.solve.household.regions`), and the sides found are what orders are made of.

Limits: budgets of nodes and of prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.household import AccountGains, PurchaseCharge, account_problem, gains_usd
from di_advisor.formulate.plan import Plan
from di_advisor.signals.household_locks import LevelSide, PricedSide, Side, WashSide, loss_lots
from di_advisor.solve.household.accounts import Offer
from di_advisor.solve.household.charges import Charges, Ends, side_of
from di_advisor.solve.household.coordination import Coordination, Joint, Sides
from di_advisor.solve.household.opaque import alone, taxed_account
from di_advisor.solve.household.regions import PricedRegions
from di_advisor.solve.household.tree import Node, Tree

__all__ = ["Priced", "wash_at_a_price"]

_TRADED = 1e-7
_LEAVES = 3
_TURNS = 6
_LEVELS = 5
_TIGHT = 2e-6


@dataclass(frozen=True)
class Priced:
    """Plans that may wash at a price, to make orders of, and what is proved.

    Attributes
    ----------
    candidates : tuple of (Sides, Mapping of str to AccountGains, Mapping of str to ndarray)
        Sides that plans have, what each account realises, and the prices of gains they were found at; best first.
    bound_usd : float
        No plans have a lower objective, what they wash paid for.
    nodes : int
        Sets of sides tried.
    """

    candidates: tuple[tuple[Sides, Mapping[str, AccountGains], Mapping[str, FloatArray]], ...]
    bound_usd: float
    nodes: int


@dataclass
class _PricedTree(Tree):
    """Sides that are charged for, instead of those that lock."""

    ends: Ends = field(default_factory=lambda: Ends({}, {}))
    charges: Charges | None = None
    ways: tuple[Side, ...] = (PricedSide.LOSSES, PricedSide.PURCHASES)
    _solved: dict[tuple[object, ...], tuple[Plan, float, float]] = field(default_factory=dict)
    _offers: dict[tuple[object, ...], Offer] = field(default_factory=dict)

    def searched(self, account_id: str, sides: Sides) -> tuple[Plan, float, float]:
        signals, charge, key = self._charged(account_id, sides)
        if signals is self.coordination.accounts[account_id].signals and charge is None:
            return super().searched(account_id, {})
        if key not in self._solved:
            self._solved[key] = self._search(account_id, signals, charge, key)
        return self._solved[key]

    def offer(self, account_id: str, sides: Sides) -> Offer:
        self.searched(account_id, sides)
        _, _, key = self._charged(account_id, sides)
        return self._offers[key] if key in self._offers else super().offer(account_id, {})

    def child(self, sides: Sides, group: int, above: float) -> Node | None:
        """A node, the levels of its charges those that prove most, of a few: the new one's first."""
        found = super().child(sides, group, above)
        for each in (group, *(g for g in sides if g != group)):
            if found is not None and found.plans:
                found = self._raised(found, each)
        return found

    def _raised(self, node: Node, group: int) -> Node:
        """A node with the level of one charge that proves most, of a few, where it is below what its plans wash."""
        assert self.charges is not None  # noqa: S101 - made with them
        side, level = side_of(node.sides[group])
        if side is None:
            return node
        best = begun = node
        low, high = 0.0, self.charges.highest(group, side, self.ends)
        for _ in range(_LEVELS if high > 0 else 0):
            missing, slope = self.charges.looseness(group, LevelSide(side, level), node.plans, self.ends)
            if best is begun and (missing <= _TIGHT * self.coordination.value_usd or (level == 0 and slope <= 0)):
                break
            low, high = (level, high) if slope > 0 else (low, level)
            level = 0.5 * (low + high)
            found = super().child({**node.sides, group: LevelSide(side, level)}, group, node.bound_usd)
            if found is None or not found.plans:
                break
            node = found
            if found.bound_usd > best.bound_usd:
                best = found
        return best

    def _charged(self, account_id: str, sides: Sides) -> tuple[Signals, PurchaseCharge | None, tuple[object, ...]]:
        """An account with what wash sales cost it, and a key of that."""
        charges, facts = self.charges, self.coordination.accounts[account_id]
        assert charges is not None  # noqa: S101 - made with them
        signals = charges.signals(account_id, facts.signals, sides, self.ends)
        charge = charges.purchases(account_id, sides, self.ends)
        bought = b"" if charge is None else charge.per_dollar.tobytes()
        return signals, charge, (account_id, signals.account.lot_gain_usd.tobytes(), bought)

    def _search(
        self, account_id: str, signals: Signals, charge: PurchaseCharge | None, key: tuple[object, ...]
    ) -> tuple[Plan, float, float]:
        coordination, facts = self.coordination, self.coordination.accounts[account_id]
        problem = account_problem(signals, facts.mandate, coordination.filers[facts.filer].taxpayer, charge, facts.own)
        value = problem.block.holdings.value_usd
        if facts.is_taxed:
            account = taxed_account(problem, coordination.share(account_id), coordination.cancel, coordination.rounds)
            found = account.search(self.rates[facts.filer])
            self._offers[key] = account.under(found.choices).judged(found.plan)
        else:
            found = alone(problem, coordination.cancel, coordination.rounds)
        return found.plan, found.objective * value, found.bound * value


def wash_at_a_price(
    coordination: Coordination, back: float, rates: Mapping[str, FloatArray] | None, *, nodes_max: int = 96
) -> Priced:
    """Plans that wash where it is worth it, and a bound of all plans that pay for what they wash.

    Parameters
    ----------
    coordination : Coordination
        Accounts and returns.
    back : float
        Share of a washed loss's worth that is left when it comes back.
    rates : Mapping of str to ndarray of shape (2,), optional
        By filer: prices of gains to look at too, such as those of plans that wash nothing.
    nodes_max : int
        Sets of sides that are tried at most at each price.

    Raises
    ------
    InfeasibleError, UndecidedError, UncertifiedError, UnfinishedError
        As `Coordination.joint`.
    """
    root = coordination.joint({})
    charges = Charges(coordination, back)
    own = {name: answer.rates for name, answer in root.returns.items()}
    trees: list[tuple[Tree, Ends]] = []
    bound = root.bound_usd
    found: list[tuple[tuple[bool, float], Sides, Mapping[str, AccountGains], Mapping[str, FloatArray]]] = []
    if not root.clashing:
        return Priced((({}, root.gains, own),), bound, 1)
    regions = PricedRegions.of(root, back, {name: charges.losses_usd(name) for name in root.returns})
    waiting = [Ends.at(rates)] if rates else []
    ends: Ends | None = Ends.at(own)
    while ends is not None and len(trees) < _TURNS:
        at = ends.between(back)
        tree = _PricedTree(coordination, at, nodes_max, ends=ends, charges=charges)
        tree.run()
        trees.append((tree, ends))
        best = sorted((leaf for leaf in tree.leaves if np.isfinite(leaf.value_usd)), key=lambda leaf: leaf.value_usd)
        for rank, leaf in enumerate(best[:_LEAVES]):  # the best of every tree first, then the others
            order = (rank > 0, _worth_usd(charges, root, leaf, ends))
            found.append((order, _as_planned(coordination, leaf), _gains(coordination, leaf), at))
        bound, where = regions.bound_of(trees)
        waiting = [w for w in waiting if regions.is_new(w, trees)]
        ends = waiting.pop() if waiting else regions.next_ends(coordination, where, trees)
    nodes = sum(tree.nodes for tree, _ in trees)
    found.sort(key=lambda f: f[0])
    return Priced(tuple((sides, gains, at) for _, sides, gains, at in found), bound, nodes)


def _worth_usd(charges: Charges, root: Joint, leaf: Node, ends: Ends) -> float:
    """About what the plans of a leaf come to at law: the returns' own tax, and the cheapest losses washed."""
    coordination, total = charges.coordination, 0.0
    for account_id, plan in leaf.plans.items():
        _, _, problem = coordination.problem(account_id, {})
        total += sum(t.value_usd(plan) for t in problem.terms if t.name != "tax")
    counted = {n: np.zeros(2) for n in root.returns}
    for account_id, gains in _gains(coordination, leaf).items():
        counted[coordination.accounts[account_id].filer] += [float(gains.short_usd), float(gains.long_usd)]
    left = {n: gains.copy() for n, gains in counted.items()}
    groups = set(next(iter(coordination.accounts.values())).signals.market.universe.group_of.tolist())
    for m in (m for group in groups for m in charges.matched(group, leaf.plans, ends)):
        filer = coordination.accounts[m.loss.account_id].filer
        counted[filer][m.loss.term] += m.loss.usd * m.washed
        left[filer][m.loss.term] += m.loss.usd * (m.washed - m.back)
    for name, answer in root.returns.items():
        shared = answer.shared
        now, then = (shared.tax(gains[name] / shared.value_usd) * shared.value_usd for gains in (counted, left))
        total += (1.0 - charges.back) * now + charges.back * then
    return total


def _as_planned(coordination: Coordination, leaf: Node) -> Sides:
    """The sides of a leaf, locked where its plans leave out what is charged for."""
    group_of = next(iter(coordination.accounts.values())).signals.market.universe.group_of
    sides: dict[int, Side] = {}
    for group, side in leaf.sides.items():
        sold = bought = False
        for account_id, plan in leaf.plans.items():
            account = coordination.accounts[account_id].signals.account
            lots = loss_lots(account) & (group_of[account.lot_name] == group)
            sold = sold or bool((plan.sells[lots] > _TRADED).any())
            bought = bought or bool((plan.buys[group_of == group] > _TRADED).any())
        sides[group] = side if sold and bought else (WashSide.NO_BUY if sold else WashSide.NO_LOSS_SALE)
    return sides


def _gains(coordination: Coordination, leaf: Node) -> dict[str, AccountGains]:
    found = {}
    for account_id, facts in coordination.accounts.items():
        if facts.is_taxed:
            account = facts.signals.account
            found[account_id] = gains_usd(RealisedGains.of(account), leaf.plans[account_id], account.value_usd)
    return found
