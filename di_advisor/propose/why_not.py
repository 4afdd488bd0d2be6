"""Why not: why a name is not bought, and why a lot of it is not sold, as sentences with their facts.

What a lock, a limit or a minimum forbids is said first. What is allowed is forced, at the smallest
order there is, and the plan is solved again (`forced`): the difference is what the trade is short of,
in dollars by term, and the terms add up to it to the cent. Whoever asks may name a size; the tax in
it then is that of the whole trade, across whatever kinks of the law it crosses, not the rate of its
first dollar. Limits: figures are before rounding to shares, with the sides of all other names kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from di_advisor.domain.amounts import Exact, exact, to_decimal
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.mandate import TradingMode
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import LockKind
from di_advisor.errors import InfeasibleError, InputError, SolveError, UnknownSecurityError
from di_advisor.formulate.modes import NO_BUYS
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.rules import Locked
from di_advisor.propose.forced import with_buy, with_sale
from di_advisor.propose.neighbours import dollars_between
from di_advisor.propose.planned import Planned
from di_advisor.propose.settle import share_step
from di_advisor.units import percent_from_fraction

__all__ = ["Reason", "ReasonKind", "why_not"]

_DUST = 1e-9
_CENT = Decimal("0.01")


class ReasonKind(StrEnum):
    """What stands in the way."""

    TRADED = "traded"
    LOCKED = "locked"
    MODE = "mode"
    LIMIT = "limit"
    MINIMUM = "minimum trade"
    RULES = "rules"
    COST = "cost"
    ROUNDING = "rounding"
    GAP = "gap"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Reason:
    """Why one trade is not made.

    Attributes
    ----------
    side : Side
        Buying the name, or selling a lot of it.
    lot_id : str
        The lot; empty for a buy.
    kind : ReasonKind
        What stands in the way.
    sentence : str
        In plain words; not escaped.
    short_usd : Decimal or None
        By how much the plan would be worse with the smallest such trade in it, in cents; None where
        the trade is not possible or is made.
    dollars : Mapping of str to Decimal
        The same by term of the objective; positive hurts.
    order_usd : Decimal or None
        Size of the trade that was forced.
    """

    side: Side
    lot_id: str
    kind: ReasonKind
    sentence: str
    short_usd: Decimal | None = None
    dollars: Mapping[str, Decimal] = field(default_factory=dict)
    order_usd: Decimal | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "dollars", FrozenMap(self.dollars))

    def __str__(self) -> str:
        return self.sentence


def why_not(planned: Planned, security_id: str, order_usd: Exact | None = None) -> tuple[Reason, ...]:
    """Reasons about one name, by its id or its ticker: first of buying it, then of selling each of its lots.

    Parameters
    ----------
    planned : Planned
        The plan.
    security_id : str
        The name's id, or its ticker.
    order_usd : Decimal, optional
        Size of the trade that is asked about; of a lot no more than there is of it. The smallest order
        when left out, or where it is larger.

    Raises
    ------
    UnknownSecurityError
        If the market does not know the name.
    InputError
        If the size is not an amount above 0.
    """
    market = planned.signals.market
    asked = 0.0 if order_usd is None else float(exact(order_usd, "order_usd"))
    if asked < 0 or (order_usd is not None and not asked):
        raise InputError(f"The size asked about is {order_usd} USD.", hint="Give an amount above 0, or leave it out.")
    size = asked / planned.problem.block.holdings.value_usd
    at = market.universe.positions.get(security_id)
    if at is None:
        called = [i for i, security in enumerate(market.universe.securities) if security.ticker == security_id]
        at = called[0] if len(called) == 1 else None
    if at is not None:
        lots = [i for i, name in enumerate(planned.signals.account.lot_name.tolist()) if name == at]
        return (_not_bought(planned, at, size), *(_not_sold(planned, i, size) for i in lots))
    for security in market.unpriced:
        if security.security_id == security_id:
            says = f"{security.ticker} has no price on {market.as_of}; it is not traded."
            return (Reason(Side.BUY, "", ReasonKind.LOCKED, says),)
    raise UnknownSecurityError.from_missing([security_id], "The question")


def _not_bought(planned: Planned, name: int, size: float) -> Reason:
    security = planned.signals.market.universe.securities[name]
    ticker = security.ticker
    if name in planned.orders.buys and size <= float(planned.orders.plan.buys[name]) + _DUST:
        told = _told(planned, Side.BUY, security.security_id)
        return Reason(Side.BUY, "", ReasonKind.TRADED, f"{ticker} is bought: {told}")
    forbidden = _buy_forbidden(planned, name, size)
    if forbidden is not None:
        kind, why = forbidden
        return Reason(Side.BUY, "", kind, f"{ticker} is not bought: {why}")
    order = max(_smallest(planned, name), size)
    net = planned.solution.plan.net(planned.problem.block.holdings.lot_name)[name]
    rounded_off = net > _DUST and name not in planned.orders.buys
    return _forced(
        planned,
        Reason(Side.BUY, "", ReasonKind.ROUNDING if rounded_off else ReasonKind.COST, ""),
        order,
        f"Buying {_money(planned, order)} of {ticker}",
        lambda: with_buy(planned.problem, planned.solution, planned.warm, name, order),
    )


def _buy_forbidden(planned: Planned, name: int, size: float) -> tuple[ReasonKind, str] | None:
    """What forbids buying a name at all, or None."""
    holdings = planned.problem.block.holdings
    security_id = planned.signals.market.universe.securities[name].security_id
    locks = [
        k.reason for k in planned.signals.account.locks if k.security_id == security_id and k.kind is LockKind.NO_BUY
    ]
    room, order = float(_locked(planned).buy_max[name]), max(_smallest(planned, name), size)
    if locks:
        return ReasonKind.LOCKED, " ".join(locks)
    if planned.mandate.mode in NO_BUYS:
        return ReasonKind.MODE, "the mandate only sells."
    if room <= _DUST and holdings.target[name] <= 0:
        return ReasonKind.LIMIT, "it is not in the target."
    where = f"it stands at {percent_from_fraction(holdings.held[name]):.2f} % of the account"
    return _too_little(planned, f"{where}, and its limits leave room for", room, order, size)


def _not_sold(planned: Planned, lot_at: int, size: float) -> Reason:
    account = planned.signals.account
    lot, name = account.lots[lot_at], int(account.lot_name[lot_at])
    which = f"{lot.lot_id} of {planned.signals.market.universe.securities[name].ticker}"
    if lot_at in planned.orders.sells and size <= float(planned.orders.plan.sells[lot_at]) + _DUST:
        sold = f"{planned.orders.sells[lot_at].normalize():f} of {lot.shares} shares of lot {which} are sold"
        told = _told(planned, Side.SELL, lot.security_id, lot.lot_id)
        return Reason(Side.SELL, lot.lot_id, ReasonKind.TRADED, f"{sold}: {told}")
    forbidden = _sale_forbidden(planned, lot_at, size)
    if forbidden is not None:
        kind, why = forbidden
        return Reason(Side.SELL, lot.lot_id, kind, f"Lot {which} is not sold: {why}")
    order = made = _cut_of(planned, lot_at, size)
    what = f"Selling {_money(planned, order)} of lot {which}"
    if planned.problem.block.sells_out[name]:  # any sale of it takes everything with it
        made = float(planned.problem.block.least_sale[name])
        what = f"Selling lot {which}, and with it all {_money(planned, made)} of a position below the minimum trade,"
    rounded_off = planned.solution.plan.sells[lot_at] > _DUST and lot_at not in planned.orders.sells
    return _forced(
        planned,
        Reason(Side.SELL, lot.lot_id, ReasonKind.ROUNDING if rounded_off else ReasonKind.COST, ""),
        made,
        what,
        lambda: with_sale(planned.problem, planned.solution, planned.warm, lot_at, order),
    )


def _sale_forbidden(planned: Planned, lot_at: int, size: float) -> tuple[ReasonKind, str] | None:
    """What forbids selling a lot at all, or None."""
    block, account = planned.problem.block, planned.signals.account
    lot, name = account.lots[lot_at], int(account.lot_name[lot_at])
    locks = [
        k.reason
        for k in account.locks
        if k.security_id == lot.security_id and k.kind is not LockKind.NO_BUY and k.lot_id in ("", lot.lot_id)
    ]
    if not account.lot_sellable[lot_at]:
        return ReasonKind.LOCKED, " ".join(locks) or "it is locked."
    if planned.mandate.mode is TradingMode.BUY_ONLY:
        return ReasonKind.MODE, "the mandate only buys."
    sellable = _locked(planned).sell_max
    of_name = float(sellable[account.lot_name == name].sum())
    room = min(of_name, float(block.holdings.active[name] - block.active_lower[name]))
    order = max(_cut_of(planned, lot_at, size), float(block.least_sale[name]))
    return _too_little(planned, "locks and limits of the name leave room for selling", room, order, size)


def _too_little(planned: Planned, says: str, room: float, order: float, size: float) -> tuple[ReasonKind, str] | None:
    """Where there is no room, or less than the smallest order, or than was asked about."""
    if room <= _DUST:
        return ReasonKind.LIMIT, f"{says} nothing."
    if room < order - _DUST and order <= size + _DUST:
        return ReasonKind.LIMIT, f"{says} {_money(planned, room)}, and you ask about {_money(planned, size)}."
    if room < order - _DUST:
        least = f"the smallest order is {_money(planned, order)}"
        return ReasonKind.MINIMUM, f"{says} {_money(planned, room)}, and {least}."
    return None


def _forced(planned: Planned, blank: Reason, weight: float, what: str, solve: Callable[[], Plan]) -> Reason:
    """The reason for a trade that is allowed, from the plan that has it."""
    order_usd = to_decimal(weight * planned.problem.block.holdings.value_usd, 2)

    def reason(kind: ReasonKind, sentence: str) -> Reason:
        return Reason(blank.side, blank.lot_id, kind, sentence, order_usd=order_usd)

    try:
        plan = solve()
    except InfeasibleError as error:
        return reason(ReasonKind.RULES, f"{what} breaks a rule, with the sides of all other names kept: {error.what}")
    except SolveError as error:
        return reason(ReasonKind.UNKNOWN, f"{what} could not be reckoned: {error.what}")
    dollars = dollars_between(planned.problem, planned.solution.plan, plan)
    short = sum(dollars.values(), Decimal(0))
    detail = f": it saves {_listed(dollars, -1)} and costs {_listed(dollars, 1)}" if short else ""
    if blank.kind is ReasonKind.ROUNDING:
        kind, verdict = ReasonKind.ROUNDING, "is part of the plan, and was given up when rounding to shares"
        if short > 0:
            verdict = f"is more than the plan wants (by ${short:,}), and less was given up when rounding to shares"
    elif short < 0:
        kind = ReasonKind.GAP
        verdict = f"would make the plan ${-short:,} better before rounding, which its certified gap allows for"
    else:
        kind, verdict = ReasonKind.COST, f"would make the plan ${short:,} worse" if short else "would be worth as much"
    return Reason(blank.side, blank.lot_id, kind, f"{what} {verdict}{detail}.", short, dollars, order_usd)


def _listed(dollars: Mapping[str, Decimal], sign: int) -> str:
    """Terms of one sign with their dollars."""
    shown = [f"${abs(v):,} of {k}" for k, v in dollars.items() if v * sign > 0]
    return " and ".join(shown) or "nothing"


def _told(planned: Planned, side: Side, security_id: str, lot_id: str = "") -> str:
    """The sentence of a trade that is made."""
    made = (
        t.sentence
        for t in planned.proposal.trade_list
        if t.side is side and t.security_id == security_id and (not lot_id or t.lot_id == lot_id)
    )
    return next(made, "it is part of the plan.")


def _locked(planned: Planned) -> Locked:
    return next(r for r in planned.problem.rules if isinstance(r, Locked))


def _smallest(planned: Planned, name: int) -> float:
    """The smallest order of a name as a weight: the minimum trade, or one step of shares."""
    return max(float(planned.problem.block.min_trade[name]), _one_step(planned, name))


def _cut_of(planned: Planned, lot_at: int, size: float) -> float:
    """The smallest sale of a lot as a weight, one step of shares where the name is sold anyway; or what was asked."""
    name = int(planned.signals.account.lot_name[lot_at])
    already = planned.orders.net[name] < 0
    whole = planned.problem.block.sells_out[name]
    least = _one_step(planned, name) if already or whole else _smallest(planned, name)
    return min(max(least, size), float(_locked(planned).sell_max[lot_at]))


def _one_step(planned: Planned, name: int) -> float:
    price, value = planned.signals.market.price_usd[name], planned.problem.block.holdings.value_usd
    return float(share_step(planned.mandate) * price) / value


def _money(planned: Planned, weight: float) -> str:
    return f"${to_decimal(weight * planned.problem.block.holdings.value_usd, 2).quantize(_CENT):,}"
