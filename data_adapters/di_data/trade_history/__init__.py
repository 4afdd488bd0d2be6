"""Trade histories from order systems and brokers: read, merged, joined with the market, and every loss counted."""

from __future__ import annotations

from di_data.trade_history.aliases import ColumnMapping
from di_data.trade_history.daily_conditions import daily_conditions
from di_data.trade_history.readers import FlexStatements, OrderFiles
from di_data.trade_history.writing import history_csv

__all__ = ["ColumnMapping", "FlexStatements", "OrderFiles", "daily_conditions", "history_csv"]
