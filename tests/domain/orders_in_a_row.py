"""Histories of few orders, from what differs between them."""

import numpy as np

from di_advisor.domain.trade_history import TradeHistory


def history(m: int = 1, **columns) -> TradeHistory:
    """Orders to buy 100 at 10 USD, unless said otherwise; scalars hold for all."""
    usual = {"order_id": [f"O{k}" for k in range(m)], "security_id": "X", "side": 1, "ordered_shares": 100.0}
    usual |= {"arrival_utc": "2024-03-05T15:00:00", "filled_shares": 100.0, "average_price_usd": 10.0}
    usual |= {"arrival_price_usd": 10.0, "half_spread_bps": 2.0, "volatility_daily_bps": 150.0, "adv_usd": 1e7}
    given = usual | columns
    made = {k: np.full(m, v) if np.isscalar(v) else np.asarray(v) for k, v in given.items()}
    return TradeHistory.from_columns(made)
