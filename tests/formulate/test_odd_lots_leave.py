"""A position smaller than a round lot leaves in one order, whatever a round lot is worth."""

from decimal import Decimal

import numpy as np

from di_advisor.domain.mandate import NameBand, Rounding
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.testing.random_cases import random_case


def test_what_must_not_be_held_leaves_though_a_round_lot_is_larger_than_the_largest_trade() -> None:
    case = random_case(2, names=12, lots_a_name=2, styles=2, value_usd=3e4)
    account, market = case.signals.account, case.signals.market
    held, price = account.held_usd(), np.array([float(p) for p in market.price_usd])
    sellable = np.bincount(account.lot_name, weights=np.where(account.lot_sellable, account.lot_value_usd, 0.0))
    fits = (held > 0) & account.can_sell & np.isclose(sellable, held) & (2 * held < 100 * price)
    name = int(np.flatnonzero(fits)[0])
    mandate = case.mandate.with_changes(
        tracking_error_max=None,
        name_band=NameBand(),
        sector_band=None,
        factor_bands={},
        turnover_max=None,
        participation_max=None,
        cash_max=0.9,
        rounding=Rounding.ROUND_LOTS,
        max_trade_usd=Decimal(int(1.5 * held[name])),
        do_not_hold=frozenset({market.universe.security_ids[name]}),
    )
    assert held[name] < float(mandate.max_trade_usd) < 100 * price[name]
    planned = plan_for(case.signals, mandate, case.tax, Clock(silent), never)
    sold = sum(float(n) for i, n in planned.orders.sells.items() if account.lot_name[i] == name)
    assert sold * price[name] > 0.99 * sellable[name]
