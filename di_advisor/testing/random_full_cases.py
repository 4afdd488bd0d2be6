"""Random accounts whose mandates use every wish that one proposal honours.

Problem: a suite that holds two solvers against each other is worth as much as the wishes that it
draws. Decision: `random_case` gives account, market and its own wishes; this adds labels, dividends and
further wishes from a second generator, so that the cases of existing seeds stay as they are. Wishes are
drawn mild enough that most mandates can be kept, and locks follow from the lists as signals have them.
Invented figures of plausible size; the same seed gives the same case on every machine. Limits: constant
rates, and what account and mandate say by themselves; `random_situations` adds the rest.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from di_advisor.domain.mandate import Band, Mandate, Rounding, TradingMode
from di_advisor.domain.signals import MarketSignals, Signals
from di_advisor.domain.universe import Universe
from di_advisor.testing.random_cases import RandomCase, random_case
from di_advisor.testing.random_wishes import random_esg_wishes

__all__ = ["random_full_case"]

_STREAM = 300
_INDUSTRIES = 9
_COUNTRIES = ("US", "US", "US", "IE", "CH")
_ONE_SIDED = (TradingMode.BUY_ONLY, TradingMode.SELL_ONLY, TradingMode.RAISE_CASH)
_LEAST_NAMES = 6


def random_full_case(seed: int, *, names_max: int = 38) -> RandomCase:
    """A random account of 6 names or more with a mandate drawn from all wishes.

    Parameters
    ----------
    seed : int
        Everything follows from it.
    names_max : int
        Most names, at least 6.
    """
    g = np.random.default_rng([seed, _STREAM])
    names = _LEAST_NAMES + int(g.integers(names_max - _LEAST_NAMES + 1))
    case = random_case(seed, names=names, lots_a_name=int(g.integers(1, 4)), styles=3, shared_groups=int(g.integers(3)))
    signals = replace(case.signals, market=_labelled(g, case.signals.market))
    mandate = _with_cash_wishes(g, case.mandate, signals)
    mandate = _with_trading_limits(g, mandate, names)
    mandate = _with_lists(g, mandate, signals)
    mandate = _with_bands(g, mandate)
    if g.random() < 0.3 and mandate.mode not in (*_ONE_SIDED, TradingMode.LIQUIDATE):
        wishes = random_esg_wishes(g, signals)
        signals, mandate = wishes.signals, mandate.with_changes(**wishes.changes)
    return RandomCase(_locked(signals, mandate), mandate, case.tax)


def _labelled(g: np.random.Generator, market: MarketSignals) -> MarketSignals:
    """Industries, countries and, for half of the markets, dividends with gaps."""
    n = len(market.universe)
    universe = Universe(
        tuple(
            replace(s, industry=f"I{int(g.integers(_INDUSTRIES))}", country=_COUNTRIES[int(g.integers(5))])
            for s in market.universe.securities
        )
    )
    changes: dict[str, Any] = {
        "universe": universe,
        "risk": replace(market.risk, universe=universe),
        "costs": replace(market.costs, universe=universe),
    }
    yields, shares = g.uniform(0, 0.05, n), g.uniform(0.3, 1.0, n)
    if g.random() < 0.5:
        changes["dividend_yield_per_year"] = np.where(g.random(n) < 0.9, yields, np.nan)
        changes["qualified_share"] = np.where(g.random(n) < 0.8, shares, np.nan)
    return replace(market, **changes)


def _with_cash_wishes(g: np.random.Generator, mandate: Mandate, signals: Signals) -> Mandate:
    value = signals.account.value_usd
    draw = g.random()
    mode = TradingMode.REBALANCE
    for each, share in (
        (TradingMode.BUY_ONLY, 0.08),
        (TradingMode.SELL_ONLY, 0.08),
        (TradingMode.RAISE_CASH, 0.08),
        (TradingMode.TAX_UNAWARE, 0.1),
        (TradingMode.LIQUIDATE, 0.05),
    ):
        if 0 <= draw < share:
            mode = each
        draw -= share
    taken = g.random() < 0.25 or mode is TradingMode.RAISE_CASH
    share = float(g.uniform(0.01, 0.2)) if taken and mode is not TradingMode.BUY_ONLY else 0.0
    changes: dict[str, Any] = {
        "mode": mode,
        "withdrawal_usd": Decimal(repr(round(share * value, 2))),
        "cash_drag_per_year": float(g.uniform(0.005, 0.06)) if g.random() < 0.25 else 0.0,
        "benefit_min_usd": Decimal(int(g.integers(5, 2000))) if g.random() < 0.2 else Decimal(0),
    }
    if mode in _ONE_SIDED:  # one side alone seldom keeps what is drawn for both
        changes |= {"tracking_error_max": None, "sector_band": None, "factor_bands": {}, "cash_max": 0.3}
    if mode in (TradingMode.LIQUIDATE, *_ONE_SIDED):
        changes["turnover_max"] = None
    elif mandate.turnover_max is not None:
        changes["turnover_max"] = min(mandate.turnover_max + share, 1.0)
    return mandate.with_changes(**changes)


def _with_trading_limits(g: np.random.Generator, mandate: Mandate, names: int) -> Mandate:
    changes: dict[str, Any] = {}
    if g.random() < 0.3:
        changes["min_trade_usd"] = Decimal(int(g.integers(200, 2500)))
    if g.random() < 0.15:
        changes["max_trade_usd"] = Decimal(int(g.integers(15_000, 40_000)))
    if g.random() < 0.2:
        changes["gain_budget_usd"] = Decimal(int(g.integers(-4_000, 30_000)))
    if g.random() < 0.1:
        changes["tax_budget_usd"] = Decimal(int(g.integers(-1_000, 6_000)))
    if g.random() < 0.2:
        changes["max_trades"] = int(names * g.uniform(0.4, 0.9))
    if g.random() < 0.15 and mandate.name_band.lower_multiple == 0:
        changes["max_names"] = int(names * g.uniform(0.75, 0.95))
    if g.random() < 0.05:
        changes["rounding"] = Rounding.ROUND_LOTS
    if mandate.mode is TradingMode.TAX_UNAWARE:  # budgets contradict it
        changes = {k: v for k, v in changes.items() if not k.endswith("budget_usd")}
    if mandate.mode is TradingMode.LIQUIDATE:
        changes = {k: v for k, v in changes.items() if k in ("min_trade_usd", "max_trade_usd", "rounding")}
    return mandate.with_changes(**changes)


def _with_lists(g: np.random.Generator, mandate: Mandate, signals: Signals) -> Mandate:
    ids = signals.market.universe.security_ids

    def some() -> frozenset[str]:
        return frozenset(ids[int(i)] for i in g.integers(0, len(ids), 2)) if g.random() < 0.25 else frozenset()

    days = int(g.integers(30, 400)) if g.random() < 0.2 else 0
    return mandate.with_changes(do_not_buy=some(), do_not_sell=some(), do_not_hold=some(), min_holding_days=days)


def _with_bands(g: np.random.Generator, mandate: Mandate) -> Mandate:
    if mandate.mode in _ONE_SIDED:
        return mandate
    wide = {f"{kind}_band": Band.within(float(g.uniform(0.06, 0.15))) for kind in ("industry", "country")}
    return mandate.with_changes(**{name: band for name, band in wide.items() if g.random() < 0.25})


def _locked(signals: Signals, mandate: Mandate) -> Signals:
    """Signals with the locks that the lists and the holding days mean."""
    account, ids = signals.account, signals.market.universe.security_ids
    buyable = np.array([s not in mandate.do_not_buy | mandate.do_not_hold for s in ids], dtype=np.bool_)
    sellable = np.array([s not in mandate.do_not_sell for s in ids], dtype=np.bool_)
    days = [(signals.market.as_of - (lot.acquired or signals.market.as_of)).days for lot in account.lots]
    old = np.array(days, dtype=np.int64) >= mandate.min_holding_days
    return replace(
        signals,
        account=replace(
            account,
            can_buy=account.can_buy & buyable,
            can_sell=account.can_sell & sellable,
            lot_sellable=account.lot_sellable & sellable[account.lot_name] & old,
        ),
    )
