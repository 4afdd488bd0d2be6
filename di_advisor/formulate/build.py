"""Build the problem of one account from signals, mandate and taxpayer.

Every wish of the mandate becomes a term, a rule, or a typed refusal; none is dropped silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.mandate import Mandate, TradingMode
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.errors import InputError, UnsupportedWishError
from di_advisor.formulate.account_rules import CashRange, MinimumTrade, TrackingErrorCap, Turnover
from di_advisor.formulate.bands import Reach, band_rules
from di_advisor.formulate.cash_wishes import holdings_of, set_aside_usd, unknown_dividends
from di_advisor.formulate.cost_knots import chords, shared_quadratic
from di_advisor.formulate.count_rules import count_rules
from di_advisor.formulate.departures import must_leave
from di_advisor.formulate.esg import esg_rules
from di_advisor.formulate.kept import KEPT_TEXT, KeptShares, kept_shares
from di_advisor.formulate.limits import minimum_trade, name_limits, open_sides, share_step, share_steps, trade_sizes
from di_advisor.formulate.mode_terms import locks_text, mode_notes, terms_in_mode
from di_advisor.formulate.modes import in_mode
from di_advisor.formulate.own import OwnWishes, in_boxes
from di_advisor.formulate.own_affine import AffineTerm
from di_advisor.formulate.own_opaque import OpaqueRule
from di_advisor.formulate.own_symbols import Scope
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.replacements import replacement_notes, stand_in_limits
from di_advisor.formulate.rules import Locked, NameLimits, Rule
from di_advisor.formulate.schedule_d import ScheduleDTax, Taxpayer, rates_of
from di_advisor.formulate.segments import cut
from di_advisor.formulate.separable import add_up
from di_advisor.formulate.tax_rules import budget_rules, tax_term
from di_advisor.formulate.terms import ActiveRisk, Term, TradingCost, WaitingValue
from di_advisor.formulate.wash_term import WashDeferral, wash_notes, wash_prices
from di_advisor.formulate.washed_gains import WashedGains
from di_advisor.formulate.wished_tilts import tilts

__all__ = ["formulate", "refuse_unsupported"]

_NONE_OWN = OwnWishes()

_TRIFLE = 1e-6
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
    if mandate.mode is TradingMode.TRANSITION:
        raise UnsupportedWishError(
            "The mode transition is a plan over several dates, not one proposal.",
            hint="Use workspace.transition.",
            fields=["mode"],
        )


def _opaque(rules: list[Rule]) -> tuple[Rule, ...]:
    return tuple(r for r in rules if isinstance(r, OpaqueRule))


def _trading_cost(
    signals: Signals, holdings: Holdings, sell_max: FloatArray, buy_max: FloatArray, *, exact_impact: bool
) -> TradingCost:
    """The cost of trading, by chords as fine as the largest trades ask for, or with its power as it is.

    Raises
    ------
    InputError
        If the power is asked for and the curves of the two sides differ.
    """
    costs, value = signals.market.costs, holdings.value_usd
    sellable = np.bincount(holdings.lot_name, weights=sell_max, minlength=len(buy_max))
    usual = np.maximum(np.maximum(sellable, _USUAL_MULTIPLE * holdings.target), _USUAL_WEIGHT)
    curve = chords(costs, np.maximum(buy_max, sellable), value, usual)
    cost = TradingCost(holdings, curve, shared_quadratic(costs) * value)
    if not exact_impact:
        return cost
    if costs.selling is not None:
        raise InputError(
            "Impact by its power is asked for, and the cost curves of sales differ from those of buys.",
            hint="Leave exact_impact out: straight pieces take a curve for each side.",
        )
    return replace(cost, linear=costs.linear, power=costs.three_halves * np.sqrt(value))


def _limits(
    signals: Signals,
    mandate: Mandate,
    holdings: Holdings,
    kept: KeptShares,
    sides: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, str]:
    """Limits of active weights, largest sales and buys, and the limits as a sentence, with what is kept in them."""
    lower, upper, text = name_limits(signals, mandate, holdings)
    sizes = trade_sizes(signals, mandate, holdings, upper, sides)
    if not kept.names.any():
        return lower, upper, *sizes, text
    return *kept.limits(signals, holdings, (lower, upper), sizes), text + KEPT_TEXT


def _one_way(own_terms: Sequence[Term], holdings: Holdings) -> FloatArray:
    """The least trade of each name, shape (n,): a trifle where an own term pays for selling and buying it at once.

    What is sold and bought at once is no trade at all: there a name has to choose its side, and has a least trade then.
    """
    least = np.zeros(len(holdings.held))
    if not own_terms:
        return least
    paid = sum((t.lot_slope for t in own_terms if isinstance(t, AffineTerm)), np.zeros(len(holdings.lot_name)))
    least[holdings.lot_name[paid < 0]] = _TRIFLE
    return least


def formulate(
    signals: Signals, mandate: Mandate, tax: Taxpayer, *, exact_impact: bool = False, own: OwnWishes = _NONE_OWN
) -> Problem:
    """The problem of one account.

    Parameters
    ----------
    signals : Signals
        Market and account.
    mandate : Mandate
        Wishes.
    tax : TaxProfile, ReturnInputs or FilerTax
        Constant rates, or a return, whose whole Schedule D then counts; accounts that are not taxable must
        come with rates of zero.
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
        If it names a factor the risk model does not have, or the return is for another year.
    """
    refuse_unsupported(mandate)
    asked, mandate = mandate, in_mode(mandate, signals)
    market, account = signals.market, signals.account
    holdings = holdings_of(signals, mandate)
    value = holdings.value_usd
    leaving = must_leave(signals, mandate)
    sides = open_sides(signals, mandate)
    kept = kept_shares(signals, *sides) or KeptShares.none(len(holdings.held))
    lower, upper, sell_max, buy_max, text = _limits(signals, mandate, holdings, kept, sides)
    cost = _trading_cost(signals, holdings, sell_max, buy_max, exact_impact=exact_impact)
    curve, impact = cost.chords, cost.impact
    taxed, tax = tax_term(account, mandate, tax, holdings, sell_max, market.as_of), rates_of(tax, market.as_of)
    worth = np.divide(
        account.continuation_usd, account.lot_value_usd, out=np.zeros(len(sell_max)), where=account.lot_value_usd > 0
    )
    terms: list[Term] = [
        taxed,
        cost,
        ActiveRisk(holdings, market.risk, mandate.risk_aversion),
    ]
    if worth.any():
        terms.append(WaitingValue(holdings, worth))
    terms += tilts(signals, mandate, tax, holdings)
    wash = wash_prices(signals, mandate, tax, value)
    if wash is not None:
        terms.append(WashDeferral(holdings, wash, account.lot_gain_usd < 0))
    terms, memos = terms_in_mode(terms, mandate, sell_max)
    reach = Reach(leaving, upper, buy_max)
    bands = [*band_rules(signals, mandate, holdings, reach), *esg_rules(signals, mandate, holdings)]
    cash_max = np.inf if mandate.mode is TradingMode.LIQUIDATE else mandate.cash_max
    rules: list[Rule] = [
        CashRange(holdings, cost, mandate.cash_min, cash_max, set_aside_usd=set_aside_usd(mandate)),
        NameLimits(holdings, lower, upper, text, leaving=leaving),
        Locked(holdings, sell_max, buy_max, *sides, text=locks_text(mandate)),
        *bands,
    ]
    rules += stand_in_limits(signals, mandate, holdings, step_shares=float(share_step(mandate)))
    least = minimum_trade(mandate, value)
    if least > 0:
        rules.append(MinimumTrade(holdings, least, exempt=kept.names))
    if mandate.turnover_max is not None:
        rules.append(Turnover(holdings, mandate.turnover_max))
    if mandate.tracking_error_max is not None:
        rules.append(TrackingErrorCap(holdings, market.risk, mandate.tracking_error_max))
    washed = None
    if account.washes is not None and account.washes.matters and isinstance(taxed, ScheduleDTax):
        washed = WashedGains.of(account.washes, taxed.gains, holdings)
    rules += [*budget_rules(mandate, taxed, washed), *count_rules(mandate, holdings)]
    own_terms, own_rules = own.in_scope(Scope.of(signals, holdings), terms, rules)
    opaque_terms = tuple(t for t in own_terms if t.separable() is None)
    terms, rules, (lower, upper) = [*terms, *own_terms], [*rules, *own_rules], in_boxes(own_rules, lower, upper)
    total = add_up((t.separable() for t in terms if t not in opaque_terms), len(sell_max), len(buy_max))
    slope = np.zeros(len(sell_max)) if total.lot_slope is None else total.lot_slope
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
        min_trade=np.where(kept.names, 0.0, np.maximum(least, _one_way(own_terms, holdings))),
        groups=market.universe.group_of,
        power=total.power,
        tilt=total.name_slope,
        wash=wash,
        names_max=mandate.max_names,
        trades_max=mandate.max_trades,
        share_step=share_steps(signals, mandate, holdings),
        begins_at=np.array([account.begins_at.get(f, 0.0) for f in market.risk.factors]) if account.begins_at else None,
    )
    said = (b.note for b in bands if b.note)
    notes = (
        *mode_notes(asked, holdings),
        *said,
        *unknown_dividends(signals, mandate, tax, holdings),
        *wash_notes(signals, mandate, by_return=isinstance(taxed, ScheduleDTax) and not taxed.is_constant),
        *replacement_notes(signals, mandate),
    )
    return Problem(
        (block,),
        market.universe.group_of,
        tuple(terms),
        tuple(rules),
        opaque_terms=opaque_terms,
        memos=memos,
        notes=notes,
        opaque_rules=_opaque(own_rules),
    )
