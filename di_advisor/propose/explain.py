"""Explain: each trade its dollars by term, adding up to the objective's change to the cent.

The change of every term from doing nothing to the rounded plan is shared among the trades by the
term itself (Aumann and Shapley 1974); cents are then dealt out so that the parts sum to the whole.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np

from di_advisor.domain.amounts import as_fraction, cents_that_add_up, to_decimal
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import Signals
from di_advisor.domain.trades import Trade
from di_advisor.domain.wording import counted
from di_advisor.formulate.account_rules import CashRange
from di_advisor.formulate.cash_wishes import set_aside_usd
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.own_affine import charged_anyway
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import NO_ROOM
from di_advisor.formulate.terms import TradingCost
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.ledger.tax_return import NOT_TAX_ADVICE
from di_advisor.propose.esg_facts import esg_facts, esg_notes, screen_facts, with_reasons
from di_advisor.propose.measure import measure, rule_checks
from di_advisor.propose.memos import memo_notes, memos_usd
from di_advisor.propose.own_dollars import REMAINDER, own_notes, shared_cents
from di_advisor.propose.proposal import Certificate, Proposal, Stage
from di_advisor.propose.sentences import Move, buy_sentence, sell_sentence
from di_advisor.propose.settle import Orders
from di_advisor.propose.shadow_prices import shadow_prices
from di_advisor.propose.stand_in_words import with_stand_ins
from di_advisor.propose.wash_words import with_washes
from di_advisor.solve.solution import Solution
from di_advisor.units import bps_from_fraction

__all__ = ["certificate_of", "explain"]

_CENTS = 2
_WASH_DAYS = 30
_NOTED_ERROR_BPS = 1.0


def _shown(shares: Decimal) -> str:
    return f"{shares.normalize():f}"


def _gain_usd(lot: TaxLot, shares: Decimal, price: Decimal) -> Decimal:
    """Gain of selling shares of a lot, exact and then rounded to the cent."""
    if shares == lot.shares and isinstance(lot.basis_total_usd, Decimal):
        return (shares * price - lot.basis_total_usd).quantize(Decimal("0.01"))
    gain = as_fraction(shares) * as_fraction(price) - lot.basis_of(shares)
    return (Decimal(gain.numerator) / Decimal(gain.denominator)).quantize(Decimal("0.01"))


def _dollars(
    problem: Problem, orders: Orders
) -> tuple[list[dict[str, Decimal]], list[dict[str, Decimal]], dict[str, Decimal]]:
    """Dollars by term of each sale and of each buy, in the order of the orders; what is not shared, by term."""
    lots, names = list(orders.sells), list(orders.buys)
    sells: list[dict[str, Decimal]] = [{} for _ in lots]
    buys: list[dict[str, Decimal]] = [{} for _ in names]
    left_over: dict[str, Decimal] = {}
    for term in problem.terms:
        share = term.attribute_usd(orders.plan)
        parts = np.r_[share.sells[lots] if lots else [], share.buys[names] if names else []].tolist()
        change = term.value_usd(orders.plan) - term.value_usd(problem.block.holdings.nothing())
        if term in problem.opaque_terms:
            cents, left_over[term.name] = shared_cents(parts, change)
        else:
            cents = cents_that_add_up(parts, change)
        for row, amount in zip([*sells, *buys], cents, strict=True):
            row[term.name] = amount
    return sells, buys, left_over


def _trades(problem: Problem, signals: Signals, orders: Orders) -> tuple[list[Trade], dict[str, Decimal]]:
    """The trades, and what is not shared among them of a term."""
    sold, bought, left_over = _dollars(problem, orders)
    of_name: dict[int, list[Decimal]] = {}
    for at, dollars in zip(orders.sells, sold, strict=True):
        of_name.setdefault(int(signals.account.lot_name[at]), []).append(-sum(dollars.values(), Decimal(0)))
    trades = [
        _sale(problem, signals, orders, at, dollars, of_name[int(signals.account.lot_name[at])])
        for at, dollars in zip(orders.sells, sold, strict=True)
    ]
    for name, dollars in zip(orders.buys, bought, strict=True):
        shares, move = orders.buys[name], _move(problem, orders, name)
        ticker = signals.market.universe.securities[name].ticker
        sentence = buy_sentence(shares=_shown(shares), ticker=ticker, dollars=dollars, move=move)
        clear = (signals.market.as_of + timedelta(days=_WASH_DAYS + 1)).isoformat()
        bought_now = _plain(signals, name, Side.BUY, shares, dollars, sentence)
        trades.append(replace(bought_now, facts={"no loss sale before": clear}))
    trades.sort(key=lambda t: (t.side is Side.BUY, -t.benefit_usd, t.ticker, t.lot_id))
    return trades, left_over


def _move(problem: Problem, orders: Orders, name: int) -> Move:
    before = problem.block.holdings.active
    return Move(float(before[name]), float(before[name] + orders.net[name]))


def _plain(
    signals: Signals, name: int, side: Side, shares: Decimal, dollars: dict[str, Decimal], sentence: str
) -> Trade:
    """What every trade has."""
    security, price = signals.market.universe.securities[name], signals.market.price_usd[name]
    return Trade(
        security_id=security.security_id,
        ticker=security.ticker,
        name=security.name,
        sector=security.sector,
        side=side,
        shares=shares,
        price_usd=price,
        value_usd=(shares * price).quantize(Decimal("0.01")),
        dollars=dollars,
        sentence=sentence,
    )


def _serves(problem: Problem, orders: Orders, name: int, benefits: list[Decimal]) -> str:
    """What a sale that does not pay by itself is part of, where that can be told."""
    together = sum(benefits, Decimal(0))
    if len(benefits) > 1 and together > 0:
        return f"it completes the order of {len(benefits)} lots of the name, which together earn ${together:,.2f}"
    if 0 < abs(orders.net[name]) - problem.block.min_trade[name] < NO_ROOM and problem.block.min_trade[name] > 0:
        return "it brings the order to the minimum trade"
    cash = next(r for r in problem.rules if isinstance(r, CashRange))
    if not np.isfinite(cash.upper):  # only a liquidation leaves cash without a limit
        return "all that may be sold is to be sold"
    return "it raises the cash to be withdrawn, or pays for better trades" if cash.set_aside_usd else ""


def _sale(
    problem: Problem,
    signals: Signals,
    orders: Orders,
    lot_at: int,
    dollars: dict[str, Decimal],
    benefits: list[Decimal],
) -> Trade:
    """A sale names its lot, and what its gain is where gains are taxed; ``benefits`` are those of its name's lots."""
    account, market = signals.account, signals.market
    lot, name, shares = account.lots[lot_at], int(account.lot_name[lot_at]), orders.sells[lot_at]
    untaxed = account.kind in RETIREMENT_KINDS
    gain_usd = None if untaxed else _gain_usd(lot, shares, market.price_usd[name])
    long_term = None if untaxed else bool(account.lot_long_term[lot_at])
    facts = {"lot shares": str(lot.shares), "part of lot": "all" if shares == lot.shares else "part"}
    if gain_usd is not None and gain_usd < 0:
        facts["no repurchase before"] = (market.as_of + timedelta(days=_WASH_DAYS + 1)).isoformat()
    sentence = sell_sentence(
        shares=_shown(shares),
        ticker=market.universe.securities[name].ticker,
        acquired=lot.acquired,
        long_term=long_term,
        gain_usd=gain_usd,
        dollars=dollars,
        move=replace(_move(problem, orders, name), serves=_serves(problem, orders, name, benefits)),
    )
    plain = _plain(signals, name, Side.SELL, shares, dollars, sentence)
    return replace(plain, lot_id=lot.lot_id, acquired=lot.acquired, long_term=long_term, gain_usd=gain_usd, facts=facts)


def certificate_of(
    problem: Problem, solution: Solution, orders: Orders, *, after_usd: float | None = None
) -> Certificate:
    """How far orders can be from the best there are, in dollars and bps of the account.

    ``after_usd`` is the sum of all terms of the orders, where that is known.
    """
    value = problem.block.holdings.value_usd
    rounded = sum(t.value_usd(orders.plan) for t in problem.terms) if after_usd is None else after_usd
    # the block is without what own terms charge for doing nothing; a cone solver's objective is with it
    start = 0.0 if problem.is_opaque else charged_anyway(problem.terms) * value
    left = max(float(rounded - start - solution.bound_after_rounding * value), 0.0)
    return Certificate(
        solver=f"{solution.solver} ({solution.counts})",
        objective_usd=float(solution.objective * value + start),
        bound_usd=float(solution.bound * value + start),
        gap_usd=float(solution.gap * value),
        gap_bps=float(bps_from_fraction(solution.gap)),
        rounding_usd=float(rounded - start - solution.objective * value),
        rounded_gap_usd=left,
        rounded_gap_bps=float(bps_from_fraction(left / value)),
    )


def _law_note(problem: Problem) -> str:
    """Which law the tax was reckoned by."""
    tax = schedule_d_of(problem)
    if tax is None or tax.is_constant:
        return (
            "Not tax advice. Tax is reckoned at the constant marginal rates given, without netting, limits or brackets."
        )
    return (
        "Not tax advice. Tax is what these trades change the year's return by, with netting, carryovers, the limit on "
        f"losses and brackets: {tax.law.label.removesuffix(NOT_TAX_ADVICE).strip()}"
    )


def _notes(problem: Problem, orders: Orders, signals: Signals, mandate: Mandate) -> tuple[str, ...]:
    account = signals.account
    seen = ", ".join(account.accounts_seen) or account.account_id
    notes = [
        _law_note(problem),
        (
            f"Wash sales were searched in these accounts: {seen}. Trades in other accounts are not seen; a loss sold "
            "now is final only when 30 days have passed without a repurchase."
        ),
    ]
    if account.unpriced:
        no_price = counted(len(account.unpriced), "position has no price: it is", "positions have no price: they are")
        notes.append(f"{no_price} not traded and not in the account's value.")
    error = max((t.chords.worst_error_bps for t in problem.terms if isinstance(t, TradingCost)), default=0.0)
    if error > _NOTED_ERROR_BPS:
        notes.append(f"Market impact is drawn by straight pieces, up to {error:.1f} bps of a usual trade too dear.")
    if mandate.do_not_hold:
        notes.append("Names that must not be held are sold as far as locks and trade sizes allow.")
    return (*notes, *memo_notes(problem, orders, signals, mandate))


def explain(
    problem: Problem,
    solution: Solution,
    orders: Orders,
    signals: Signals,
    mandate: Mandate,
    stages: tuple[Stage, ...] = (),
) -> Proposal:
    """The proposal: trades with reasons, measures, certificate and checks.

    Parameters
    ----------
    problem, solution, orders
        From `formulate`, `solve` and `settle`.
    signals, mandate
        What they came from.
    stages : tuple of Stage
        CPU seconds so far.
    """
    trades, left_over = _trades(problem, signals, orders)
    nothing = problem.block.holdings.nothing()
    before = {t.name: to_decimal(t.value_usd(nothing), _CENTS) for t in problem.terms}
    change = {k: sum((t.dollars.get(k, Decimal(0)) for t in trades), Decimal(0)) for k in before}
    after = {k: before[k] + change[k] for k in before}
    for name, rest in left_over.items():
        if rest:
            before[REMAINDER.format(name)], after[REMAINDER.format(name)] = Decimal("0.00"), rest
    zero = Decimal("0.00")
    tickers = [s.ticker for s in signals.market.universe.securities]
    prices = () if problem.is_opaque else shadow_prices(problem, solution, tickers)
    screens = screen_facts(signals, mandate, problem.block.holdings, orders.plan)
    return Proposal(
        esg=esg_facts(signals, problem.block.holdings, orders.plan),
        screens=screens,
        account_id=signals.account.account_id,
        as_of=signals.market.as_of,
        mandate=mandate,
        trade_list=with_reasons(
            with_stand_ins(with_washes(trades, signals, orders), problem, signals, orders), signals, mandate
        ),
        before=measure(problem, signals, nothing, before, signals.account.cash_usd, zero),
        after=measure(problem, signals, orders.plan, after, orders.cash_usd, orders.cost_usd, set_aside_usd(mandate)),
        certificate=certificate_of(problem, solution, orders),
        checks=rule_checks(problem, solution, orders.plan, {price.rule for price in prices}),
        locks=tuple(signals.account.locks),
        unpriced=signals.account.unpriced,
        accounts_seen=signals.account.accounts_seen,
        notes=(
            *_notes(problem, orders, signals, mandate),
            *own_notes(problem, left_over),
            *esg_notes(signals, screens, mandate),
        ),
        memo_usd=memos_usd(problem, orders, mandate),
        stages=stages,
        provenance=dict(signals.market.provenance),
        shadow_prices=prices,
    )
