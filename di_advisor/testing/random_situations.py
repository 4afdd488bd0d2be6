"""Random situations around a random account: costs by side, wash sales to be priced, stand-ins, retirement.

Problem: terms that depend on more than account and mandate are never drawn by a generator of these two.
Decision: each function adds one situation to signals that are there, and gives the wishes that belong to
it. Invented figures of plausible size; the same generator state gives the same situation. Limits: purchases
and losses that may wash lie in other accounts, so that no lot of this one has two roles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.mandate import WashPolicy
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.signals import Signals
from di_advisor.domain.washes import FreePurchase, WaitingLoss, WashQuantities

__all__ = ["RandomSituation", "in_retirement", "with_costs_by_side", "with_stand_ins", "with_washes"]

_WINDOW_DAYS = 30
_PURCHASES, _LOSSES = 3, 3
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class RandomSituation:
    """Signals in a situation, and the fields of a mandate that belong to it."""

    signals: Signals
    changes: dict[str, Any]


def with_costs_by_side(g: np.random.Generator, signals: Signals) -> RandomSituation:
    """Sales that cost otherwise than buys in every coefficient."""
    costs, n = signals.market.costs, len(signals.market.universe)
    selling = CostCurves(
        costs.universe,
        costs.linear * g.uniform(0.5, 4.0, n),
        costs.three_halves * g.uniform(0.5, 3.0, n),
        costs.quadratic + g.uniform(0, 3e-8, n),
    )
    market = replace(signals.market, costs=replace(costs, selling=selling))
    return RandomSituation(replace(signals, market=market), {})


def with_washes(g: np.random.Generator, signals: Signals) -> RandomSituation:
    """Purchases and losses of another account within 30 days: what is sold at a loss or bought today may be washed."""
    account, market = signals.account, signals.market
    n, securities = len(market.universe), market.universe.securities
    price = np.array([float(p) for p in market.price_usd])
    group = tuple(s.identical_group or s.security_id for s in securities)
    losing = account.lot_sellable & account.lot_known & account.can_sell[account.lot_name] & (account.lot_gain_usd < 0)
    at_loss = np.unique(account.lot_name[losing])
    bought = g.permutation(at_loss)[:_PURCHASES].tolist()
    sold = g.permutation([i for i in range(n) if i not in bought])[:_LOSSES].tolist()

    def some_shares(name: int) -> Decimal:
        usd = account.value_usd * float(np.exp(g.uniform(np.log(2e-4), np.log(2e-2))))
        return Decimal(max(1, round(usd / price[name])))

    def some_day() -> timedelta:
        return timedelta(days=int(g.integers(1, _WINDOW_DAYS)))

    gone = {name: bool(g.random() < 0.3) for name in bought}
    purchases = tuple(
        FreePurchase(
            "retirement" if gone[i] else "elsewhere",
            securities[i].security_id,
            group[i],
            market.as_of - some_day(),
            some_shares(i),
            f"p{k}",
            lost=gone[i],
        )
        for k, i in enumerate(bought)
    )
    losses = tuple(
        WaitingLoss("elsewhere", securities[i].security_id, group[i], market.as_of - some_day(), shares, loss)
        for i in sold
        for shares in [some_shares(i)]
        for loss in [(shares * market.price_usd[i] * Decimal(repr(round(g.uniform(0.05, 0.4), 4)))).quantize(_CENT)]
    )
    washable, sell_usd, lost = np.zeros(len(account.lots), np.bool_), np.zeros(n), np.zeros(n, np.bool_)
    for name in at_loss.tolist():
        meets = [p for p in purchases if p.group == group[name]]
        if meets:
            mine = losing & (account.lot_name == name)
            held = float(sum(Fraction(account.lots[i].shares) for i in np.flatnonzero(mine).tolist()))
            washable |= mine
            sell_usd[name] = min(held, float(sum(Fraction(p.shares) for p in meets))) * price[name]
            lost[name] = any(p.lost for p in meets)
    waiting = [[x for x in losses if x.group == key] for key in group]
    buy_usd = np.array([float(sum(Fraction(x.shares) for x in of)) for of in waiting]) * price
    dearest = np.array([max((float(x.loss_usd) / float(x.shares) for x in of), default=0.0) for of in waiting])
    washes = WashQuantities(purchases, losses, {}, group, washable, sell_usd, lost, buy_usd, dearest / price)
    changes = {
        "wash_policy": WashPolicy.PRICE,
        "wash_deferral_years": float(g.uniform(1, 12)),
        "discount_rate_per_year": float(g.uniform(0.02, 0.1)),
    }
    return RandomSituation(replace(signals, account=replace(account, washes=washes)), changes)


def with_stand_ins(g: np.random.Generator, signals: Signals) -> RandomSituation:
    """One or two names taken out of the target, each of which may stand in for names of it."""
    universe, target = signals.market.universe, signals.account.target_weight.copy()
    order = g.permutation(len(universe)).tolist()
    count = 1 + int(g.random() < 0.5)
    outside, inside = order[:count], order[count:]
    group = [s.identical_group for s in universe.securities]
    target[outside] = 0.0
    ids = universe.security_ids
    replacements: dict[str, tuple[str, ...]] = {}
    for name in inside[: 1 + int(g.integers(4))]:
        given = [i for i in outside if not group[i] or group[i] != group[name]]
        picked = given[: 1 + int(g.integers(len(given)))] if given else []
        if picked:
            replacements[ids[name]] = tuple(ids[i] for i in picked)
    account = replace(signals.account, target_weight=target / target.sum())
    changes = {"replacements": replacements, "replacement_width": float(g.choice([0.25, 1.0, 1.5]))}
    return RandomSituation(replace(signals, account=account), changes)


def in_retirement(signals: Signals) -> Signals:
    """The same account where nothing is taxed."""
    account = signals.account
    return replace(signals, account=replace(account, kind=AccountKind.ROTH, lot_gain_usd=np.zeros(len(account.lots))))
