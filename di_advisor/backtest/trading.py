"""From a proposal to fills at the close: the ledger's sales and purchases, with the cost model's cost.

Problem: the ledger wants whole events with fees, the proposal has a line a lot. Decision: one sale a name, its lots
named with their shares, one purchase a name; the cost that the model predicts for the net trade of a name is its fee,
in cents, and all fees together are the cost of the whole to the cent, the largest remainders rounded up. Limits:
fills are at the close that the proposal knew, all of them at once. What a proposal is written down as is here too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

import numpy as np

from di_advisor.backtest.record import RebalanceRow
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.events import Buy, Event, LotChoice, LotMethod, LotShares, Sell
from di_advisor.domain.portfolio import Side
from di_advisor.domain.trades import Trade
from di_advisor.propose.proposal import Proposal
from di_advisor.units import CENTS_PER_USD

__all__ = ["Fills", "fills_of", "gains_of", "row_of"]

_IDLE = "No trade was worth more than its cost."


@dataclass(frozen=True, slots=True)
class Fills:
    """What a proposal became.

    Attributes
    ----------
    events : tuple of Event
        Sales and purchases.
    bought_usd, sold_usd, cost_usd : Decimal
        Totals, cost not in the first two.
    """

    events: tuple[Event, ...]
    bought_usd: Decimal
    sold_usd: Decimal
    cost_usd: Decimal


def fills_of(proposal: Proposal, costs: CostCurves, account_id: str, day: date) -> Fills:
    """Fills of all trades of a proposal.

    Parameters
    ----------
    proposal : Proposal
        Carried out as it stands.
    costs : CostCurves
        Over the universe of the proposal's market.
    account_id : str
        Where.
    day : date
        Trade date.
    """
    sells, buys = _by_name(proposal.trade_list, Side.SELL), _by_name(proposal.trade_list, Side.BUY)
    sold = {name: sum((t.value_usd for t in trades), Decimal(0)) for name, trades in sells.items()}
    bought = {name: sum((t.value_usd for t in trades), Decimal(0)) for name, trades in buys.items()}
    fees = _fees(sold, bought, costs)
    events: list[Event] = []
    for name, trades in sells.items():
        lots = tuple(LotShares(t.lot_id, t.shares) for t in trades)
        events.append(
            Sell(
                event_id=f"sell-{name}-{day}",
                on=day,
                account_id=account_id,
                security_id=name,
                shares=sum((t.shares for t in trades), Decimal(0)),
                amount_usd=sold[name],
                fees_usd=min(fees[name, Side.SELL], sold[name]),
                choice=LotChoice(LotMethod.SPECIFIC, lots),
            )
        )
    for name, trades in buys.items():
        events.append(
            Buy(
                event_id=f"buy-{name}-{day}",
                on=day,
                account_id=account_id,
                security_id=name,
                shares=sum((t.shares for t in trades), Decimal(0)),
                amount_usd=bought[name],
                fees_usd=fees[name, Side.BUY],
            )
        )
    total = sum((e.fees_usd for e in events if isinstance(e, Buy | Sell)), Decimal(0))
    return Fills(tuple(events), sum(bought.values(), Decimal(0)), sum(sold.values(), Decimal(0)), Decimal(str(total)))


def _by_name(trades: tuple[Trade, ...], side: Side) -> dict[str, list[Trade]]:
    found: dict[str, list[Trade]] = defaultdict(list)
    for trade in trades:
        if trade.side is side:
            found[trade.security_id].append(trade)
    return dict(sorted(found.items()))


def _fees(sold: dict[str, Decimal], bought: dict[str, Decimal], costs: CostCurves) -> dict[tuple[str, Side], Decimal]:
    """Cost of each name's net trade in cents, on the side of each of its fills by its size."""
    at = costs.universe.positions
    net = np.zeros(len(costs.universe))
    for name in {*sold, *bought}:
        net[at[name]] = float(bought.get(name, Decimal(0)) - sold.get(name, Decimal(0)))
    cost_usd = costs.cost_usd(net)
    keys: list[tuple[str, Side]] = []
    exact_cents: list[float] = []
    for side, traded in ((Side.SELL, sold), (Side.BUY, bought)):
        for name, value in traded.items():
            both = float(sold.get(name, Decimal(0)) + bought.get(name, Decimal(0)))
            keys.append((name, side))
            share = float(value) / both if both > 0 else 0.0
            exact_cents.append(float(cost_usd[at[name]]) * CENTS_PER_USD * share)
    cents = [floor(c) for c in exact_cents]
    missing = round(sum(exact_cents)) - sum(cents)
    for i in sorted(range(len(keys)), key=lambda i: (cents[i] - exact_cents[i], keys[i]))[: max(missing, 0)]:
        cents[i] += 1
    return {key: Decimal(c) / CENTS_PER_USD for key, c in zip(keys, cents, strict=True)}


def gains_of(proposal: Proposal) -> tuple[Fraction, Fraction]:
    """Short-term and long-term gains that a proposal realises, USD."""
    short = long = Fraction(0)
    for trade in proposal.trade_list:
        gain = Fraction(trade.gain_usd or 0)
        long, short = (long + gain, short) if trade.long_term else (long, short + gain)
    return short, long


def row_of(reasons: tuple[str, ...], proposal: Proposal, cap: float | None, note: str) -> RebalanceRow:
    """What is written of a proposal: its reasons, figures, and what is to be noted."""
    terms = proposal.terms_usd
    return RebalanceRow(
        day=proposal.as_of,
        reasons=reasons,
        trades=len(proposal.trade_list),
        benefit_usd=float(proposal.benefit_usd),
        gap_usd=proposal.certificate.rounded_gap_usd,
        tax_usd=float(terms.get("tax", 0)),
        cost_usd=float(terms.get("trading cost", 0)),
        tracking_error_before=proposal.before.tracking_error,
        tracking_error_after=proposal.after.tracking_error,
        tracking_error_max=cap,
        note=note or ("" if proposal.trade_list else _IDLE),
    )
