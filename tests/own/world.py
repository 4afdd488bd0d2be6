"""A small account on a random market, opened as a workspace."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from di_advisor import Advisor, Mandate, Rounding, Workspace
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Portfolio
from di_advisor.domain.target import Target
from di_advisor.testing.random_cases import random_case

PLAIN = Mandate(min_trade_usd=Decimal(200), rounding=Rounding.WHOLE_SHARES)


def opened(seed: int, mandate: Mandate = PLAIN, names: int = 20, **own: Any) -> Workspace:
    case = random_case(seed, names=names, lots_a_name=2, styles=2)
    market, account = case.signals.market, case.signals.account
    weights = dict(zip(market.universe.security_ids, account.target_weight.tolist(), strict=True))
    holder = Account("random", account.lots, (CashItem(account.cash_usd, market.as_of),), (), AccountKind.TAXABLE)
    return Advisor().workspace(
        Portfolio("someone", (holder,)),
        market=Market(
            market.as_of,
            datetime(2026, 6, 30, 21, tzinfo=UTC),
            market.universe,
            market.price_usd,
            np.full(names, 2.0),
            market.adv_usd,
            np.full(names, 0.2),
        ),
        target=Target.single("index", weights, market.as_of),
        mandate=mandate,
        tax=case.tax,
        risk=market.risk,
        costs=market.costs,
        **own,
    )
