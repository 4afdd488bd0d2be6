"""Kept trades come back to the share, by lot, whatever else is asked and whatever prices do."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from di_advisor.domain.kept_trades import KeptTrade, kept_of
from di_advisor.domain.mandate import Rounding, TradingMode
from di_advisor.domain.portfolio import Account, Portfolio, Side
from di_advisor.domain.target import Target
from di_advisor.domain.trades import Trade
from di_advisor.domain.transition import TransitionWish
from di_advisor.errors import InfeasibleError, InputError, UnsupportedWishError
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.facts import facts_of
from di_advisor.runs.run import workspace_of
from di_advisor.testing.random_cases import random_case
from di_advisor.workspace import Workspace


def opened(seed: int, **changes: Any) -> Workspace:
    case = random_case(seed, names=24, lots_a_name=2)
    account, market = case.signals.account, case.signals.market
    weights = dict(zip(market.universe.security_ids, account.target_weight.tolist(), strict=True))
    wishes = case.mandate.with_changes(cash_min=0.0, cash_max=0.03, turnover_max=None, **changes)
    portfolio = Portfolio("random", (Account("random", account.lots),))
    return Workspace(portfolio, Target.single("index", weights, market.as_of), wishes, case.tax, case.signals)


def some(trades: tuple[Trade, ...], seed: int, share: float = 0.4) -> dict[str, KeptTrade]:
    chosen = np.random.default_rng(seed).random(len(trades)) < share
    names = {t.security_id for t, c in zip(trades, chosen, strict=True) if c}
    return kept_of(t for t in trades if t.security_id in names)


def came_back(kept: Mapping[str, KeptTrade], trades: tuple[Trade, ...]) -> bool:
    return kept_of(t for t in trades if t.security_id in kept) == dict(kept)


@pytest.mark.parametrize("rounding", [Rounding.WHOLE_SHARES, Rounding.FRACTIONAL])
@pytest.mark.parametrize("seed", range(16))
def test_what_is_kept_comes_back_exactly_under_other_wishes(seed: int, rounding: Rounding) -> None:
    workspace = opened(seed, rounding=rounding)
    kept = some(workspace.propose().trade_list, seed)
    keeping = workspace.keeping(kept)
    solved = 0
    for changes in (
        {},
        {"risk_aversion": 5.0},
        {"min_trade_usd": Decimal(5000), "max_names": None},
        {"max_trade_usd": Decimal(6000), "min_trade_usd": Decimal(0)},
        {"tracking_error_max": 0.03},
        {"do_not_buy": frozenset(list(workspace.signals.market.universe.security_ids)[::5]) - set(kept)},
    ):
        try:
            again = keeping.what_if(**changes)
        except InfeasibleError:  # smaller sizes and locks may leave the rest too little room; the same wishes do not
            assert set(changes) - {"risk_aversion"}
            continue
        solved += 1
        assert came_back(kept, again.trade_list)
    assert solved >= 2
    assert not workspace.signals.account.kept


def test_the_rest_is_solved_anew_around_what_is_kept() -> None:
    workspace = opened(3, tracking_error_max=None)
    first = workspace.propose().trade_list
    kept = some(first, 3, 0.3)
    again = workspace.keeping(kept).what_if(risk_aversion=workspace.mandate.risk_aversion * 8).trade_list
    assert came_back(kept, again)
    assert [t for t in again if t.security_id not in kept] != [t for t in first if t.security_id not in kept]
    card = workspace.keeping(kept).explain_trade(next(t for t in first if t.security_id in kept))
    assert card.counterfactual.worse_usd is None  # without it there is no plan that keeps it


def test_all_trades_kept_are_the_same_plan_and_one_that_pays_little_stays() -> None:
    workspace = opened(5, benefit_min_usd=Decimal(0))
    first = workspace.propose()
    again = workspace.keeping(first.trade_list).what_if(benefit_min_usd=Decimal(10**6))
    assert came_back(kept_of(first.trade_list), again.trade_list)


def test_shares_stay_while_prices_and_the_accounts_value_move() -> None:
    spec = RunSpec(SampleSource(), "young")
    facts = facts_of(spec.source)
    first = workspace_of(spec, facts).propose()
    kept = some(first.trade_list, 1, 0.2)
    moved = np.exp(np.random.default_rng(2).normal(0.01, 0.02, len(facts.market.universe)))
    prices = tuple(
        None if p is None else (p * Decimal(repr(float(m)))).quantize(Decimal("0.01"))
        for p, m in zip(facts.market.price_usd, moved, strict=True)
    )
    later = replace(facts, market=replace(facts.market, price_usd=prices))
    again = workspace_of(spec, later).keeping(kept).propose()
    assert again.after.value_usd != first.after.value_usd
    assert came_back(kept, again.trade_list)


def test_what_cannot_be_made_any_more_is_said_with_its_name() -> None:
    workspace = opened(3)
    sale = next(t for t in workspace.propose().trade_list if t.side is Side.SELL)
    kept = kept_of([sale])[sale.security_id]
    too_many = replace(kept, shares=kept.shares * 1000, lots={sale.lot_id: kept.shares * 1000})
    with pytest.raises(InputError, match=f"kept trade of {sale.ticker}.*lot {sale.lot_id} does not hold"):
        workspace.keeping({sale.security_id: too_many}).propose()
    with pytest.raises(InputError, match=r"kept trade of MOON.*no price"):
        workspace.keeping({"MOON": kept}).propose()
    with pytest.raises(InputError, match=f"lot {sale.lot_id} may not be sold"):
        workspace.keeping([sale]).what_if(mode=TradingMode.BUY_ONLY)
    with pytest.raises(UnsupportedWishError, match="kept trades"):
        workspace.keeping([sale]).transition(TransitionWish.quarterly(workspace.signals.market.as_of, 4))


def test_a_kept_trade_is_whole_and_on_one_side() -> None:
    with pytest.raises(InputError, match="has lots of 3"):
        KeptTrade(Side.SELL, Decimal(4), {"a": Decimal(3)})
    with pytest.raises(InputError, match="0 shares"):
        KeptTrade(Side.BUY, Decimal(0))
    trades = opened(3).propose().trade_list
    sale, buy = (next(t for t in trades if t.side is side) for side in (Side.SELL, Side.BUY))
    with pytest.raises(InputError, match="sold and bought"):
        kept_of([sale, replace(buy, security_id=sale.security_id)])
