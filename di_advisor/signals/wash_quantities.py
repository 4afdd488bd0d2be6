"""How much of today's trades could be washed, name by name: what a price needs instead of a lock.

Problem: a lock on a whole lot or name is too much where ten shares were bought and a thousand are to
be sold. Decision: the purchases of all accounts that may still replace shares sold at a loss, and the
losses that a purchase may still disallow, are counted in shares; from them each name gets a width in
dollars and what a washed dollar loses. What cannot be counted stays locked: a sale whose gain is not
known or that is only planned, and dividends that buy shares by themselves.

Limits: the width of a name counts every share that could replace, and members of an identical group
each count all of the group's; the price is that of the dearest share. A name that holds a loss that
is safe beside one that is not keeps the locks on the latter: one price cannot tell them apart. An
earlier loss that still waits would take planned purchases first; that is not counted, so a sale
beside a planned purchase is priced at least as dear as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.market import FloatArray
from di_advisor.domain.portfolio import Account
from di_advisor.domain.signals import Lock, LockKind, MarketSignals
from di_advisor.domain.washes import FreePurchase, WaitingLoss, WashQuantities
from di_advisor.ledger.recent_trades import LossSale, Purchase, is_same_purchase
from di_advisor.ledger.wash_windows import WashWindows

__all__ = ["priced_no_buy", "priced_no_loss_sale", "wash_quantities"]


def wash_quantities(
    account: Account,
    market: MarketSignals,
    windows: WashWindows,
    lots: Sequence[TaxLot],
    lot_name: NDArray[np.int64],
    losing: NDArray[np.bool_],
) -> WashQuantities:
    """Shares that may wash and be washed today.

    Parameters
    ----------
    account : Account
        The account that trades.
    market : MarketSignals
        Prices of n names.
    windows : WashWindows
        Purchases and loss sales of all accounts.
    lots : sequence of TaxLot
        The account's L priced lots.
    lot_name : ndarray of int, shape (L,)
        Their names.
    losing : ndarray of bool, shape (L,)
        Lots that may be sold and whose sale would be a loss for tax.

    Returns
    -------
    WashQuantities
        Lots are washable only where every loss of their name is.
    """
    group = tuple(windows.groups.key(s) for s in market.universe.security_ids)
    mine: dict[str, list[TaxLot]] = {}
    for lot in account.lots:
        mine.setdefault(windows.groups.key(lot.security_id), []).append(lot)
    purchases, purchase_of = _free_purchases(windows, mine)
    losses = _waiting_losses(windows)
    n = len(group)
    price = np.array([float(p) for p in market.price_usd])
    washable = np.zeros(len(lots), dtype=np.bool_)
    sell_usd, sell_lost = np.zeros(n), np.zeros(n, dtype=np.bool_)
    offers: dict[str, list[FreePurchase]] = {}
    for purchase in purchases:
        offers.setdefault(purchase.group, []).append(purchase)
    for name in sorted({int(i) for i in lot_name[losing].tolist() if group[i] in offers}):
        at = np.flatnonzero((lot_name == name) & losing).tolist()
        meets = {i: [p for p in offers[group[name]] if p.purchase_id != purchase_of.get(lots[i].lot_id)] for i in at}
        if not all(meets.values()):
            continue
        washable[at] = True
        sold = float(sum(as_fraction(lots[i].shares) for i in at))
        used = {p for found in meets.values() for p in found}
        sell_usd[name] = min(sold, float(sum(as_fraction(p.shares) for p in used))) * price[name]
        sell_lost[name] = any(p.lost for p in used)
    buy_usd, buy_loss = _buys(group, price, losses)
    return WashQuantities(purchases, losses, purchase_of, group, washable, sell_usd, sell_lost, buy_usd, buy_loss)


def _free_purchases(
    windows: WashWindows, mine: Mapping[str, Sequence[TaxLot]]
) -> tuple[tuple[FreePurchase, ...], Mapping[str, str]]:
    """Purchases that replaced nothing yet, earliest first, and the purchase of each lot of the account."""
    found: list[FreePurchase] = []
    purchase_of: dict[str, str] = {}
    named: dict[tuple[str, str], str] = {}
    listed = [(key, p) for key, of in windows.purchases.items() for p in of]
    listed.sort(key=lambda each: (each[1].on, *each[1].order))
    for number, (key, purchase) in enumerate(listed):
        parts = [lot.lot_id for lot in mine.get(key, ()) if is_same_purchase(purchase, lot)]
        name = (purchase.account_id, purchase.purchase_id)
        known = next((purchase_of[part] for part in parts if part in purchase_of), "")
        known = named.get(name, "") or known if purchase.purchase_id else known
        # The number keeps purchases of other accounts apart from lots of this one.
        purchase_id = known or (f"own {parts[0]}" if parts else f"{number} {purchase.lot_id}")
        purchase_of.update(dict.fromkeys(parts, purchase_id))
        if purchase.purchase_id:
            named[name] = purchase_id
        if not purchase.used:
            found.append(_free(windows, key, purchase, purchase_id))
    return tuple(found), purchase_of


def _free(windows: WashWindows, key: str, purchase: Purchase, purchase_id: str) -> FreePurchase:
    return FreePurchase(
        account_id=purchase.account_id,
        security_id=purchase.security_id,
        group=key,
        on=purchase.on,
        shares=purchase.shares,
        purchase_id=purchase_id,
        lot_id="" if purchase.gone else purchase.lot_id,
        lost=purchase.account_id in windows.retirement_accounts,
    )


def _waiting_losses(windows: WashWindows) -> tuple[WaitingLoss, ...]:
    """Losses that were sold and are known, earliest first."""
    sales = [(key, s) for key, of in windows.loss_sales.items() for s in of]
    sales.sort(key=lambda each: (each[1].on, *each[1].order))
    return tuple(
        WaitingLoss(s.account_id, s.security_id, key, s.on, s.shares, -as_fraction(s.gain_usd))
        for key, s in sales
        if s.gain_usd is not None and not _uncounted(windows, s)
    )


def _buys(group: Sequence[str], price: FloatArray, losses: Sequence[WaitingLoss]) -> tuple[FloatArray, FloatArray]:
    """Dollars of each name that would wash an earlier loss, and the most a dollar of them would."""
    shares: dict[str, float] = {}
    dearest: dict[str, float] = {}
    for loss in losses:
        count = as_fraction(loss.shares)
        shares[loss.group] = shares.get(loss.group, 0.0) + float(count)
        dearest[loss.group] = max(dearest.get(loss.group, 0.0), float(as_fraction(loss.loss_usd) / count))
    width = np.array([shares.get(key, 0.0) for key in group]) * price
    return width, np.array([dearest.get(key, 0.0) for key in group]) / price


def _uncounted(windows: WashWindows, sale: LossSale) -> bool:
    """A loss that has no price: not known, or only planned."""
    return sale.gain_usd is None or sale.on > windows.as_of


def priced_no_buy(locks: Sequence[Lock], windows: WashWindows) -> list[Lock]:
    """Locks on buying that prices do not replace: on names sold at a gain not known, or planned to be sold.

    Parameters
    ----------
    locks : sequence of Lock
        Those of `WashWindows.no_buy_locks`.
    windows : WashWindows
        Where they came from.
    """
    kept = []
    for lock in locks:
        sales = windows.loss_sales.get(windows.groups.key(lock.security_id), ())
        if any(_uncounted(windows, s) for s in sales):
            kept.append(lock)
    return kept


def priced_no_loss_sale(
    lots: Sequence[TaxLot], losing: NDArray[np.bool_], windows: WashWindows, quantities: WashQuantities
) -> list[Lock]:
    """Locks on selling lots at a loss that prices do not replace.

    Dividends that buy shares by themselves keep a lock, because nobody knows yet how many; so do lots
    that could be washed, in a name that also holds losses that could not.

    Parameters
    ----------
    lots, losing
        As for `wash_quantities`.
    windows, quantities
        What is known.
    """
    offered: dict[str, set[str]] = {}
    for p in quantities.purchases:
        offered.setdefault(p.group, set()).add(p.purchase_id)
    kept: list[Lock] = []
    for i in np.flatnonzero(losing).tolist():
        lot = lots[i]
        key = windows.groups.key(lot.security_id)
        if key in windows.reinvesting:
            kept += windows.loss_sale_locks(lot)
        elif not quantities.lot_washable[i] and offered.get(key, set()) - {quantities.purchase_of.get(lot.lot_id)}:
            kept += [k for k in windows.loss_sale_locks(lot) if k.kind is LockKind.NO_LOSS_SALE]
    return kept
