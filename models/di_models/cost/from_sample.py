"""The sample's past orders as a trade history: what the shipped model is trained on, and what a notebook tries first.

The frame is that of `di_advisor.sample`; what only a simulation knows (true cost, its noise) stays out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from di_advisor.domain.trade_history import ArrivalPrice, TradeHistory
from di_advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["history_of_sample"]

_AS_THEY_ARE = (
    "order_id",
    "security_id",
    "arrival_utc",
    "end_utc",
    "filled_shares",
    "arrival_price_usd",
    "average_price_usd",
    "close_price_usd",
    "half_spread_bps",
    "volatility_daily_bps",
    "adv_usd",
    "volume_span",
    "time_of_day",
    "venue",
    "algo",
    "order_type",
    "market_return",
)
_SIDES = {"buy": 1, "sell": -1}


def history_of_sample(orders: pd.DataFrame) -> TradeHistory:
    """Trade history of ``di_advisor.sample.load().orders``, labelled simulated.

    Parameters
    ----------
    orders : pandas.DataFrame
        m orders, columns as in `di_advisor.sample.orders`.

    Raises
    ------
    InputError
        If it is another frame.
    """
    missing = [name for name in (*_AS_THEY_ARE, "side", "shares", "account_type") if name not in orders.columns]
    if missing:
        raise InputError(
            f"The frame lacks {', '.join(missing)}, so it is not that of the sample's orders.",
            hint="Give di_advisor.sample.load().orders; your own orders make a TradeHistory by from_columns.",
            missing=missing,
        )
    columns = {name: orders[name].to_numpy() for name in _AS_THEY_ARE}
    columns["account_id"] = orders["account_type"].to_numpy()
    columns["ordered_shares"] = orders["shares"].to_numpy()
    columns["side"] = np.array([_SIDES[str(side)] for side in orders["side"]])
    columns["arrival_price_source"] = np.full(len(orders), ArrivalPrice.MID_AT_ARRIVAL.value)
    return TradeHistory.from_columns(columns, simulated=True, provenance="the embedded sample's orders")
