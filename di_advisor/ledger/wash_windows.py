"""Wash-sale windows: which purchases and which loss sales are not safe today (26 USC 1091).

Problem: a loss is disallowed when the same or a substantially identical security is bought from 30
days before to 30 days after the sale, in any account of the taxpayer, the spouse, or their
retirement accounts.

Decision: look at everything that is known of all accounts (recent lots, fills, planned fills,
reinvested dividends) and lock, with the reason and the first safe date:

* *no buy* of a name that was sold at a loss in the last 30 days, or is planned to be in the next
  30; a sale whose gain is not known counts as a loss;
* *no loss sale* of a lot whose name was bought in the last 30 days or is planned to be in the next
  30. The lot's own purchase does not count against it (Rev. Rul. 56-602); lots of one account,
  name, trade date and price count as parts of one purchase;
* *no loss sale* of a lot that is itself a wash-sale replacement, until its own 30 days are over;
* *no loss sale* of a name held where dividends buy shares by themselves, while they do.

A sale in an IRA realises no loss, so it locks nothing; a purchase there makes a loss elsewhere
vanish for good (Rev. Rul. 2008-5), so it locks as any other.

Limits: a lock is on whole names and lots even where only some shares would be washed. A lot whose
date is not known counts neither as a recent purchase nor as an old one. Only the accounts given
are seen, and every reason names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.lot_columns import IntArray, LotColumns
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.signals import Lock, LockKind
from di_advisor.ledger.days import calendar_day
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.recent_trades import (
    RETIREMENT_KINDS,
    WASH_WINDOW_DAYS,
    LossSale,
    Purchase,
    SoldReplacement,
    in_wash_window,
    is_same_purchase,
    loss_sales_of,
    purchases_of,
)

__all__ = ["WashWindows", "wash_windows"]

_WINDOW: Final = timedelta(days=WASH_WINDOW_DAYS)
_ONE_DAY: Final = timedelta(days=1)
_NOTHING: Final = 0
"""Instead of a day: nothing was bought in a name."""
_OTHERS: Final = -1
"""Instead of a day: another account or security was bought, or dividends buy it: no lot of a name brought that."""


@dataclass(frozen=True)
class WashWindows:
    """What is open on one day, over all accounts that were seen.

    Attributes
    ----------
    as_of : date
        Tax date.
    groups : IdenticalGroups
        What counts as substantially identical.
    accounts_seen : tuple of str
        Accounts looked at.
    purchases : Mapping of str to tuple of Purchase
        By the group's key, the latest first.
    loss_sales : Mapping of str to tuple of LossSale
        By the group's key, the latest first.
    reinvesting : Mapping of str to tuple of str
        By the group's key, the accounts that hold it and reinvest its dividends.
    retirement_accounts : frozenset of str
        Accounts whose losses are none.
    sold_replacement : SoldReplacement
        The reading of the law that was used.
    tickers : Mapping of str to str
        What people call a security id, for the reasons; the id itself where left out.
    """

    as_of: date
    groups: IdenticalGroups
    accounts_seen: tuple[str, ...]
    purchases: Mapping[str, tuple[Purchase, ...]]
    loss_sales: Mapping[str, tuple[LossSale, ...]]
    reinvesting: Mapping[str, tuple[str, ...]]
    retirement_accounts: frozenset[str] = frozenset()
    sold_replacement: SoldReplacement = SoldReplacement.COUNTS
    tickers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("purchases", "loss_sales", "reinvesting", "tickers"):
            object.__setattr__(self, name, FrozenMap(getattr(self, name)))

    def no_buy_locks(self, security_ids: Iterable[str]) -> tuple[Lock, ...]:
        """Locks on names that must not be bought today, one a name, in the order given.

        Parameters
        ----------
        security_ids : iterable of str
            Names that could be bought.
        """
        ids = tuple(security_ids)
        return tuple(self._no_buy(ids[place], self.loss_sales[key]) for place, key in self._not_bought(ids))

    def no_buy_places(self, security_ids: tuple[str, ...]) -> list[int]:
        """Positions of the names on which `no_buy_locks` has locks, in order."""
        return [place for place, _ in self._not_bought(security_ids)]

    def _not_bought(self, ids: tuple[str, ...]) -> list[tuple[int, str]]:
        if not self.loss_sales:
            return []
        places = self.groups.places_in(ids)
        return sorted((place, key) for key in self.loss_sales for place in places.get(key, ()))

    def loss_sale_locks(self, lot: TaxLot) -> tuple[Lock, ...]:
        """Locks that forbid selling a lot at a loss today; empty when a loss is safe as far as is known.

        Parameters
        ----------
        lot : TaxLot
            A lot of one of the accounts seen.
        """
        if lot.account_id in self.retirement_accounts:
            return ()
        key = self.groups.key(lot.security_id)
        locks = []
        other = self._other_purchase(lot, key)
        if other is not None:
            locks.append(self._bought(lot, other))
        if lot.acquired is not None and self._replaces(lot):
            locks.append(self._replacement(lot, lot.acquired))
        reinvesting = self.reinvesting.get(key)
        if reinvesting:
            locks.append(self._reinvested(lot, reinvesting))
        return tuple(locks)

    def locks_of_losses(self, lots: Iterable[TaxLot]) -> list[Lock]:
        """`loss_sale_locks` of several lots, in their order."""
        return [lock for lot in lots for lock in self.loss_sale_locks(lot)]

    def losses_locked_at(
        self, lots: Sequence[TaxLot], at: IntArray, lot_name: IntArray, security_ids: tuple[str, ...]
    ) -> list[int]:
        """Positions of the lots on which `loss_sale_locks` has any, without a word of why: most have none.

        Parameters
        ----------
        lots : sequence of TaxLot
            L lots of an account.
        at : ndarray of int
            Positions of those that are asked for.
        lot_name : ndarray of int, shape (L,)
            Position of each lot's name.
        security_ids : tuple of str
            Names.

        Returns
        -------
        list of int
            In the order in which they were asked for.
        """
        if not isinstance(lots, LotColumns):
            return [i for i in at.tolist() if self._near(lots[i]) and self._is_locked(lots[i])]
        if lots.account_id in self.retirement_accounts:
            return []
        places, days = self.groups.places_in(security_ids), np.full(len(security_ids), _NOTHING, dtype=np.int64)
        for key in self.reinvesting:
            days[list(places.get(key, ()))] = _OTHERS
        for key, (latest, *_) in self.purchases.items():
            for place in places.get(key, ()):
                of_it = (latest.account_id, latest.security_id) == (lots.account_id, security_ids[place])
                days[place] = latest.on.toordinal() if of_it and key not in self.reinvesting else _OTHERS
        day, acquired = days[lot_name[at]], lots.acquired[at]
        close = np.flatnonzero((day != _NOTHING) | (lots.held_since[at] != acquired))
        # The latest purchase did not bring a lot of another day, unless a fill says that it opened that very lot.
        sure = (day != _NOTHING) & (day != acquired)
        opened = {p.lot_id for bought in self.purchases.values() for p in bought}
        rows = zip(at[close].tolist(), sure[close].tolist(), strict=True)
        return [i for i, is_sure in rows if (is_sure and lots.lot_ids[i] not in opened) or self._is_locked(lots[i])]

    def _is_locked(self, lot: TaxLot) -> bool:
        """Whether `loss_sale_locks` has any."""
        if lot.account_id in self.retirement_accounts:
            return False
        key = self.groups.key(lot.security_id)
        return key in self.reinvesting or self._other_purchase(lot, key) is not None or self._replaces(lot)

    def _other_purchase(self, lot: TaxLot, key: str) -> Purchase | None:
        return next((p for p in self.purchases.get(key, ()) if not is_same_purchase(p, lot)), None)

    def _replaces(self, lot: TaxLot) -> bool:
        """Whether a lot is itself a recent replacement of shares sold at a loss."""
        on = lot.acquired
        return on is not None and lot.held_since != on and in_wash_window(on, self.as_of)

    def _near(self, lot: TaxLot) -> bool:
        """Whether anything is known that could lock a loss on a lot."""
        key = self.groups.key(lot.security_id)
        return key in self.purchases or key in self.reinvesting or lot.held_since != lot.acquired

    def _no_buy(self, security_id: str, sales: tuple[LossSale, ...]) -> Lock:
        last = sales[0]
        gain = last.gain_usd
        loss = "at a gain that is not known" if gain is None else f"at a loss of {-float(gain):,.2f} USD"
        more = f" (and {len(sales) - 1} more such sales)" if len(sales) > 1 else ""
        until = last.on + _WINDOW
        reason = (
            f"{last.shares} shares of {self._named(last.security_id, security_id)} {self._were(last.on)} sold {loss} "
            f"in account {last.account_id} on {last.on}{more}: a purchase until {until} would wash the loss. "
            f"{self._safe_after(until)}"
        )
        return Lock(security_id, LockKind.NO_BUY, reason, until)

    def _bought(self, lot: TaxLot, purchase: Purchase) -> Lock:
        what = f" (lot {purchase.lot_id})" if purchase.lot_id else ""
        lost = " for good, because that is a retirement account" * (purchase.account_id in self.retirement_accounts)
        unlinked = not purchase.lot_id and (purchase.account_id, purchase.on) == (lot.account_id, lot.acquired)
        hint = " If that fill is what opened this lot, give the fill its lot_id." if unlinked else ""
        until = purchase.on + _WINDOW
        reason = (
            f"{purchase.shares} shares of {self._named(purchase.security_id, lot.security_id)}{what} "
            f"{self._were(purchase.on)} bought in account {purchase.account_id} on {purchase.on}: "
            f"a loss on lot {lot.lot_id} taken until {until} would be washed{lost}.{hint} {self._safe_after(until)}"
        )
        return Lock(lot.security_id, LockKind.NO_LOSS_SALE, reason, until, lot.lot_id)

    def _replacement(self, lot: TaxLot, acquired: date) -> Lock:
        until = acquired + _WINDOW
        reason = (
            f"Lot {lot.lot_id} of {self._ticker(lot.security_id)}, bought on {acquired}, carries a holding period from "
            f"{lot.held_since}: it replaced shares sold at a loss, and a loss on it until {until} would start a chain. "
            f"{self._safe_after(until)}"
        )
        return Lock(lot.security_id, LockKind.NO_LOSS_SALE, reason, until, lot.lot_id)

    def _reinvested(self, lot: TaxLot, accounts: tuple[str, ...]) -> Lock:
        reason = (
            f"Dividends of {self._ticker(lot.security_id)}, or of what counts as identical, buy shares by themselves "
            f"in account {', '.join(accounts)}: within 30 days of a loss on lot {lot.lot_id} they would wash a part of "
            f"it. Turn reinvestment off there first. {self._scope}"
        )
        return Lock(lot.security_id, LockKind.NO_LOSS_SALE, reason, None, lot.lot_id)

    def _were(self, on: date) -> str:
        return "are planned to be" if on > self.as_of else "were"

    @property
    def _scope(self) -> str:
        return f"Accounts seen: {', '.join(self.accounts_seen)}."

    def _safe_after(self, until: date) -> str:
        return f"First safe day: {until + _ONE_DAY}. {self._scope}"

    def _ticker(self, security_id: str) -> str:
        return self.tickers.get(security_id, security_id)

    def _named(self, security_id: str, locked: str) -> str:
        if security_id == locked:
            return self._ticker(security_id)
        return f"{self._ticker(security_id)} (which counts as substantially identical to {self._ticker(locked)})"


def wash_windows(
    portfolio: Portfolio,
    as_of: date,
    groups: IdenticalGroups | None = None,
    *,
    sold_replacement: SoldReplacement = SoldReplacement.COUNTS,
    tickers: Mapping[str, str] | None = None,
) -> WashWindows:
    """Look at all accounts of a taxpayer for what could wash a loss.

    Parameters
    ----------
    portfolio : Portfolio
        All accounts: taxable, spouse's, and retirement accounts.
    as_of : date
        Tax date of the sales and purchases under consideration.
    groups : IdenticalGroups, optional
        Substantially identical securities; each alone when left out.
    sold_replacement : SoldReplacement
        How to read the law where a purchase's shares are sold already (a buy whose lot is gone).
    tickers : Mapping of str to str, optional
        What people call a security id, for the reasons.

    Raises
    ------
    InputError
        If a lot is dated after ``as_of``, or a date is a timestamp.
    """
    calendar_day(as_of, "The tax date")
    groups = groups or IdenticalGroups()
    purchases: dict[str, list[Purchase]] = {}
    loss_sales: dict[str, list[LossSale]] = {}
    reinvesting: dict[str, list[str]] = {}
    for account in portfolio.accounts:
        for purchase in purchases_of(account, as_of, sold_replacement):
            purchases.setdefault(groups.key(purchase.security_id), []).append(purchase)
        for sale in loss_sales_of(account, as_of):
            loss_sales.setdefault(groups.key(sale.security_id), []).append(sale)
        if account.reinvests_dividends:
            for key in sorted({groups.key(lot.security_id) for lot in account.lots}):
                reinvesting.setdefault(key, []).append(account.account_id)
    return WashWindows(
        as_of=as_of,
        groups=groups,
        accounts_seen=tuple(a.account_id for a in portfolio.accounts),
        purchases={k: tuple(sorted(v, key=lambda p: p.order) if v[1:] else v) for k, v in purchases.items()},
        loss_sales={k: tuple(sorted(v, key=lambda s: s.order) if v[1:] else v) for k, v in loss_sales.items()},
        reinvesting={k: tuple(v) for k, v in reinvesting.items()},
        retirement_accounts=frozenset(a.account_id for a in portfolio.accounts if a.kind in RETIREMENT_KINDS),
        sold_replacement=sold_replacement,
        tickers=tickers or {},
    )
