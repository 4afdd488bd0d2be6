"""The documented columns of every table that is read, frame or file, with units in their names."""

from __future__ import annotations

from di_advisor.domain.rows import Column

__all__ = [
    "CHARACTERISTIC",
    "DAILY_CONDITION_COLUMNS",
    "FILL_COLUMNS",
    "GENERIC_LOT_COLUMNS",
    "LOT_COLUMNS",
    "MARKET_COLUMNS",
    "MINUTE_COLUMNS",
    "ORDER_COLUMNS",
    "ORDER_FILL_COLUMNS",
    "PRICE_FILE_COLUMNS",
    "QUOTE_COLUMNS",
    "RETURN_COLUMNS",
    "SECURITY_COLUMNS",
    "WEIGHT_COLUMNS",
]

LOT_COLUMNS = (
    Column("security_id", "Permanent id of the security, the same as in the prices and the index.", required=True),
    Column("shares", "Shares of the lot, more than zero; fractions are kept exactly.", required=True),
    Column(
        "basis_total_usd",
        "Adjusted basis of the whole lot in USD, not per share; blank where it is not known.",
        required=True,
    ),
    Column("acquired", "Trade date; VARIOUS or blank where it is not known. Not the settlement date.", required=True),
    Column("held_since", "Start of the holding period, where it differs from the trade date (tacking)."),
    Column("lot_id", "Id of the lot; without one, the lot is named by its content and numbered."),
    Column("account_id", "Account of the lot; one account where it is left out."),
    Column("state", "known, basis_pending or term_unknown; follows from the blanks where it is left out."),
    Column("account_kind", "taxable (default), spouse, ira or roth; the same for all lots of an account."),
    Column("reinvests_dividends", "Whether the account reinvests dividends by itself: true or false (default)."),
    Column("currency", "USD, the only currency; any other is refused."),
)
"""Columns of a table of lots."""

GENERIC_LOT_COLUMNS = (
    Column("account", "Account of the lot.", required=True),
    Column("symbol", "Ticker on the day of the file.", required=True),
    Column("acquired", "Trade date; VARIOUS or blank where it is not known.", required=True),
    Column("quantity", "Shares of the lot.", required=True),
    Column("cost_per_share", "Cost of a share in USD; blank where it is not known.", required=True),
    Column("cusip", "CUSIP, where known; it decides before the ticker."),
    Column("isin", "ISIN, where known; it decides before the ticker."),
    Column("wash_adjustment", "Disallowed losses that add to the basis of the whole lot, USD."),
    Column("holding_start", "Start of the holding period, where it differs from the trade date."),
    Column("lot_id", "Id of the lot."),
    Column("account_kind", "taxable (default), spouse, ira, roth, retirement_plan or hsa."),
)
"""Columns of a plain table of lots with costs per share, as statements have them."""

FILL_COLUMNS = (
    Column("security_id", "Permanent id of the security.", required=True),
    Column("side", "buy or sell.", required=True),
    Column("shares", "Shares traded, more than zero.", required=True),
    Column("traded", "Trade date: in the last 30 days, or planned for the next 30.", required=True),
    Column("gain_usd", "Gain of a sale in USD, negative for a loss; a blank counts as a loss."),
    Column("lot_id", "For a purchase, the lot that it opened, if that is among the lots."),
    Column("account_id", "Account of the trade; one account where it is left out."),
    Column("currency", "USD, the only currency; any other is refused."),
)
"""Columns of a table of recent and planned trades."""

CHARACTERISTIC = "characteristic_"
"""Prefix of columns that hold a style characteristic."""

SECURITY_COLUMNS = (
    Column("security_id", "Permanent id of the security; tickers change, ids do not.", required=True),
    Column("ticker", "What people call it; the id where it is left out."),
    Column("name", "Name of the company or share class."),
    Column("sector", "Sector, for sector bands; blank where it is not known."),
    Column("industry", "Industry, for industry bands."),
    Column("country", "Country, for country bands; US where the column is left out."),
    Column("currency", "USD, the only currency; any other is refused."),
    Column("identical_group", "Securities with the same text here count as substantially identical (wash sales)."),
)
MARKET_COLUMNS = (
    *SECURITY_COLUMNS,
    Column(
        "price_usd",
        "Price of a share, more than zero; blank where there is none: the position is then left alone.",
        required=True,
    ),
    Column("half_spread_bps", "Half the quoted spread over the mid price, in basis points.", required=True),
    Column("adv_usd", "Average daily volume in USD, more than zero.", required=True),
    Column("volatility_per_year", "Annualised volatility of returns, a fraction (0.30, not 30).", required=True),
    Column("market_cap_usd", "Market capitalisation in USD; all rows or none."),
    Column("dividend_yield_per_year", "Expected dividends of a year over the price, a fraction; blank if not known."),
    Column("qualified_share", "Share of the dividends that is qualified, a fraction; blank if not known."),
)
"""Columns of a table of prices; further ones that start with ``characteristic_`` are style characteristics."""

PRICE_FILE_COLUMNS = (
    *(Column(c.name, c.meaning, required=c.required or c.name == "sector") for c in MARKET_COLUMNS),
    Column("as_of", "Day of the row's price; one that is too old is an error."),
)
"""Columns of a file of prices."""


WEIGHT_COLUMNS = (
    Column("security_id", "Permanent id of the security, as in the prices.", required=True),
    Column("weight", "Weight in the index, a fraction of at least 0; the weights sum to 1.", required=True),
    Column("effective", "First day on which the weight holds; one set a day."),
    Column("index", "Name of the index, for a target made of several."),
    Column("fraction", "Fraction of the account that tracks this index; the fractions sum to 1."),
)
"""Columns of a table of index weights."""

RETURN_COLUMNS = (
    Column("date", "Trading day.", required=True),
    Column("<security_id>", "Wide form: a column for each security, its total return as a fraction."),
    Column("security_id", "Long form: one row for each day and security ..."),
    Column("total_return", "... and its total return, a fraction; blank where it did not trade."),
)
"""Columns of a history of returns, in either form."""

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
