"""The documented columns of files of parent orders and their fills, and of what the market was like."""

from __future__ import annotations

from di_advisor.domain.rows import Column

__all__ = [
    "DAILY_CONDITION_COLUMNS",
    "MINUTE_COLUMNS",
    "ORDER_COLUMNS",
    "ORDER_FILL_COLUMNS",
    "QUOTE_COLUMNS",
]

_OF_FILLS = "in rows of fills, of the fill, and they are added up."

ORDER_COLUMNS = (
    Column("order_id", "Id of the parent order; in a file of fills it repeats.", required=True),
    Column("symbol", "Permanent id of the security, or its ticker where a list of tickers is given.", required=True),
    Column("side", "buy or sell, in the words of FIX and of usual systems (1, 2, 5, BUY, SLD, SHRT).", required=True),
    Column("arrival_time", "When the order came to the market, with its zone.", required=True),
    Column("account_id", "Account of the order."),
    Column("decision_time", "When it was decided, with its zone."),
    Column("end_time", "When its last fill was done, with its zone; of the fills where it is left out."),
    Column("order_shares", "Shares asked for; where blank, what was filled is taken, and that is told."),
    Column("filled_shares", "Shares done; the sum of the fills where there are any."),
    Column("avg_fill_price_usd", "Average price of the fills; computed where there are any."),
    Column("arrival_bid_usd", "Bid at arrival: the best source of the arrival price."),
    Column("arrival_ask_usd", "Ask at arrival."),
    Column("arrival_price_usd", "Arrival price, where it is already known."),
    Column("arrival_price_source", "Where that comes from: one of the words of ArrivalPrice (mid at arrival)."),
    Column("decision_price_usd", "Middle at the decision; of the quotes where it is left out."),
    Column("close_price_usd", "Close of the day; of the daily table where it is left out."),
    Column("half_spread_bps", "Half of the quoted spread before the trade, bps."),
    Column("volatility_daily_bps", "Standard deviation of a day's return from the days before, bps."),
    Column("adv_usd", "Average daily dollar volume of the days before, USD."),
    Column("volume_span", "Planned span as a fraction of the day's volume; never what was realised."),
    Column("time_of_day", "Arrival as a fraction of the trading day; computed where the column is left out."),
    Column("venue", "Where it was worked; of the largest fill where there are fills."),
    Column("algo", "How it was worked."),
    Column("order_type", "market, marketable limit, limit, passive limit, midpoint, close auction; or FIX's word."),
    Column("broker", "Broker that worked it."),
    Column("commission_usd", f"Commission of the order, USD; {_OF_FILLS}"),
    Column("fees_usd", f"Fees of the order, USD; {_OF_FILLS}"),
    Column("market_return", "Return of the market between arrival and end, a fraction; for the report only."),
)
"""Columns of a table of parent orders."""

ORDER_FILL_COLUMNS = (
    Column("order_id", "Id of the parent order.", required=True),
    Column("fill_time", "When it was done, with its zone.", required=True),
    Column("fill_shares", "Shares of the fill.", required=True),
    Column("fill_price_usd", "Price of the fill, USD a share.", required=True),
    Column("exec_id", "Id of the execution: a repeated one is counted once."),
    Column("venue", "Where it was done."),
    Column("commission_usd", "Commission of the fill, USD."),
    Column("fees_usd", "Fees of the fill, USD."),
)
"""Columns of a table of fills."""

DAILY_CONDITION_COLUMNS = (
    Column("security_id", "Permanent id of the security.", required=True),
    Column("date", "Trading day; only days strictly before a trade say what was known.", required=True),
    Column("close_usd", "Close as it printed, not adjusted, USD."),
    Column("open_usd", "Open as it printed, USD."),
    Column("half_spread_bps", "Half of the usual quoted spread of the day, bps."),
    Column("volatility_daily_bps", "Standard deviation of daily returns up to this day, bps."),
    Column("adv_usd", "Average daily dollar volume up to this day, USD."),
)
"""Columns of the daily table of market conditions."""

QUOTE_COLUMNS = (
    Column("security_id", "Permanent id of the security.", required=True),
    Column("time_utc", "Instant from which the quote held.", required=True),
    Column("bid_usd", "Bid, USD.", required=True),
    Column("ask_usd", "Ask, USD.", required=True),
)
"""Columns of the table of quotes."""

MINUTE_COLUMNS = (
    Column("security_id", "Permanent id of the security.", required=True),
    Column("end_utc", "Instant at which the minute ended.", required=True),
    Column("average_usd", "Volume-weighted average price of the minute, USD.", required=True),
)
"""Columns of the table of minute averages."""
