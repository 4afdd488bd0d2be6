"""Every wish checked on final orders, from the wish's own words and in exact decimals.

Problem: a rule that is wrong in the formulation is wrong everywhere that the formulation is used to
check it. Decision: this reads signals, mandate and orders only, reckons shares and dollars in
`Decimal`, and knows nothing of problems, plans, segments or solvers. ESG wishes, screens, bands of single
groups and stand-ins are in `wish_check`. Limits: where names that must leave empty a group, the bands of its kind
give way, and are checked as far as that allows; a priced wash sale is no broken wish, but its loss counts towards no
budget (`wash_check`); the least benefit is
no rule but a threshold on an objective.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal

import numpy as np

from di_advisor.domain.mandate import Band, Mandate, TradingMode, WashPolicy
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import ConstantRates
from di_advisor.testing.final_account import TOLERANCE, Broken, FinalAccount, FinalOrders, as_decimal, or_infinite
from di_advisor.testing.wash_check import washed_losses
from di_advisor.testing.wish_check import broken_further_wishes

__all__ = ["TOLERANCE", "Broken", "FinalOrders", "TaxOf", "broken_wishes"]

_WITHOUT_BUYS = (TradingMode.SELL_ONLY, TradingMode.RAISE_CASH, TradingMode.LIQUIDATE)
_ZERO = Decimal(0)

TaxOf = ConstantRates | Callable[[float, float], float]
"""Constant rates, or what further short-term and long-term gain change the year's tax by, in USD."""


def broken_wishes(signals: Signals, mandate: Mandate, orders: FinalOrders, rates: TaxOf | None = None) -> list[Broken]:
    """The wishes that final orders do not keep; empty where all are kept.

    Parameters
    ----------
    signals : Signals
        Market and account.
    mandate : Mandate
        The wishes.
    orders : FinalOrders
        Exact shares.
    rates : ConstantRates or callable, optional
        For a tax budget; it is not checked where they are left out.
    """
    account = FinalAccount(signals, mandate, orders)
    checks: tuple[Callable[[FinalAccount], Iterator[Broken]], ...] = (
        _shares,
        _locks_and_lists,
        _sides,
        _sizes,
        _cash,
        _names,
        _groups,
        _account_limits,
        _forced_out,
    )
    found = [b for check in checks for b in check(account)]
    return [*found, *broken_further_wishes(account), *_budgets(account, rates)]


def _shares(a: FinalAccount) -> Iterator[Broken]:
    """Orders are of shares that are there, on the lattice, but for positions that are sold out."""
    lots, step = a.signals.account.lots, a.step
    of_name: dict[int, Decimal] = {}
    for i, shares in a.orders.sells.items():
        if not 0 < shares <= as_decimal(lots[i].shares):
            yield Broken("rounding", f"{shares} of {lots[i].shares} shares of lot {lots[i].lot_id} are sold")
        name = int(a.signals.account.lot_name[i])
        of_name[name] = of_name.get(name, _ZERO) + shares
    for name, shares in a.orders.buys.items():
        if shares <= 0 or shares % step:
            yield Broken("rounding", f"{shares} shares of {a.ticker(name)} are bought, in steps of {step}")
    for name, shares in of_name.items():
        mine = [i for i in np.flatnonzero(a.signals.account.lot_name == name).tolist() if a.is_open(i)]
        everything = all(a.orders.sells.get(i, _ZERO) == as_decimal(lots[i].shares) for i in mine)
        if shares % step and not everything:
            yield Broken("rounding", f"{shares} shares of {a.ticker(name)} are sold, in steps of {step}")


def _locks_and_lists(a: FinalAccount) -> Iterator[Broken]:
    account, ids, mandate = a.signals.account, a.signals.market.universe.security_ids, a.mandate
    for i in a.orders.sells:
        lot, name = account.lots[i], int(account.lot_name[i])
        if not a.is_open(i):
            yield Broken("locks", f"locked lot {lot.lot_id} is sold")
        if ids[name] in mandate.do_not_sell:
            yield Broken("do_not_sell", f"{a.ticker(name)} is sold")
        if mandate.min_holding_days and lot.acquired is not None:
            days = (a.signals.market.as_of - lot.acquired).days
            if days < mandate.min_holding_days:
                yield Broken("min_holding_days", f"lot {lot.lot_id} is sold after {days} days")
    for name in a.orders.buys:
        if not account.can_buy[name]:
            yield Broken("locks", f"locked {a.ticker(name)} is bought")
        for wish in ("do_not_buy", "do_not_hold"):
            if ids[name] in getattr(mandate, wish):
                yield Broken(wish, f"{a.ticker(name)} is bought")
        if a.target[name] <= 0 and not a.stand_ins[name]:
            yield Broken("target", f"{a.ticker(name)} is bought and not in the target")


def _sides(a: FinalAccount) -> Iterator[Broken]:
    account, group = a.signals.account, a.signals.market.universe.group_of
    sold = {int(account.lot_name[i]) for i in a.orders.sells}
    for name in sold & set(a.orders.buys):
        yield Broken("sides", f"{a.ticker(name)} is sold and bought")
    lost = {int(group[account.lot_name[i]]) for i in a.orders.sells if account.lot_gain_usd[i] < 0}
    both = lost & {int(group[name]) for name in a.orders.buys}
    if both and a.mandate.wash_policy is WashPolicy.BAN:
        yield Broken("wash_policy", f"groups {sorted(both)} are sold at a loss and bought")
    if a.mandate.mode is TradingMode.BUY_ONLY and a.orders.sells:
        yield Broken("mode", "something is sold")
    if a.mandate.mode in _WITHOUT_BUYS and a.orders.buys:
        yield Broken("mode", "something is bought")


def _sizes(a: FinalAccount) -> Iterator[Broken]:
    mandate, room, least = a.mandate, TOLERANCE * float(a.value), a.least_trade_usd
    for name in np.flatnonzero(a.traded > 0).tolist():
        traded = float(a.traded[name])
        limits = (
            ("min_trade", -math.inf if a.is_sold_out(name) else least - traded),
            ("max_trade_usd", traded - or_infinite(mandate.max_trade_usd)),
            ("participation_max", traded - or_infinite(mandate.participation_max) * a.signals.market.adv_usd[name]),
        )
        for wish, excess in limits:
            if excess > room:
                yield Broken(wish, f"${traded:,.2f} of {a.ticker(name)} are traded", excess)


def _cash(a: FinalAccount) -> Iterator[Broken]:
    mandate, value = a.mandate, float(a.value)
    after = float(a.cash_before_cost) - a.cost_usd
    liquidating = mandate.mode is TradingMode.LIQUIDATE
    least = 0.0 if liquidating else mandate.cash_min * value
    wish = "withdrawal_usd" if mandate.withdrawal_usd and after < 0 else "cash_min"
    if after < least:  # the predicted cost never falls short of the curve's, so there is nothing to allow
        yield Broken(wish, f"${after:,.2f} of cash remain", least - after)
    over = float(a.cash_before_cost) - mandate.cash_max * value
    if over > TOLERANCE * value and not liquidating:
        yield Broken("cash_max", f"${float(a.cash_before_cost):,.2f} of cash remain before costs", over)


def _names(a: FinalAccount) -> Iterator[Broken]:
    band, t = a.mandate.name_band, a.target
    if a.mandate.mode is TradingMode.LIQUIDATE:
        return
    low = np.maximum(np.maximum(band.lower_multiple * t, t - band.active_max), 0.0)
    multiple = np.where(t > 0, t * band.upper_multiple if math.isfinite(band.upper_multiple) else math.inf, 0.0)
    high = np.minimum(np.maximum(np.minimum(multiple, t + band.active_max), band.floor), band.weight_max)
    high = np.where(a.stand_ins, band.weight_max, high)  # how much may be bought of these is a limit of its own
    low = np.where(a.leaves, 0.0, np.minimum(np.minimum(low, band.weight_max), a.held))  # where it already is
    excess = np.maximum(low - a.after, a.after - np.maximum(high, a.held))
    for name in np.flatnonzero(excess > TOLERANCE).tolist():
        yield Broken("name_band", f"{a.ticker(name)} stands at {a.after[name]:.6f}", float(excess[name]))


def _groups(a: FinalAccount) -> Iterator[Broken]:
    if a.mandate.mode is TradingMode.LIQUIDATE:
        return
    limits: list[tuple[str, float, float, float]] = []
    for kind in ("sector", "industry", "country"):
        band = getattr(a.mandate, f"{kind}_band")
        limits += [] if band is None else [(f"{kind}_band", *limit) for limit in _of_kind(a, kind, band)]
    risk = a.signals.market.risk
    for factor, band in a.mandate.factor_bands.items():
        active = float(risk.exposures[:, risk.factors.index(factor)] @ a.active)
        limits.append(("factor_bands", active, band.lower, band.upper))
    for wish, active, lower, upper in limits:
        excess = max(lower - active, active - upper)
        if excess > TOLERANCE:
            yield Broken(wish, f"the active value is {active:.6f}", excess)


def _of_kind(a: FinalAccount, kind: str, band: Band) -> list[tuple[float, float, float]]:
    """Active weight of each group of a kind with its limits.

    Where names that must leave bring a group below its lower limit, that limit may have been dropped; the
    others may then have let in what the group lacks, in proportion to their targets.
    """
    labels = np.array([getattr(s, kind) for s in a.signals.market.universe.securities])
    members = [labels == group for group in sorted({*labels.tolist()} - {""})]
    active = [float(a.active[m].sum()) for m in members]
    emptied = [x < band.lower and bool((m & a.leaves).any()) for x, m in zip(active, members, strict=True)]
    lost = -sum(x for x, gone in zip(active, emptied, strict=True) if gone)
    target = [float(a.target[m].sum()) for m in members]
    kept = sum(t for t, gone in zip(target, emptied, strict=True) if not gone)
    more = [lost * t / kept if kept > 0 and not gone else 0.0 for t, gone in zip(target, emptied, strict=True)]
    return [
        (x, -math.inf if gone else band.lower, band.upper + extra)
        for x, gone, extra in zip(active, emptied, more, strict=True)
    ]


def _account_limits(a: FinalAccount) -> Iterator[Broken]:
    mandate, risk = a.mandate, a.signals.market.risk
    turnover = 0.5 * float(a.traded.sum()) / float(a.value)
    if turnover - or_infinite(mandate.turnover_max) > TOLERANCE:
        yield Broken("turnover_max", f"turnover is {turnover:.6f}", turnover - or_infinite(mandate.turnover_max))
    trades = int((a.traded > 0).sum())
    if trades > or_infinite(mandate.max_trades):
        yield Broken("max_trades", f"{trades} names trade", trades - or_infinite(mandate.max_trades))
    if mandate.mode is TradingMode.LIQUIDATE:
        return
    held = sum(h + b > s for h, b, s in zip(a.held_usd, a.bought_usd, a.sold_usd, strict=True))
    if held > or_infinite(mandate.max_names):
        yield Broken("max_names", f"{held} names are held", held - or_infinite(mandate.max_names))
    factor = risk.exposures.T @ a.active
    own = float(risk.specific_variance_per_year @ a.active**2)
    error = math.sqrt(max(float(factor @ risk.factor_covariance_per_year @ factor) + own, 0.0))
    excess = error - or_infinite(mandate.tracking_error_max)
    if excess > TOLERANCE * TOLERANCE:
        yield Broken("tracking_error_max", f"tracking error is {error:.8f}", excess)


def _forced_out(a: FinalAccount) -> Iterator[Broken]:
    """What must not be held, or all in a liquidation, is sold as far as locks and sizes allow."""
    mandate, market = a.mandate, a.signals.market
    liquidating = mandate.mode is TradingMode.LIQUIDATE
    if mandate.mode is TradingMode.BUY_ONLY:
        return
    for name, security_id in enumerate(market.universe.security_ids):
        if not (liquidating or security_id in mandate.do_not_hold):
            continue
        free, most = a.free_usd(name), a.most_usd(name)
        wanted = free if free <= most else most - 2.0 * float(a.step * market.price_usd[name])
        left = wanted - float(a.sold_usd[name])
        if left > TOLERANCE * float(a.value) and wanted >= a.least_trade_usd:
            wish = "mode" if liquidating else "do_not_hold"
            yield Broken(wish, f"${left:,.2f} of {a.ticker(name)} could still be sold", left)


def _budgets(a: FinalAccount, rates: TaxOf | None) -> Iterator[Broken]:
    mandate, account, price = a.mandate, a.signals.account, a.signals.market.price_usd
    gains = {True: 0.0, False: 0.0}
    for i, shares in a.orders.sells.items():
        lot, name = account.lots[i], int(account.lot_name[i])
        if lot.basis_total_usd is None or not account.lot_known[i]:
            continue
        realised = float(shares * price[name]) - float(lot.basis_of(shares))
        if account.lot_gain_usd[i] == 0:  # an account in which nothing is taxed
            realised = 0.0
        gains[bool(account.lot_long_term[i])] += realised
    for long_term, loss in washed_losses(a).items():
        gains[long_term] += loss
    gain, room = sum(gains.values()), TOLERANCE * float(a.value)
    if gain - or_infinite(mandate.gain_budget_usd) > room:
        yield Broken("gain_budget_usd", f"${gain:,.2f} are realised", gain - or_infinite(mandate.gain_budget_usd))
    if rates is None or mandate.tax_budget_usd is None:
        return
    if isinstance(rates, ConstantRates):
        tax = rates.short_term * gains[False] + rates.long_term * gains[True]
    else:
        tax = rates(gains[False], gains[True])
    if tax - or_infinite(mandate.tax_budget_usd) > room:
        yield Broken("tax_budget_usd", f"${tax:,.2f} of tax are due", tax - or_infinite(mandate.tax_budget_usd))
