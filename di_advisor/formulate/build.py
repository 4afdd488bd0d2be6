"""Build the problem of one account from signals, mandate and taxpayer.

Every wish of the mandate becomes a term, a rule, or a typed refusal; none is dropped silently.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.domain.mandate import Mandate, TradingMode, WashPolicy
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import UnsupportedWishError
from di_advisor.formulate.account_rules import CashRange, MinimumTrade, TrackingErrorCap, Turnover
from di_advisor.formulate.bands import Reach, band_rules
from di_advisor.formulate.cash_wishes import holdings_of, set_aside_usd, unknown_dividends
from di_advisor.formulate.cost_knots import chords
from di_advisor.formulate.departures import must_leave
from di_advisor.formulate.esg import esg_rules
from di_advisor.formulate.limits import minimum_trade, name_limits, open_sides, trade_sizes
from di_advisor.formulate.mode_terms import locks_text, mode_notes, terms_in_mode
from di_advisor.formulate.modes import in_mode
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.own_opaque import OpaqueRule
from di_advisor.formulate.own_symbols import Scope
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import Locked, NameLimits, Rule
from di_advisor.formulate.segments import cut
from di_advisor.formulate.separable import add_up
from di_advisor.formulate.terms import ActiveRisk, LotTax, Term, TradingCost, WaitingValue
from di_advisor.formulate.wished_tilts import tilts

__all__ = ["formulate", "refuse_unsupported"]

_NONE_OWN = OwnWishes()

_USUAL_MULTIPLE = 2.0
_USUAL_WEIGHT = 0.002
"""A trade is usually no larger than what is held, twice the target weight, or this weight."""


def refuse_unsupported(mandate: Mandate) -> None:
    """Refuse wishes that this formulation cannot honour.

    Raises
    ------
    UnsupportedWishError
        Naming each field that is set.
    """
    plain = Mandate()
    fields = (
        "gain_budget_usd",
        "tax_budget_usd",
        "max_names",
        "max_trades",
        "replacements",
    )
    named = [f for f in fields if getattr(mandate, f) != getattr(plain, f)]
    if mandate.wash_policy is not WashPolicy.BAN:
        named.append("wash_policy")
    if mandate.mode is TradingMode.TRANSITION:
        raise UnsupportedWishError(
            "The mode transition is a plan over several dates, not one proposal.",
            hint="Use workspace.transition.",
            fields=["mode"],
        )
    if named:
        raise UnsupportedWishError(
            f"The mandate sets {', '.join(named)}, which this version does not enforce yet.",
            hint="Leave them at their defaults; a wish that cannot be kept is refused, not ignored.",
            fields=named,
        )


def _tax_per_weight(signals: Signals, tax: TaxProfile) -> FloatArray:
    account = signals.account
    rate = np.where(account.lot_long_term, tax.rates.long_term, tax.rates.short_term)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(account.lot_value_usd > 0, account.lot_gain_usd / account.lot_value_usd, 0.0)
    return np.where(account.lot_known, rate * ratio, 0.0)


def _opaque(rules: list[Rule]) -> tuple[Rule, ...]:
    return tuple(r for r in rules if isinstance(r, OpaqueRule))


def formulate(
    signals: Signals, mandate: Mandate, tax: TaxProfile, *, exact_impact: bool = False, own: OwnWishes = _NONE_OWN
) -> Problem:
    """The problem of one account.

    Parameters
    ----------
    signals : Signals
        Market and account.
    mandate : Mandate
        Wishes.
    tax : TaxProfile
        Rates; accounts that are not taxable must come with rates of zero.
    exact_impact : bool
        Charge the 3/2 power of market impact as it is, not by chords. The cash that costs may take is
        still kept by the chords, which never understate it.

    own : OwnWishes
        The user's own terms and rules.

    Returns
    -------
    Problem
        With terms and rules for explanation and the block for the solver.

    Raises
    ------
    UnsupportedWishError
        If the mandate asks for what this formulation cannot honour.
    InputError
        If it names a factor the risk model does not have.
    """
    refuse_unsupported(mandate)
    asked, mandate = mandate, in_mode(mandate, signals)
    market, account = signals.market, signals.account
    holdings = holdings_of(signals, mandate)
    value = holdings.value_usd
    lower, upper, text = name_limits(signals, mandate, holdings)
    sell_max, buy_max = trade_sizes(signals, mandate, holdings, upper)
    sellable = np.bincount(account.lot_name, weights=sell_max, minlength=len(buy_max))
    usual = np.maximum(np.maximum(sellable, _USUAL_MULTIPLE * holdings.target), _USUAL_WEIGHT)
    curve = chords(market.costs, np.maximum(buy_max, sellable), value, usual)
    impact = market.costs.quadratic * value
    tax_rate = _tax_per_weight(signals, tax)
    worth = np.divide(
        account.continuation_usd, account.lot_value_usd, out=np.zeros(len(tax_rate)), where=account.lot_value_usd > 0
    )
    cost = TradingCost(holdings, curve, impact)
    if exact_impact:
        power = market.costs.three_halves * np.sqrt(value)
        cost = replace(cost, linear=market.costs.linear, power=power)
    terms: list[Term] = [
        LotTax(holdings, tax_rate),
        cost,
        ActiveRisk(holdings, market.risk, mandate.risk_aversion),
    ]
    if worth.any():
        terms.append(WaitingValue(holdings, worth))
    terms += tilts(signals, mandate, tax, holdings)
    terms, memos = terms_in_mode(terms, mandate, sell_max)
    reach = Reach(must_leave(signals, mandate), upper, buy_max)
    bands = [*band_rules(signals, mandate, holdings, reach), *esg_rules(signals, mandate, holdings)]
    cash_max = np.inf if mandate.mode is TradingMode.LIQUIDATE else mandate.cash_max
    rules: list[Rule] = [
        CashRange(holdings, cost, mandate.cash_min, cash_max, set_aside_usd=set_aside_usd(mandate)),
        NameLimits(holdings, lower, upper, text),
        Locked(holdings, sell_max, buy_max, *open_sides(signals, mandate), text=locks_text(mandate)),
        *bands,
    ]
    least = minimum_trade(mandate, value)
    if least > 0:
        rules.append(MinimumTrade(holdings, least))
    if mandate.turnover_max is not None:
        rules.append(Turnover(holdings, mandate.turnover_max))
    if mandate.tracking_error_max is not None:
        rules.append(TrackingErrorCap(holdings, market.risk, mandate.tracking_error_max))
    own_terms, own_rules = own.in_scope(Scope.of(signals, holdings), terms, rules)
    opaque_terms, opaque_rules = [t for t in own_terms if t.separable() is None], _opaque(own_rules)
    terms, rules = [*terms, *own_terms], [*rules, *own_rules]
    total = add_up((t.separable() for t in terms if t not in opaque_terms), len(tax_rate), len(buy_max))
    slope = tax_rate if total.lot_slope is None else total.lot_slope
    segments = cut(
        account.lot_name, sell_max, slope, account.lot_gain_usd < 0, buy_max, total.traded or curve, total.linear
    ).tilted(total.name_slope)
    box = {b.factor: b for b in bands if b.factor}
    block = Block(
        account_id=account.account_id,
        holdings=holdings,
        segments=segments,
        risk=market.risk,
        aversion=total.variance_price,
        impact=impact if total.impact is None else total.impact,
        active_lower=lower,
        active_upper=upper,
        exposure_lower=np.array([box[f].lower if f in box else -np.inf for f in market.risk.factors]),
        exposure_upper=np.array([box[f].upper if f in box else np.inf for f in market.risk.factors]),
        rows=tuple(row for rule in rules for row in rule.rows(segments)),
        tracking_error_max=mandate.tracking_error_max,
        min_trade=np.full(len(buy_max), least),
        groups=market.universe.group_of,
        power=total.power,
        tilt=total.name_slope,
    )
    said = (b.note for b in bands if b.note)
    notes = (*mode_notes(asked, holdings), *said, *unknown_dividends(signals, mandate, tax, holdings))
    return Problem(
        (block,),
        market.universe.group_of,
        tuple(terms),
        tuple(rules),
        opaque_terms=tuple(opaque_terms),
        memos=memos,
        notes=notes,
        opaque_rules=opaque_rules,
    )
