"""Build the problem of a transition: today's account, the wish's dates, and the mandate's rules at each of them.

What holds from the end of the plan only: the mandate's tracking-error cap, its bands, averages of ESG
measures and names that must not be held; until then what is broken today must not get worse. A dated
pathway has at the end the ceiling of that day. A withdrawal is paid at the first stage. Tilts in dollars
are charged by the year that a weight is held. Lots bought during the plan are not sold in it, names
outside the target are sold down and bought as stand-ins only, within what the same stage sells of the names they
stand in for, and a lock that ends is open at the first stage after its last day. Names on a glide path keep to it
on every date. No loss of the plan is washed by a purchase of the plan, whatever the mandate prices: what two stages
of one plan wash has no exact price here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np

from di_advisor.domain.mandate import Mandate, TradingMode, WashPolicy
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import AccountSignals, Signals
from di_advisor.domain.taxes import TaxProfile
from di_advisor.domain.transition import TransitionWish, years_between
from di_advisor.errors import UnsupportedWishError
from di_advisor.formulate.account_rules import RESERVE, CashRange, MinimumTrade, TrackingErrorCap, Turnover
from di_advisor.formulate.build import formulate
from di_advisor.formulate.count_rules import MaximumNames, MaximumTrades
from di_advisor.formulate.limits import largest_trade, minimum_trade, open_sides
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.own_stages import staged_own
from di_advisor.formulate.own_symbols import Scope
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.replacements import StandInLimit, stand_in_room
from di_advisor.formulate.rules import ActiveGroup, Locked, NameLimits
from di_advisor.formulate.schedule_d import FilerTax, Taxpayer, rates_of, refuse_no_taxpayer
from di_advisor.formulate.stage_dates import bands_on, limits_on, long_term_on, not_worse, opened, refuse_near_washes
from di_advisor.formulate.staged import Leg, StagedProblem, YearBudget
from di_advisor.formulate.staged_tax import return_tax
from di_advisor.formulate.terms import ActiveRisk, LotTax, TradingCost, WaitingValue
from di_advisor.formulate.tilts import ActiveTilt
from di_advisor.formulate.wash_term import WashDeferral
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
        "wash_deferral_years",
        "discount_rate_per_year",
        "mode",
        "turnover_max",
        "participation_max",
        "withdrawal_usd",
        "cash_drag_per_year",
        "esg",
        "exclusions",
        "group_bands",
        "factor_tilts",
        "replacements",
        "max_names",
        "max_trades",
        "replacement_width",
    }
)
"""Wishes that a transition keeps; whatever else is set is refused."""

_TERMS = (LotTax, TradingCost, ActiveRisk, WaitingValue, ActiveTilt, WashDeferral)
_RULES = (
    CashRange,
    NameLimits,
    Locked,
    ActiveGroup,
    MinimumTrade,
    Turnover,
    TrackingErrorCap,
    StandInLimit,
    MaximumNames,
    MaximumTrades,
)


_NONE_OWN = OwnWishes()

_INSTEAD = {
    "gain_budget_usd": "give gain_budget_usd to the TransitionWish",
    "tax_budget_usd": "give tax_budget_usd to the TransitionWish",
    "benefit_min_usd": "leave benefit_min_usd out, and compare the plan's benefit_usd with it",
    "wash_policy": "use wash_policy='ban' or 'price': within the plan no loss is washed",
    "mode": "use mode='rebalance' or mode='transition'; a transition trades in all directions",
}
"""What to do with a wish that a transition does not keep."""


def _refuse(mandate: Mandate) -> None:
    plain = Mandate()
    named = [f.name for f in fields(Mandate) if f.name not in _HONOURED]
    named = [n for n in named if getattr(mandate, n) != getattr(plain, n)]
    if mandate.wash_policy is WashPolicy.IGNORE:
        named.append("wash_policy")
    if mandate.mode not in (TradingMode.REBALANCE, TradingMode.TRANSITION):
        named.append("mode")
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


def formulate_transition(
    signals: Signals, mandate: Mandate, tax: Taxpayer, wish: TransitionWish, *, own: OwnWishes = _NONE_OWN
) -> StagedProblem:
    """The problem of one account over the stages of a wish.

    Parameters
    ----------
    signals : Signals
        Market and account as of today.
    mandate : Mandate
        Wishes; those that a transition cannot keep at several dates are refused.
    tax : TaxProfile, ReturnInputs or FilerTax
        Marginal rates, the same in every year; or this year's return, whose whole Schedule D then counts in
        every year, with carryovers into the next.
    wish : TransitionWish
        Dates, budgets and caps.
    own : OwnWishes
        The user's own terms and rules.

    Raises
    ------
    OwnWishError
        Naming what is wrong with an own term or rule.
    UnsupportedWishError
        If the mandate asks for what a transition does not keep.
    InputError
        If the dates do not lie after today, or the mandate does not fit the market.
    """
    _refuse(mandate)
    as_of = signals.market.as_of
    filer = _filer(signals, tax)
    tax = rates_of(tax, as_of)
    dates = wish.dates(as_of)
    stages = [signals, *(opened(signals, on) for on in dates[1:])]
    single = single_mandate(mandate)
    problem = formulate(stages[-1], single, tax)  # its curves reach as far as any stage may trade
    _understood(problem)
    block = problem.block
    today = formulate(signals, single, tax)
    now = today.block
    refuse_near_washes(signals, dates, wish)
    scope = Scope.of(signals, block.holdings)
    own.in_scope(scope, problem.terms, problem.rules)  # says what is wrong with one by itself
    ends = (*dates[1:], wish.ends(as_of))
    legs = []
    for i, (on, end) in enumerate(zip(dates, ends, strict=True)):
        last = i == len(dates) - 1
        leg = _leg(stages[i], single, tax, wish, block.holdings, _Place(on, i, last))
        groups = bands_on(problem, signals, single, on)
        path = None if wish.tracking_error_max is None else wish.tracking_error_max[i]
        caps = [c for c in (path, mandate.tracking_error_max if last else None) if c is not None]
        if not last:
            groups = tuple(not_worse(g, block.holdings) for g in groups)
        else:
            leg = replace(leg, worth=_worth(signals.account))
        legs.append(
            replace(
                leg,
                years=years_between(as_of, end) - years_between(as_of, on),
                groups=groups,
                tracking_error_max=min(caps, default=None),
                stand_ins=tuple(r for r in problem.rules if isinstance(r, StandInLimit)),
            )
        )
    taxes = None
    if filer is not None:
        gains = [(np.where(leg.long_term, 0.0, leg.gain), np.where(leg.long_term, leg.gain, 0.0)) for leg in legs]
        taxes = return_tax(filer, dates, gains, [leg.sell_max for leg in legs], block.holdings.value_usd)
        legs = [replace(leg, tax_rate=np.zeros_like(leg.gain)) for leg in legs]
    return StagedProblem(
        taxes=taxes,
        wash=next((t for t in today.terms if isinstance(t, WashDeferral)), None),
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
        own=staged_own(own, scope),
        trades_max=mandate.max_trades,
        names_max=mandate.max_names,
    )


def _filer(signals: Signals, tax: Taxpayer) -> FilerTax | None:
    """The return that counts; None at constant rates, and where the account is not taxed."""
    refuse_no_taxpayer(tax)
    if isinstance(tax, TaxProfile) or signals.account.kind in RETIREMENT_KINDS:
        return None
    return tax if isinstance(tax, FilerTax) else FilerTax(tax)


def _worth(account: AccountSignals) -> FloatArray:
    values = account.lot_value_usd
    return np.divide(account.continuation_usd, values, out=np.zeros(len(values)), where=values > 0)


@dataclass(frozen=True)
class _Place:
    """A stage's day, its number from 0, and whether it is the last."""

    on: date
    stage: int
    last: bool


def _leg(
    signals: Signals,
    mandate: Mandate,
    tax: TaxProfile,
    wish: TransitionWish,
    holdings: Holdings,
    place: _Place,
) -> Leg:
    """A stage with its lots and limits; its time, bands and cap come from its place in the plan."""
    account, on, first = signals.account, place.on, place.stage == 0
    growth = (1.0 + wish.expected_return_per_year) ** years_between(signals.market.as_of, on)
    values = account.lot_value_usd
    now = np.divide(account.lot_gain_usd, values, out=np.zeros(len(values)), where=values > 0)
    taxed = account.lot_known & (account.kind not in RETIREMENT_KINDS)
    gain = np.where(taxed, now + (growth - 1.0), 0.0)
    long_term = account.lot_long_term if first else long_term_on(account, on)
    sellable, buyable = open_sides(signals, mandate)
    size = largest_trade(signals, mandate, holdings)
    lower, upper = limits_on(signals, mandate, holdings, on, stage=place.stage, last=place.last)
    stands_in = stand_in_room(signals, mandate, holdings) > 0
    may_grow = (holdings.target > 0) | stands_in
    room = upper - holdings.active if first else np.where(may_grow, upper + holdings.target, 0.0)
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
