"""Names that must not be held: sold as far as locks and the minimum trade allow, and no proposal fails over them."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.signals import Signals
from di_advisor.formulate import formulate
from di_advisor.propose import settle
from di_advisor.solve import solve
from di_advisor.testing.random_cases import RandomCase, random_case


def with_lock_on_one_lot(case: RandomCase) -> tuple[Signals, int]:
    """Lock the smallest lot of the largest position that has several lots."""
    account = case.signals.account
    held = np.bincount(account.lot_name, weights=account.lot_value_usd, minlength=len(account.target_weight))
    held[np.bincount(account.lot_name, minlength=len(held)) < 2] = 0
    name = int(held.argmax())
    lots = np.flatnonzero(account.lot_name == name)
    sellable = account.lot_sellable.copy()
    sellable[lots] = True
    sellable[lots[account.lot_value_usd[lots].argmin()]] = False
    can_sell = account.can_sell.copy()
    can_sell[name] = True
    return replace(case.signals, account=replace(account, lot_sellable=sellable, can_sell=can_sell)), name


@pytest.mark.parametrize("seed", range(6))
def test_all_lots_but_the_locked_ones_are_sold(seed: int) -> None:
    case = random_case(seed)
    signals, name = with_lock_on_one_lot(case)
    unwanted = signals.market.universe.security_ids[name]
    mandate = case.mandate.with_changes(
        do_not_hold=frozenset({unwanted}), tracking_error_max=None, turnover_max=None, min_trade_usd="0"
    )
    mandate = mandate.with_changes(min_trade_weight=0.0, sector_band=None, factor_bands={})
    problem = formulate(signals, mandate, case.tax)
    orders = settle(problem, solve(problem, rounds=4), signals, mandate)
    lots = [i for i in np.flatnonzero(signals.account.lot_name == name) if signals.account.lot_sellable[i]]
    assert {i: q for i, q in orders.sells.items() if i in lots} == {i: signals.account.lots[i].shares for i in lots}


@pytest.mark.parametrize("seed", range(6))
def test_what_is_less_than_the_minimum_trade_may_stay(seed: int) -> None:
    case = random_case(seed)
    signals, name = with_lock_on_one_lot(case)
    account = signals.account
    lots = account.lot_name == name
    free = account.lot_value_usd[lots & account.lot_sellable].sum()
    mandate = case.mandate.with_changes(
        do_not_hold=frozenset({signals.market.universe.security_ids[name]}),
        tracking_error_max=None,
        turnover_max=None,
        min_trade_usd=str(round(float(free) + 1, 2)),
    )
    mandate = mandate.with_changes(sector_band=None, factor_bands={}, cash_min=0.0, cash_max=1.0)
    problem = formulate(signals, mandate, case.tax)
    orders = settle(problem, solve(problem, rounds=4), signals, mandate)
    assert not [i for i in orders.sells if lots[i]]
