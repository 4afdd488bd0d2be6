"""The independent checker: it passes what is proposed, and sees every wish that orders break."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from di_advisor.domain.mandate import Band, Mandate, NameBand
from di_advisor.testing.random_cases import random_case
from di_advisor.testing.rule_check import FinalOrders, broken_wishes

CASE = random_case(3, names=12, lots_a_name=2, value_usd=2e6)
ACCOUNT = CASE.signals.account
OPEN = ACCOUNT.lot_sellable & ACCOUNT.can_sell[ACCOUNT.lot_name]
GAIN = int(np.flatnonzero(OPEN & (ACCOUNT.lot_gain_usd > 1000))[0])
LOSS = int(np.flatnonzero(OPEN & (ACCOUNT.lot_gain_usd < -1000))[0])
BUY = int(np.flatnonzero(ACCOUNT.can_buy & (np.arange(12) != ACCOUNT.lot_name[LOSS]))[0])
OTHER = int(np.flatnonzero(ACCOUNT.can_buy & (np.arange(12) != BUY))[0])
IDS = CASE.signals.market.universe.security_ids
WIDE = Mandate(cash_max=1.0, rounding="fractional")  # type: ignore[arg-type]
TEN = Decimal(10)


def wishes(orders: FinalOrders, signals: Any = CASE.signals, **changes: object) -> set[str]:
    return {b.wish for b in broken_wishes(signals, WIDE.with_changes(**changes), orders, CASE.tax.rates)}


def test_doing_nothing_breaks_no_wide_wish() -> None:
    assert not wishes(FinalOrders({}, {}))


SALE = FinalOrders({GAIN: TEN}, {})
PURCHASE = FinalOrders({}, {BUY: Decimal(1)})


@pytest.mark.parametrize(
    ("orders", "changes", "wish"),
    [
        (SALE, {"do_not_sell": {IDS[int(ACCOUNT.lot_name[GAIN])]}}, "do_not_sell"),
        (PURCHASE, {"do_not_buy": {IDS[BUY]}}, "do_not_buy"),
        (PURCHASE, {"do_not_hold": {IDS[BUY]}}, "do_not_hold"),
        (FinalOrders({}, {}), {"do_not_hold": {IDS[int(ACCOUNT.lot_name[GAIN])]}}, "do_not_hold"),
        (SALE, {"min_holding_days": 100_000}, "min_holding_days"),
        (SALE, {"mode": "buy_only"}, "mode"),
        (PURCHASE, {"mode": "sell_only"}, "mode"),
        (FinalOrders({}, {}), {"mode": "liquidate"}, "mode"),
        (SALE, {"min_trade_usd": Decimal(200_000)}, "min_trade"),
        (SALE, {"min_trade_weight": 0.1}, "min_trade"),
        (SALE, {"max_trade_usd": Decimal(1)}, "max_trade_usd"),
        (SALE, {"participation_max": 1e-12}, "participation_max"),
        (SALE, {"cash_max": 0.001}, "cash_max"),
        (SALE, {"cash_min": 0.9}, "cash_min"),
        (SALE, {"withdrawal_usd": Decimal(1_000_000)}, "withdrawal_usd"),
        (FinalOrders({}, {BUY: Decimal(2000)}), {}, "cash_min"),
        (PURCHASE, {"turnover_max": 0.0}, "turnover_max"),
        (PURCHASE, {"max_trades": 0}, "max_trades"),
        (PURCHASE, {"max_names": 3}, "max_names"),
        (PURCHASE, {"tracking_error_max": 1e-5}, "tracking_error_max"),
        (PURCHASE, {"sector_band": Band.within(1e-6)}, "sector_band"),
        (PURCHASE, {"country_band": Band(-1.0, -0.9)}, "country_band"),
        (PURCHASE, {"factor_bands": {"style0": Band.within(1e-9)}}, "factor_bands"),
        (FinalOrders({}, {BUY: Decimal(20)}), {"name_band": NameBand(active_max=0.0)}, "name_band"),
        (SALE, {"gain_budget_usd": Decimal(-1_000)}, "gain_budget_usd"),
        (SALE, {"tax_budget_usd": Decimal(-1_000)}, "tax_budget_usd"),
        (FinalOrders({LOSS: TEN}, {int(ACCOUNT.lot_name[LOSS]): TEN}), {}, "wash_policy"),
        (FinalOrders({GAIN: TEN}, {int(ACCOUNT.lot_name[GAIN]): TEN}), {}, "sides"),
        (FinalOrders({GAIN: Decimal("1e9")}, {}), {}, "rounding"),
        (FinalOrders({GAIN: Decimal("1.5")}, {}), {"rounding": "whole_shares"}, "rounding"),
        (FinalOrders({}, {BUY: Decimal("1.5")}), {"rounding": "whole_shares"}, "rounding"),
        (FinalOrders({}, {BUY: Decimal(50)}), {"rounding": "round_lots"}, "rounding"),
    ],
)
def test_each_wish_that_is_broken_is_seen(orders: FinalOrders, changes: dict[str, Any], wish: str) -> None:
    assert wish in wishes(orders, **changes)


def test_locks_and_identical_securities_are_seen() -> None:
    locked = replace(ACCOUNT, lot_sellable=np.zeros_like(OPEN), can_buy=np.zeros_like(ACCOUNT.can_buy))
    signals = replace(CASE.signals, account=locked)
    assert wishes(SALE, signals) == {"locks"}
    assert wishes(PURCHASE, signals) == {"locks"}
    twins = random_case(3, names=12, lots_a_name=2, shared_groups=6)
    account = twins.signals.account
    at = int(np.flatnonzero((account.lot_gain_usd < 0) & account.lot_sellable)[0])
    twin = int(account.lot_name[at]) ^ 1
    assert "wash_policy" in wishes(FinalOrders({at: Decimal(1)}, {twin: Decimal(1)}), twins.signals)


def test_what_is_just_allowed_is_not_broken() -> None:
    lot = ACCOUNT.lots[GAIN]
    assert lot.acquired is not None
    days = (CASE.signals.market.as_of - lot.acquired) // timedelta(days=1)
    assert not wishes(SALE, min_holding_days=days)
    assert wishes(SALE, min_holding_days=days + 1) == {"min_holding_days"}
    sold = TEN * CASE.signals.market.price_usd[int(ACCOUNT.lot_name[GAIN])]
    assert not wishes(SALE, min_trade_usd=sold, max_trade_usd=sold)
    everything = FinalOrders({i: Decimal(str(ACCOUNT.lots[i].shares)) for i in np.flatnonzero(OPEN).tolist()}, {})
    assert not wishes(everything, mode="liquidate", rounding="round_lots")
