"""Every wish checked on final orders, from the wish's own words and in exact decimals.

Problem: a rule that is wrong in the formulation is wrong everywhere that the formulation is used to
check it. Decision: this reads signals, mandate and orders only, reckons shares and dollars in
`Decimal`, and knows nothing of problems, plans, segments or solvers. Limits: ESG wishes, screens and
bands by group are checked elsewhere (where names must leave, bands of sectors, industries and countries
give way to that, and are not checked here); a priced wash sale is no broken wish; the least benefit is no rule but a
threshold on an objective; a tax budget is checked at constant rates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.mandate import Band, Mandate, Rounding, TradingMode, WashPolicy
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import ConstantRates
from di_advisor.units import ROUND_LOT_SHARES

__all__ = ["TOLERANCE", "Broken", "FinalOrders", "broken_wishes"]

TOLERANCE = 1e-6
"""By how much a limit on a weight may be passed: a dollar in a million."""

_WITHOUT_BUYS = (TradingMode.SELL_ONLY, TradingMode.RAISE_CASH, TradingMode.LIQUIDATE)
_ZERO = Decimal(0)


@dataclass(frozen=True)
class FinalOrders:
    """Shares sold by position of the lot, and bought by position of the name."""

    sells: Mapping[int, Decimal]
    buys: Mapping[int, Decimal]


@dataclass(frozen=True)
class Broken:
    """A wish that is not kept: the field of the mandate, what happened, and by how much."""

    wish: str
    what: str
    excess: float = math.nan


class _Account:
    """The account before and after the orders: dollars in Decimal, weights of what remains as floats."""

    def __init__(self, signals: Signals, mandate: Mandate, orders: FinalOrders) -> None:
        account, price = signals.account, signals.market.price_usd
        self.signals, self.mandate, self.orders = signals, mandate, orders
        n = len(price)
        self.held_usd, self.sold_usd, self.bought_usd = [_ZERO] * n, [_ZERO] * n, [_ZERO] * n
        for i, lot in enumerate(account.lots):
            name = int(account.lot_name[i])
            self.held_usd[name] += _decimal(lot.shares) * price[name]
            self.sold_usd[name] += orders.sells.get(i, _ZERO) * price[name]
        for name, shares in orders.buys.items():
            self.bought_usd[name] += shares * price[name]
        self.aside = Decimal(0) if mandate.withdrawal_usd == 0 else _decimal(mandate.withdrawal_usd)
        value = sum(self.held_usd, _ZERO) + account.cash_usd
        self.value = value if mandate.mode is TradingMode.LIQUIDATE else value - self.aside
        sold, bought = np.array(self.sold_usd, dtype=np.float64), np.array(self.bought_usd, dtype=np.float64)
        costs = signals.market.costs
        self.cost_usd = float(costs.cost_usd(sold).sum() + costs.cost_usd(bought).sum())
        self.cash_before_cost = account.cash_usd + sum(self.sold_usd, _ZERO) - sum(self.bought_usd, _ZERO) - self.aside
        self.traded = sold + bought
        self.held = np.array(self.held_usd, dtype=np.float64) / float(self.value)
        self.net = (bought - sold) / float(self.value)
        self.after = self.held + self.net
        self.target = account.target_weight
        self.active = self.after - self.target

    def ticker(self, name: int) -> str:
        return self.signals.market.universe.securities[name].ticker


def _decimal(amount: object) -> Decimal:
    exact = as_fraction(amount)  # type: ignore[arg-type]  # Decimal or Fraction
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def broken_wishes(
    signals: Signals, mandate: Mandate, orders: FinalOrders, rates: ConstantRates | None = None
) -> list[Broken]:
    """The wishes that final orders do not keep; empty where all are kept.

    Parameters
    ----------
    signals : Signals
        Market and account.
    mandate : Mandate
        The wishes.
    orders : FinalOrders
        Exact shares.
    rates : ConstantRates, optional
        For a tax budget; it is not checked where they are left out.
    """
    account = _Account(signals, mandate, orders)
    checks: tuple[Callable[[_Account], Iterator[Broken]], ...] = (
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
    return [*found, *_budgets(account, rates)]


def _shares(a: _Account) -> Iterator[Broken]:
    """Orders are of shares that are there, on the lattice, but for positions that are sold out."""
    lots, step = a.signals.account.lots, _step(a.mandate)
    of_name: dict[int, Decimal] = {}
    for i, shares in a.orders.sells.items():
        if not 0 < shares <= _decimal(lots[i].shares):
            yield Broken("rounding", f"{shares} of {lots[i].shares} shares of lot {lots[i].lot_id} are sold")
        name = int(a.signals.account.lot_name[i])
        of_name[name] = of_name.get(name, _ZERO) + shares
    for name, shares in a.orders.buys.items():
        if shares <= 0 or shares % step:
            yield Broken("rounding", f"{shares} shares of {a.ticker(name)} are bought, in steps of {step}")
    for name, shares in of_name.items():
        mine = [i for i in np.flatnonzero(a.signals.account.lot_name == name).tolist() if _open(a, i)]
        everything = all(a.orders.sells.get(i, _ZERO) == _decimal(lots[i].shares) for i in mine)
        if shares % step and not everything:
            yield Broken("rounding", f"{shares} shares of {a.ticker(name)} are sold, in steps of {step}")


def _step(mandate: Mandate) -> Decimal:
    if mandate.rounding is Rounding.FRACTIONAL:
        return Decimal(1).scaleb(-mandate.share_decimals)
    return Decimal(ROUND_LOT_SHARES if mandate.rounding is Rounding.ROUND_LOTS else 1)


def _open(a: _Account, lot: int) -> bool:
    account = a.signals.account
    return bool(account.lot_sellable[lot] and account.lot_known[lot] and account.can_sell[account.lot_name[lot]])


def _locks_and_lists(a: _Account) -> Iterator[Broken]:
    account, ids, mandate = a.signals.account, a.signals.market.universe.security_ids, a.mandate
    for i in a.orders.sells:
        lot, name = account.lots[i], int(account.lot_name[i])
        if not _open(a, i):
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
        if a.target[name] <= 0:
            yield Broken("target", f"{a.ticker(name)} is bought and not in the target")


def _sides(a: _Account) -> Iterator[Broken]:
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


def _sizes(a: _Account) -> Iterator[Broken]:
    mandate, room = a.mandate, TOLERANCE * float(a.value)
    least = max(float(mandate.min_trade_usd), mandate.min_trade_weight * float(a.value))
    for name in np.flatnonzero(a.traded > 0).tolist():
        traded = float(a.traded[name])
        limits = (
            ("min_trade", least - traded),
            ("max_trade_usd", traded - _or_infinite(mandate.max_trade_usd)),
            ("participation_max", traded - _or_infinite(mandate.participation_max) * a.signals.market.adv_usd[name]),
        )
        for wish, excess in limits:
            if excess > room:
                yield Broken(wish, f"${traded:,.2f} of {a.ticker(name)} are traded", excess)


def _or_infinite(limit: object) -> float:
    return math.inf if limit is None else float(limit)  # type: ignore[arg-type]  # Decimal, Fraction or float


def _cash(a: _Account) -> Iterator[Broken]:
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


def _names(a: _Account) -> Iterator[Broken]:
    band, t = a.mandate.name_band, a.target
    if a.mandate.mode is TradingMode.LIQUIDATE:
        return
    low = np.maximum(np.maximum(band.lower_multiple * t, t - band.active_max), 0.0)
    multiple = np.where(t > 0, t * band.upper_multiple if math.isfinite(band.upper_multiple) else math.inf, 0.0)
    high = np.minimum(np.maximum(np.minimum(multiple, t + band.active_max), band.floor), band.weight_max)
    ids = a.signals.market.universe.security_ids
    leaves = np.array([s in a.mandate.do_not_hold for s in ids], dtype=np.bool_)
    low = np.where(leaves | bool(a.mandate.exclusions), 0.0, np.minimum(low, a.held))  # where it already is
    excess = np.maximum(low - a.after, a.after - np.maximum(high, a.held))
    for name in np.flatnonzero(excess > TOLERANCE).tolist():
        yield Broken("name_band", f"{a.ticker(name)} stands at {a.after[name]:.6f}", float(excess[name]))


def _groups(a: _Account) -> Iterator[Broken]:
    securities, mandate = a.signals.market.universe.securities, a.mandate
    if mandate.mode is TradingMode.LIQUIDATE:
        return
    limits: list[tuple[str, FloatArray, Band]] = []
    for kind in ("sector", "industry", "country"):
        band = getattr(mandate, f"{kind}_band")
        labels = np.array([getattr(s, kind) for s in securities])
        if band is not None and not (
            mandate.exclusions or mandate.do_not_hold & {*a.signals.market.universe.security_ids}
        ):
            limits += [(f"{kind}_band", (labels == g).astype(np.float64), band) for g in sorted({*labels} - {""})]
    risk = a.signals.market.risk
    for factor, band in mandate.factor_bands.items():
        limits.append(("factor_bands", risk.exposures[:, risk.factors.index(factor)], band))
    for wish, on, band in limits:
        active = float(on @ a.active)
        excess = max(band.lower - active, active - band.upper)
        if excess > TOLERANCE:
            yield Broken(wish, f"the active value is {active:.6f}", excess)


def _account_limits(a: _Account) -> Iterator[Broken]:
    mandate, risk = a.mandate, a.signals.market.risk
    turnover = 0.5 * float(a.traded.sum()) / float(a.value)
    if turnover - _or_infinite(mandate.turnover_max) > TOLERANCE:
        yield Broken("turnover_max", f"turnover is {turnover:.6f}", turnover - _or_infinite(mandate.turnover_max))
    trades = int((a.traded > 0).sum())
    if trades > _or_infinite(mandate.max_trades):
        yield Broken("max_trades", f"{trades} names trade", trades - _or_infinite(mandate.max_trades))
    if mandate.mode is TradingMode.LIQUIDATE:
        return
    held = sum(h + b > s for h, b, s in zip(a.held_usd, a.bought_usd, a.sold_usd, strict=True))
    if held > _or_infinite(mandate.max_names):
        yield Broken("max_names", f"{held} names are held", held - _or_infinite(mandate.max_names))
    factor = risk.exposures.T @ a.active
    own = float(risk.specific_variance_per_year @ a.active**2)
    error = math.sqrt(max(float(factor @ risk.factor_covariance_per_year @ factor) + own, 0.0))
    excess = error - _or_infinite(mandate.tracking_error_max)
    if excess > TOLERANCE * TOLERANCE:
        yield Broken("tracking_error_max", f"tracking error is {error:.8f}", excess)


def _forced_out(a: _Account) -> Iterator[Broken]:
    """What must not be held, or all in a liquidation, is sold as far as locks and sizes allow."""
    mandate, account, market = a.mandate, a.signals.account, a.signals.market
    liquidating = mandate.mode is TradingMode.LIQUIDATE
    if mandate.mode is TradingMode.BUY_ONLY:
        return
    least = max(float(mandate.min_trade_usd), mandate.min_trade_weight * float(a.value))
    for name, security_id in enumerate(market.universe.security_ids):
        if not (liquidating or security_id in mandate.do_not_hold):
            continue
        mine = [i for i in np.flatnonzero(account.lot_name == name).tolist() if _open(a, i)]
        free = float(sum((_decimal(account.lots[i].shares) for i in mine), _ZERO) * market.price_usd[name])
        most = min(
            _or_infinite(mandate.max_trade_usd), _or_infinite(mandate.participation_max) * float(market.adv_usd[name])
        )
        wanted = free if free <= most else most - 2.0 * float(_step(mandate) * market.price_usd[name])
        left = wanted - float(a.sold_usd[name])
        if left > TOLERANCE * float(a.value) and wanted >= least:
            wish = "mode" if liquidating else "do_not_hold"
            yield Broken(wish, f"${left:,.2f} of {a.ticker(name)} could still be sold", left)


def _budgets(a: _Account, rates: ConstantRates | None) -> Iterator[Broken]:
    mandate, account, price = a.mandate, a.signals.account, a.signals.market.price_usd
    gain = tax = 0.0
    for i, shares in a.orders.sells.items():
        lot, name = account.lots[i], int(account.lot_name[i])
        if lot.basis_total_usd is None or not account.lot_known[i]:
            continue
        realised = float(shares * price[name]) - float(lot.basis_of(shares))
        if account.lot_gain_usd[i] == 0:  # an account in which nothing is taxed
            realised = 0.0
        gain += realised
        if rates is not None:
            tax += realised * (rates.long_term if account.lot_long_term[i] else rates.short_term)
    room = TOLERANCE * float(a.value)
    if gain - _or_infinite(mandate.gain_budget_usd) > room:
        yield Broken("gain_budget_usd", f"${gain:,.2f} are realised", gain - _or_infinite(mandate.gain_budget_usd))
    if rates is not None and tax - _or_infinite(mandate.tax_budget_usd) > room:
        yield Broken("tax_budget_usd", f"${tax:,.2f} of tax are due", tax - _or_infinite(mandate.tax_budget_usd))
