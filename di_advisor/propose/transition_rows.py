"""A plan over stages in rows: what each stage does, what each tax year bears, and the trades meant for later."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from di_advisor.domain.amounts import to_decimal
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import Signals
from di_advisor.domain.trades import Trade
from di_advisor.domain.transition import TransitionWish
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import StagedProblem
from di_advisor.propose.proposal import Proposal
from di_advisor.propose.transition import LaterTrade, PlannedStage, PlannedYear

__all__ = ["later_trades", "stages_of", "years_of"]

_CENTS = 2


def _total(trades: tuple[Trade, ...], side: Side) -> Decimal:
    return sum((t.value_usd for t in trades if t.side is side), Decimal(0))


def stages_of(staged: StagedProblem, plans: tuple[Plan, ...], today: Proposal) -> tuple[PlannedStage, ...]:
    """One row a stage; today's sums are those of the orders."""
    value, z = staged.holdings.value_usd, staged.start
    whole = float(np.abs(staged.start).sum())
    found = []
    spent = staged.spent(plans)

    def usd(weight: float) -> Decimal:
        return to_decimal(weight * value, _CENTS)

    for i, (leg, plan, cost) in enumerate(zip(staged.legs, plans, spent, strict=True)):
        before, z = z, z + plan.net(staged.holdings.lot_name)
        gain = leg.gain * plan.sells
        short, long = float(gain[~leg.long_term].sum()), float(gain[leg.long_term].sum())
        sold, bought = (leg.growth * float(side.sum()) for side in (plan.sells, plan.buys))
        orders = today.trade_list if i == 0 else None  # the orders, exactly
        found.append(
            PlannedStage(
                on=leg.on,
                sold_usd=usd(sold) if orders is None else _total(orders, Side.SELL),
                bought_usd=usd(bought) if orders is None else _total(orders, Side.BUY),
                gain_short_usd=usd(short),
                gain_long_usd=usd(long),
                tax_usd=usd(cost.tax),
                cost_usd=usd(cost.cost),
                risk_usd=usd(cost.risk),
                tracking_error_before=staged.risk.tracking_error(before),
                tracking_error_after=staged.risk.tracking_error(z),
                done=1.0 - float(np.abs(z).sum()) / whole if whole > 0 else 1.0,
            )
        )
    return tuple(found)


def years_of(staged: StagedProblem, plans: tuple[Plan, ...], wish: TransitionWish) -> tuple[PlannedYear, ...]:
    """One row a tax year: by a return, its tax against that of never trading."""
    value = staged.holdings.value_usd
    found = []
    by_return = None if staged.taxes is None else staged.taxes.changed_by_year(plans)
    for year in sorted({leg.on.year for leg in staged.legs}):
        own = [(leg, p) for leg, p in zip(staged.legs, plans, strict=True) if leg.on.year == year]
        gain, tax = (sum(float(getattr(leg, per) @ p.sells) for leg, p in own) for per in ("gain", "tax_rate"))
        if by_return is not None:
            tax = by_return[year - staged.legs[0].on.year]
        budgets = [wish.budget_of(kind, year) for kind in ("gain", "tax")]
        exact = [None if b is None else to_decimal(float(b), _CENTS) for b in budgets]
        found.append(PlannedYear(year, to_decimal(gain * value, _CENTS), to_decimal(tax * value, _CENTS), *exact))
    return tuple(found)


def later_trades(signals: Signals, staged: StagedProblem, plans: tuple[Plan, ...]) -> tuple[LaterTrade, ...]:
    """Provisional trades, sales first, largest first; below a cent they are none."""
    account, securities = signals.account, signals.market.universe.securities
    value, first = staged.holdings.value_usd, staged.legs[0]
    cent = Decimal("0.01")
    found: list[LaterTrade] = []
    for leg, plan in zip(staged.legs[1:], plans[1:], strict=True):
        own: list[LaterTrade] = []
        for at in np.flatnonzero(plan.sells).tolist():
            security = securities[int(account.lot_name[at])]
            usd = to_decimal(leg.growth * plan.sells[at] * value, _CENTS)
            gain = to_decimal(float(leg.gain[at] * plan.sells[at]) * value, _CENTS)
            turned = bool(leg.long_term[at] and not first.long_term[at])
            lot = account.lots[at].lot_id
            term = bool(leg.long_term[at])
            own.append(
                LaterTrade(leg.on, Side.SELL, security.security_id, security.ticker, lot, usd, gain, term, turned)
            )
        for name in np.flatnonzero(plan.buys).tolist():
            security = securities[name]
            usd = to_decimal(leg.growth * plan.buys[name] * value, _CENTS)
            own.append(LaterTrade(leg.on, Side.BUY, security.security_id, security.ticker, "", usd))
        found += sorted(
            (t for t in own if t.value_usd >= cent), key=lambda t: (t.side is Side.BUY, -t.value_usd, t.ticker)
        )
    return tuple(found)
