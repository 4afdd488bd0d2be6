"""What a stand-in stands in for, from when swapping back is safe, and what that would cost.

Limits: the cost is that of today's curves for the two trades; which of several names a stand-in is for
is not decided, so it is told with all of its set that are sold, and shared among them by size.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np

from di_advisor.domain.amounts import to_decimal
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import Signals
from di_advisor.domain.trades import Trade
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.replacements import StandInLimit
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS, WASH_WINDOW_DAYS
from di_advisor.propose.settle import Orders

__all__ = ["swap_back_cost_usd", "with_stand_ins"]

_CENTS = 2


def with_stand_ins(trades: Iterable[Trade], problem: Problem, signals: Signals, orders: Orders) -> tuple[Trade, ...]:
    """Trades of which the stand-ins say what they stand in for.

    Parameters
    ----------
    trades : iterable of Trade
        Of the account.
    problem, signals, orders
        What they came from.
    """
    limits = [r for r in problem.rules if isinstance(r, StandInLimit)]
    at = signals.market.universe.positions
    told = []
    for trade in trades:
        limit = next((r for r in limits if r.stand_ins[at[trade.security_id]]), None)
        told.append(_told(trade, limit, signals, orders) if limit and trade.side is Side.BUY else trade)
    return tuple(told)


def swap_back_cost_usd(signals: Signals, stand_in: int, names: dict[int, float], value_usd: float) -> Decimal:
    """Cost of selling a stand-in and buying names back, by today's cost curves, in USD.

    Parameters
    ----------
    signals : Signals
        With the cost curves.
    stand_in : int
        Position of the stand-in.
    names : dict of int to float
        Position of each name, and its share of the amount.
    value_usd : float
        Amount that is swapped.
    """
    traded = np.zeros(len(signals.market.universe))
    traded[stand_in] = value_usd
    for name, share in names.items():
        traded[name] += share * value_usd
    return to_decimal(float(signals.market.costs.cost_usd(traded).sum()), _CENTS)


def _told(trade: Trade, limit: StandInLimit, signals: Signals, orders: Orders) -> Trade:
    account, market = signals.account, signals.market
    sold: dict[int, float] = {}
    at_loss = False
    for lot, shares in orders.sells.items():
        name = int(account.lot_name[lot])
        if limit.names[name]:
            sold[name] = sold.get(name, 0.0) + float(shares * market.price_usd[name])
            at_loss = at_loss or account.lot_gain_usd[lot] < 0
    if not sold:
        return trade
    share = {name: usd / sum(sold.values()) for name, usd in sold.items()}
    who = ", ".join(market.universe.securities[i].ticker for i in sorted(sold, key=lambda i: -sold[i]))
    value = float(trade.value_usd)
    cost = swap_back_cost_usd(signals, market.universe.positions[trade.security_id], share, value)
    safe = market.as_of + timedelta(days=WASH_WINDOW_DAYS + 1) if at_loss else market.as_of
    when = f"from {safe.isoformat()} on" if at_loss else "at any time, because no loss was taken"
    gain = "" if account.kind in RETIREMENT_KINDS else " A gain on it by then would be short-term."
    sentence = (
        f"{trade.sentence} It stands in for {who}: swapping back is safe {when}, and would cost about "
        f"${cost:,} for the two trades.{gain}"
    )
    facts = {
        **trade.facts,
        "stands in for": who,
        "swap back from": safe.isoformat(),
        "swap back cost usd": str(cost),
    }
    return replace(trade, facts=facts, sentence=sentence)
