"""What wash sales between accounts cost, as linear charges on what each account sells at a loss or buys.

Problem: of a group of identical names the smaller of what accounts sell at a loss and what others buy is washed. What
is washed counts nowhere today, and for a share of its worth when it comes back, which it never does where a retirement
account bought: a minimum of sums, and no sum over accounts. Decision: a group is charged for in one of two ways that
together hold every plan, and neither of which is more than wash sales cost where it holds, whatever its level: both are
dual to the cheapest matching of what is sold with what is bought.

* Where all losses are washed: every loss, less what comes back of it; of which a level has to be bought back, and the
  purchases of taxable accounts are paid for it.
* Where all purchases wash: each of them, as if it washed a loss of the level or the one that costs least; losses that
  cost less than the level are paid the difference.

Prices of gains are of two points of a return, between which what comes back lies (`Ends`).

Limits: the matching is the cheapest, and the law's goes by time. The tax is taken to rise with gains, as it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.formulate.household import PurchaseCharge
from di_advisor.formulate.plan import Plan
from di_advisor.signals.household_locks import LevelSide, PricedSide, Side, loss_lots, with_losses_worth
from di_advisor.solve.household.coordination import AccountFacts, Coordination, Sides

__all__ = ["Charges", "Ends", "Loss", "Matched", "side_of"]

_NEXT_TO_NOTHING = 1e-9
_DIGITS = 12
_TRADED = 1e-7
_HIGHEST = 4.0


@dataclass(frozen=True)
class Ends:
    """Prices of gains, by filer: where they count today, and where they are once washed losses are back.

    Attributes
    ----------
    counted, left : Mapping of str to ndarray of shape (2,)
        USD a dollar of short-term and of long-term gain, 0 or more.
    """

    counted: Mapping[str, FloatArray]
    left: Mapping[str, FloatArray]

    @classmethod
    def at(cls, rates: Mapping[str, FloatArray]) -> Ends:
        """The same prices at both."""
        least = {name: np.maximum(rate, 0.0) for name, rate in rates.items()}
        return cls(least, least)

    def between(self, back: float) -> dict[str, FloatArray]:
        """What a gain costs that counts today and still does when losses are back."""
        return {n: (1.0 - back) * price + back * self.left[n] for n, price in self.counted.items()}


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

    def signals(self, account_id: str, signals: Signals, sides: Sides, ends: Ends) -> Signals:
        """An account's signals with its losses worth what charges leave of them.

        Parameters
        ----------
        account_id : str
            Whose.
        signals : Signals
            Of the account.
        sides : Mapping of int to PricedSide, LevelSide or WashSide
            By group.
        ends : Ends
            Prices of gains.
        """
        if not self.coordination.accounts[account_id].is_taxed:
            return signals
        shares = np.ones(len(signals.account.lots))
        for group, given in sides.items():
            side, level = side_of(given)
            for loss in self._losses(account_id, group, ends) if side is not None else ():
                in_losses = side is PricedSide.LOSSES
                worth = self._worth(loss, in_losses, level, ends)
                same = 1.0 if not in_losses else self.back * self.may_come_back(account_id, group)
                shares[loss.lot] = max(worth / loss.now if loss.now > 0 else same, _NEXT_TO_NOTHING)
        return with_losses_worth(signals, shares)

    def purchases(self, account_id: str, sides: Sides, ends: Ends) -> PurchaseCharge | None:
        """The charge on what an account buys, None where there is none; below 0 where it is paid."""
        group_of = self._group_of
        per_dollar = np.zeros(len(group_of))
        account = self.coordination.accounts[account_id]
        price = np.array([float(p) for p in account.signals.market.price_usd])
        for group, given in sides.items():
            side, level = side_of(given)
            members = group_of == group
            if side is not None:
                per_dollar[members] = self._a_share(account_id, group, side, level, ends) / price[members]
        per_dollar = np.round(per_dollar, _DIGITS)
        return PurchaseCharge(per_dollar) if per_dollar.any() else None

    def highest(self, group: int, side: PricedSide, ends: Ends) -> float:
        """A level above which nothing is expected, USD a share; 0 where there is nothing to move."""
        losses = [x for i in self.coordination.accounts for x in self._losses(i, group, ends)]
        if min((x.now for x in losses), default=0.0) <= 0:
            return 0.0
        return max(x.later for x in losses) if side is PricedSide.LOSSES else _HIGHEST * max(x.now for x in losses)

    def looseness(self, group: int, given: Side, plans: Mapping[str, Plan], ends: Ends) -> tuple[float, float]:
        """By how much a group's charges are below what given plans wash, USD, and where a higher level leads.

        Returns
        -------
        (float, float)
            The second is the slope of the bound in the level, above 0 where a higher one proves more.
        """
        side, level = side_of(given)
        in_losses = side is PricedSide.LOSSES
        bought = {i: self._bought(i, group, plan) for i, plan in plans.items()}
        matched = self.matched(group, plans, ends)
        charged = sum(self._a_share(i, group, side or PricedSide.LOSSES, level, ends) * b for i, b in bought.items())
        charged += sum((m.loss.now - self._worth(m.loss, in_losses, level, ends)) * m.sold for m in matched)
        cost = sum(m.loss.now * m.washed - self.back * m.loss.later * m.back for m in matched)
        if in_losses:
            back = sum(b for i, b in bought.items() if self.coordination.accounts[i].is_taxed)
            slope = sum(m.sold for m in matched if m.loss.later > level) - back
        else:
            paid = (m.sold for m in matched if self._worth(m.loss, in_losses, level, ends) > m.loss.now)
            slope = sum(bought.values()) - sum(paid)
        return cost - charged, slope

    def matched(self, group: int, plans: Mapping[str, Plan], ends: Ends) -> list[Matched]:
        """What plans sell at a loss of a group and wash, the cheapest losses first; of that the dearest come back."""
        losses = [(x, plans[i].sells[x.lot]) for i in self.coordination.accounts for x in self._losses(i, group, ends)]
        sold = [(x, self._shares(x.account_id, x.lot, float(amount))) for x, amount in losses if amount > _TRADED]
        bought = {i: self._bought(i, group, plan) for i, plan in plans.items()}
        left, washed = sum(bought.values()), []
        for x, q in sorted(sold, key=lambda s: s[0].now):
            washed.append((x, q, min(q, left)))
            left -= washed[-1][2]
        over, found = sum(b for i, b in bought.items() if self.coordination.accounts[i].is_taxed), []
        for x, q, w in reversed(washed):
            found.append(Matched(x, q, w, min(w, over)))
            over -= found[-1].back
        return found

    def losses_usd(self, filer: str) -> FloatArray:
        """The short-term and the long-term loss that all accounts of a return could sell, shape (2,), above 0."""
        total = np.zeros(2)
        for account_id in self.coordination.taxed(filer):
            account = self.coordination.accounts[account_id].signals.account
            lots = loss_lots(account)
            long = account.lot_long_term[lots]
            total -= [float(account.lot_gain_usd[lots][~long].sum()), float(account.lot_gain_usd[lots][long].sum())]
        return total

    def may_come_back(self, account_id: str, group: int) -> bool:
        """Whether a taxable account could buy what this account sells at a loss: else it is lost where it is washed."""
        return any(self._can_buy(i, group) for i, a in self._others(account_id) if a.is_taxed)

    @property
    def _group_of(self) -> NDArray[np.int64]:
        return next(iter(self.coordination.accounts.values())).signals.market.universe.group_of

    def _others(self, account_id: str) -> list[tuple[str, AccountFacts]]:
        return [(i, a) for i, a in self.coordination.accounts.items() if i != account_id]

    def _can_buy(self, account_id: str, group: int) -> bool:
        account = self.coordination.accounts[account_id].signals.account
        return bool(account.can_buy[self._group_of == group].any())

    def _losses(self, account_id: str, group: int, ends: Ends) -> list[Loss]:
        """What an account may sell at a loss of a group."""
        facts = self.coordination.accounts[account_id]
        account = facts.signals.account
        lots = np.flatnonzero(loss_lots(account) & (self._group_of[account.lot_name] == group))
        found = []
        for i in lots.tolist():
            term = int(account.lot_long_term[i])
            loss = -float(account.lot_gain_usd[i]) / float(account.lots[i].shares)
            now, counted, later = (
                loss * float(price[facts.filer][term]) for price in (ends.between(self.back), ends.counted, ends.left)
            )
            found.append(Loss(account_id, i, group, term, loss, now, counted, later))
        return found

    def _worth(self, loss: Loss, in_losses: bool, level: float, ends: Ends) -> float:  # noqa: FBT001 - one of two ways
        """What a loss is worth with its charge, USD a share."""
        if in_losses:
            gone = not self.may_come_back(loss.account_id, loss.group)
            return 0.0 if gone else self.back * max(loss.later - level, 0.0)
        if level <= 0:
            return loss.now
        paid = [
            self._a_share(i, loss.group, PricedSide.PURCHASES, level, ends) - self._cost(i, loss)
            for i, _ in self._others(loss.account_id)
            if self._can_buy(i, loss.group)
        ]
        return loss.now + max([0.0, *paid])

    def _cost(self, buyer: str, loss: Loss) -> float:
        """What a loss costs that a purchase washes, USD a share: all of it where it is gone for good."""
        return (1.0 - self.back) * loss.counted if self.coordination.accounts[buyer].is_taxed else loss.now

    def _a_share(self, buyer: str, group: int, side: PricedSide, level: float, ends: Ends) -> float:
        """The charge on a share that an account buys, USD."""
        others = [self._cost(buyer, x) for i, _ in self._others(buyer) for x in self._losses(i, group, ends)]
        taxed = self.coordination.accounts[buyer].is_taxed
        if not others:
            return 0.0
        if side is PricedSide.LOSSES:
            return -self.back * level if taxed else 0.0
        return max(min(others), level * (1.0 - self.back) if taxed else level)

    def _shares(self, account_id: str, lot: int, amount: float) -> float:
        account = self.coordination.accounts[account_id].signals
        return amount * account.account.value_usd / float(account.market.price_usd[int(account.account.lot_name[lot])])

    def _bought(self, account_id: str, group: int, plan: Plan) -> float:
        """Shares that a plan buys of a group."""
        signals = self.coordination.accounts[account_id].signals
        names = np.flatnonzero((self._group_of == group) & (plan.buys > _TRADED)).tolist()
        return sum(float(plan.buys[i]) * signals.account.value_usd / float(signals.market.price_usd[i]) for i in names)


@dataclass(frozen=True)
class Loss:
    """A lot that may be sold at a loss.

    Attributes
    ----------
    account_id : str
        Whose.
    lot, group, term : int
        Which lot of the account, of which group; 0 short-term, 1 long-term.
    usd : float
        The loss, a share, above 0.
    now, counted, later : float
        What it saves, a share: if nobody washes it, of that today, and if it comes back, before the wait.
    """

    account_id: str
    lot: int
    group: int
    term: int
    usd: float
    now: float
    counted: float
    later: float


@dataclass(frozen=True)
class Matched:
    """Shares of a lot that are sold at a loss, that are washed of these, and that come back of those."""

    loss: Loss
    sold: float
    washed: float
    back: float


def side_of(given: Side) -> tuple[PricedSide | None, float]:
    """What is charged for, and at which level; nothing where a side locks."""
    if isinstance(given, LevelSide):
        return given.side, given.level_usd
    if given is PricedSide.LOSSES_BACK:
        return PricedSide.LOSSES, 0.0
    return (given, 0.0) if isinstance(given, PricedSide) else (None, 0.0)
