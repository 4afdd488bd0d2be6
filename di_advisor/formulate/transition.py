"""Build the problem of a transition: today's account, the wish's dates, and the mandate's rules at each of them.

What holds from the end of the plan only: the mandate's tracking-error cap, its bands, averages of ESG
measures and names that must not be held; until then what is broken today must not get worse. A dated
pathway has at the end the ceiling of that day. A withdrawal is paid at the first stage. Tilts in dollars
are charged by the year that a weight is held. Lots bought during the plan are not sold in it, names
outside the target are sold down and never bought, and a lock that ends is open at the first stage after
its last day.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import numpy as np

from di_advisor.domain.mandate import Mandate, TradingMode, WashPolicy
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import AccountSignals, LockKind, Signals
from di_advisor.domain.taxes import TaxProfile
from di_advisor.domain.transition import TransitionWish, years_between
from di_advisor.errors import UnsupportedWishError
from di_advisor.formulate.account_rules import RESERVE, CashRange, MinimumTrade, TrackingErrorCap, Turnover
from di_advisor.formulate.build import formulate
from di_advisor.formulate.esg import esg_rules
from di_advisor.formulate.esg_average import AverageLimit, Side
from di_advisor.formulate.limits import largest_trade, minimum_trade, name_limits, open_sides
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import ActiveGroup, Locked, NameLimits
from di_advisor.formulate.staged import Flags, Leg, StagedProblem, YearBudget
from di_advisor.formulate.terms import ActiveRisk, LotTax, TradingCost, WaitingValue
from di_advisor.formulate.tilts import ActiveTilt
from di_advisor.ledger.days import day_array
from di_advisor.ledger.holding_period import long_term_mask
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS

__all__ = ["formulate_transition", "single_mandate"]

_HONOURED = frozenset(
    {
        "risk_aversion",
        "tracking_error_max",
        "name_band",
        "sector_band",
        "country_band",
        "industry_band",
        "factor_bands",
        "cash_min",
        "cash_max",
        "min_trade_usd",
        "max_trade_usd",
        "min_trade_weight",
        "rounding",
        "share_decimals",
        "do_not_buy",
        "do_not_sell",
        "do_not_hold",
        "min_holding_days",
        "wash_policy",
        "mode",
        "turnover_max",
        "participation_max",
        "withdrawal_usd",
        "cash_drag_per_year",
        "esg",
        "exclusions",
        "group_bands",
        "factor_tilts",
    }
)
"""Wishes that a transition keeps; whatever else is set is refused."""

_TERMS = (LotTax, TradingCost, ActiveRisk, WaitingValue, ActiveTilt)
_RULES = (CashRange, NameLimits, Locked, ActiveGroup, MinimumTrade, Turnover, TrackingErrorCap)


_INSTEAD = {
    "gain_budget_usd": "give gain_budget_usd to the TransitionWish",
    "tax_budget_usd": "give tax_budget_usd to the TransitionWish",
    "max_names": "leave max_names out: names outside the target are sold down anyway",
    "max_trades": "leave max_trades out: a minimum trade keeps today's orders few",
    "replacements": "leave replacements out: a name sold at a loss waits for a stage after its 30 days",
    "benefit_min_usd": "leave benefit_min_usd out, and compare the plan's benefit_usd with it",
    "wash_policy": "use wash_policy='ban': no loss of the plan is then washed",
    "mode": "use mode='rebalance' or mode='transition'; a transition trades in all directions",
    "exclusions": "leave the glide path out: a transition is the path, and names that must not be held are gone by "
    "its end",
}
"""What to do with a wish that a transition does not keep."""


def _refuse(mandate: Mandate) -> None:
    plain = Mandate()
    named = [f.name for f in fields(Mandate) if f.name not in _HONOURED]
    named = [n for n in named if getattr(mandate, n) != getattr(plain, n)]
    if mandate.wash_policy is not WashPolicy.BAN:
        named.append("wash_policy")
    if mandate.mode not in (TradingMode.REBALANCE, TradingMode.TRANSITION):
        named.append("mode")
    if any(exclusion.glide is not None for exclusion in mandate.exclusions):
        named.append("exclusions")
    if named:
        todo = list(dict.fromkeys(_INSTEAD.get(n, f"leave {n} at its default") for n in named))
        raise UnsupportedWishError(
            f"The mandate sets {', '.join(named)}, which a transition does not keep.",
            hint=_sentence(todo),
            fields=named,
        )


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def single_mandate(mandate: Mandate) -> Mandate:
    """The mandate of one stage: an ordinary proposal without the cap, which depends on the stage."""
    return mandate.with_changes(mode=TradingMode.REBALANCE, tracking_error_max=None)


def _understood(problem: Problem) -> None:
    strange = [t.name for t in problem.terms if not isinstance(t, _TERMS)]
    strange += [r.name for r in problem.rules if not isinstance(r, _RULES)]
    if strange:
        raise UnsupportedWishError(
            f"A transition does not know {', '.join(strange)}.",
            hint="Leave that wish at its default, or ask for a single proposal.",
            fields=strange,
        )


def _long_term(account: AccountSignals, on: date) -> Flags:
    """Term of a sale of each lot on a day; lots without a date are never long-term here."""
    since = [lot.held_since for lot in account.lots]
    dated = np.array([day is not None for day in since], dtype=np.bool_)
    term = np.zeros(len(since), dtype=np.bool_)
    term[dated] = long_term_mask(day_array([day for day in since if day is not None]), on)
    return term


def _opened(signals: Signals, on: date) -> Signals:
    """The signals with every lock lifted that has ended by a day."""
    account, positions = signals.account, signals.market.universe.positions
    rows = {lot.lot_id: i for i, lot in enumerate(account.lots)}
    can_buy, can_sell = account.can_buy.copy(), account.can_sell.copy()
    sellable = account.lot_sellable | ~account.can_sell[account.lot_name]
    for flags, found in (
        (can_buy, [(positions.get(k.security_id), k) for k in account.locks if k.kind is LockKind.NO_BUY]),
        (
            can_sell,
            [(positions.get(k.security_id), k) for k in account.locks if k.kind is LockKind.NO_SELL and not k.lot_id],
        ),
        (sellable, [(rows.get(k.lot_id), k) for k in account.locks if k.lot_id]),
    ):
        known = {at for at, _ in found if at is not None}
        held = {at for at, k in found if at is not None and (k.until is None or k.until >= on)}
        flags[sorted(known - held)] = True
        flags[sorted(held)] = False
    return Signals(
        signals.market,
        replace(account, can_buy=can_buy, can_sell=can_sell, lot_sellable=sellable & can_sell[account.lot_name]),
    )


def _not_worse(group: ActiveGroup, holdings: Holdings) -> ActiveGroup:
    """A band that may stay as far outside its limits as it is today."""
    if isinstance(group, AverageLimit):
        now = group.average(holdings.active)
        least = group.side is Side.AT_LEAST
        return group.moved_to(min(group.limit, now) if least else max(group.limit, now))
    here = float(group.coefficients @ holdings.active)
    return replace(group, lower=min(group.lower, here), upper=max(group.upper, here))


def _bands_on(problem: Problem, signals: Signals, mandate: Mandate, on: date) -> tuple[ActiveGroup, ...]:
    """The bands of a problem as they are on a day: a dated pathway has that day's ceiling."""
    dated = Signals(replace(signals.market, as_of=on), signals.account) if mandate.esg else signals
    averages = iter(esg_rules(dated, mandate, problem.block.holdings))
    bands = (r for r in problem.rules if isinstance(r, ActiveGroup))
    return tuple(next(averages) if isinstance(band, AverageLimit) else band for band in bands)


def formulate_transition(signals: Signals, mandate: Mandate, tax: TaxProfile, wish: TransitionWish) -> StagedProblem:
    """The problem of one account over the stages of a wish.

    Parameters
    ----------
    signals : Signals
        Market and account as of today.
    mandate : Mandate
        Wishes; those that a transition cannot keep at several dates are refused.
    tax : TaxProfile
        Marginal rates, the same in every year.
    wish : TransitionWish
        Dates, budgets and caps.

    Raises
    ------
    UnsupportedWishError
        If the mandate asks for what a transition does not keep.
    InputError
        If the dates do not lie after today, or the mandate does not fit the market.
    """
    _refuse(mandate)
    if not isinstance(tax, TaxProfile):
        raise UnsupportedWishError(
            "A transition reckons the tax of every year at constant marginal rates.",
            hint="Give it a TaxProfile with ConstantRates; a return is for a single proposal.",
            fields=["tax"],
        )
    as_of = signals.market.as_of
    dates = wish.dates(as_of)
    stages = [signals, *(_opened(signals, on) for on in dates[1:])]
    single = single_mandate(mandate)
    problem = formulate(stages[-1], single, tax)  # its curves reach as far as any stage may trade
    _understood(problem)
    block = problem.block
    now = formulate(signals, single, tax).block
    ends = (*dates[1:], wish.ends(as_of))
    legs = []
    for i, (on, end) in enumerate(zip(dates, ends, strict=True)):
        leg = _leg(stages[i], single, tax, wish, block.holdings, on, first=i == 0)
        groups = _bands_on(problem, signals, single, on)
        last = i == len(dates) - 1
        path = None if wish.tracking_error_max is None else wish.tracking_error_max[i]
        caps = [c for c in (path, mandate.tracking_error_max if last else None) if c is not None]
        if not last:
            groups = tuple(_not_worse(g, block.holdings) for g in groups)
            leg = replace(leg, active_upper=np.maximum(leg.active_upper, block.holdings.active))
        else:
            leg = replace(leg, worth=_worth(signals.account))
        legs.append(
            replace(
                leg,
                years=years_between(as_of, end) - years_between(as_of, on),
                groups=groups,
                tracking_error_max=min(caps, default=None),
            )
        )
    return StagedProblem(
        holdings=block.holdings,
        start=block.holdings.active,
        risk=block.risk,
        cost=next(t for t in problem.terms if isinstance(t, TradingCost)),
        aversion=mandate.risk_aversion,
        tilt=np.zeros(len(now.impact)) if block.tilt is None else block.tilt,
        legs=tuple(legs),
        budgets=_budgets(wish, dates, block.holdings.value_usd),
        cash_lower=mandate.cash_min,
        cash_upper=mandate.cash_max,
        reserve=RESERVE,
        turnover_max=mandate.turnover_max,
        min_trade=minimum_trade(mandate, block.holdings.value_usd),
        identical=block.groups,
    )


def _worth(account: AccountSignals) -> FloatArray:
    values = account.lot_value_usd
    return np.divide(account.continuation_usd, values, out=np.zeros(len(values)), where=values > 0)


def _leg(
    signals: Signals,
    mandate: Mandate,
    tax: TaxProfile,
    wish: TransitionWish,
    holdings: Holdings,
    on: date,
    *,
    first: bool,
) -> Leg:
    """A stage with its lots and limits; its time, bands and cap come from its place in the plan."""
    account = signals.account
    growth = (1.0 + wish.expected_return_per_year) ** years_between(signals.market.as_of, on)
    values = account.lot_value_usd
    now = np.divide(account.lot_gain_usd, values, out=np.zeros(len(values)), where=values > 0)
    taxed = account.lot_known & (account.kind not in RETIREMENT_KINDS)
    gain = np.where(taxed, now + (growth - 1.0), 0.0)
    long_term = account.lot_long_term if first else _long_term(account, on)
    sellable, buyable = open_sides(signals, mandate)
    size = largest_trade(signals, mandate, holdings)
    free = mandate.with_changes(max_trade_usd=None, participation_max=None)
    lower, upper, _ = name_limits(signals, free, holdings)
    room = upper - holdings.active if first else np.where(holdings.target > 0, upper + holdings.target, 0.0)
    return Leg(
        on=on,
        years=0.0,
        growth=growth,
        long_term=long_term,
        gain=gain,
        tax_rate=np.where(long_term, tax.rates.long_term, tax.rates.short_term) * gain,
        worth=np.zeros(len(values)),
        sell_max=np.where(sellable, holdings.lot_weight, 0.0),
        buy_max=np.where(buyable, np.clip(np.minimum(room, size), 0.0, 1.0), 0.0),
        size_max=size,
        active_lower=lower,
        active_upper=upper,
        groups=(),
        tracking_error_max=None,
        gain_max=None if wish.stage_gain_budget_usd is None else float(wish.stage_gain_budget_usd) / holdings.value_usd,
    )


def _budgets(wish: TransitionWish, dates: tuple[date, ...], value_usd: float) -> tuple[YearBudget, ...]:
    found = []
    for year in sorted({on.year for on in dates}):
        gain, tax = wish.budget_of("gain", year), wish.budget_of("tax", year)
        if gain is not None or tax is not None:
            amounts = [None if x is None else float(x) / value_usd for x in (gain, tax)]
            found.append(YearBudget(year, *amounts))
    return tuple(found)
