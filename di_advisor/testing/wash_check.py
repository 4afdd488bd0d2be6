"""Losses that final orders wash, share by share: what budgets of gain and tax must not take off.

Problem: a disallowed loss (26 USC 1091(a)) sets nothing off this year, so a budget that counts it is kept on paper
only. Decision: shares sold at a loss are matched with purchases of the window one by one, the dearest losses
first and the earliest purchases first, a lot never with its own purchase (Rev. Rul. 56-602); what is bought today
is matched with losses that were sold before. Nothing of this is known to a solver. Limits: a matching that the
facts allow, not the only one; a loss sold before is taken to be short-term, which is the dearer.
"""

from __future__ import annotations

from decimal import Decimal

from di_advisor.testing.final_account import FinalAccount, as_decimal

__all__ = ["washed_losses"]

_ZERO = Decimal(0)


def washed_losses(a: FinalAccount) -> dict[bool, float]:
    """Losses in USD that orders wash, by whether they are long-term; nothing where no wash sale may be made.

    Parameters
    ----------
    a : FinalAccount
        An account with its orders.
    """
    found = {False: 0.0, True: 0.0}
    account = a.signals.account
    if account.washes is None or not account.lot_gain_usd.any():  # nothing is taxed in such an account
        return found
    for i, shares, per_share in _washed_sales(a):
        found[bool(account.lot_long_term[i])] += float(shares * per_share)
    left = [as_decimal(x.shares) for x in account.washes.losses]
    for name, bought in a.orders.buys.items():
        free = bought
        for k, loss in enumerate(account.washes.losses):
            if loss.group == account.washes.group[name]:
                matched = min(free, left[k])
                free, left[k] = free - matched, left[k] - matched
                found[False] += float(matched * as_decimal(loss.loss_usd) / as_decimal(loss.shares))
    return found


def _washed_sales(a: FinalAccount) -> list[tuple[int, Decimal, Decimal]]:
    """Lots sold at a loss that is washed: their position, the shares washed, and the loss of each."""
    account, washes, price = a.signals.account, a.signals.account.washes, a.signals.market.price_usd
    assert washes is not None  # noqa: S101 - asked by the caller
    losing = []
    for i, shares in a.orders.sells.items():
        lot = account.lots[i]
        if lot.basis_total_usd is None or not account.lot_known[i] or not washes.lot_washable[i]:
            continue
        basis = as_decimal(lot.basis_of(shares)) / shares
        if basis > price[account.lot_name[i]]:
            losing.append((basis - price[account.lot_name[i]], i, shares))
    free = [as_decimal(p.shares) for p in washes.purchases]
    found = []
    for per_share, i, shares in sorted(losing, key=lambda x: (-x[0], x[1])):
        lot_id, left = account.lots[i].lot_id, shares
        for k, purchase in enumerate(washes.purchases):
            own = lot_id == purchase.lot_id or washes.purchase_of.get(lot_id, lot_id) == purchase.purchase_id
            if purchase.group == washes.group[account.lot_name[i]] and not own:
                matched = min(left, free[k])
                left, free[k] = left - matched, free[k] - matched
        if left < shares:
            found.append((i, shares - left, per_share))
    return found
