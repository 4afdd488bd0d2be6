"""Settle: from weights to whole orders in exact decimals, every rule re-checked after rounding.

Sales name their lots, cheapest tax first; a position that is sold out is sold out exactly, fraction
included. Kept trades are not rounded: they are the shares that were kept. Cash is reckoned in Decimal
and never falls below its limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from operator import sub

import numpy as np

from di_advisor.domain.amounts import Exact, as_fraction, to_decimal
from di_advisor.domain.lot_columns import shares_at
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.domain.unit_columns import total_of
from di_advisor.domain.washes import Washed
from di_advisor.errors import SettlementError
from di_advisor.formulate.account_rules import CashRange, TrackingErrorCap
from di_advisor.formulate.kept import KeptShares, kept_shares
from di_advisor.formulate.limits import share_step
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked, Rule, slacks_in_rows
from di_advisor.formulate.terms import TradingCost
from di_advisor.propose.limit_units import unit_of
from di_advisor.propose.order_columns import TradedShares
from di_advisor.propose.rounded import decimal_shares, rounded
from di_advisor.propose.wash_check import check_washes
from di_advisor.solve.solution import Solution

__all__ = ["TOLERANCE", "Orders", "checked", "decimal_shares", "settle", "share_step", "still_kept", "values_usd"]

TOLERANCE = 1e-6
"""How far a rounded plan may pass a limit, fraction of the account: a dollar in a million."""

_CENT = Decimal("0.01")
_HALF_CENT_USD = 0.005
_TOP_UPS = 3
_MANY = {unit: f"{unit}s" for unit in ("bp", "dollar", "hundredth", "percentage point", "point")}


@dataclass(frozen=True)
class Orders:
    """Exact share counts.

    Attributes
    ----------
    shares : TradedShares
        How many of which lot and name.
    plan : Plan
        The same as weights.
    cost_usd : Decimal
        Predicted trading cost, rounded up to the cent.
    cash_usd : Decimal
        Cash after trades, cost and the withdrawal.
    net : ndarray of shape (n,)
        Net trade of each name, as a weight.
    given_up_usd : Decimal or None
        What a plan was worth that is not proposed, because the mandate asks for more.
    washed : tuple of Washed
        Losses that it washes, confirmed by the ledger.
    values_usd : tuple of two tuples of float, or None
        Each term of the problem, where nothing is traded and for the plan; None where nobody asked.
    """

    shares: TradedShares
    plan: Plan
    net: FloatArray
    cost_usd: Decimal
    cash_usd: Decimal
    given_up_usd: Decimal | None = None
    washed: tuple[Washed, ...] = ()
    values_usd: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    @property
    def sells(self) -> dict[int, Decimal]:
        """Shares by position of the lot in the signals."""
        return self.shares.sells

    @property
    def buys(self) -> dict[int, Decimal]:
        """Shares by position of the name."""
        return self.shares.buys


def values_usd(problem: Problem, plan: Plan) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Each term of a problem where nothing is traded, and for a plan, in USD."""
    nothing = problem.block.holdings.nothing()
    return tuple([t.value_usd(nothing) for t in problem.terms]), tuple([t.value_usd(plan) for t in problem.terms])


def _must_trade(problem: Problem, orders: Orders, signals: Signals) -> bool:
    """Whether doing nothing breaks a rule, or leaves less cash than none."""
    if _idle_cash_usd(problem, signals) < 0 <= orders.cash_usd:
        return True
    return any(slack < -TOLERANCE for slack in slacks_in_rows(problem.rules, problem.block.holdings.nothing()))


def settle(problem: Problem, solution: Solution, signals: Signals, mandate: Mandate) -> Orders:
    """Round a solution to orders; no orders where rounding leaves nothing to gain over doing nothing.

    Raises
    ------
    SettlementError
        If rounding to shares breaks a rule that cannot be repaired by moving single shares; it
        names the rule, the excess and what to change.
    """
    found = rounded(problem, solution, signals, mandate)
    orders = _orders(problem, signals, found)
    if _short_usd(problem, orders) > 0:
        buys = _affordable(problem, signals, mandate, found.sells, found.buys)
        sells = _enough(problem, signals, mandate, found.sells, buys)
        orders = _in_decimals(problem, signals, sells, buys)
    return _worthwhile(problem, signals, mandate, orders)


def checked(
    problem: Problem, signals: Signals, mandate: Mandate, sells: dict[int, Decimal], buys: dict[int, Decimal]
) -> Orders:
    """Given shares as orders; none where they are worth no more than the mandate asks for over doing nothing.

    Raises
    ------
    SettlementError
        If they break a rule; it names the rule and the excess.
    """
    return _worthwhile(problem, signals, mandate, _in_decimals(problem, signals, sells, buys))


def _worthwhile(problem: Problem, signals: Signals, mandate: Mandate, orders: Orders) -> Orders:
    before, after = values_usd(problem, orders.plan)
    worth = sum(map(sub, before, after))
    too_little = worth <= max(_HALF_CENT_USD, float(mandate.benefit_min_usd) - _HALF_CENT_USD)
    if too_little and not _must_trade(problem, orders, signals):
        given_up = to_decimal(worth, 2) if worth > _HALF_CENT_USD else None
        return replace(_orders(problem, signals, TradedShares()), given_up_usd=given_up)
    _check(problem, orders, signals)
    # Where wash sales are banned, nothing is washed, and no decimals are made to be told so.
    washed = () if signals.account.washes is None else check_washes(signals, orders.sells, orders.buys)
    orders = replace(orders, washed=washed, values_usd=(before, after))
    if orders.cash_usd < 0 or _oversold(signals, orders):
        raise SettlementError(
            f"Rounding leaves {orders.cash_usd} USD of cash, or sells more than a lot holds.",
            hint=f"Nothing is proposed; allow {_finer(problem)}a little cash.",
        )
    return orders


def _idle_cash_usd(problem: Problem, signals: Signals) -> Decimal:
    """Cash where nothing is traded."""
    aside = next(r.set_aside_usd for r in problem.rules if isinstance(r, CashRange))
    return signals.account.cash_usd - aside


def _oversold(signals: Signals, orders: Orders) -> bool:
    """Whether more is sold of a lot than it holds, exactly."""
    if orders.shares.columns is not None:
        return orders.shares.columns.sells.oversold()
    return any(map(_exceeds, orders.sells.values(), shares_at(signals.account.lots, list(orders.sells))))


def _exceeds(shares: Decimal, held: Exact) -> bool:
    """Whether more is sold than a lot holds, exactly."""
    return shares > held if isinstance(held, Decimal) else as_fraction(shares) > held


def still_kept(problem: Problem, signals: Signals, sells: dict[int, Decimal], buys: dict[int, Decimal]) -> bool:
    """Whether given orders keep every rule of a problem, the least cash to the cent."""
    orders = _in_decimals(problem, signals, sells, buys)
    if _short_usd(problem, orders) > 0:
        return False
    try:
        _check(problem, orders, signals)
    except SettlementError:
        return False
    return True


def _weights(size: int, at: list[int], amounts_usd: list[Decimal], value_usd: float) -> FloatArray:
    """Amounts at some of so many places, as weights."""
    found = np.zeros(size)
    if at:
        found[at] = np.array(list(map(float, amounts_usd)), dtype=np.float64) / value_usd
    return found


def _in_decimals(problem: Problem, signals: Signals, sells: dict[int, Decimal], buys: dict[int, Decimal]) -> Orders:
    return _orders(problem, signals, TradedShares(in_decimals=(sells, buys)))


def _orders(problem: Problem, signals: Signals, shares: TradedShares) -> Orders:
    account, price, value_usd = signals.account, signals.market.price_usd, problem.block.holdings.value_usd
    # To the cent trade by trade, as brokers book them and as a reader of the trades adds them up.
    if shares.columns is not None:
        sold, bought = shares.columns.sells, shares.columns.buys
        plan = Plan(sold.weights(len(account.lots), value_usd), bought.weights(len(price), value_usd))
        proceeds, spent = total_of(sold.cents), total_of(bought.cents)
    else:
        sells, buys = shares.in_decimals
        names = account.lot_name[list(sells)].tolist() if sells else []
        sold_usd = [q * price[name] for q, name in zip(sells.values(), names, strict=True)]
        bought_usd = [q * price[name] for name, q in buys.items()]
        plan = Plan(
            _weights(len(account.lots), list(sells), sold_usd, value_usd),
            _weights(len(price), list(buys), bought_usd, value_usd),
        )
        proceeds = sum([usd.quantize(_CENT) for usd in sold_usd], Decimal(0))
        spent = sum([usd.quantize(_CENT) for usd in bought_usd], Decimal(0))
    cost = next(t for t in problem.terms if isinstance(t, TradingCost))
    cost_usd = to_decimal(cost.value_usd(plan), 2)
    net = plan.net(account.lot_name)
    aside = next(r.set_aside_usd for r in problem.rules if isinstance(r, CashRange))
    cash_usd = account.cash_usd + proceeds - spent - cost_usd - aside
    return Orders(shares, plan, net, cost_usd, cash_usd)


def _affordable(
    problem: Problem, signals: Signals, mandate: Mandate, sells: dict[int, Decimal], buys: dict[int, Decimal]
) -> dict[int, Decimal]:
    """Trim buys until cash keeps its lower limit exactly, largest first; if that is not enough, drop the least one."""
    value_usd = problem.block.holdings.value_usd
    step, price = share_step(mandate), signals.market.price_usd
    buys = dict(buys)
    least = problem.block.min_trade
    fixed = (kept_shares(signals) or KeptShares.none(len(least))).buys
    for name in sorted(buys.keys() - fixed.keys(), key=lambda i: -buys[i] * price[i]):
        short = _short_usd(problem, _in_decimals(problem, signals, sells, buys))
        if short <= 0:
            break
        value = step * price[name]
        steps = (short / value).to_integral_value(rounding=ROUND_CEILING)
        kept = buys[name] - steps * step
        if float(kept * price[name]) / value_usd >= least[name] and kept > 0:
            buys[name] = kept
    short = _short_usd(problem, _in_decimals(problem, signals, sells, buys))
    large_enough = [name for name in buys if name not in fixed and buys[name] * price[name] >= short]
    if short > 0 and large_enough:
        del buys[min(large_enough, key=lambda i: buys[i] * price[i])]
    return buys


def _short_usd(problem: Problem, orders: Orders) -> Decimal:
    """By how much cash is below the least, once the withdrawal is taken; negative where it is above.

    Of orders it counts in whole cents, as their cash does: no share is given up for a part of one.
    """
    rule = next(r for r in problem.rules if isinstance(r, CashRange))
    least = to_decimal(rule.lower * problem.block.holdings.value_usd, 6)
    if not orders.shares.is_empty:
        least = least.quantize(_CENT, rounding=ROUND_DOWN)
    return least - orders.cash_usd


def _enough(
    problem: Problem, signals: Signals, mandate: Mandate, sells: dict[int, Decimal], buys: dict[int, Decimal]
) -> dict[int, Decimal]:
    """Sell a few shares more of a lot that is sold in part, where cash is still short: the least that is enough."""
    step, block = share_step(mandate), problem.block
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    kept = kept_shares(signals)
    fixed = {} if kept is None else kept.sells
    for _ in range(_TOP_UPS):
        orders = _in_decimals(problem, signals, sells, buys)
        short = _short_usd(problem, orders)
        if short <= 0:
            break
        more = []
        for lot in sells.keys() - fixed.keys():
            shares, name = sells[lot], int(signals.account.lot_name[lot])
            price = signals.market.price_usd[name]
            extra = step * (short / (step * price)).to_integral_value(rounding=ROUND_CEILING)
            weight = float(extra * price) / block.holdings.value_usd
            left = block.holdings.active[name] + orders.net[name] - weight - block.active_lower[name]
            room = min(left, float(locked.sell_max[lot]) - orders.plan.sells[lot] - weight)
            if shares + extra <= decimal_shares(signals, lot) and room >= 0:
                more.append((extra * price, lot, extra))
        if not more:
            break
        _, lot, extra = min(more)
        sells = {**sells, lot: sells[lot] + extra}
    return sells


def _finer(problem: Problem) -> str:
    """What would help where shares are whole."""
    return "" if problem.block.share_step is None else "fractional shares, or "


def _told(excess: float, rule: Rule, problem: Problem) -> str:
    """An excess in the unit of its limit: "7.9 bps"."""
    unit = unit_of(rule, problem)
    if not unit.size > 0:
        return f"{excess:.2g}"
    return f"{excess / unit.size:.2g} {_MANY.get(unit.unit, unit.unit)}"


def _check(problem: Problem, orders: Orders, signals: Signals) -> None:
    """Every rule on the rounded plan, and no name (or identical group) sold at a loss and bought."""
    for rule, slack in zip(problem.rules, slacks_in_rows(problem.rules, orders.plan), strict=True):
        allowed = 0.0 if isinstance(rule, TrackingErrorCap) else TOLERANCE
        if slack < -allowed:
            raise SettlementError(
                f"After rounding to shares the rule '{rule.name}' is passed by {_told(-slack, rule, problem)} "
                f"(it says: {rule.sentence})",
                hint=f"Allow {_finer(problem)}a little more room in that rule.",
                rule=rule.name,
                excess=-slack,
            )
    account = signals.account
    groups = problem.identical_groups
    sold = orders.shares.sold_at
    sold = sold[account.lot_gain_usd[sold] < 0]
    both = set(groups[account.lot_name[sold]].tolist()).intersection(groups[orders.shares.bought_at].tolist())
    if both:
        raise SettlementError(
            "A name is both sold at a loss and bought, which would be a wash sale.",
            hint="This is a fault of the solver; nothing is proposed.",
            groups=sorted(both),
        )
