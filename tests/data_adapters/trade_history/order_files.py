"""Small right files of orders, fills and market tables, easy to spoil."""

from pathlib import Path

import pandas as pd

from di_advisor.domain.trading_conditions import TradingConditions

ORDERS = """\
order_id,account_id,symbol,side,decision_time,arrival_time,order_shares
O1,A1,ACME,buy,2024-03-05T09:55:00-05:00,2024-03-05T10:00:00-05:00,300
O2,A1,BOLT,sell,,2024-03-05T11:00:00-05:00,200
"""
FILLS = """\
order_id,fill_time,fill_shares,fill_price_usd,exec_id,venue,commission_usd
O1,2024-03-05T10:01:00-05:00,100,50.03,E1,NORTH,0.50
O1,2024-03-05T10:05:00-05:00,200,50.06,E2,SOUTH,1.00
O2,2024-03-05T11:02:00-05:00,150,19.98,E3,NORTH,0.75
"""
DAILY = """\
security_id,date,close_usd,open_usd,half_spread_bps,volatility_daily_bps,adv_usd
ACME,2024-03-04,49.90,49.80,2.0,150,50000000
ACME,2024-03-05,50.20,49.95,9.0,999,99000000
BOLT,2024-03-04,20.10,20.20,5.0,220,8000000
BOLT,2024-03-05,19.80,20.05,9.0,999,99000000
"""
QUOTES = """\
security_id,time_utc,bid_usd,ask_usd
ACME,2024-03-05T14:54:30Z,49.97,49.99
ACME,2024-03-05T14:59:59Z,49.99,50.01
ACME,2024-03-05T15:00:01Z,50.50,50.60
ACME,2024-03-05T15:00:30Z,50.02,50.04
BOLT,2024-03-05T16:01:00Z,19.98,20.00
"""


def write(folder: Path, text: str | bytes, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def frame(text: str) -> pd.DataFrame:
    import io

    return pd.read_csv(io.StringIO(text))


def conditions(daily: str | None = DAILY, quotes: str | None = QUOTES, minutes: str | None = None) -> TradingConditions:
    return TradingConditions(*(None if t is None else frame(t) for t in (daily, quotes, minutes)))
