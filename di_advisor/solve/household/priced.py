"""Wash sales between accounts at a price: plans that wash where it is worth more than it costs, with a bound.

Problem: of a group of identical names the smaller of what accounts sell at a loss and what others buy is washed, and
what is washed costs the worth of the loss, less what comes back years later; a minimum of two sums is not convex.
Decision: it is the cheaper of two linear charges, one on every loss (as if all were washed) and one on every purchase
(as if each washed the loss that costs least): a group that clashes gets either. With both, every plan is charged no
more than its wash sales cost, so that the lowest of all sides is a bound; groups are branched on at given prices of
gains (`di_advisor.solve.household.tree`), and the sides found are what orders are made of.

Limits: a loss is charged as if it came back where some other taxable account could buy, although a retirement account
may buy it, and a purchase as if it washed the loss that costs least; the bound lies below by the difference. The tax is
taken to rise with gains, as it does.
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
from di_advisor.signals.household_locks import PricedSide, Side, WashSide, loss_lots, with_losses_worth
from di_advisor.solve.household.accounts import TaxedAccount, searched
from di_advisor.solve.household.coordination import Coordination, Sides
from di_advisor.solve.household.tree import Node, Tree

__all__ = ["Charges", "Priced", "wash_at_a_price"]

_NEXT_TO_NOTHING = 1e-9
_TRADED = 1e-7
_LEAVES = 3
_SAME_RATES = 1e-5
_DIGITS = 12


@dataclass(frozen=True)
class Charges:
    """What wash sales cost an account, by the sides of groups.

    Attributes
    ----------
    coordination : Coordination
        Accounts and returns.
    back : float
        Share of a washed loss's worth that is left when it comes back.
    """

    coordination: Coordination
    back: float

    def signals(self, account_id: str, signals: Signals, sides: Sides) -> Signals:
        """An account's signals with its losses worth what is left of them, in groups where losses are charged."""
        groups = [g for g, side in sides.items() if side is PricedSide.LOSSES]
        return with_losses_worth(signals, {g: self._left(account_id, g) for g in groups}) if groups else signals

    def purchases(self, account_id: str, sides: Sides, rates: Mapping[str, FloatArray]) -> PurchaseCharge | None:
        """The charge on what an account buys, in groups where purchases are charged; None where there is none."""
        groups = [g for g, side in sides.items() if side is PricedSide.PURCHASES]
        group_of = self._group_of
        per_dollar = np.zeros(len(group_of))
        account = self.coordination.accounts[account_id]
        price = np.array([float(p) for p in account.signals.market.price_usd])
        kept = self.back if account.is_taxed else 0.0
        for group in groups:
            members = group_of == group
            per_dollar[members] = (1.0 - kept) * self._least_loss(account_id, group, rates) / price[members]
        per_dollar = np.round(per_dollar, _DIGITS)
        return PurchaseCharge(per_dollar) if per_dollar.any() else None

    @property
    def _group_of(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return next(iter(self.coordination.accounts.values())).signals.market.universe.group_of

    def _left(self, account_id: str, group: int) -> float:
        """What is left of a washed loss: nothing where only retirement accounts could buy the group."""
        members = self._group_of == group
        takers = (a for i, a in self.coordination.accounts.items() if i != account_id and a.is_taxed)
        return self.back if any(a.signals.account.can_buy[members].any() for a in takers) else _NEXT_TO_NOTHING

    def _least_loss(self, buyer: str, group: int, rates: Mapping[str, FloatArray]) -> float:
        """The least that a loss of another account saves, USD a share."""
        found = []
        for account_id, facts in self.coordination.accounts.items():
            account = facts.signals.account
            lots = loss_lots(account) & (self._group_of[account.lot_name] == group)
            if account_id == buyer or not lots.any():
                continue
            shares = np.array([float(account.lots[i].shares) for i in np.flatnonzero(lots).tolist()])
            rate = np.where(account.lot_long_term[lots], rates[facts.filer][1], rates[facts.filer][0])
            found.append(float((-account.lot_gain_usd[lots] / shares * rate).min()))
        return min(found, default=0.0)


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

    charges: Charges | None = None
    ways: tuple[Side, ...] = tuple(PricedSide)
    _solved: dict[tuple[object, ...], tuple[Plan, float, float]] = field(default_factory=dict)

    def searched(self, account_id: str, sides: Sides) -> tuple[Plan, float, float]:
        charges, facts = self.charges, self.coordination.accounts[account_id]
        assert charges is not None  # noqa: S101 - made with them
        signals = charges.signals(account_id, facts.signals, sides)
        charge = charges.purchases(account_id, sides, self.rates)
        if signals is facts.signals and charge is None:
            return super().searched(account_id, {})
        bought = b"" if charge is None else charge.per_dollar.tobytes()
        key = (account_id, signals.account.lot_gain_usd.tobytes(), bought)
        if key not in self._solved:
            self._solved[key] = self._search(account_id, signals, charge)
        return self._solved[key]

    def _search(self, account_id: str, signals: Signals, charge: PurchaseCharge | None) -> tuple[Plan, float, float]:
        coordination, facts = self.coordination, self.coordination.accounts[account_id]
        problem = account_problem(signals, facts.mandate, coordination.filers[facts.filer].taxpayer, charge)
        value = problem.block.holdings.value_usd
        if facts.is_taxed:
            account = TaxedAccount(problem, 1.0, coordination.cancel, coordination.rounds)
            found = account.search(self.rates[facts.filer])
        else:
            found = searched(problem.block, coordination.cancel, coordination.rounds)
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
    every = [own]
    if rates and any(np.abs(rates[n] - own[n]).max() > _SAME_RATES for n in own):
        every.append(dict(rates))
    bound, nodes = root.bound_usd, 0
    found: list[tuple[float, Sides, Mapping[str, AccountGains], Mapping[str, FloatArray]]] = []
    if not root.clashing:
        return Priced((({}, root.gains, own),), bound, 1)
    for at in every:
        tree = _PricedTree(coordination, at, nodes_max, charges=charges)
        tree.run()
        nodes += tree.nodes
        beside = sum(
            a.shared.value_usd * min(r.least_beside(at[name]) for r in a.shared.regions)
            for name, a in root.returns.items()
        )
        bound = max(bound, tree.bound_usd + beside)
        best = sorted((leaf for leaf in tree.leaves if np.isfinite(leaf.value_usd)), key=lambda leaf: leaf.value_usd)
        found += [
            (leaf.value_usd + beside, _as_planned(coordination, leaf), _gains(coordination, leaf), at)
            for leaf in best[:_LEAVES]
        ]
    found.sort(key=lambda f: f[0])
    return Priced(tuple((sides, gains, at) for _, sides, gains, at in found), bound, nodes)


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
